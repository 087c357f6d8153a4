# How every target of this tree is compiled and linked: standard, warnings, sanitizers, output folders.

option(WEIR_WERROR "Warnings are errors" "$ENV{CI}")
set(WEIR_SANITIZE "" CACHE STRING "Sanitizers for everything, as in -fsanitize=; empty for none")
set(WEIR_SANITIZE_LEVEL -O0 CACHE STRING "How what has sanitizers is optimized: -O1 runs twice as fast, and takes longer to compile")
option(WEIR_LINES "Reports of sanitizers have line numbers, for a tenth of the time to compile" ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug or Release" FORCE)
endif()

# What -O3 adds to -O2 did not show in any measurement, only in the time to compile.
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# weir_optimize_less(<target>...): for what runs once and not for each record, a quarter of the time to compile less.
function(weir_optimize_less)
  foreach(target IN LISTS ARGN)
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  endforeach()
endfunction()

# The build tree has the shape of the installed tree, so that the executable finds its plugins in both.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(WEIR_PLUGIN_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib/weir/plugins")

# Position-independent code everywhere, not only in plugins: one precompiled header then serves executables
# and plugins alike. Without interposition it costs an executable nothing.
add_compile_options(-fPIC -fno-plt -fno-semantic-interposition)
add_link_options(LINKER:-z,relro LINKER:-z,now)

add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>)

# Where it stands, a branch would cost more than both sides.
add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wno-bitwise-instead-of-logical>)

if(WEIR_SANITIZE)
  string(REPLACE "," "-" WEIR_SANITIZE_NAME "${WEIR_SANITIZE}")
  # Many sources to one compilation and no optimization: a fifth of the time to compile. The presets take clang, which
  # needs half of GCC's time for instrumented code.
  set(CMAKE_UNITY_BUILD ON)
  add_compile_options(-fsanitize=${WEIR_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer ${WEIR_SANITIZE_LEVEL} $<IF:$<BOOL:${WEIR_LINES}>,-g1,-g0>)
  add_link_options(-fsanitize=${WEIR_SANITIZE})
  if(WEIR_SANITIZE MATCHES "address.*undefined")
    add_compile_options(-fno-sanitize=null)  # who uses a null pointer ends all the same, and compiling takes a seventh less
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Its flow warnings are wrong about instrumented code (its manual says so); the release build has them.
    add_compile_options(-Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds)
  endif()
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_definitions($<$<COMPILE_LANGUAGE:CXX>:_GLIBCXX_ASSERTIONS>)
endif()
if(WEIR_WERROR)
  # A precompiled header that does not fit costs time, it is not a fault of the source.
  add_compile_options(-Werror $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-error=invalid-pch>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 is wrong about std::string in these (its bugs 105329 and 105651): shown, but no error.
    add_compile_options(-Wno-error=array-bounds -Wno-error=restrict -Wno-error=stringop-overflow
                        -Wno-error=stringop-overread -Wno-error=maybe-uninitialized)
  endif()
endif()

# The kernel may place memory where the sanitizers of GCC 12 do not expect it. Where a container forbids
# switching that off, they run as they are.
set(WEIR_RUN "")
if(WEIR_SANITIZE)
  find_program(WEIR_SETARCH setarch)
  if(WEIR_SETARCH)
    execute_process(COMMAND "${WEIR_SETARCH}" --addr-no-randomize true RESULT_VARIABLE refused ERROR_QUIET)
    if(NOT refused)
      set(WEIR_RUN "${WEIR_SETARCH}" --addr-no-randomize)
    endif()
  endif()
endif()

find_program(WEIR_CCACHE ccache)
if(WEIR_CCACHE)
  foreach(language IN ITEMS C CXX)
    if(NOT CMAKE_${language}_COMPILER_LAUNCHER)
      # Without these two, ccache does not store what was compiled with a precompiled header.
      set(CMAKE_${language}_COMPILER_LAUNCHER
          "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${WEIR_CCACHE}")
    endif()
  endforeach()
  add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>
                      "$<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-Xclang -fno-pch-timestamp>")
endif()

find_program(WEIR_MOLD mold)
if(WEIR_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# weir_add_folder(<folder>): add_subdirectory, once the folder has a CMakeLists.txt.
macro(weir_add_folder folder)
  if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt")
    add_subdirectory(${folder})
  endif()
endmacro()

# weir_link_jemalloc(<executable>): jemalloc instead of malloc, for the executable and every library it
# loads. Not under a sanitizer, which brings its own.
function(weir_link_jemalloc target)
  if(NOT WEIR_SANITIZE)
    target_link_libraries(${target} PRIVATE -Wl,--push-state,--no-as-needed PkgConfig::jemalloc -Wl,--pop-state)
  endif()
endfunction()
