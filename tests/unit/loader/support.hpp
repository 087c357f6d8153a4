// What the loader's tests share: folders that go away, the test plugins, files.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace weir::host {

// A folder for one test, removed with all that is in it.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "weir-loader-XXXXXX").native();
        if (!mkdtemp(pattern.data())) throw std::runtime_error("cannot make a temporary folder");
        path_ = pattern;
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

// A plugin that tests/unit/loader/plugins builds: `good` is loader_good.so.
inline std::filesystem::path test_plugin(const std::string& name) {
    const char* build = getenv("WEIR_BUILD_DIR");
    if (!build) throw std::runtime_error("WEIR_BUILD_DIR is not set: run by ctest");
    return std::filesystem::path(build) / "tests" / "loader_plugins" / ("loader_" + name + ".so");
}

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_file(const std::filesystem::path& path, const std::string& content) {
    std::filesystem::remove(path);  // some file systems write through what replaces a content in place
    std::ofstream out(path, std::ios::binary);
    out << content;
    out.close();
    if (!out) throw std::runtime_error("cannot write " + path.native());
}

}  // namespace weir::host
