// `serve`, `views` and `dashboard` that are right; what is wrong with others is in broken/.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/topology/view_argument.hpp"
#include "tests/unit/topology/test_catalog.hpp"

namespace weir::host {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> taps_of(const Loaded& loaded, const char* view) {
    std::vector<std::string> out;
    for (const ViewTap& tap : loaded.topology->find_view(view)->latest->taps)
        out.push_back(loaded.topology->nodes[static_cast<std::size_t>(tap.node)].id + "." + tap.port);
    return out;
}

TEST(Views, AreServedWhereTheFileSays) {
    const Loaded loaded = load("serve: 9000\nviews: { v: { latest: raw } }\nnodes: { raw: { generate: {} } }\n");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(loaded.text(), "");
    EXPECT_EQ(loaded.topology->serve->port, 9000);
    EXPECT_EQ(loaded.topology->serve->address, "127.0.0.1");
    const LatestSpec& latest = *loaded.topology->find_view("v")->latest;
    EXPECT_EQ(latest.rows, 1000);
    EXPECT_FALSE(latest.key);
}

TEST(Views, OfOtherAddressesThanThisMachinesAreWarnedOf) {
    const Loaded loaded = load("serve: { port: 0, address: \"::\" }\nviews: { v: { latest: raw } }\nnodes: { raw: { generate: {} } }\n");
    ASSERT_TRUE(loaded.topology);
    EXPECT_EQ(loaded.text(),
              "t.yaml:1:28: warning[not-allowed-value]: whoever reaches :: may read all views: nobody is asked who he is\n"
              "    1 | serve: { port: 0, address: \"::\" }\n"
              "      |                            ^~~~\n"
              "   hint: put a proxy before it that asks, and let `address` be 127.0.0.1\n");
}

// To users a node and its clauses are one.
TEST(Views, SeeWhatANodesClausesMake) {
    const Loaded loaded = load(R"(
serve: 0
views:
  source: { latest: raw }
  errors: { latest: raw.errors }
  pairs: { latest: pairs }
  expired: { latest: pairs.expired, key: [a, b], columns: a }
dead_letters: drop
nodes:
  raw: { generate: {}, where: n > 1 }
  pairs: { from: raw, where: n > 2, pair_match: { value: n, sum: 12 } }
)");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_THAT(taps_of(loaded, "source"), ElementsAre(::testing::AllOf(::testing::StartsWith("raw/"), ::testing::EndsWith(".out"))));
    EXPECT_EQ(taps_of(loaded, "errors").size(), 2U);
    EXPECT_THAT(taps_of(loaded, "pairs"), ElementsAre("pairs.out"));
    EXPECT_THAT(taps_of(loaded, "expired"), ElementsAre("pairs.expired"));
    EXPECT_THAT(*loaded.topology->find_view("expired")->latest->key, ElementsAre("a", "b"));
    EXPECT_THAT(loaded.topology->find_view("expired")->latest->columns, ElementsAre("a"));
    EXPECT_EQ(loaded.text(), "") << "what a view shows is read";
}

TEST(Views, OfQueriesHaveTypedArgumentsAndParametersOfTheTopology) {
    const Loaded loaded = load(R"(
parameters: { table: ticks, days: 7 }
serve: 0
connections: { kafka: embedded }
views:
  plain: SELECT 1
  history:
    args: { symbol: string, minutes: 60, ratio: 0.5, flag: true, at: { type: timestamp, default: 2024-05-23T12:00:00Z, doc: When. } }
    sql: SELECT $symbol, '$no', $minutes, $ratio, $flag, $at, $table, $days
    connection: kafka
nodes: { raw: { generate: {} }, out: { from: raw, console: {} } }
)");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    EXPECT_EQ(loaded.text(), "");
    EXPECT_EQ(loaded.topology->find_view("plain")->query->sql, "SELECT 1");
    const QuerySpec& query = *loaded.topology->find_view("history")->query;
    std::string text;
    for (const ViewArgument& one : query.arguments) text += one.name + ":" + one.type + "=" + one.standard.value_or("-") + " ";
    EXPECT_EQ(text, "symbol:string=- minutes:int64=60 ratio:float64=0.5 flag:bool=true at:timestamp=2024-05-23T12:00:00Z ");
    ASSERT_EQ(query.constants.size(), 2U);
    EXPECT_EQ(query.constants[1].name + ":" + query.constants[1].type + "=" + query.constants[1].text, "days:int64=7");
    EXPECT_EQ(query.connection, "kafka");
}

TEST(Views, MakeADashboard) {
    const Loaded loaded = load(R"(
serve: 0
connections: { kafka: embedded }
views:
  latest: { latest: raw, key: s }
  history: { sql: SELECT $s, args: { s: string } }
dashboard:
  title: Prices
  refresh: 500ms
  panels:
    - cards: { view: latest, label: s, value: p, trend: true }
    - line: { view: history, for_each: latest.s, x: at, y: [p, q] }
    - candles: { view: latest, with: { s: A }, x: at }
    - markdown: Hello
nodes: { raw: { generate: {} } }
)");
    ASSERT_TRUE(loaded.topology) << loaded.text();
    const DashboardSpec& dashboard = *loaded.topology->dashboard;
    EXPECT_EQ(dashboard.title, "Prices");
    EXPECT_EQ(dashboard.refresh, std::chrono::milliseconds(500));
    ASSERT_EQ(dashboard.panels.size(), 4U);
    std::string columns;
    for (const PanelColumn& one : dashboard.panels[1].columns)
        columns += one.parameter + "=" + std::to_string(one.view) + "." + one.column + (one.is_number ? "#" : "") + " ";
    EXPECT_EQ(columns, "for_each=0.s line.x=1.at line.y[0]=1.p# line.y[1]=1.q# ");
    EXPECT_EQ(dashboard.panels[2].columns.size(), 5U) << "columns by default are columns, too";
    EXPECT_EQ(dashboard.panels[2].filters[0].first, "s");
    EXPECT_EQ(dashboard.panels[3].value.at("text"), "Hello");
}

TEST(NamesInQuery, AreThoseOutsideOfLiteralsAndComments) {
    const auto names = names_in_query("SELECT $a, '$b ''$c', \"$d\", `$e` -- $f\n, $g_1 /* $h */ + 'it\\'s $i' $1 $ $a");
    std::string text;
    for (const QueryName& one : names) text += one.name + "@" + std::to_string(one.offset) + " ";
    EXPECT_EQ(text, "a@7 g_1@41 a@73 ");
}

TEST(ArgumentFault, SaysWhyATextIsNotOfAType) {
    EXPECT_FALSE(argument_fault("int32", "-5"));
    EXPECT_FALSE(argument_fault("decimal(12,2)", "3.10"));
    EXPECT_FALSE(argument_fault("timestamp", "2024-05-23T12:34:56Z"));
    EXPECT_EQ(argument_fault("int8", "1000"), "`1000` is outside of int8");
    EXPECT_TRUE(argument_fault("bool", "perhaps"));
}

}  // namespace
}  // namespace weir::host
