// clickhouse.source on a real server: types, positions to the row, polling, and what it says when it cannot.
#include <gtest/gtest.h>

#include <poll.h>

#include "real_server.hpp"

namespace weir::testing {
namespace {

using Rows = std::vector<std::string>;

class ClickHouseSource : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        server = new RealServer;
        connection = new OpenConnection(Json{{"url", Json::array({server->url()})}});
    }
    static void TearDownTestSuite() {
        delete connection;
        delete server;
    }
    static std::string ask(const std::string &sql) { return server->ask(sql); }

    static Json record(std::initializer_list<std::pair<std::string, std::string>> fields) {
        Json out{{"fields", Json::array()}};
        for (const auto &[name, type] : fields) {
            const bool nullable = type.ends_with("?");
            out["fields"].push_back({{"name", name}, {"type", nullable ? type.substr(0, type.size() - 1) : type}, {"nullable", nullable}});
        }
        return out;
    }

    static inline RealServer *server;
    static inline OpenConnection *connection;
};

// A source that is started and has its split.
class Reading {
public:
    Reading(OpenConnection &connection, Json config, std::optional<std::string> position = {}, uint32_t flags = 0) {
        HarnessOptions options;
        options.connection = connection.self();
        options.flags = flags;
        harness = std::make_unique<Harness>(clickhouse_plugin(), "clickhouse.source", config.dump(), std::vector<Schema>{}, options);
        if (Status s = harness->start(); !s.ok()) throw std::runtime_error(s.path() + ": " + s.message());
        if (harness->discover() != Rows{"query"}) throw std::runtime_error("no split");
        if (Status s = harness->assign(0, "query", position); !s.ok()) throw std::runtime_error(s.message());
    }
    // Polls until there are `n` rows, or it has ended or failed.
    Rows read(size_t n, uint64_t at_once = WEIR_BATCH_MAX_ROWS) {
        Rows out;
        while (out.size() < n) {
            status = harness->poll(0, std::min<uint64_t>(at_once, n - out.size()));
            for (std::string &row : harness->take()) out.push_back(std::move(row));
            if (status.is_end() || !status.ok()) break;
            if (status.done() && !harness->take_wake()) {
                if (harness->wake_time()) break;
                ::poll(nullptr, 0, 1);
            }
        }
        return out;
    }
    std::string position() { return harness->position(0); }

    std::unique_ptr<Harness> harness;
    Status status;
};

std::string refusal(OpenConnection &connection, Json config, uint32_t flags = 0) {
    try {
        Reading reading(connection, std::move(config), {}, flags);
    } catch (const std::runtime_error &error) {
        return error.what();
    }
    return "none";
}

TEST_F(ClickHouseSource, ReadsEveryTypeAsTheRecordSays) {
    Reading reading(*connection,
                    {{"query",
                      "SELECT 255::UInt8 AS a, -1::Int8 AS b, 1.5::Float32 AS c, '-12.34'::Decimal(9, 2) AS d, '12345678901234567890.5'::Decimal(38, 1) AS e, "
                      "unhex('00FF') AS f, toDate('2024-02-29') AS g, toDateTime('2024-05-23 12:00:00', 'Europe/Berlin') AS h, "
                      "toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS i, 'x'::Enum8('x' = 1) AS j, toIPv4('10.0.0.1') AS k, NULL::Nullable(Int32) AS l, "
                      "[[1, NULL], []]::Array(Array(Nullable(UInt8))) AS m, map('k', 7)::Map(String, UInt16) AS n, tuple('s', 8)::Tuple(p String, q Int32) AS o, "
                      "toLowCardinality('low') AS p, true AS q, 'left out' AS r"},
                     {"record", record({{"a", "int32"}, {"b", "int8"}, {"c", "float32"}, {"d", "decimal(9,2)"}, {"e", "decimal(38,1)"}, {"f", "binary"},
                                        {"g", "date"}, {"h", "timestamp"}, {"i", "string"}, {"j", "string"}, {"k", "string"}, {"l", "int32?"},
                                        {"m", "list<list<uint8?>>"}, {"n", "map<string, uint16>"}, {"o", "struct<p: string, q: int32>"}, {"p", "string"},
                                        {"q", "bool"}})}});
    const Rows rows = reading.read(2);
    EXPECT_TRUE(reading.status.is_end()) << reading.status.message();
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_NE(rows[0].find(R"("e":12345678901234567890.5,)"), std::string::npos) << rows[0];
    Json row = Json::parse(rows[0]);
    row.erase("e");  // which a JSON parser makes a float
    row.erase("f");
    EXPECT_EQ(row.dump(), R"({"a":255,"b":-1,"c":1.5,"d":-12.34,"g":"2024-02-29","h":"2024-05-23T10:00:00Z",)"
                          R"("i":"61f0c404-5cb3-11e7-907b-a6006ad3dba0","j":"x","k":"10.0.0.1","l":null,"m":[[1,null],[]],"n":{"k":7},"o":{"p":"s","q":8},)"
                          R"("p":"low","q":true})");
}

