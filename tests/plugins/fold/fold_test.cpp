#include <gtest/gtest.h>

#include <weir/ext/expression.h>
#include <weir/ext/start.h>

#include "../built_plugin.hpp"
#include "../kept_blocks.hpp"
#include "host/expression/expression_api.hpp"

namespace weir::testing {
namespace {

using Lines = std::vector<std::string>;
constexpr int64_t kFoldMinute = 60'000'000;
const Schema kPurchases = schema_of({{"user", "string?"}, {"amount", "decimal(12,2)?"}, {"ts", "timestamp"}});
const std::string kVisits = R"j("columns":{"visits":{"init":"0","next":"visits + 1"}})j";

int32_t fold_may_lose = 0;  // --allow-loss

class FoldTest : public ::testing::Test {
protected:
    Status start(const std::string &config, const Schema &input = kPurchases, HarnessOptions options = {}) {
        static const Plugin plugin = built_plugin("fold");
        static const weir_start_api starts{sizeof starts, 0, nullptr, [](weir_context *) { return fold_may_lose; }};
        TestHost::get().add_extension(WEIR_EXT_EXPRESSION, &host::expression::expression_api());
        TestHost::get().add_extension(WEIR_EXT_START, &starts);
        if (options.key.empty()) options.key = {input.fields[0].name};
        h_ = std::make_unique<Harness>(plugin, "fold", "{" + config + "}", std::vector<Schema>{input}, std::move(options));
        if (Status s = h_->create(); !s.ok()) return s;
        if (Status s = h_->bind(); !s.ok()) return s;
        if (Status s = h_->restore(kept_.blocks()); !s.ok()) return s;
        return h_->open();
    }
    void make(const std::string &config, const Schema &input = kPurchases, HarnessOptions options = {}) {
        ASSERT_EQ(start(config, input, std::move(options)).message(), "");
    }
    // Another configuration with the state of this one.
    Status start_again(const std::string &config, const Schema &input = kPurchases) {
        kept_.take(h_->snapshot(WEIR_SNAPSHOT_CHANGES));
        HarnessOptions options;
        options.state = h_->options().state;
        options.now = h_->options().now;
        return start(config, input, options);
    }
    Lines send(const std::string &rows) {
        const Status status = h_->process(rows);
        EXPECT_TRUE(status.done()) << status.message();
        return h_->take();
    }

