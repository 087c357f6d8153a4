#include <gtest/gtest.h>

#include <weir/errors.hpp>

#include "../built_plugin.hpp"

namespace weir::testing {
namespace {

constexpr int64_t kOneSecond = 1'000'000;

std::unique_ptr<Harness> console(const std::string &config, std::vector<Schema> inputs, HarnessOptions options = {}) {
    static const Plugin plugin = built_plugin("console");
    auto h = std::make_unique<Harness>(plugin, "console", config, std::move(inputs), options);
    EXPECT_EQ(h->start().message(), "");
    (void)TestHost::get().take_printed();
    return h;
}

std::string shown(Harness &h, const std::string &rows, uint32_t input = 0) {
    EXPECT_TRUE(h.process(rows, input).done());
    return TestHost::get().take_printed();
}

const Schema kRow = schema_of({{"n", "int64"}, {"s", "string?"}, {"_offset", "int64"}});

TEST(Console, ShowsALineARow) {
    auto h = console("{}", {kRow});
    EXPECT_EQ(shown(*h, R"([[5,"a",0],[-7,null,1],[0,"two words",2],[1,"",3],[2,"a=\"b\"",4]])"),
              "n=5  s=a\nn=-7  s=null\nn=0  s=\"two words\"\nn=1  s=\"\"\nn=2  s=\"a=\\\"b\\\"\"\n");
    auto titled = console(R"({"title":"pairs"})", {kRow});
    EXPECT_EQ(shown(*titled, R"([[5,"a",0]])"), "pairs  n=5  s=a\n");
}

TEST(Console, EscapesWhatWouldSteerTheTerminal) {
    const Schema text = schema_of({{"s", "string"}, {"b", "binary"}});
    Json rows = Json::array({Json::array({"\x1b[31mred\x07\r\nx\xc2\x9b\xe2\x80\xae\\", "\\\x7f"})});
    for (const char *format : {"pretty", "table", "json"}) {
        auto h = console(R"({"format":")" + std::string(format) + "\"}", {text});
        std::string out = shown(*h, rows.dump());
        for (char c : out) EXPECT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F)) << format;
        EXPECT_EQ(out.find("\xc2\x9b"), std::string::npos) << format;
        EXPECT_EQ(out.find("\xe2\x80\xae"), std::string::npos) << format;
        if (std::string(format) == "json") {
            EXPECT_EQ(Json::parse(out)["s"], rows[0][0]);
        }
    }
    auto pretty = console("{}", {text});
    EXPECT_EQ(shown(*pretty, rows.dump()), "s=\\x1b[31mred\\x07\\r\\nx\\u{009b}\\u{202e}\\\\  b=\\\\\\x7f\n");
}

TEST(Console, ShowsBytesThatAreNotText) {
    auto h = console("{}", {schema_of({{"b", "binary"}})});
    BatchBuilder builder(schema_of({{"b", "binary"}}));
    builder.column(0).append_text(std::string_view("\xff\x00z", 3));
    ArrowArray rows;
    builder.finish(&rows);
    EXPECT_TRUE(h->process(rows).done());
    EXPECT_EQ(TestHost::get().take_printed(), "b=\\xff\\x00z\n");
}

TEST(Console, ShowsAPayloadAsItIsBehindTheColumnsThatAreThere) {
    const Schema record = schema_of({{"value", "binary?"}, {"key", "string?"}, {"tags", "map<string, string?>"}});
    auto h = console(R"({"payload":"value"})", {record});
    EXPECT_EQ(shown(*h, R"([["{\"a\":\"b c\\\\d\"}\t\u001b[31m","k 1",{"x":"y"}],["plain",null,{}],[null,"",{}]])"),
              "key=\"k 1\"  tags={\"x\":\"y\"}  {\"a\":\"b c\\\\d\"}\t\\x1b[31m\nplain\nkey=\"\"  null\n");
}

