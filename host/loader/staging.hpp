// Copies of plugin files under names that hold the hash of their content.
//
// Internal to the loader. Plain functions, any thread; safe against other processes that stage the same.
#pragma once

#include <filesystem>
#include <string>

#include <weir/result.hpp>

namespace weir::host {

struct StagedFile {
    std::filesystem::path path;  // <folder>/<stem>-<hash>.so
    std::string hash;            // of the content: XXH3, 128 bits, 32 hexadecimal digits
};

// The hash of a file's content. WEIR_E_CONFIG when it is no regular file, WEIR_E_FATAL when it cannot be read.
Result<std::string> content_hash(const std::filesystem::path& file);

// Whether a file is there, in a folder that nobody else can write to, and has the content that its name, as stage gives it, says.
bool is_whole_copy(const std::filesystem::path& file);

// Makes the folder if need be, and in it the copy, complete or not at all; one that is there and right is kept, and so is `file` itself
// where it is such a copy.
// WEIR_E_CONFIG when `file` is no regular file or others could write to the folder, WEIR_E_FATAL when a file cannot be read or written.
Result<StagedFile> stage(const std::filesystem::path& file, const std::filesystem::path& folder);

}  // namespace weir::host
