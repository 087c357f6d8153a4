// What file.sink writes to: a file that grows by whole blocks of lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <weir/result.hpp>

#include "descriptor.hpp"

namespace weir::file {

// Movable. One user at a time.
class Part {
public:
    Part() = default;

    // A new file; with `existing`, one that may be there, to add to.
    static Result<Part> open(const std::string &path, bool existing);

    // All of it, or nothing: what was written of it is taken back where it does not fit.
    Status append(std::string_view bytes);
    // What was written is on the disk.
    Status sync();
    // How long the file is.
    uint64_t size() const;
    // Where its last line has no end, gives it one. True: it had none.
    Result<bool> end_last_line();
    const std::string &path() const { return path_; }

private:
    std::string path_;
    Descriptor file_;
};

// The name is on the disk, too.
Status sync_folder_of(const std::string &path);
// Renames within a folder, and replaces nothing; done already where `to` is there and `from` is not.
Status move_into_place(const std::string &from, const std::string &to);

}  // namespace weir::file
