// The json codec against simdjson: seeded random documents, whole and damaged.
//
// The codec reads most payloads with a scanner of its own; what has an escape in the name of a member goes to simdjson's
// on-demand parser. So each document is read twice, once with an escape, and both must say the same; and what simdjson's
// DOM parser refuses, the codec must refuse, and take the same values out of the rest.
#include <gtest/gtest.h>

#include <random>

#include <simdjson.h>

#include "codec_driver.hpp"

namespace weir::testing {
namespace {

class Documents {
public:
    explicit Documents(uint64_t seed) : random_(seed) {}

    uint64_t below(uint64_t n) { return random_() % n; }
    const char *one_of(std::initializer_list<const char *> list) { return list.begin()[below(list.size())]; }
    std::string blanks() { return below(8) ? "" : one_of({" ", "  ", "\n", "\r\n", "\t"}); }

    std::string string() {
        std::string out = "\"";
        for (uint64_t n = below(20); n > 0; --n)
            out += one_of({"a", "B", "0", "-", " ", "é", "😀", "\\n", "\\\"", "\\\\", "\\u00e9", "\\ud83d\\ude00", "\\/", "}", "]", ",",
                           ":", "base64:", "some longer text"});
        return out + (below(200) ? "\"" : one_of({"\\u12\"", "\\ud800\"", "\\udc00\"", "\\x\"", "\n\"", "", "\xff\""}));
    }
    std::string number() {
        const int64_t whole = static_cast<int64_t>(random_()) >> below(63);
        switch (below(12)) {
            case 0: return std::to_string(whole) + "." + std::to_string(below(100'000));
            case 1: return std::to_string(whole % 1000) + "e" + std::to_string(static_cast<int>(below(60)) - 30);
            case 2: return one_of({"-0", "0.0", "-0.0", "0e9", "1E+2", "5.0", "1e400", "1e-400", "12345678901234567890", "9007199254740993",
                                   "0.1", "2.2250738585072011e-308", "123456789012345678901234567890.5"});
            case 3: return below(10) ? "7" : one_of({"01", "+1", "1.", ".5", "1e", "--1", "0x1", "NaN", "Infinity", "1e+"});
            case 4: return std::to_string(below(1'000'000)) + "." + std::to_string(below(100));
            default: return std::to_string(whole);
        }
    }
    std::string value(int depth) {
        switch (below(depth > 3 ? 5 : 9)) {
            case 0: return string();
            case 1: return one_of({"true", "false", "null", "true", "false", "nul", "truex"});
            case 2: return "null";
            case 3:
            case 4: return number();
            case 5:
            case 6: return list(depth, [&] { return value(depth + 1); });
            default: return object({"x", "y", "a", "zz", "k"}, depth);
        }
    }
    template <class F>
    std::string list(int, F &&element) {
        std::string out = "[" + blanks();
        for (uint64_t n = below(4), i = 0; i < n; ++i) out += (i ? "," + blanks() : "") + element() + blanks();
        return out + (below(300) ? "]" : ",]");
    }
    std::string object(std::initializer_list<const char *> names, int depth) {
        std::string out = "{" + blanks();
        for (uint64_t n = below(4), i = 0; i < n; ++i)
            out += (i ? "," + blanks() : "") + "\"" + one_of(names) + "\"" + blanks() + ":" + blanks() + value(depth + 1) + blanks();
        return out + "}";
    }
    // A value that mostly fits its column.
    std::string fitting(std::string_view name) {
        if (!below(25)) return value(1);
        if (name == "i") return below(3) ? std::to_string(static_cast<int64_t>(random_()) >> below(63)) : number();
        if (name == "u") return std::to_string(random_() >> below(64));
        if (name == "f" || name == "g") return number();
        if (name == "d") return below(2) ? number() : "\"" + number() + "\"";
        if (name == "s" || name == "y") return string();
        if (name == "b") return one_of({"true", "false", "null"});
        if (name == "t") return one_of({"\"2024-05-23T12:34:56Z\"", "\"2024-05-23 12:34\"", "\"\\u0032024-05-23T12:34:56.5+02:00\"", "\"now\""});
        if (name == "l") return list(1, [&] { return number(); });
        if (name == "o") return object({"p", "q", "x"}, 1);
        if (name == "m") return object({"k", "kk", "kkk", "kk\\u0020"}, 1);
        return value(1);
    }
    // Each member's name with an escape, or none.
    std::pair<std::string, std::string> document() {
        static constexpr std::string_view kNames[] = {"i", "u", "f", "g", "d", "s", "y", "b", "t", "l", "o", "m", "j", "n", "x", "other"};
        std::string plain = blanks() + "{" + blanks(), escaped = plain;
        size_t at = 0;
        for (uint64_t n = 1 + below(12), i = 0; i < n; ++i) {
            at = below(10) ? (at + below(2)) % std::size(kNames) : below(std::size(kNames));
            std::string name(kNames[at++ % std::size(kNames)]);
            const std::string rest = name.substr(1) + "\"" + blanks() + ":" + blanks() + fitting(name) + blanks();
            const std::string begin = (i ? "," + blanks() : "") + "\"";
            plain += begin + name[0] + rest;
            char code[8];
            std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(name[0]));
            escaped += begin + (i == 0 ? code : std::string(1, name[0])) + rest;
        }
        const std::string end = (below(300) ? "}" : one_of({"", "]", "}}", "} x"})) + blanks();
        return {plain + end, escaped + end};
    }

private:
    std::mt19937_64 random_;
};

Schema everything() {
    Schema record = schema_of({{"i", "int64?"}, {"u", "uint32?"}, {"f", "float64?"}, {"g", "float32?"}, {"d", "decimal(20,4)?"},
                               {"s", "string?"}, {"y", "binary?"}, {"b", "bool?"}, {"t", "timestamp?"}, {"l", "list<int16?>?"},
                               {"o", "struct<p: string?, q: struct<x: int64?, y: float64?>?>?"},
                               {"m", "map<string, list<string?>?>?"}, {"j", "string?"}, {"n", "int64?"}, {"rest", "string"}});
    record.fields[12].format = "json";
    record.fields[13].path = "n.x";
    return record;
}

// What simdjson's DOM finds of a member, as the row has it; nothing for those that it cannot judge.
std::string dom_value(const simdjson::dom::object &object, const char *name) {
    simdjson::dom::element value;
    if (object.at_key(name).get(value)) return "null";
    int64_t number = 0;
    std::string_view text;
    if (value.is_null()) return "null";
    if (!value.get_int64().get(number)) return std::to_string(number);
    if (!value.get_string().get(text)) return Json(std::string(text)).dump();
    return "";
}

// Names of members that are kept are kept as they are written, with or without an escape.
std::string without_rest(const std::string &row) {
    Json out = Json::parse(row);
    out.erase("rest");
    return out.dump();
}

class Differential : public ::testing::TestWithParam<const char *> {};

TEST_P(Differential, BothWaysOfReadingSayTheSameAndTakeNothingThatIsNotJson) {
    CodecDriver codec("json", GetParam());
    Schema record = everything();
    if (std::string_view(GetParam()).find("rest") == std::string_view::npos) record.fields.pop_back();
    ASSERT_TRUE(codec.bind_decode(record).ok());
    simdjson::dom::parser parser;
    size_t taken = 0, refused = 0;
    Documents documents(20240523);
    for (int i = 0; i < 4'000; ++i) {
        auto [plain, escaped] = documents.document();
        if (documents.below(10) == 0) {  // the same damage to both: behind the first name, from the end
            const size_t back = documents.below(std::min(plain.size(), escaped.size()) / 2 + 1);
            const auto byte = static_cast<char>(documents.below(256));
            plain[plain.size() - 1 - back] = byte;
            escaped[escaped.size() - 1 - back] = byte;
        }
        const Rows fast = codec.decode({plain});
        const Failures why = codec.failed();
        const Rows slow = codec.decode({escaped});
        if (fast.empty()) {
            ++refused;
            ASSERT_EQ(slow, Rows{}) << plain;
            ASSERT_EQ(codec.failed().at(0).field, why.at(0).field) << plain;
            ASSERT_EQ(codec.failed().at(0).message, why.at(0).message) << plain;
            continue;
        }
        ++taken;
        ASSERT_EQ(slow.size(), 1u) << plain;
        ASSERT_EQ(without_rest(slow[0]), without_rest(fast[0])) << plain;
        simdjson::dom::object object;
        const simdjson::error_code error = parser.parse(plain).get_object().get(object);
        if (error == simdjson::NUMBER_ERROR) continue;  // of a number beyond a double, too, which is JSON all the same
        ASSERT_FALSE(error) << plain;
        const Json row = Json::parse(fast[0]);
        for (const char *name : {"i", "s"}) {
            const std::string expected = dom_value(object, name);
            ASSERT_EQ(expected.empty() ? expected : row[name].dump(), expected) << plain;
        }
    }
    EXPECT_GT(taken, 500u);
    EXPECT_GT(refused, 500u);
}

INSTANTIATE_TEST_SUITE_P(Json, Differential, ::testing::Values("{}", R"({"rest":"rest"})", R"({"timestamps":"epoch_ms"})"));

}  // namespace
}  // namespace weir::testing