TEST_F(ClickHouseSource, TakesArgumentsAsValues) {
    Reading reading(*connection, {{"query", "SELECT number AS n, {s:String} AS s FROM numbers({n:UInt64})"},
                                  {"record", record({{"n", "int64"}, {"s", "string"}})},
                                  {"arguments", {{"s", "it's\\t{n:UInt64}"}, {"n", 2}}}});
    EXPECT_EQ(reading.read(3), (Rows{R"({"n":0,"s":"it's\\t{n:UInt64}"})", R"({"n":1,"s":"it's\\t{n:UInt64}"})"}));
}

TEST_F(ClickHouseSource, GoesOnBehindTheVeryRowWhereItWas) {
    // 3,000 rows, ten of each value of `at`, all unlike or all alike in the rest.
    const Json config = {{"query", "SELECT intDiv(number, 10) AS at, if(number % 3 = 0, 0, number) AS n FROM numbers(3000)"},
                         {"record", record({{"at", "int64"}, {"n", "int64"}})},
                         {"position", "at"},
                         {"rows", 700}};
    Rows whole = Reading(*connection, config).read(4000);
    ASSERT_EQ(whole.size(), 3000u);
    for (const size_t cut : {1u, 5u, 10u, 700u, 703u, 1024u, 2999u, 3000u}) {
        Reading first(*connection, config);
        Rows rows = first.read(cut, 64);
        ASSERT_EQ(rows.size(), cut);
        Reading second(*connection, config, first.position(), WEIR_CONTEXT_EXACTLY_ONCE);
        for (std::string &row : second.read(4000)) rows.push_back(std::move(row));
        EXPECT_EQ(rows, whole) << "cut behind " << cut << " at " << first.position();
    }
}

TEST_F(ClickHouseSource, KnowsPositionsOfEveryKind) {
    for (const auto &[type, sql, expected] : std::vector<std::tuple<std::string, std::string, std::string>>{
             {"timestamp", "toDateTime64('2024-05-23 12:34:56.789012', 6, 'UTC') + toIntervalSecond(number)", "1@2024-05-23 12:34:57.789012"},
             {"date", "toDate32('1950-01-01') + number", "1@1950-01-02"},
             {"string", "concat('it''s\\t@', toString(number))", "1@it's\t@1"},
             {"uint64", "18446744073709551613 + number", "1@18446744073709551614"}}) {
        const Json config = {{"query", "SELECT " + sql + " AS at FROM numbers(3)"}, {"record", record({{"at", type}})}, {"position", "at"}};
        Reading first(*connection, config);
        ASSERT_EQ(first.read(2).size(), 2u) << type << first.status.message();
        EXPECT_EQ(first.position(), expected);
        Reading second(*connection, config, first.position());
        EXPECT_EQ(second.read(5).size(), 1u) << type << second.status.message();
    }
}

TEST_F(ClickHouseSource, BeginsWhereItIsTold) {
    Reading reading(*connection, {{"query", "SELECT number AS n FROM numbers(5)"}, {"record", record({{"n", "int64"}})}, {"position", "n"}, {"start", "3"}});
    EXPECT_EQ(reading.read(5), (Rows{R"({"n":3})", R"({"n":4})"}));
}

