# Tests.
#
# weir_add_test(NAME <name> SOURCES <file>... LABELS unit|integration
#               [LIBRARIES <target>...] [DEPENDS <target>...] [FIXTURE kafka] [TIMEOUT <seconds>])
#   a GoogleTest executable <name>, one ctest entry. GoogleTest, its main and its precompiled header come by
#   themselves. DEPENDS names what it loads or starts at run time (plugins, weir).
#
# weir_add_script_test(NAME <name> COMMAND <command> [<argument>...] LABELS unit|integration
#                      [DEPENDS <target>...] [FIXTURE kafka] [TIMEOUT <seconds>])
#   the same for a program that is not GoogleTest; exit 0 is success.
#
# LABELS: `unit` needs no server and also runs in the sanitizer builds, where its name begins with the preset's;
# `integration` needs servers and is part of the release and debug builds alone.
#
# Every test sees in its environment
#   WEIR_SOURCE_DIR  the root of the sources          WEIR_BIN         the weir executable of this build
#   WEIR_BUILD_DIR   the root of this build           WEIR_PLUGIN_DIR  the built-in plugins of this build
#   WEIR_TEST_KAFKA  with FIXTURE kafka: a file that holds the address, host:port on one line, of a real broker
#                    which all these tests share. Whoever wants to stop or break a broker starts one of its own:
#                    tests/servers/README.md.
# A skipped GoogleTest case counts as a failure.
#
# WEIR_UNIT_TESTS says which tests of the label `unit` there are: `make test` builds them with sanitizers alone, which see
# more, and so saves a third of the time of its release build. What it names is there whatever its label: for a look at a
# single integration test with a sanitizer.

set(WEIR_UNIT_TESTS ON CACHE STRING "Unit tests: ON for all, OFF, or a list of their names")

set(_weir_kafka_fixture_dir "${PROJECT_BINARY_DIR}/Testing/kafka")

if(WEIR_SANITIZE MATCHES "thread")
  set(_weir_test_prefix tsan.)
elseif(WEIR_SANITIZE)
  set(_weir_test_prefix asan.)
else()
  set(_weir_test_prefix "")
endif()

function(weir_add_test)
  cmake_parse_arguments(arg "" "NAME;FIXTURE;TIMEOUT;LABELS" "SOURCES;LIBRARIES;DEPENDS" ${ARGN})
  _weir_check_test(weir_add_test SOURCES)
  _weir_has_test(wanted)
  if(NOT wanted)
    return()
  endif()
  add_executable(${arg_NAME} ${arg_SOURCES})
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  weir_use_pch(${arg_NAME} TEST)
  target_link_libraries(${arg_NAME} PRIVATE ${arg_LIBRARIES} weir_sdk_testing GTest::gmock GTest::gtest_main Threads::Threads)
  # The sdk's headers are tested by being compiled into their test; of the others, what is tested is in libraries and plugins,
  # and the checks in the test itself are a third of the time to compile it.
  if(WEIR_SANITIZE MATCHES "undefined" AND NOT arg_NAME STREQUAL "sdk_test")
    target_compile_options(${arg_NAME} PRIVATE -fno-sanitize=undefined)
  endif()
  if(WEIR_SANITIZE MATCHES "thread")
    target_link_libraries(${arg_NAME} PRIVATE -Wl,--push-state,--no-as-needed weir_c11_threads -Wl,--pop-state)
  endif()
  if(arg_DEPENDS)
    add_dependencies(${arg_NAME} ${arg_DEPENDS})
  endif()
  if(arg_LABELS STREQUAL "unit")
    add_dependencies(unit_tests ${arg_NAME})
  endif()
  add_test(NAME ${_weir_test_prefix}${arg_NAME}
           COMMAND ${WEIR_RUN} "$<TARGET_FILE:${arg_NAME}>" --gtest_brief=1)
  _weir_test_properties()
endfunction()