TEST(Console, RefusesAPayloadThatIsNoText) {
    static const Plugin plugin = built_plugin("console");
    Harness number(plugin, "console", R"({"payload":"n"})", {kRow});
    EXPECT_EQ(number.start().message(), "payload names a text or binary column; `n` is none of { n: int64, s: string?, _offset: int64 }");
    Harness json(plugin, "console", R"({"payload":"s","format":"json"})", {kRow});
    EXPECT_EQ(json.start().message(), "payload is for format pretty; of format json every column is a field");
}

TEST(Console, ShowsJsonWithoutMetadata) {
    auto h = console(R"({"format":"json"})", {kRow});
    EXPECT_EQ(shown(*h, R"([[5,"a\nb",0],[6,null,1]])"), "{\"n\":5,\"s\":\"a\\nb\"}\n{\"n\":6,\"s\":null}\n");
}

TEST(Console, ShowsATableWhoseColumnsWiden) {
    auto h = console(R"({"format":"table"})", {kRow});
    EXPECT_EQ(shown(*h, R"([[5,"a",0],[123,"bc",1]])"), "  n  s\n---  --\n  5  a\n123  bc\n");
    EXPECT_EQ(shown(*h, R"([[7,"é",0]])"), "  7  é\n");
    EXPECT_EQ(shown(*h, R"([[7,"abc",0]])"), "  n  s\n---  ---\n  7  abc\n");
    std::string cut = shown(*h, R"([[7,")" + std::string(50, 'x') + R"(",0]])");
    EXPECT_TRUE(cut.ends_with("  7  " + std::string(39, 'x') + "…\n")) << cut;
}

TEST(Console, TellsWhichInputARowCameFrom) {
    auto h = console(R"({"format":"table","title":"t"})", {kRow, schema_of({{"x", "bool"}})});
    EXPECT_EQ(shown(*h, R"([[5,"a",0]])", 0), "t  n  s\nt  -  -\nt  5  a\n");
    EXPECT_EQ(shown(*h, "[[true]]", 1), "t  x\nt  ----\nt  true\n");
    EXPECT_EQ(shown(*h, R"([[6,"b",0]])", 0), "t  n  s\nt  -  -\nt  6  b\n");
}

TEST(Console, ShowsFailedRowsWithTheirRecord) {
    HarnessOptions options;
    options.input_stream = WEIR_STREAM_ERRORS;
    auto h = console("{}", {error_schema()}, options);
    EXPECT_EQ(shown(*h, R"([["raw","decode","n","`abc` is not an int64","abc",null,{},"raw-topic",3,42,0,null],)"
                        R"(["pairs","out-of-range",null,"bad\u001b",null,null,null,null,null,null,null,"{\"n\":13}"]])"),
              "raw: decode: `abc` is not an int64  field=n  payload=abc  topic=raw-topic  partition=3  offset=42\n"
              "pairs: out-of-range: bad\\x1b  row=\"{\\\"n\\\":13}\"\n");
}

TEST(Console, ShowsNoMoreThanItsLimitAndTellsHowManyThereWere) {
    auto h = console(R"({"limit_per_second":2})", {schema_of({{"n", "int64"}})});
    h->options().now = 10 * kOneSecond;
    EXPECT_EQ(shown(*h, "[[1],[2],[3]]"), "n=1\nn=2\n");
    EXPECT_EQ(h->wake_time(), 11 * kOneSecond);
    Json many = Json::array();
    for (int i = 0; i < 1000; ++i) many.push_back({i});
    EXPECT_EQ(shown(*h, many.dump()), "");
    ASSERT_TRUE(h->advance_to(11 * kOneSecond).done());
    EXPECT_EQ(TestHost::get().take_printed(), "… 1,001 more\n");
    EXPECT_EQ(shown(*h, "[[4]]"), "n=4\n");
    EXPECT_EQ(shown(*h, "[[5],[6]]"), "n=5\n");
    h->options().now = 12 * kOneSecond;
    EXPECT_EQ(shown(*h, "[[7],[8],[9]]"), "… 1 more\nn=7\nn=8\n");
    ASSERT_TRUE(h->finish().done());
    EXPECT_EQ(TestHost::get().take_printed(), "… 1 more\n");
    EXPECT_EQ(h->metric("skipped"), 1003);
}

}  // namespace
}  // namespace weir::testing
