// A folder of a test's own, gone with it, and files in it.
#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace weir::testing {

class ScratchFolder {
public:
    ScratchFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "weir-test-XXXXXX").string();
        if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
        path_ = name;
    }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder &) = delete;
    ScratchFolder &operator=(const ScratchFolder &) = delete;

    std::string operator/(const std::string &name) const { return (path_ / name).string(); }
    void write(const std::string &name, const std::string &text) const { put(name, text, std::ios::trunc); }
    void append(const std::string &name, const std::string &text) const { put(name, text, std::ios::app); }
    void rename(const std::string &from, const std::string &to) const {
        std::filesystem::rename(path_ / from, path_ / to);
    }
    std::string read(const std::string &name) const {
        std::ifstream in(path_ / name, std::ios::binary);
        if (!in) throw std::runtime_error("there is no " + name);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    // Names, in order; those that begin with a dot, too.
    std::vector<std::string> names() const {
        std::vector<std::string> out;
        for (const auto &entry : std::filesystem::directory_iterator(path_)) out.push_back(entry.path().filename().string());
        std::sort(out.begin(), out.end());
        return out;
    }

private:
    void put(const std::string &name, const std::string &text, std::ios::openmode mode) const {
        std::ofstream out(path_ / name, std::ios::binary | mode);
        out << text;
        if (!out.flush()) throw std::runtime_error("cannot write " + name);
    }
    std::filesystem::path path_;
};

}  // namespace weir::testing
