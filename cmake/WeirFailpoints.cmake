# A second build of a few targets, with failpoints and seeded bugs (weir/failpoint.hpp), in the same build tree:
# failpoints/ has the shape of the installed tree. Everything else is shared with the ordinary build.
#
# weir_add_failpoint_host(<target> LIBRARIES <library>... PLUGINS <plugin>... SHARED_PLUGINS <plugin>...)
#   <target>        builds failpoints/bin/weir with its plugins
#   LIBRARIES       host libraries that have failpoints; they take the place of those that weir_cli brings
#   PLUGINS         plugins that have failpoints
#   SHARED_PLUGINS  plugins taken as they are

set(WEIR_FAILPOINTS_DIR "${PROJECT_BINARY_DIR}/failpoints")

# The sources of <target>, with their whole paths.
function(_weir_sources_of target out)
  get_target_property(folder ${target} SOURCE_DIR)
  get_target_property(sources ${target} SOURCES)
  list(TRANSFORM sources PREPEND "${folder}/")
  set(${out} ${sources} PARENT_SCOPE)
endfunction()

function(_weir_add_failpoint_library name)
  _weir_sources_of(${name} sources)
  get_target_property(libraries ${name} LINK_LIBRARIES)
  add_library(${name}_failpoints STATIC ${sources})
  target_include_directories(${name}_failpoints PRIVATE "${PROJECT_SOURCE_DIR}")
  target_compile_definitions(${name}_failpoints PRIVATE WEIR_FAILPOINTS)
  # Only to compile: what it links to comes with weir_cli.
  target_link_libraries(${name}_failpoints PRIVATE ${libraries})
  weir_use_pch(${name}_failpoints TEST_FIXTURE)
endfunction()

function(_weir_add_failpoint_plugin name plugins_dir)
  _weir_sources_of(${name} sources)
  get_target_property(libraries ${name} LINK_LIBRARIES)
  weir_add_plugin(${name}_failpoints SOURCES ${sources} LIBRARIES ${libraries} OUTPUT_DIRECTORY "${plugins_dir}")
  set_target_properties(${name}_failpoints PROPERTIES OUTPUT_NAME ${name})
  target_compile_definitions(${name}_failpoints PRIVATE WEIR_FAILPOINTS)
  weir_use_pch(${name}_failpoints TEST_FIXTURE)
endfunction()

function(weir_add_failpoint_host target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LIBRARIES;PLUGINS;SHARED_PLUGINS")
  set(plugins_dir "${WEIR_FAILPOINTS_DIR}/lib/weir/plugins")
  add_executable(${target} "${PROJECT_SOURCE_DIR}/host/main.cpp")
  set_target_properties(${target} PROPERTIES OUTPUT_NAME weir RUNTIME_OUTPUT_DIRECTORY "${WEIR_FAILPOINTS_DIR}/bin")
  # Whole: of the library without failpoints nothing is left to take.
  foreach(library IN LISTS arg_LIBRARIES)
    _weir_add_failpoint_library(${library})
    target_link_libraries(${target} PRIVATE "$<LINK_LIBRARY:WHOLE_ARCHIVE,${library}_failpoints>")
  endforeach()
  target_link_libraries(${target} PRIVATE weir_cli)
  weir_link_jemalloc(${target})
  foreach(plugin IN LISTS arg_PLUGINS)
    _weir_add_failpoint_plugin(${plugin} "${plugins_dir}")
    add_dependencies(${target} ${plugin}_failpoints)
  endforeach()
  foreach(plugin IN LISTS arg_SHARED_PLUGINS)
    add_dependencies(${target} ${plugin})
    add_custom_command(TARGET ${target} POST_BUILD VERBATIM
      COMMAND "${CMAKE_COMMAND}" -E make_directory "${plugins_dir}"
      COMMAND "${CMAKE_COMMAND}" -E create_symlink "$<TARGET_FILE:${plugin}>" "${plugins_dir}/${plugin}.so")
  endforeach()
endfunction()
