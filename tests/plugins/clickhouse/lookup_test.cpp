// clickhouse.lookup on a real server: what is added, what is remembered, and for how long.
#include <gtest/gtest.h>

#include <poll.h>

#include "lookup_cache.hpp"
#include "real_server.hpp"

namespace weir::testing {
namespace {

using Rows = std::vector<std::string>;

TEST(LookupCache, ForgetsWhatWasUsedLongestAgo) {
    clickhouse::LookupCache cache(4 * 170, 100);
    for (const char *key : {"a", "b", "c", "d"}) cache.put(key, key, 0);
    EXPECT_EQ(*cache.find("a", 1), "a");
    cache.put("e", std::nullopt, 1);
    EXPECT_EQ(cache.find("b", 1), nullptr);
    EXPECT_EQ(*cache.find("a", 1), "a");
    EXPECT_EQ(*cache.find("e", 1), std::nullopt);
    EXPECT_EQ(cache.size(), 4u);
    EXPECT_LE(cache.bytes(), 4u * 170);
}

TEST(LookupCache, ForgetsWhatIsOld) {
    clickhouse::LookupCache cache(1000, 100);
    cache.put("a", "1", 0);
    EXPECT_NE(cache.find("a", 99), nullptr);
    EXPECT_EQ(cache.find("a", 100), nullptr);
    EXPECT_EQ(cache.bytes(), 0u);
    cache.put("b", std::string(2000, 'x'), 0);
    EXPECT_EQ(cache.size(), 0u);
}

class ClickHouseLookup : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        server = new RealServer;
        connection = new OpenConnection(Json{{"url", Json::array({server->url()})}});
        server->ask("CREATE TABLE customers (id Int64, region LowCardinality(String), name String, since DateTime, score Nullable(Float64)) "
                    "ENGINE = MergeTree ORDER BY (id, region)");
        server->ask("INSERT INTO customers VALUES (1, 'eu', 'it''s Ann', '2024-05-23 12:00:00', 1.5), (2, 'us', 'Bob', '2020-01-01 00:00:00', NULL)");
    }
    static void TearDownTestSuite() {
        delete connection;
        delete server;
    }
    static Json config(Json more = Json::object()) {
        Json out = {{"table", "default.customers"},
                    {"record",
                     {{"fields",
                       {{{"name", "id"}, {"type", "int64"}}, {{"name", "region"}, {"type", "string"}}, {{"name", "name"}, {"type", "string"}},
                        {{"name", "since"}, {"type", "timestamp"}}, {{"name", "score"}, {"type", "float64"}, {"nullable", true}}}}}},
                    {"key", {"id"}},
                    {"add", {"name", "score"}}};
        out.update(more);
        return out;
    }
    std::unique_ptr<Harness> start(Json more = Json::object(), std::vector<std::pair<std::string, std::string>> columns = {{"id", "int64?"}}) {
        HarnessOptions options;
        options.connection = connection->self();
        Schema schema;
        for (const auto &[name, type] : columns) schema.fields.push_back(*parse_field(name, type));
        auto out = std::make_unique<Harness>(clickhouse_plugin(), "clickhouse.lookup", config(std::move(more)).dump(), std::vector<Schema>{schema}, options);
        const Status status = out->start();
        said = status.path() + ": " + status.message();
        return out;
    }
    // All of one batch.
    static Rows process(Harness &harness, const std::string &rows) {
        Status status = harness.process(rows);
        while (status.is_pending()) {
            while (!harness.take_wake()) ::poll(nullptr, 0, 1);
            status = harness.resume();
        }
        EXPECT_TRUE(status.done()) << status.message();
        return harness.take();
    }

    static inline RealServer *server;
    static inline OpenConnection *connection;
    std::string said;
};

