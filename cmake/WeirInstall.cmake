# What `cmake --install` puts under the prefix. The executable finds its plugins in ../lib/weir/plugins; another
# project finds the SDK with find_package(weir): the target weir::sdk, the function weir_add_plugin, and the
# executable weir::weir. Plugins are installed where they are made, by weir_add_plugin.
include(CMakePackageConfigHelpers)

set(config lib/cmake/weir)
foreach(target IN ITEMS weir weir_sdk)
  if(TARGET ${target})
    install(TARGETS ${target} EXPORT weirTargets RUNTIME DESTINATION bin)
  endif()
endforeach()
if(TARGET weir_sdk)
  install(EXPORT weirTargets NAMESPACE weir:: DESTINATION ${config})
endif()

# Packages that weir::sdk links to, named by sdk/CMakeLists.txt in the global property WEIR_SDK_PACKAGES.
get_property(packages GLOBAL PROPERTY WEIR_SDK_PACKAGES)
set(WEIR_FIND_SDK_PACKAGES "")
foreach(package IN LISTS packages)
  string(APPEND WEIR_FIND_SDK_PACKAGES "find_dependency(${package})\n")
endforeach()
configure_package_config_file(cmake/weirConfig.cmake.in "${PROJECT_BINARY_DIR}/weirConfig.cmake"
                              INSTALL_DESTINATION ${config} NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# Before 1.0 the loader wants the exact minor version, and so does find_package.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/weirConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/weirConfig.cmake" "${PROJECT_BINARY_DIR}/weirConfigVersion.cmake"
  sdk/cmake/WeirPlugin.cmake sdk/cmake/plugin.map
  DESTINATION ${config})

install(DIRECTORY sdk/include/weir DESTINATION include OPTIONAL)
install(DIRECTORY topologies schemas DESTINATION share/weir OPTIONAL)
