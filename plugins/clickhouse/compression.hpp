// What an encoder writes to, and ClickHouse's own compression of it: blocks of [hash of the rest, 16 bytes][method][compressed
// size][size][data], which a server reads where it is asked with `decompress=1`, whatever its age.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <weir/memory.hpp>
#include <weir/result.hpp>

namespace weir::clickhouse {

// Takes bytes in the order in which they come. One user at a time.
class Output {
public:
    virtual ~Output() = default;
    virtual void put(const void *data, size_t bytes) = 0;

    void put_varint(uint64_t n);
    void put_text(std::string_view text);  // with its length before
    template <class T>
    void put_value(const T &value) {
        put(&value, sizeof value);
    }
};

class TextOutput final : public Output {
public:
    explicit TextOutput(std::string &out) : out_(out) {}
    void put(const void *data, size_t bytes) override { out_.append(static_cast<const char *>(data), bytes); }

private:
    std::string &out_;
};

enum class Compression : uint8_t { kNone, kLz4, kZstd };

// Memory that compressing needs, to use again. One user at a time.
class Compressor {
public:
    explicit Compressor(Compression method);
    ~Compressor();
    Compressor(const Compressor &) = delete;
    Compressor &operator=(const Compressor &) = delete;

    Compression method() const { return method_; }
    // Appends `data` to `out` as one compressed block. REQUIRES: 0 < bytes <= kFrameBytes.
    void append(std::string &out, const void *data, size_t bytes);

    static constexpr size_t kFrameBytes = 256 * 1024;  // before compression: what stays in a core's cache

private:
    const Compression method_;
    void *zstd_ = nullptr;  // ZSTD_CCtx
    std::vector<char> scratch_;
};

// Compresses what comes, and appends it to a text; large pieces without copying them before. finish() ends it.
class CompressedOutput final : public Output {
public:
    CompressedOutput(Compressor &compressor, std::string &out) : compressor_(compressor), out_(out) {}
    void put(const void *data, size_t bytes) override;
    void finish();

private:
    Compressor &compressor_;
    std::string &out_;
    std::vector<char> waiting_;
};

// The bytes that compressed blocks hold. An error for those that are damaged.
Result<std::string> decompress(std::string_view blocks);

}  // namespace weir::clickhouse