TEST_F(ClickHouseLookup, AddsWhatItFindsAndNullWhereThereIsNothing) {
    auto harness = start();
    EXPECT_EQ(process(*harness, "[[1],[2],[3],[null],[1]]"),
              (Rows{R"({"id":1,"name":"it's Ann","score":1.5})", R"({"id":2,"name":"Bob","score":null})", R"({"id":3,"name":null,"score":null})",
                    R"({"id":null,"name":null,"score":null})", R"({"id":1,"name":"it's Ann","score":1.5})"}));
    EXPECT_EQ(harness->metric("queries"), 1);
    EXPECT_EQ(harness->metric("missing"), 2);
}

TEST_F(ClickHouseLookup, RemembersForAWhile) {
    server->ask("INSERT INTO customers VALUES (10, 'eu', 'Cid', '2024-01-01 00:00:00', 1)");
    auto harness = start({{"cache_for", 1'000'000}});
    const Rows before{R"({"id":10,"name":"Cid","score":1})", R"({"id":11,"name":null,"score":null})"};
    EXPECT_EQ(process(*harness, "[[10],[11]]"), before);
    server->ask("INSERT INTO customers VALUES (11, 'eu', 'Dan', '2024-01-01 00:00:00', 2)");
    EXPECT_EQ(process(*harness, "[[10],[11]]"), before);
    EXPECT_EQ(harness->metric("queries"), 1);
    ASSERT_TRUE(harness->advance_to(1'000'000).ok());
    EXPECT_EQ(process(*harness, "[[11]]"), Rows{R"({"id":11,"name":"Dan","score":2})"});
    EXPECT_EQ(harness->metric("queries"), 2);
}

TEST_F(ClickHouseLookup, FindsByKeysOfSeveralColumns) {
    auto harness = start({{"key", {"since", "region"}}, {"column", {"at", "where"}}, {"add", {"id"}}, {"prefix", "customer_"}},
                         {{"at", "timestamp"}, {"where", "string"}});
    EXPECT_EQ(process(*harness, R"([[1716465600000000,"eu"],[1716465600000000,"'; DROP TABLE customers; --"]])"),
              (Rows{R"({"at":"2024-05-23T12:00:00Z","where":"eu","customer_id":1})",
                    R"({"at":"2024-05-23T12:00:00Z","where":"'; DROP TABLE customers; --","customer_id":null})"}));
    EXPECT_EQ(server->ask("SELECT count() > 0 FROM customers"), "1\n");
}

TEST_F(ClickHouseLookup, DropsOrFailsRowsThatAreMissing) {
    auto drops = start({{"missing", "drop"}});
    EXPECT_EQ(process(*drops, "[[3],[1],[null]]"), Rows{R"({"id":1,"name":"it's Ann","score":1.5})"});
    auto fails = start({{"missing", "error"}});
    EXPECT_EQ(process(*fails, "[[3],[1]]"), Rows{R"({"id":1,"name":"it's Ann","score":1.5})"});
    const auto failed = fails->take_failed();
    ASSERT_EQ(failed.size(), 1u);
    EXPECT_EQ(failed[0].code, "missing");
    EXPECT_EQ(failed[0].message, "no row of `SELECT * FROM `default`.`customers`` has id = 3");
}

TEST_F(ClickHouseLookup, AsksAQuery) {
    auto harness = start({{"table", ""}, {"query", "SELECT id, region, 'x' AS name, since, score FROM customers WHERE id < 2;"}});
    EXPECT_EQ(process(*harness, "[[1],[2]]"), (Rows{R"({"id":1,"name":"x","score":1.5})", R"({"id":2,"name":null,"score":null})"}));
}

TEST_F(ClickHouseLookup, SaysWhatDoesNotFit) {
    start({{"key", {"score"}}});
    EXPECT_EQ(said, "key: `score` is float64?: integers, strings, dates, timestamps and bools that are never null can be a key");
    start(Json::object(), {{"id", "string"}});
    EXPECT_EQ(said, "column: `id` is string, and `id` of the record int64: give both one type");
    start({{"table", ""}});
    EXPECT_EQ(said, "table: or `query`: one of them says where the rows are");
    auto gone = start({{"table", "nothing"}});
    Status status = gone->process("[[1]]");
    while (status.is_pending()) {
        while (!gone->take_wake()) ::poll(nullptr, 0, 1);
        status = gone->resume();
    }
    EXPECT_EQ(status.code(), WEIR_E_FATAL);
    EXPECT_NE(status.message().find("Unknown table expression identifier 'nothing'"), std::string::npos) << status.message();
}

}  // namespace
}  // namespace weir::testing
