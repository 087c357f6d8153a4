#include <gtest/gtest.h>

#include "../built_plugin.hpp"

namespace weir::testing {
namespace {

const Schema kLogged = schema_of({{"n", "int64"}, {"s", "string"}, {"_offset", "int64"}});

std::string new_lines(size_t *seen) {
    const std::string logs = TestHost::get().logs();
    std::string fresh = logs.substr(*seen);
    *seen = logs.size();
    return fresh;
}

TEST(Log, TellsOfRowsAndLetsThemPass) {
    static const Plugin plugin = built_plugin("log");
    Harness h(plugin, "log", R"({"limit_per_second":2,"message":"seen"})", {kLogged});
    ASSERT_EQ(h.start().message(), "");
    size_t seen = TestHost::get().logs().size();
    EXPECT_TRUE(h.process(R"([[1,"a",0],[2,"b",1],[3,"c",2]])").done());
    EXPECT_EQ(h.take().size(), 3u);
    EXPECT_EQ(new_lines(&seen), "seen: {\"n\":1,\"s\":\"a\"}\nseen: {\"n\":2,\"s\":\"b\"}\n");
    EXPECT_TRUE(h.advance_to(1'000'000).done());
    EXPECT_EQ(new_lines(&seen), "seen: 1 more rows\n");
    EXPECT_TRUE(h.process(R"([[4,"d",3]])").done());
    EXPECT_EQ(new_lines(&seen), "seen: {\"n\":4,\"s\":\"d\"}\n");
    EXPECT_EQ(h.metric("not_told"), 1);
}

TEST(Log, CutsHugeRows) {
    static const Plugin plugin = built_plugin("log");
    Harness h(plugin, "log", "{}", {kLogged});
    ASSERT_EQ(h.start().message(), "");
    size_t seen = TestHost::get().logs().size();
    std::string huge;
    for (int i = 0; i < 5'000; ++i) huge += "\xC3\xA4";
    EXPECT_TRUE(h.process(Json{{1, huge, 0}}.dump()).done());
    const std::string line = new_lines(&seen);
    EXPECT_TRUE(line.starts_with("{\"n\":1,\"s\":\"\xC3\xA4"));
    EXPECT_TRUE(line.ends_with("\xC3\xA4\xE2\x80\xA6 (10014 bytes)\n")) << line.substr(line.size() - 40);
    EXPECT_TRUE(is_utf8(line));
}

}  // namespace
}  // namespace weir::testing
