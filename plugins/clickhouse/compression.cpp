#include "compression.hpp"

#include <lz4.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "city_hash.hpp"

namespace weir::clickhouse {
namespace {

constexpr size_t kHashBytes = 16, kHeaderBytes = 9;
constexpr uint8_t kMethodNone = 0x02, kMethodLz4 = 0x82, kMethodZstd = 0x90;
constexpr int kZstdLevel = 1;
constexpr size_t kMaxFrame = 64 * 1024 * 1024;  // that is read back: ours are far smaller

uint32_t read_u32(const char *at) {
    uint32_t v;
    std::memcpy(&v, at, sizeof v);
    return v;
}

}  // namespace

void Output::put_varint(uint64_t n) {
    uint8_t bytes[10];
    size_t used = 0;
    for (; n >= 0x80; n >>= 7) bytes[used++] = static_cast<uint8_t>(n | 0x80);
    bytes[used++] = static_cast<uint8_t>(n);
    put(bytes, used);
}

void Output::put_text(std::string_view text) {
    put_varint(text.size());
    put(text.data(), text.size());
}

Compressor::Compressor(Compression method) : method_(method) {
    if (method_ == Compression::kZstd) zstd_ = ZSTD_createCCtx();
    const size_t most = method_ == Compression::kLz4    ? static_cast<size_t>(LZ4_compressBound(static_cast<int>(kFrameBytes)))
                        : method_ == Compression::kZstd ? ZSTD_compressBound(kFrameBytes)
                                                        : kFrameBytes;
    scratch_.resize(kHashBytes + kHeaderBytes + most);
}

Compressor::~Compressor() { ZSTD_freeCCtx(static_cast<ZSTD_CCtx *>(zstd_)); }

void Compressor::append(std::string &out, const void *data, size_t bytes) {
    char *const header = scratch_.data() + kHashBytes, *const to = header + kHeaderBytes;
    const size_t room = scratch_.size() - kHashBytes - kHeaderBytes;
    size_t written = 0;
    uint8_t method = kMethodNone;
    if (method_ == Compression::kLz4) {
        method = kMethodLz4;
        written = static_cast<size_t>(
            LZ4_compress_default(static_cast<const char *>(data), to, static_cast<int>(bytes), static_cast<int>(room)));
    } else if (method_ == Compression::kZstd) {
        method = kMethodZstd;
        written = ZSTD_compressCCtx(static_cast<ZSTD_CCtx *>(zstd_), to, room, data, bytes, kZstdLevel);
        if (ZSTD_isError(written)) written = 0;
    }
    if (written == 0) {  // as it is
        method = kMethodNone;
        std::memcpy(to, data, bytes);
        written = bytes;
    }
    const auto compressed = static_cast<uint32_t>(kHeaderBytes + written), raw = static_cast<uint32_t>(bytes);
    header[0] = static_cast<char>(method);
    std::memcpy(header + 1, &compressed, sizeof compressed);
    std::memcpy(header + 5, &raw, sizeof raw);
    const auto [low, high] = city_hash_128(header, compressed);
    std::memcpy(scratch_.data(), &low, sizeof low);
    std::memcpy(scratch_.data() + sizeof low, &high, sizeof high);
    out.append(scratch_.data(), kHashBytes + compressed);
}

void CompressedOutput::put(const void *data, size_t bytes) {
    const auto *at = static_cast<const char *>(data);
    while (bytes > 0) {
        if (waiting_.empty() && bytes >= Compressor::kFrameBytes) {
            compressor_.append(out_, at, Compressor::kFrameBytes);
            at += Compressor::kFrameBytes;
            bytes -= Compressor::kFrameBytes;
            continue;
        }
        const size_t take = std::min(bytes, Compressor::kFrameBytes - waiting_.size());
        waiting_.insert(waiting_.end(), at, at + take);
        at += take;
        bytes -= take;
        if (waiting_.size() == Compressor::kFrameBytes) finish();
    }
}

void CompressedOutput::finish() {
    if (!waiting_.empty()) compressor_.append(out_, waiting_.data(), waiting_.size());
    waiting_.clear();
}

Result<std::string> decompress(std::string_view blocks) {
    const auto damaged = [] { return Status::fatal("a block of rows is damaged"); };
    std::string out;
    while (!blocks.empty()) {
        if (blocks.size() < kHashBytes + kHeaderBytes) return damaged();
        const char *header = blocks.data() + kHashBytes;
        const size_t compressed = read_u32(header + 1), raw = read_u32(header + 5);
        if (compressed < kHeaderBytes || compressed > blocks.size() - kHashBytes || raw > kMaxFrame) return damaged();
        const auto [low, high] = city_hash_128(header, compressed);
        if (std::memcmp(blocks.data(), &low, sizeof low) != 0 || std::memcmp(blocks.data() + sizeof low, &high, sizeof high) != 0)
            return damaged();
        const char *data = header + kHeaderBytes;
        const size_t size = compressed - kHeaderBytes, before = out.size();
        out.resize(before + raw);
        size_t read = 0;
        switch (static_cast<uint8_t>(header[0])) {
            case kMethodNone:
                read = std::min(size, raw);
                std::memcpy(out.data() + before, data, read);
                break;
            case kMethodLz4: {
                const int n = LZ4_decompress_safe(data, out.data() + before, static_cast<int>(size), static_cast<int>(raw));
                read = n < 0 ? 0 : static_cast<size_t>(n);
                break;
            }
            case kMethodZstd: {
                const size_t n = ZSTD_decompress(out.data() + before, raw, data, size);
                read = ZSTD_isError(n) ? 0 : n;
                break;
            }
            default: return damaged();
        }
        if (read != raw) return damaged();
        blocks.remove_prefix(kHashBytes + compressed);
    }
    return out;
}

}  // namespace weir::clickhouse
