// Lines of a file as the codec decodes them and as dead letters remember them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <weir/abi.h>
#include <weir/memory.hpp>

namespace weir::file {

// A weir_origin, born with one reference. Filled by one thread, then read by any.
class Lines : public weir_origin {
public:
    explicit Lines(std::shared_ptr<const std::string> path);

    // `prefix` stands in front of the line in what the codec gets: a header. Dead letters keep the line alone.
    void add(std::string_view prefix, std::string_view line, uint64_t offset);

    uint32_t size() const { return static_cast<uint32_t>(lengths_.size()); }
    size_t bytes() const { return bytes_.size(); }
    const std::string &path() const { return *path_; }
    int64_t offset(size_t row) const { return static_cast<int64_t>(file_offsets_[row]); }

    // For weir_decode.
    const uint8_t *base() const { return bytes_.data(); }
    const uint32_t *offsets() const { return offsets_.data(); }
    const int32_t *lengths() const { return lengths_.data(); }

    void release_one();

private:
    int32_t describe(int64_t row, weir_origin_record *out) const;

    std::atomic<int64_t> references_{1};
    const std::shared_ptr<const std::string> path_;
    Buffer bytes_;
    std::vector<uint32_t> offsets_, prefixes_;  // prefixes_: bytes of it, by row
    std::vector<int32_t> lengths_;
    std::vector<uint64_t> file_offsets_;
};

// Holds one reference.
class LinesRef {
public:
    explicit LinesRef(Lines *lines) : lines_(lines) {}
    ~LinesRef() { lines_->release_one(); }
    LinesRef(const LinesRef &) = delete;
    LinesRef &operator=(const LinesRef &) = delete;
    Lines *operator->() const { return lines_; }
    Lines &operator*() const { return *lines_; }
    Lines *get() const { return lines_; }

private:
    Lines *lines_;
};

}  // namespace weir::file
