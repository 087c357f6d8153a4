# Every library of the distribution that weir uses, found once. Link these targets:
#   Threads::Threads fmt::fmt spdlog::spdlog yaml-cpp nlohmann_json::nlohmann_json CLI11::CLI11
#   Boost::headers Boost::filesystem Boost::system simdjson::simdjson date::date-tz GTest::gtest GTest::gmock
#   PkgConfig::re2 PkgConfig::libcrypto PkgConfig::libssl PkgConfig::httplib PkgConfig::libcurl PkgConfig::liblz4 PkgConfig::libzstd PkgConfig::rdkafka PkgConfig::rocksdb PkgConfig::xxhash PkgConfig::jemalloc (through weir_link_jemalloc)

# A macro: what find_package sets must be seen by whoever includes this file.
macro(weir_find_package name)
  find_package(${name} ${ARGN} QUIET)
  if(NOT ${name}_FOUND)
    message(FATAL_ERROR "weir needs ${name}, which is not installed. Run: scripts/setup build")
  endif()
endmacro()

weir_find_package(Threads)
weir_find_package(fmt)
weir_find_package(spdlog)
weir_find_package(yaml-cpp)
weir_find_package(nlohmann_json)
weir_find_package(CLI11)
weir_find_package(simdjson)
weir_find_package(GTest)
weir_find_package(date)
weir_find_package(Boost 1.74 COMPONENTS headers filesystem system)

weir_find_package(PkgConfig)
macro(weir_find_pkgconfig target module)
  pkg_check_modules(${target} QUIET IMPORTED_TARGET GLOBAL "${module}")
  if(NOT ${target}_FOUND)
    message(FATAL_ERROR "weir needs ${module}, which is not installed. Run: scripts/setup build")
  endif()
endmacro()

weir_find_pkgconfig(rdkafka "rdkafka>=2.0")
weir_find_pkgconfig(xxhash libxxhash)
weir_find_pkgconfig(jemalloc jemalloc)
weir_find_pkgconfig(re2 re2)
weir_find_pkgconfig(libcrypto libcrypto)
weir_find_pkgconfig(libssl libssl)
weir_find_pkgconfig(httplib cpp-httplib)
weir_find_pkgconfig(libcurl "libcurl>=7.85")
weir_find_pkgconfig(liblz4 liblz4)
weir_find_pkgconfig(libzstd libzstd)
weir_find_pkgconfig(rocksdb "rocksdb>=7.8")
# The -pthread of re2 defines _REENTRANT, which the precompiled headers do not.
set_property(TARGET PkgConfig::re2 PROPERTY INTERFACE_COMPILE_OPTIONS "")
