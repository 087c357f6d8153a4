// The extension that views are answered through, on a real server.
#include <gtest/gtest.h>

#include <weir/ext/query.h>

#include "real_server.hpp"

namespace weir::testing {
namespace {

struct Given {
    std::string name, type;
    std::optional<std::string> text;
};

class Views : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        server = new RealServer;
        connection = new OpenConnection(Json{{"url", Json::array({server->url()})}});
        api = static_cast<const weir_query_api *>(clickhouse_plugin().module().extension(WEIR_EXT_QUERY));
    }
    static void TearDownTestSuite() {
        delete connection;
        delete server;
    }

    static std::vector<weir_query_argument> raw(const std::vector<Given> &given) {
        std::vector<weir_query_argument> out;
        for (const Given &g : given)
            out.push_back({sizeof(weir_query_argument), 0, to_abi(g.name), to_abi(g.type), g.text ? to_abi(*g.text) : weir_str{nullptr, 0}});
        return out;
    }
    // `name: type, ...`, or the code and message.
    static std::string describe(const std::string &sql, const std::vector<Given> &given = {}) {
        const auto arguments = raw(given);
        std::string out;
        weir_error error{};
        error.size = sizeof error;
        const int32_t code = api->describe(connection->self(), to_abi(sql), arguments.data(), arguments.size(), &out,
                                           [](void *data, weir_str name, weir_str type) {
                                               auto &text = *static_cast<std::string *>(data);
                                               text += (text.empty() ? "" : ", ") + std::string(view(name)) + ": " + std::string(view(type));
                                           },
                                           &error);
        return code == WEIR_OK ? out : std::to_string(code) + " " + error.message;
    }
    // The rows, without blanks between them; or the code and message.
    static std::string run(const std::string &sql, const std::vector<Given> &given = {}, uint64_t rows = 0, uint64_t bytes = 0,
                           int64_t timeout = 10'000'000) {
        const auto arguments = raw(given);
        const weir_query_limits limits{sizeof limits, 0, rows, bytes, timeout};
        std::string out;
        const weir_bytes_out put{sizeof put, 0, &out, [](const weir_bytes_out *o, weir_str text) { *static_cast<std::string *>(o->data) = view(text); }};
        weir_error error{};
        error.size = sizeof error;
        const int32_t code = api->run(connection->self(), to_abi(sql), arguments.data(), arguments.size(), &limits, &put, &error);
        if (code != WEIR_OK) return std::to_string(code) + " " + error.message;
        EXPECT_TRUE(Json::accept(out)) << out;
        std::erase(out, '\n');
        return out;
    }

    static inline RealServer *server;
    static inline OpenConnection *connection;
    static inline const weir_query_api *api;
};

bool begins(const std::string &text, const std::string &with) { return text.starts_with(with); }

TEST_F(Views, AreJsonWithProperTypes) {
    EXPECT_EQ(run("SELECT 1::UInt8 AS a, 18446744073709551615::UInt64 AS b, toDecimal64(12.50, 2) AS c, nan AS d, 'x\"y/' AS e, "
                  "toDateTime64('2024-05-23 12:34:56.5', 3, 'Europe/Berlin') AS f, toDate('2024-05-23') AS g, true AS h, NULL AS i, "
                  "[1,2]::Array(UInt8) AS j, map('k', 1)::Map(String, UInt8) AS k, unhex('FF') AS l;"),
              R"([{"a":1,"b":18446744073709551615,"c":12.5,"d":null,"e":"x\"y\/","f":"2024-05-23T10:34:56.500Z","g":"2024-05-23","h":true,)"
              R"("i":null,"j":[1,2],"k":{"k":1},"l":"�"}])");
    EXPECT_EQ(run("SELECT number AS n FROM numbers(2)"), R"([{"n":0},{"n":1}])");
    EXPECT_EQ(run("SELECT 1 AS n WHERE 0"), "[]");
}

