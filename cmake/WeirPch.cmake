# Precompiled headers, one for each group of targets, compiled once and shared.
#
# weir_use_pch(<target> [PLUGIN|TEST|TEST_FIXTURE])
#   the target compiles against
#     (nothing)     the standard library, the SDK, nlohmann/json, fmt: for host code; links the latter three
#     PLUGIN        the standard library, the SDK and what it uses (nlohmann/json)
#     TEST          as for host code, GoogleTest and GoogleMock (weir_add_test does this by itself)
#     TEST_FIXTURE  the same, for what tests load or start; links what host code does
# The latter two are not optimized: they are compiled far more often than they run.
# Sources still include what they use: without the precompiled header they must compile too.

set(_weir_pch_standard
    <algorithm> <array> <atomic> <bit> <chrono> <concepts> <cstddef> <cstdint> <cstring> <functional> <limits>
    <map> <memory> <mutex> <optional> <span> <string> <string_view> <thread> <tuple> <type_traits>
    <unordered_map> <utility> <variant> <vector>)
set(_weir_pch_plugin ${_weir_pch_standard} <nlohmann/json.hpp> <weir/weir.hpp>)
set(_weir_pch_host ${_weir_pch_plugin} <fmt/format.h>)
set(_weir_pch_test ${_weir_pch_host} <gtest/gtest.h> <gmock/gmock.h>)

set(_weir_test_options -O0)

function(weir_use_pch target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "PLUGIN;TEST;TEST_FIXTURE" "" "")
  if(arg_UNPARSED_ARGUMENTS OR ARGC GREATER 2)
    message(FATAL_ERROR "weir_use_pch(${target}): takes PLUGIN or TEST or TEST_FIXTURE or nothing")
  endif()
  if(arg_PLUGIN)
    set(group plugin)
    set(libraries weir_sdk_headers)
  else()
    set(group host)
    set(libraries weir_sdk_headers fmt::fmt)
  endif()
  set(pch_libraries ${libraries})
  if(arg_TEST OR arg_TEST_FIXTURE)
    set(group test)
    list(APPEND pch_libraries GTest::gmock GTest::gtest)
  endif()
  if(arg_TEST)
    set(libraries ${pch_libraries})
  elseif(arg_TEST_FIXTURE)
    # What was defined for the precompiled header must be defined for its users.
    target_compile_options(${target} PRIVATE
      $<TARGET_PROPERTY:GTest::gmock,INTERFACE_COMPILE_OPTIONS> $<TARGET_PROPERTY:GTest::gtest,INTERFACE_COMPILE_OPTIONS>)
  endif()
  set(pch weir_pch_${group})
  if(NOT TARGET ${pch})
    file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/${pch}.cpp" CONTENT "")
    add_library(${pch} OBJECT "${PROJECT_BINARY_DIR}/${pch}.cpp")
    target_link_libraries(${pch} PRIVATE ${pch_libraries})
    target_precompile_headers(${pch} PRIVATE ${_weir_pch_${group}})
    if(CMAKE_CXX_COMPILER_LAUNCHER)
      # ccache looks at preprocessed text, in which a changed macro does not show.
      file(GLOB_RECURSE headers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/sdk/include/weir/*.h*")
      list(JOIN headers ":" headers)
      set_target_properties(${pch} PROPERTIES
        CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND};-E;env;CCACHE_EXTRAFILES=${headers};${CMAKE_CXX_COMPILER_LAUNCHER}")
    endif()
    if(group STREQUAL "test")
      target_compile_options(${pch} PRIVATE ${_weir_test_options})
    endif()
  endif()
  if(group STREQUAL "test")
    target_compile_options(${target} PRIVATE ${_weir_test_options})
  endif()
  target_link_libraries(${target} PRIVATE ${libraries})
  target_precompile_headers(${target} REUSE_FROM ${pch})
endfunction()