TEST_F(ClickHouseSource, LooksForRowsThatHaveCome) {
    ask("CREATE TABLE polled (n Int64) ENGINE = MergeTree ORDER BY n");
    ask("INSERT INTO polled VALUES (1), (2)");
    Reading reading(*connection, {{"query", "SELECT n FROM polled"}, {"record", record({{"n", "int64"}})}, {"position", "n"}, {"every", 1'000'000}});
    EXPECT_EQ(reading.read(3), (Rows{R"({"n":1})", R"({"n":2})"}));
    EXPECT_EQ(reading.harness->wake_time(), 1'000'000);
    ask("INSERT INTO polled VALUES (3)");
    ASSERT_TRUE(reading.harness->advance_to(1'000'000).ok());
    EXPECT_EQ(reading.read(1), (Rows{R"({"n":3})"}));
    EXPECT_EQ(reading.position(), "1@3");
}

TEST_F(ClickHouseSource, LeavesRowsThatHaveNotSettled) {
    Reading reading(*connection, {{"query", "SELECT now64(6) - toIntervalHour(number) AS at FROM numbers(3)"},
                                  {"record", record({{"at", "timestamp"}})},
                                  {"position", "at"},
                                  {"settle", 60'000'000}});
    EXPECT_EQ(reading.read(3).size(), 2u);
}

TEST_F(ClickHouseSource, FailsWhereAValueDoesNotFit) {
    for (const auto &[sql, type, says] : std::vector<std::tuple<std::string, std::string, std::string>>{
             {"300", "int8", "Value in column"},
             {"NULL::Nullable(Int32)", "int32", "null"},
             {"unhex('FF')", "string", "that is not UTF-8: declare the column `binary`"}}) {
        Reading reading(*connection, {{"query", "SELECT " + sql + " AS x"}, {"record", record({{"x", type}})}});
        EXPECT_EQ(reading.read(1).size(), 0u);
        EXPECT_EQ(reading.status.code(), WEIR_E_FATAL);
        EXPECT_TRUE(reading.status.message().find(says) != std::string::npos || says == "null") << reading.status.message();
    }
    Reading large(*connection, {{"query", "SELECT repeat('x', 100000) AS x"}, {"record", record({{"x", "string"}})}, {"max_bytes", 1000}});
    EXPECT_EQ(large.read(1).size(), 0u);
    EXPECT_NE(large.status.message().find("name a `position`, so that it is read in pieces"), std::string::npos) << large.status.message();
}

TEST_F(ClickHouseSource, RefusesWhatItCannotKeep) {
    const Json good = {{"query", "SELECT n FROM t"}, {"record", record({{"n", "int64"}, {"f", "float64"}, {"o", "int64?"}})}};
    auto with = [&](Json more) {
        Json out = good;
        out.update(more);
        return out;
    };
    EXPECT_EQ(refusal(*connection, good, WEIR_CONTEXT_EXACTLY_ONCE),
              "position: is missing: without it a restart reads the query anew, which is not exactly once. Name a column whose values grow");
    EXPECT_EQ(refusal(*connection, with({{"position", "m"}})), "position: `m` is no column of the record, which has { n: int64, f: float64, o: int64? }");
    EXPECT_EQ(refusal(*connection, with({{"position", "f"}})),
              "position: `f` is float64: an integer, a date, a timestamp or a string that is never null can be a position");
    EXPECT_EQ(refusal(*connection, with({{"position", "n"}, {"start", "x"}})), "start: `start` is `x`, which is no int64");
    EXPECT_EQ(refusal(*connection, with({{"every", 1'000'000}})), "every: is about `position`, which is not given: name the column whose values grow");
    EXPECT_EQ(refusal(*connection, with({{"position", "n"}, {"settle", 1}})), "settle: is about time, and `n` is int64");
    EXPECT_EQ(refusal(*connection, with({{"arguments", {{"x", {1, 2}}}}})), "arguments: `x` is a list or a map, and only plain values can be bound");
}

}  // namespace
}  // namespace weir::testing