    std::unique_ptr<Harness> h_;
    KeptBlocks kept_;
};

TEST_F(FoldTest, MakesTheStateAnewWithEachRowOfItsKey) {
    make(R"j("columns":{"visits":{"init":"0","next":"visits + 1"},
                       "total":{"init":"0::decimal(12,2)","next":"total + coalesce(amount, 0)"},
                       "first_seen":{"init":"ts","next":"first_seen"}}, "keep":["amount"])j");
    EXPECT_EQ(to_string(h_->output_schema()),
              "{ user: string?, visits: int32, total: decimal(12,2), first_seen: timestamp, amount: decimal(12,2)? }");
    EXPECT_EQ(send(R"j([["a","1.50",1000000],["b","2.00",2000000],["a","0.25",3000000],["a",null,4000000],[null,"7.00",5000000]])j"),
              (Lines{R"j({"user":"a","visits":1,"total":1.50,"first_seen":"1970-01-01T00:00:01Z","amount":1.50})j",
                     R"j({"user":"b","visits":1,"total":2.00,"first_seen":"1970-01-01T00:00:02Z","amount":2.00})j",
                     R"j({"user":"a","visits":2,"total":1.75,"first_seen":"1970-01-01T00:00:01Z","amount":0.25})j",
                     R"j({"user":"a","visits":3,"total":1.75,"first_seen":"1970-01-01T00:00:01Z","amount":null})j",
                     R"j({"user":null,"visits":1,"total":7.00,"first_seen":"1970-01-01T00:00:05Z","amount":7.00})j"}));
    EXPECT_EQ(send(R"j([["b","1.00",6000000]])j"),
              (Lines{R"j({"user":"b","visits":2,"total":3.00,"first_seen":"1970-01-01T00:00:02Z","amount":1.00})j"}));
}

TEST_F(FoldTest, KeepsNothingThatNobodyReads) {
    HarnessOptions options;
    options.wanted[0] = {"user", "visits"};
    make(kVisits + R"j(,"keep":["amount"])j", schema_of({{"user", "string"}}), options);
    EXPECT_EQ(send(R"j([["a"]])j"), (Lines{R"j({"user":"a","visits":1})j"}));
}

TEST_F(FoldTest, SeesTheStateAsItWasBeforeTheRow) {
    make(R"j("columns":{"n":{"init":"0","next":"n + 1"},"before":{"init":"-1","next":"n"}})j", schema_of({{"k", "string"}}));
    EXPECT_EQ(send(R"j([["a"],["a"]])j"), (Lines{R"j({"k":"a","n":1,"before":0})j", R"j({"k":"a","n":2,"before":1})j"}));
}

TEST_F(FoldTest, LeavesTheStateAloneWhereARowFails) {
    make(R"j("columns":{"n":{"init":"100 / v","next":"n + 1"},"sum":{"init":"0","next":"sum + 10 / v"}})j",
         schema_of({{"k", "string"}, {"v", "int32"}}));
    EXPECT_EQ(send(R"j([["a",0],["a",5],["a",0],["b",0],["a",2]])j"),
              (Lines{R"j({"k":"a","n":21,"sum":2})j", R"j({"k":"a","n":22,"sum":7})j"}));
    const auto failed = h_->take_failed();
    ASSERT_EQ(failed.size(), 3u);
    EXPECT_EQ(failed[0].field, "n");
    EXPECT_EQ(failed[1].field, "sum");
    EXPECT_EQ(failed[1].code, "division-by-zero");
    EXPECT_EQ(failed[2].payload, R"j({"k":"b","v":0})j");
}

TEST_F(FoldTest, ForgetsAKeyAfterItsTime) {
    make(kVisits + R"j(,"ttl":60000000)j");
    EXPECT_EQ(send(R"j([["a",null,0]])j"), (Lines{R"j({"user":"a","visits":1})j"}));
    h_->options().now = kFoldMinute - 1;
    EXPECT_EQ(send(R"j([["a",null,0]])j"), (Lines{R"j({"user":"a","visits":2})j"}));
    h_->options().now = 3 * kFoldMinute;
    EXPECT_EQ(send(R"j([["a",null,0]])j"), (Lines{R"j({"user":"a","visits":1})j"}));
    make(kVisits + R"j(,"ttl":60000000,"time":"ts")j");
    EXPECT_EQ(send(R"j([["a",null,0],["b",null,0]])j"), (Lines{R"j({"user":"a","visits":1})j", R"j({"user":"b","visits":1})j"}));
    EXPECT_EQ(send(R"j([["a",null,59000000],["b",null,70000000]])j"), (Lines{R"j({"user":"a","visits":2})j", R"j({"user":"b","visits":1})j"}));
}

TEST_F(FoldTest, GoesOnAfterARestartAndGivesNewColumnsTheirInit) {
    make(kVisits);
    send(R"j([["a",null,0],["a",null,0],["b",null,0]])j");
    ASSERT_EQ(start_again(R"j("columns":{"spent":{"init":"5","next":"spent"},"visits":{"init":"0","next":"visits + 1"}})j").message(), "");
    EXPECT_EQ(send(R"j([["a",null,0],["c",null,0],["a",null,0]])j"),
              (Lines{R"j({"user":"a","spent":5,"visits":3})j", R"j({"user":"c","spent":5,"visits":1})j", R"j({"user":"a","spent":5,"visits":4})j"}));
    fold_may_lose = 1;
    ASSERT_EQ(start_again(kVisits).message(), "");
    fold_may_lose = 0;
    EXPECT_EQ(send(R"j([["a",null,0],["b",null,0]])j"), (Lines{R"j({"user":"a","visits":5})j", R"j({"user":"b","visits":2})j"}));
    ASSERT_EQ(start_again(kVisits).message(), "") << "what was given up is not asked for again";
    EXPECT_EQ(start_again(R"j("columns":{"visits":{"init":"''","next":"visits || 'x'"}})j").message(),
              "column `visits` is int32 in the state, and string now. Give it another name, cast it to the old type, or begin anew (--reset)");
}

TEST_F(FoldTest, LosesNoColumnThatNobodyGaveUp) {
    make(kVisits);
    send(R"j([["a",null,0],["a",null,0]])j");
    const std::string renamed = R"j("columns":{"calls":{"init":"0","next":"calls + 1"}})j";
    const Status refused = start_again(renamed);
    EXPECT_EQ(refused.code(), WEIR_E_STATE_VERSION);
    EXPECT_EQ(refused.message(), "the state has `visits`, which `columns` has not any more: its values would be lost, and a column under another "
                                 "name begins anew. Call it so again, or give it up: --allow-loss node");
    ASSERT_EQ(start(kVisits).message(), "");
    fold_may_lose = 1;
    ASSERT_EQ(start_again(renamed).message(), "");
    fold_may_lose = 0;
    EXPECT_EQ(send(R"j([["a",null,0]])j"), (Lines{R"j({"user":"a","calls":1})j"}));
    EXPECT_EQ(start_again(kVisits).code(), WEIR_E_STATE_VERSION) << "what comes back is another column";
}

TEST_F(FoldTest, GoesOnWithWiderTypes) {
    make(R"j("columns":{"n":{"init":"-1::int32","next":"n - 1::int32"},"f":{"init":"0.5::float32","next":"f"},"d":{"init":"-1.25::decimal(5,2)","next":"d"},
                        "u":{"init":"200::uint8","next":"u"}})j", schema_of({{"k", "string"}}));
    send(R"j([["a"]])j");
    const std::string wider = R"j("columns":{"n":{"init":"0::int64","next":"n - 3000000000"},"f":{"init":"0::float64","next":"f"},
                                             "d":{"init":"0::decimal(12,2)","next":"d"},"u":{"init":"0::int32","next":"u"}})j";
    ASSERT_EQ(start_again(wider, schema_of({{"k", "string"}})).message(), "");
    EXPECT_EQ(send(R"j([["a"]])j"), (Lines{R"j({"k":"a","n":-3000000002,"f":0.5,"d":-1.25,"u":200})j"}));
    EXPECT_EQ(start_again(R"j("columns":{"n":{"init":"0::int32","next":"n"}})j", schema_of({{"k", "string"}})).message(),
              "column `n` is int64 in the state, and int32 now. Give it another name, cast it to the old type, or begin anew (--reset)");
}

