// What servers say, what the outbox keeps, and to which partition a row goes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <weir/testing/rows.hpp>
#include <weir/testing/test_host.hpp>

#include "answer.hpp"
#include "outbox.hpp"
#include "partition.hpp"

namespace weir::testing {
namespace {

using namespace weir::clickhouse;
using ::testing::HasSubstr;

HttpAnswer http(long status, std::string body, std::map<std::string, std::string, std::less<>> headers = {}) {
    HttpAnswer answer;
    answer.status = status;
    answer.body = std::move(body);
    answer.headers = std::move(headers);
    return answer;
}

constexpr const char *kServer = "http://h:8123";
constexpr const char *kFull = "Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE) (version 26.7.2.1)\n";

TEST(Answer, IsASuccessWithoutAnyException) {
    const Answer answer = read_answer(http(200, "1\n"), kServer);
    EXPECT_TRUE(answer.ok());
    EXPECT_EQ(answer.body, "1\n");
}

TEST(Answer, IsNoSuccessWithAnExceptionInHeaderOrBody) {
    EXPECT_EQ(read_answer(http(200, "", {{"x-clickhouse-exception-code", "241"}}), kServer).code, 241);
    const Answer late = read_answer(http(200, std::string("rows\n") + kFull), kServer);
    EXPECT_EQ(late.code, 243);
    EXPECT_EQ(late.reaction, Reaction::kRetry);
    EXPECT_EQ(late.message, "Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)");
    const std::string tagged = "rows\n\r\n__exception__\r\nabcdefgh\r\nCode: 241. DB::Exception: Memory. (MEMORY_LIMIT_EXCEEDED)\n60 abcdefgh\r\n__exception__\r\n";
    EXPECT_EQ(read_answer(http(200, tagged, {{"x-clickhouse-exception-tag", "abcdefgh"}}), kServer).code, 241);
}

TEST(Answer, IsASuccessWhereRowsOnlyLookLikeAnException) {
    EXPECT_TRUE(read_answer(http(200, "a log said: Code: 60. DB::Exception: no\n"), kServer).ok());
    EXPECT_TRUE(read_answer(http(200, kFull, {{"x-clickhouse-exception-tag", "abcdefgh"}}), kServer).ok());
}

TEST(Answer, TellsWhatToDo) {
    auto reaction = [](int code, const std::string &text) {
        return read_answer(http(500, "Code: " + std::to_string(code) + ". DB::Exception: " + text), kServer).reaction;
    };
    EXPECT_EQ(reaction(469, "Constraint `c` is violated"), Reaction::kData);
    EXPECT_EQ(reaction(60, "no table"), Reaction::kStop);
    EXPECT_EQ(reaction(516, "wrong password"), Reaction::kDenied);
    EXPECT_EQ(reaction(252, "Too many parts (3000)"), Reaction::kRetry);
    EXPECT_EQ(reaction(252, "Too many partitions for single INSERT block (more than 1)"), Reaction::kData);
    EXPECT_EQ(reaction(98'765, "of a server of the future"), Reaction::kRetry);
    EXPECT_EQ(read_answer(http(503, "busy"), kServer).reaction, Reaction::kRetry);
    EXPECT_EQ(read_answer(http(404, "nginx"), kServer).message, "http://h:8123: HTTP status 404: nginx");
    EXPECT_EQ(read_answer(http(404, "nginx"), kServer).reaction, Reaction::kStop);
}

TEST(Answer, ReadsTheExceptionsOfOldServers) {
    const Answer answer = read_answer(http(500, "Code: 60, e.displayText() = DB::Exception: Table default.x doesn't exist., e.what() = DB::Exception"), kServer);
    EXPECT_EQ(answer.code, 60);
    EXPECT_EQ(answer.message, "Code: 60, e.displayText() = DB::Exception: Table default.x doesn't exist.");
}

TEST(Answer, MayNotHaveCome) {
    HttpAnswer cut = http(200, "");
    cut.failure = "transfer closed with 5 bytes remaining to read";
    const Answer answer = read_answer(std::move(cut), kServer);
    EXPECT_EQ(answer.reaction, Reaction::kRetry);
    EXPECT_TRUE(answer.sent);
    EXPECT_EQ(answer.message, "http://h:8123: transfer closed with 5 bytes remaining to read");
}

TEST(Outbox, KeepsABlockAsItIs) {
    const SealedBlock block{"weir/t/n/1.0.2", "INSERT INTO `a`.`b` (`c:1`) FORMAT Native", 12, 1'700'000, std::make_shared<const std::string>("\0\x01:5:x", 6)};
    const std::string packed = pack(block);
    EXPECT_EQ(token_of(packed), block.token);
    auto back = unpack(packed);
    ASSERT_TRUE(back.ok()) << back.status().message();
    EXPECT_EQ(back->sql, block.sql);
    EXPECT_EQ(back->rows, 12);
    EXPECT_EQ(back->made_at, 1'700'000);
    EXPECT_EQ(*back->body, *block.body);
    EXPECT_THAT(unpack("what is this").status().message(), HasSubstr("cannot be read"));
    EXPECT_EQ(token_of("what is this"), "");
}

TEST(Outbox, ReadsBlocksOfTheVersionBefore) {
    const std::string packed = "23:weir.clickhouse.block/11:t3:sql1:7body";
    EXPECT_EQ(token_of(packed), "t");
    auto block = unpack(packed);
    ASSERT_TRUE(block.ok()) << block.status().message();
    EXPECT_EQ(block->rows, 7);
    EXPECT_EQ(block->made_at, 0);
    EXPECT_EQ(*block->body, "body");
}

TEST(Outbox, LetsNoBlockRunAheadOfTheOldestByMoreThanItsLimit) {
    InsertWindow window;
    window.set_limit(3);
    EXPECT_TRUE(window.send("a"));
    EXPECT_TRUE(window.send("b"));
    window.acknowledged("b");
    EXPECT_TRUE(window.send("c"));
    window.acknowledged("c");
    EXPECT_FALSE(window.send("d"));  // `a` would be the fourth from the end
    EXPECT_TRUE(window.send("a"));   // again, which changes nothing
    window.acknowledged("a");
    EXPECT_TRUE(window.send("d"));
}

class Partition : public ::testing::Test {
protected:
    void SetUp() override { TestHost::get(); }

    // The partitions of the rows, numbered as they come; or what is wrong.
    std::string parts(const std::string &key, const Json &rows, const std::string &zone = "UTC") {
        Table table{{"db", "t"}, "MergeTree", "", key, {}};
        table.columns = {{"n", parse_data_type("Int64"), ""},
                         {"s", parse_data_type("String"), ""},
                         {"at", parse_data_type("DateTime"), ""},
                         {"berlin", parse_data_type("DateTime('Europe/Berlin')"), ""},
                         {"other", parse_data_type("Int64"), ""}};
        const Schema schema = schema_of({{"n", "int64?"}, {"s", "string"}, {"at", "timestamp"}, {"berlin", "timestamp"}});
        auto made = make_partitioner(table, schema, zone);
        if (!made) return made.status().message();
        ArrowArray array = make_rows(schema, rows);
        weir_batch raw{};
        raw.size = sizeof raw;
        raw.rows = array.length;
        raw.array = &array;
        std::vector<std::string> keys(static_cast<size_t>(array.length)), seen;
        (*made)->append(BatchView(raw, schema), keys);
        array.release(&array);
        std::string out;
        for (const std::string &k : keys) {
            auto found = std::find(seen.begin(), seen.end(), k);
            out += static_cast<char>('0' + (found - seen.begin()));
            if (found == seen.end()) seen.push_back(k);
        }
        return out;
    }

    static constexpr int64_t kHour = 3'600'000'000, kDay = 24 * kHour;
    static constexpr int64_t kJuneUtc = 1'717'200'000'000'000;  // 2024-06-01T00:00:00Z
};

TEST_F(Partition, IsOneWithoutAKey) {
    EXPECT_EQ(parts("", Json::parse(R"([[1,"a",0,0],[2,"b",99999999999999,0]])")), "00");
    EXPECT_EQ(parts("tuple()", Json::parse(R"([[1,"a",0,0]])")), "0");
}

TEST_F(Partition, IsByValue) {
    const Json rows = Json::parse(R"([[1,"a",0,0],[12,"b",0,0],[12,"a",0,0],[null,"a",0,0],[1,"b",0,0]])");
    EXPECT_EQ(parts("n", rows), "01120");
    EXPECT_EQ(parts("s", rows), "01001");
    EXPECT_EQ(parts("(n, s)", rows), "01234");
    EXPECT_EQ(parts("intDiv(n, 10)", rows), "01120");
    EXPECT_EQ(parts("n % 11", rows), "00010");
    EXPECT_EQ(parts("modulo(n, 2)", rows), "01120");
}

TEST_F(Partition, IsByTimeInItsZone) {
    Json rows = Json::array();
    for (const int64_t at : {kJuneUtc - 3 * kHour, kJuneUtc - kHour, kJuneUtc, kJuneUtc + 2 * kDay, kJuneUtc + 30 * kDay})
        rows.push_back({1, "a", at, at});
    EXPECT_EQ(parts("toYYYYMM(at)", rows), "00112");
    EXPECT_EQ(parts("toYYYYMM(berlin)", rows), "01112");  // two hours ahead
    EXPECT_EQ(parts("toYYYYMM(at)", rows, "Europe/Berlin"), "01112");
    EXPECT_EQ(parts("toDate(at)", rows), "00123");
    EXPECT_EQ(parts("toMonday(at)", rows), "00012");
    EXPECT_EQ(parts("toYear(at)", rows), "00000");
    EXPECT_EQ(parts("(toStartOfHour(at), s)", rows), "01234");
}

TEST_F(Partition, MustBeToldFromTheRows) {
    EXPECT_THAT(parts("cityHash64(n) % 7", {}), HasSubstr("`cityHash64(n) % 7` in its key is not understood"));
    EXPECT_THAT(parts("(n, toYYYYMM(now()))", {}), HasSubstr("`now()` in its key is not understood"));
    EXPECT_THAT(parts("other", {}), HasSubstr("its partitions are by `other`, which the rows do not have"));
}

}  // namespace
}  // namespace weir::testing
