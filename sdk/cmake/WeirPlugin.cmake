# weir_add_plugin(<name> SOURCES <file>... [LIBRARIES <target>...] [OUTPUT_DIRECTORY <folder>] [NO_MANIFEST])
#
# Builds the plugin <name>.so from C or C++ sources, against weir::sdk and LIBRARIES. The target is <name>.
# It exports weir_module_v1 and nothing else (plugin.map beside this file), resolves every symbol when it is
# linked, and carries the description of its operators in the ELF section .weir.manifest, so that `weir plugin
# ls` and `weir lint` need not run it.
#
#   OUTPUT_DIRECTORY  where <name>.so is written. By default the current binary folder; inside weir's own tree
#                     the built-in plugins' folder, and the plugin is installed with weir.
#   NO_MANIFEST       do not load the plugin after linking: for modules that are wrong on purpose.
#
# Found by find_package(weir); works in projects of C alone.
include_guard(GLOBAL)

function(weir_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "NO_MANIFEST" "OUTPUT_DIRECTORY" "SOURCES;LIBRARIES")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "weir_add_plugin(${name}): unknown argument ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "weir_add_plugin(${name}): SOURCES is missing")
  endif()

  set(map "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map")
  add_library(${name} MODULE ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE weir::sdk ${arg_LIBRARIES})
  set_target_properties(${name} PROPERTIES
    PREFIX ""
    SUFFIX ".so"
    DEFINE_SYMBOL ""
    C_VISIBILITY_PRESET hidden
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS "${map}")
  if(CMAKE_CXX_COMPILER_LOADED)
    target_compile_features(${name} PRIVATE cxx_std_20)
  endif()
  target_link_options(${name} PRIVATE "LINKER:--version-script=${map}" LINKER:-z,now)
  # A sanitizer's runtime may live in the executable alone.
  if(NOT WEIR_SANITIZE AND NOT "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize=")
    target_link_options(${name} PRIVATE LINKER:-z,defs)
  endif()

  if(arg_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${arg_OUTPUT_DIRECTORY}")
  elseif(WEIR_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${WEIR_PLUGIN_OUTPUT_DIRECTORY}")
    install(TARGETS ${name} LIBRARY DESTINATION lib/weir/plugins)
    add_dependencies(product ${name})
  endif()

  if(arg_NO_MANIFEST)
    return()
  endif()
  if(TARGET weir-manifest)
    set(tool weir-manifest)
    set(command ${WEIR_RUN} "$<TARGET_FILE:weir-manifest>" "$<TARGET_FILE:${name}>")
  elseif(TARGET weir::weir)
    set(tool weir::weir)
    set(command "$<TARGET_FILE:weir::weir>" plugin manifest "$<TARGET_FILE:${name}>" --write)
  else()
    return()
  endif()
  add_dependencies(${name} ${tool})
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS "$<TARGET_FILE:${tool}>")
  add_custom_command(TARGET ${name} POST_BUILD COMMAND ${command} VERBATIM
                     COMMENT "Describing ${name} in its section .weir.manifest")
endfunction()