TEST_F(FoldTest, KeepsTextsListsAndMaps) {
    make(R"j("columns":{"tags":{"init":"t","next":"CASE WHEN cardinality(t) > 0 THEN t ELSE tags END"},
                       "props":{"init":"p","next":"coalesce(p, props)"},
                       "path":{"init":"''","next":"path || '/' || page"}})j",
         schema_of({{"k", "string"}, {"t", "list<string?>"}, {"p", "map<string, int64?>?"}, {"page", "string"}}));
    EXPECT_EQ(send(R"j([["a",["x",null],{"n":1,"m":null},"start"],["a",[],null,"cart"]])j"),
              (Lines{R"j({"k":"a","tags":["x",null],"props":{"n":1,"m":null},"path":"/start"})j",
                     R"j({"k":"a","tags":["x",null],"props":{"n":1,"m":null},"path":"/start/cart"})j"}));
    EXPECT_EQ(send(R"j([["a",["y"],{},"pay"]])j"), (Lines{R"j({"k":"a","tags":["y"],"props":{},"path":"/start/cart/pay"})j"}));
}

TEST_F(FoldTest, IsTheSameHoweverRowsComeInBatches) {
    const std::string config = R"j("columns":{"n":{"init":"0","next":"n + 1"},"h":{"init":"7::int64","next":"(h * 31 + v) % 1000003"}})j";
    const Schema input = schema_of({{"k", "int64"}, {"v", "int64"}});
    std::map<size_t, Lines> got;
    for (const size_t size : {1u, 7u, 300u}) {
        make(config, input);
        for (size_t first = 0; first < 300; first += size) {
            Json rows = Json::array();
            for (size_t i = first; i < std::min<size_t>(300, first + size); ++i) rows.push_back({i % 3 ? i % 5 : 0, i});
            for (std::string &line : send(rows.dump())) got[size].push_back(std::move(line));
        }
    }
    EXPECT_EQ(got[1], got[7]);
    EXPECT_EQ(got[1], got[300]);
    EXPECT_EQ(got[1].size(), 300u);
}

TEST_F(FoldTest, SaysWhatIsWrong) {
    const auto message = [&](const std::string &config) {
        const Status status = start(config);
        return status.path() + ": " + status.message();
    };
    EXPECT_EQ(message(R"j("columns":{})j"), "columns: has one column at least");
    EXPECT_EQ(message(kVisits + R"j(,"ttl":0)j"), "ttl: is a time above 0, such as 30d");
    EXPECT_EQ(message(kVisits + R"j(,"time":"ts")j"), "time: belongs to `ttl`, which is not given");
    EXPECT_EQ(message(kVisits + R"j(,"ttl":1,"time":"amount")j"), "time: `amount` is decimal(12,2)?, and a time is a timestamp that is never null");
    EXPECT_EQ(message(kVisits + R"j(,"keep":["user"])j"), "keep: the result has a column `user` already");
    EXPECT_EQ(message(kVisits + R"j(,"keep":["x"])j"),
              "keep: the input has no column `x`; it has { user: string?, amount: decimal(12,2)?, ts: timestamp }");
    EXPECT_EQ(message(R"j("columns":{"amount":{"init":"0","next":"amount + 1"}})j"),
              "columns.amount: the input has a column `amount`, too, so that `next` could not tell them apart: call the state's column otherwise");
    EXPECT_EQ(message(R"j("columns":{"last":{"init":"0","next":"ts"}})j"),
              "columns.last.next: `next` is timestamp and `init` is int32: both are of one type; cast one of them, such as `init: "
              "\"NULL::timestamp\"`");
}

TEST_F(FoldTest, IsNullOnlyWhereItMayBe) {
    make(R"j("columns":{"last":{"init":"NULL::string","next":"user"},"seen":{"init":"ts","next":"ts"},"was":{"init":"''","next":"last"}})j");
    EXPECT_EQ(to_string(h_->output_schema()), "{ user: string?, last: string?, seen: timestamp, was: string? }");
}

}  // namespace
}  // namespace weir::testing