TEST_F(Views, HaveTheirArgumentsBoundAndNeverPasted) {
    const std::string bad = "'; DROP TABLE t; --\n\t\\ $n {n:Int8} \xE2\x82\xAC";
    EXPECT_EQ(run("SELECT length($s) AS n, $s = $t AS same", {{"s", "string", bad}, {"t", "string", bad}}),
              "[{\"n\":" + std::to_string(bad.size()) + ",\"same\":1}]");
    EXPECT_EQ(run("SELECT $t + INTERVAL 1 SECOND AS t, $d AS d, $f AS f, $b AS b, $x AS x, $m AS m",
                  {{"t", "timestamp", "2024-05-23T12:34:56.000001+02:00"}, {"d", "date", "1900-01-01"}, {"f", "float64", "1e300"},
                   {"b", "bool", "true"}, {"x", "int32", std::nullopt}, {"m", "decimal(12,2)", "-0.10"}}),
              R"([{"t":"2024-05-23T10:34:57.000001Z","d":"1900-01-01","f":1e300,"b":true,"x":null,"m":-0.1}])");
}

TEST_F(Views, SayWhatIsWrong) {
    EXPECT_TRUE(begins(run("SELECT nothing"), "-1 Code: 47. DB::Exception: Unknown expression identifier `nothing`")) << run("SELECT nothing");
    EXPECT_EQ(run("SELECT $x"), "-1 `$x` is no argument of the query; there are none");
    EXPECT_EQ(run("SELECT $n AS n", {{"n", "int8", "300"}}), "-2 `n` is `300`, which is no int8");
    EXPECT_TRUE(begins(run("INSERT INTO system.nothing VALUES (1)"), "-1 Code: "));
    EXPECT_TRUE(begins(run("CREATE TABLE t (n Int8) ENGINE = Memory"), "-1 Code: 164. DB::Exception: default: Cannot execute query in readonly mode"))
        << run("CREATE TABLE t (n Int8) ENGINE = Memory");
    EXPECT_EQ(run("SELECT 1 FORMAT TSV"), "-1 the query gives no rows as JSON: it is to be a SELECT, without FORMAT and INTO OUTFILE");
}

TEST_F(Views, EndAtTheirLimits) {
    EXPECT_TRUE(begins(run("SELECT number FROM numbers(11)", {}, 10), "-2 Code: 396. DB::Exception: ")) << run("SELECT number FROM numbers(11)", {}, 10);
    EXPECT_NE(run("SELECT number FROM numbers(10)", {}, 10)[0], '-');
    EXPECT_EQ(run("SELECT repeat('x', 1000) AS x", {}, 0, 100), "-2 the result is longer than 100 bytes of JSON");
    EXPECT_TRUE(begins(run("SELECT sleepEachRow(1) FROM numbers(100) SETTINGS max_block_size = 1", {}, 0, 0, 500'000), "-3 "));
}

TEST_F(Views, AreDescribedWithoutBeingRun) {
    EXPECT_EQ(describe("SELECT $s AS s, 1::UInt8 AS n, NULL::Nullable(Float64) AS f, now64(3) AS t, [1::Int32] AS l, "
                       "map('a', toDecimal32(1, 2)) AS m, toLowCardinality('x') AS c, throwIf(1) AS never -- the end",
                       {{"s", "string", "x"}}),
              "s: string, n: uint8, f: float64?, t: timestamp, l: list<int32>, m: map<string, decimal(9,2)>, c: string, never: uint8");
    EXPECT_TRUE(begins(describe("SELEC 1"), "-1 Code: 62. DB::Exception: Syntax error")) << describe("SELEC 1");
}

TEST_F(Views, AreRetryableWhileTheServerIsAway) {
    RealServer other;
    OpenConnection away(Json{{"url", Json::array({other.url()})}});
    other.kill();
    OpenConnection *const usual = std::exchange(connection, &away);
    EXPECT_TRUE(begins(run("SELECT 1"), "-3 " + other.url())) << run("SELECT 1");
    connection = usual;
}

}  // namespace
}  // namespace weir::testing
