// An open file, and what the system says of it.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <weir/result.hpp>

namespace weir::file {

// Owns a file descriptor. Movable.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor &&o) noexcept : number_(std::exchange(o.number_, -1)) {}
    Descriptor &operator=(Descriptor &&o) noexcept {
        std::swap(number_, o.number_);
        return *this;
    }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    explicit operator bool() const { return number_ >= 0; }
    int number() const { return number_; }

private:
    int number_ = -1;
};

// Which file it is, whatever it is called now.
struct Identity {
    uint64_t device = 0, inode = 0;
    bool operator==(const Identity &) const = default;
};

struct FileInfo {
    Identity identity;
    uint64_t size = 0;
    int64_t modified = 0;  // nanoseconds
    bool regular = false;
};

// False: there is no such file, or it cannot be looked at.
bool look_at(const std::string &path, FileInfo *out);
bool look_at(const Descriptor &file, FileInfo *out);

// "`path`: WHAT: what the system says of `code`". What another try may get over is retryable.
Status system_error(const std::string &path, const char *what, int code);

// Reads up to `bytes` at `offset`, fewer only at the file's end; -1: errno says why not.
int64_t read_at(const Descriptor &file, char *to, size_t bytes, uint64_t offset);

}  // namespace weir::file
