// Random rows there and back, and random damage: nothing is lost, nothing crashes, every payload is accounted for.
#include <gtest/gtest.h>

#include <random>

#include "codec_driver.hpp"

namespace weir::testing {
namespace {

using Random = std::mt19937_64;

Json random_value(const Type &type, Random &random) {
    auto below = [&](uint64_t n) { return random() % n; };
    switch (type.id) {
        case TypeId::kBool: return below(2) == 0;
        case TypeId::kInt8: return static_cast<int8_t>(random());
        case TypeId::kInt64: return static_cast<int64_t>(random());
        case TypeId::kUint64: return random();
        case TypeId::kFloat64: return static_cast<double>(static_cast<int64_t>(random())) / 1024;
        case TypeId::kDecimal128: return static_cast<int64_t>(random() % 1'000'000'000'000) - 500'000'000'000;
        case TypeId::kTimestamp: return static_cast<int64_t>(below(4'000'000'000'000'000));
        case TypeId::kDate: return static_cast<int64_t>(below(40'000));
        default: break;
    }
    static const char *const kPieces[] = {"a", "é", "\\", "\"", "\n", " ", "=", "😀", "\x01", "{", "0"};
    std::string text;
    for (uint64_t n = below(12); n > 0; --n) text += kPieces[below(std::size(kPieces))];
    return text;
}

void there_and_back(const std::string &codec_name, const std::string &config, const Schema &schema) {
    Random random(7);
    CodecDriver codec(codec_name, config);
    ASSERT_TRUE(codec.bind_encode(schema).ok());
    ASSERT_TRUE(codec.bind_decode(schema).ok());
    for (int round = 0; round < 50; ++round) {
        Json rows = Json::array();
        for (int r = 0; r < 20; ++r) {
            Json row = Json::array();
            for (const Field &f : schema.fields)
                row.push_back(f.nullable && random() % 4 == 0 ? Json() : random_value(f.type, random));
            rows.push_back(row);
        }
        ArrowArray array = make_rows(schema, rows);
        std::vector<std::string> expected = json_rows(schema, array);
        array.release(&array);
        auto payloads = codec.encode(rows.dump());
        ASSERT_EQ(codec.decode(Payloads(payloads.begin(), payloads.end())), expected);
    }
}

TEST(Codecs, ReadWhatTheyWrote) {
    const Schema all = schema_of({{"b", "bool?"}, {"i", "int8"}, {"n", "int64?"}, {"u", "uint64"}, {"f", "float64?"},
                                  {"d", "decimal(18,3)?"}, {"s", "string?"}, {"t", "timestamp?"}, {"day", "date"}});
    for (const char *form : {"iso", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns"}) {
        std::string config = std::string(R"({"timestamps":")") + form + "\"}";
        there_and_back("json", config, all);
        there_and_back("kv", config, all);
        there_and_back("text", config, schema_of({{"t", "timestamp"}}));
    }
    for (const char *type : {"int64", "uint64", "float64", "decimal(18,3)", "string", "bool", "date"})
        there_and_back("text", "{}", schema_of({{"v", type}}));
    there_and_back("raw", "{}", schema_of({{"v", "binary"}}));
}

TEST(Codecs, AccountForEveryDamagedPayload) {
    Random random(11);
    const Schema record = schema_of({{"a", "int64?"}, {"s", "string?"}, {"l", "list<struct<x: decimal(9,2), y: bool?>>?"},
                                     {"m", "map<string, float64>?"}});
    const std::string good = R"({"a":-12,"s":"q\"\u00e9","l":[{"x":1.5,"y":true},{"x":"2.25"}],"m":{"k":1e3},"z":[{}]})";
    const Schema flat = schema_of({{"a", "int64?"}, {"s", "string?"}, {"t", "timestamp?"}});
    const std::string kv = "a=-12,s=qé,t=2024-05-23T12:34:56.5+02:00";
    CodecDriver json("json"), pairs("kv");
    ASSERT_TRUE(json.bind_decode(record).ok() && pairs.bind_decode(flat).ok());
    auto damaged = [&](std::string text) {
        for (uint64_t n = 1 + random() % 3; n > 0 && !text.empty(); --n) {
            size_t at = random() % text.size();
            switch (random() % 4) {
                case 0: text[at] = static_cast<char>(random()); break;
                case 1: text.erase(at, 1 + random() % 8); break;
                case 2: text.insert(at, text.substr(random() % text.size(), random() % 16)); break;
                default: text.resize(at);
            }
        }
        return text;
    };
    for (int round = 0; round < 400; ++round) {
        Payloads some_json, some_kv;
        for (int i = 0; i < 50; ++i) {
            some_json.push_back(i % 5 ? damaged(good) : good);
            some_kv.push_back(i % 5 ? damaged(kv) : kv);
        }
        // The driver checks that rows and failures add up to the payloads.
        ASSERT_GE(json.decode(some_json).size(), 10u);
        ASSERT_GE(pairs.decode(some_kv).size(), 10u);
    }
}

}  // namespace
}  // namespace weir::testing
