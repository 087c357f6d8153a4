// The texts that a topology was read from: its file, what that includes, records and parameters in files. With them it can be
// read again as it was, whatever has become of the files. What `${file:PATH}` names is none of them: it is a value, perhaps a
// secret one, and is read anew each time.
//
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace weir::host {

class SourceTexts {
public:
    // By absolute path.
    using Texts = std::map<std::string, std::string>;

    // Of files as they are when they are read.
    SourceTexts() = default;
    // Of these alone: no other file is there.
    explicit SourceTexts(Texts texts) : is_closed_(true), texts_(std::move(texts)) {}

    // As read_file. The first text of a file is the one that it has from then on.
    std::optional<std::string> read(const std::filesystem::path& path, std::size_t limit, std::string& problem);
    bool has(const std::filesystem::path& path) const;
    const Texts& all() const { return texts_; }

    // What a path is called here.
    static std::string name_of(const std::filesystem::path& path);

private:
    bool is_closed_ = false;
    Texts texts_;
};

// The same where there may be none: then the file as it is.
std::optional<std::string> read_source(SourceTexts* texts, const std::filesystem::path& path, std::size_t limit, std::string& problem);
bool has_source(const SourceTexts* texts, const std::filesystem::path& path);

}  // namespace weir::host
