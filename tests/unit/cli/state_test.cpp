// `weir state`: what is kept, by node and key.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "process.hpp"

namespace weir::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;

class State : public testing::Test {
protected:
    void SetUp() override {
        folder_.write("t.yaml", "name: t\nnodes:\n"
                                "  numbers: { generate: { columns: { n: { sequence: { start: 1 } } }, count: 300 } }\n"
                                "  pairs: { from: numbers, pair_match: { value: n, sum: 1000 } }\n"
                                "  shown: { from: pairs, console: json }\n");
        ASSERT_EQ(on_data({"run", "t.yaml", "--quiet"}).code, 0);
    }
    Outcome on_data(std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--data-dir", "data"});
        return weir(arguments, folder_.path());
    }

    Folder folder_;
};

TEST_F(State, IsListedByNode) {
    EXPECT_THAT(on_data({"state", "ls", "t"}).out,
                AllOf(HasSubstr("t: epoch 1\nNODE "), ContainsRegex("\npairs +0 +keyed +1 +300 +[0-9,]+\n")));
    EXPECT_THAT(on_data({"state", "ls", "t", "--format", "json"}).out,
                AllOf(HasSubstr("\"epoch\": 1"), HasSubstr("\"entries\": 300")));
}

TEST_F(State, IsPositionsAloneWhereNoOperatorKeepsAny) {
    folder_.write("in.jsonl", "{\"n\": 1}\n");
    folder_.write("p.yaml", "name: p\nnodes:\n  in: { file.source: { path: in.jsonl, format: json, record: { n: int64 } } }\n"
                            "  out: { from: in, console: json }\n");
    ASSERT_EQ(on_data({"run", "p.yaml", "--quiet"}).code, 0);
    EXPECT_THAT(on_data({"state", "ls", "p"}).out,
                ContainsRegex("p: epoch 1, without state of operators; where its sources are:\nSOURCE  SPLIT .*\nin "));
    EXPECT_EQ(on_data({"savepoint", "create", "p", "x"}).out, "p x: epoch 1, positions of its sources alone: no operator keeps state\n");
}

TEST_F(State, IsScannedWithinALimit) {
    const Outcome cut = on_data({"state", "scan", "t", "pairs", "--limit", "2"});
    EXPECT_EQ(std::count(cut.out.begin(), cut.out.end(), '\n'), 3);
    EXPECT_EQ(cut.err, "and more: the first 2 are shown (--limit)\n");
    const Outcome all = on_data({"state", "scan", "t", "pairs", "--limit", "300", "--format", "json"});
    EXPECT_EQ(all.err, "");
    size_t entries = 0;
    for (size_t at = 0; (at = all.out.find("\"kind\"", at)) != std::string::npos; ++at) ++entries;
    EXPECT_EQ(entries, 300u);
}

TEST_F(State, IsFoundByTheKeyThatAScanShows) {
    const std::string scanned = on_data({"state", "scan", "t", "pairs", "--limit", "1"}).out;
    const std::string line = scanned.substr(scanned.find('\n') + 1);
    std::istringstream words(line);
    std::string state, group, number, key;
    words >> state >> group >> number >> key;
    EXPECT_EQ(on_data({"state", "get", "t", "pairs", key}).out, scanned);
    const Outcome none = on_data({"state", "get", "t", "pairs", "no such"});
    EXPECT_EQ(none.code, 2);
    EXPECT_EQ(none.err, "weir: node `pairs` has no key `no such`\n");
    EXPECT_THAT(on_data({"state", "get", "t", "pairs", "\\x0"}).err, HasSubstr("neither"));
}

TEST_F(State, NamesWhatThereIsWhereANodeIsNot) {
    const Outcome got = on_data({"state", "scan", "t", "pears"});
    EXPECT_EQ(got.code, 2);
    EXPECT_EQ(got.err, "weir: there is no state of a node `pears`; there is state of `pairs`\n");
    const Outcome other = on_data({"state", "ls", "u"});
    EXPECT_EQ(other.code, 6);
    EXPECT_THAT(other.err, AllOf(HasSubstr("no state of topology `u`"), HasSubstr("--data-dir")));
}

}  // namespace
}  // namespace weir::test