function(weir_add_script_test)
  cmake_parse_arguments(arg "" "NAME;FIXTURE;TIMEOUT;LABELS" "COMMAND;DEPENDS" ${ARGN})
  _weir_check_test(weir_add_script_test COMMAND)
  _weir_has_test(wanted)
  if(NOT wanted)
    return()
  endif()
  if(arg_DEPENDS AND arg_LABELS STREQUAL "unit")
    add_dependencies(unit_tests ${arg_DEPENDS})
  endif()
  add_test(NAME ${_weir_test_prefix}${arg_NAME} COMMAND ${arg_COMMAND})
  _weir_test_properties()
endfunction()

# Whether this build has the test. Reads arg_* of its caller.
function(_weir_has_test out)
  set(wanted OFF)
  if(arg_NAME IN_LIST WEIR_UNIT_TESTS)
    set(wanted ON)
  elseif(arg_LABELS STREQUAL "unit")
    if(WEIR_UNIT_TESTS STREQUAL "ON")
      set(wanted ON)
    endif()
  elseif(NOT WEIR_SANITIZE)
    set(wanted ON)
  endif()
  set(${out} ${wanted} PARENT_SCOPE)
endfunction()

# Reads arg_* of its caller.
function(_weir_check_test function needed)
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${function}(${arg_NAME}): unknown argument ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if("${arg_NAME}" STREQUAL "" OR "${arg_${needed}}" STREQUAL "")
    message(FATAL_ERROR "${function}(${arg_NAME}): NAME and ${needed} are needed")
  endif()
  if(NOT arg_LABELS MATCHES "^(unit|integration)$")
    message(FATAL_ERROR "${function}(${arg_NAME}): LABELS is unit or integration, not '${arg_LABELS}'")
  endif()
  if(arg_FIXTURE AND NOT (arg_FIXTURE STREQUAL "kafka" AND arg_LABELS STREQUAL "integration"))
    message(FATAL_ERROR "${function}(${arg_NAME}): FIXTURE is kafka, and needs the label integration")
  endif()
endfunction()

# Reads arg_* of its caller.
function(_weir_test_properties)
  set(environment
      "WEIR_SOURCE_DIR=${PROJECT_SOURCE_DIR}" "WEIR_BUILD_DIR=${PROJECT_BINARY_DIR}"
      "WEIR_BIN=${PROJECT_BINARY_DIR}/bin/weir" "WEIR_PLUGIN_DIR=${WEIR_PLUGIN_OUTPUT_DIRECTORY}"
      "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1"
      "UBSAN_OPTIONS=print_stacktrace=1"
      "TSAN_OPTIONS=history_size=7:second_deadlock_stack=1:suppressions=${PROJECT_SOURCE_DIR}/tests/sanitize/tsan.supp")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  if(WEIR_SANITIZE)
    math(EXPR arg_TIMEOUT "2 * ${arg_TIMEOUT}")
  endif()
  set(name ${_weir_test_prefix}${arg_NAME})
  set_tests_properties(${name} PROPERTIES
    LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT} FAIL_REGULAR_EXPRESSION "\\[  SKIPPED \\]")
  if(arg_FIXTURE STREQUAL "kafka")
    _weir_kafka_fixture()
    list(APPEND environment "WEIR_TEST_KAFKA=${_weir_kafka_fixture_dir}/address")
    set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED kafka)
  endif()
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "${environment}")
endfunction()

# The shared broker: ctest starts it before the first test that requires it and stops it after the last one,
# whatever became of them.
function(_weir_kafka_fixture)
  get_property(there GLOBAL PROPERTY WEIR_KAFKA_FIXTURE)
  if(there)
    return()
  endif()
  set_property(GLOBAL PROPERTY WEIR_KAFKA_FIXTURE TRUE)
  set(servers "${PROJECT_SOURCE_DIR}/tests/servers")
  add_test(NAME kafka_start COMMAND "${servers}/kafka_fixture" start "${_weir_kafka_fixture_dir}")
  add_test(NAME kafka_stop COMMAND "${servers}/kafka_fixture" stop "${_weir_kafka_fixture_dir}")
  set_tests_properties(kafka_start PROPERTIES FIXTURES_SETUP kafka LABELS integration TIMEOUT 300)
  set_tests_properties(kafka_stop PROPERTIES FIXTURES_CLEANUP kafka LABELS integration TIMEOUT 60)
endfunction()
