// Hashes and encodings of bytes.
#include <array>
#include <memory>
#include <xxhash.h>

#include <openssl/evp.h>

#include <weir/row_json.hpp>

#include "host/expression/functions.hpp"
#include "host/expression/kernel.hpp"
#include "host/expression/type_rules.hpp"

namespace weir::host::expression {
namespace {

using Text = std::string_view;

Text hex_of(Row& row, Text bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    char* to = row.room(bytes.size() * 2);
    if (!to) return {};
    char* const begin = to;
    for (char c : bytes) {
        *to++ = kDigits[static_cast<unsigned char>(c) >> 4];
        *to++ = kDigits[static_cast<unsigned char>(c) & 15];
    }
    return {begin, bytes.size() * 2};
}

// A digest by OpenSSL, with what it needs kept from row to row.
struct Digest {
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
    std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> algorithm{nullptr, EVP_MD_free};
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
};

Text digest_of(Row& row, Text text, const char* name) {
    auto& digest = row.memo<Digest>();
    if (!digest.algorithm) digest.algorithm.reset(EVP_MD_fetch(nullptr, name, nullptr));
    unsigned int size = 0;
    const bool done = digest.algorithm && digest.context &&
                      EVP_DigestInit_ex2(digest.context.get(), digest.algorithm.get(), nullptr) == 1 &&
                      EVP_DigestUpdate(digest.context.get(), text.data(), text.size()) == 1 &&
                      EVP_DigestFinal_ex(digest.context.get(), digest.bytes.data(), &size) == 1;
    if (!done) row.fail(ErrorCode::kBadArgument, "this system's OpenSSL refuses {}", name);
    return {reinterpret_cast<const char*>(digest.bytes.data()), size};
}

Text md5_of(Row& row, Text text) { return hex_of(row, digest_of(row, text, "MD5")); }
Text sha256_of(Row& row, Text text) { return row.text(digest_of(row, text, "SHA256")); }
int64_t xxhash64_of(Row&, Text text) { return static_cast<int64_t>(XXH64(text.data(), text.size(), 0)); }

Text encode_as(Row& row, Text bytes, Text format) {
    if (format == "hex") return hex_of(row, bytes);
    if (format == "base64") return row.text(base64(bytes));
    return row.fail(ErrorCode::kBadArgument, "`{}` is no encoding: hex or base64", shown(format)), Text();
}

int hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

Text decode_hex(Row& row, Text text) {
    char* to = row.room(text.size() / 2 + 1);
    if (!to) return {};
    char* const begin = to;
    for (size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_digit(text[i]), low = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
        if (high < 0 || low < 0)
            return row.fail(ErrorCode::kBadArgument, "`{}` is not hexadecimal", shown(text)), Text();
        *to++ = static_cast<char>(high << 4 | low);
    }
    return {begin, static_cast<size_t>(to - begin)};
}

int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

Text decode_base64(Row& row, Text text) {
    char* to = row.room(text.size());
    if (!to) return {};
    char* const begin = to;
    const Text all = text;
    while (text.ends_with('=') && all.size() - text.size() < 2) text.remove_suffix(1);
    uint32_t bits = 0;
    int have = 0;
    for (char c : text) {
        const int digit = base64_digit(c);
        if (digit < 0 || all.size() % 4 != 0)
            return row.fail(ErrorCode::kBadArgument, "`{}` is not base64", shown(all)), Text();
        bits = bits << 6 | static_cast<uint32_t>(digit);
        if ((have += 6) >= 8) *to++ = static_cast<char>(bits >> (have -= 8));
    }
    return {begin, static_cast<size_t>(to - begin)};
}

Text decode_as(Row& row, Text text, Text format) {
    if (format == "hex") return decode_hex(row, text);
    if (format == "base64") return decode_base64(row, text);
    return row.fail(ErrorCode::kBadArgument, "`{}` is no encoding: hex or base64", shown(format)), Text();
}

Refusal check_encoding(Arguments args) {
    const Constant* format = args[1].constant;
    if (!format || format->is_null() || format->text() == "hex" || format->text() == "base64") return std::nullopt;
    return Problem{args[1].span, fmt::format("`{}` is no encoding", shown(format->text())), "'hex' or 'base64'", "",
                   ""};
}

constexpr Overload kMd5[] = {{"string -> string", map<&md5_of>}, {"binary -> string", map<&md5_of>}};
constexpr Overload kSha256[] = {{"string -> binary", map<&sha256_of>}, {"binary -> binary", map<&sha256_of>}};
constexpr Overload kXxhash64[] = {{"string -> int64", map<&xxhash64_of>, false, true},
                                  {"binary -> int64", map<&xxhash64_of>, false, true}};
constexpr Overload kEncode[] = {{"binary, string -> string", map<&encode_as>}};
constexpr Overload kDecode[] = {{"string, string -> binary", map<&decode_as>}};

constexpr Example kMd5Examples[] = {{"md5('weir')", "57c6838eabf401f73f6dd50093408e33"}};
constexpr Example kSha256Examples[] = {
    {"encode(sha256('abc'), 'hex')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}};
constexpr Example kXxhash64Examples[] = {{"xxhash64('abc')", "4952883123889572249"}};
constexpr Example kEncodeExamples[] = {{"encode('abc'::binary, 'hex')", "616263"},
                                       {"encode('abc'::binary, 'base64')", "YWJj"}};
constexpr Example kDecodeExamples[] = {{"decode('616263', 'hex')::string", "abc"},
                                       {"decode('6', 'hex')", "error: bad-argument"}};

constexpr Function kFunctions[] = {
    {"md5", kMd5, "The MD5 hash, in hexadecimal.", kMd5Examples},
    {"sha256", kSha256, "The SHA-256 hash, as 32 bytes.", kSha256Examples},
    {"xxhash64", kXxhash64, "The 64-bit xxHash (XXH64, seed 0), whose highest bit is the sign.", kXxhash64Examples},
    {"encode", kEncode, "The bytes as text: `hex` or `base64`.", kEncodeExamples, Nulls::kStrict, false,
     check_encoding},
    {"decode", kDecode, "The bytes that the text stands for: `hex` or `base64`.", kDecodeExamples, Nulls::kStrict,
     false, check_encoding},
};

}  // namespace

constinit const FunctionGroup kHashFunctions = {"Hashes and encodings", "", false, kFunctions};

}  // namespace weir::host::expression
