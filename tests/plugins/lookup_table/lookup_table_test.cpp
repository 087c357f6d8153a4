#include <gtest/gtest.h>

#include "../built_codec.hpp"
#include "../scratch_folder.hpp"

namespace weir::testing {
namespace {

using Rows = std::vector<std::string>;
const Schema kOrders = schema_of({{"id", "int64"}, {"country", "string?"}});
const Json kCountries = {{"fields", {{{"name", "code"}, {"type", "string"}}, {{"name", "name"}, {"type", "string"}}, {{"name", "tax"}, {"type", "int64?"}}}}};

std::unique_ptr<Harness> lookup(const std::string &path, Json config = Json::object(), Schema input = kOrders) {
    static const Plugin plugin = built_plugin("lookup_table");
    config["path"] = path;
    config["record"] = kCountries;
    if (!config.contains("key")) config["key"] = {"code"};
    if (!config.contains("column")) config["column"] = {"country"};
    HarnessOptions options;
    options.codec = make_codec;
    return std::make_unique<Harness>(plugin, "lookup_table", config.dump(), std::vector<Schema>{std::move(input)}, options);
}

const char *const kOrderRows = R"([[1,"de"],[2,"xx"],[3,null],[4,"it"]])";

TEST(LookupTable, AddsColumnsByKey) {
    ScratchFolder folder;
    folder.write("c.csv", "name,code,tax\nGermany,de,19\n\nItaly,it,\n");
    auto h = lookup(folder / "c.csv");
    ASSERT_EQ(h->start().message(), "");
    EXPECT_EQ(to_string(h->output_schema()), "{ id: int64, country: string?, name: string?, tax: int64? }");
    EXPECT_TRUE(h->process(kOrderRows).done());
    EXPECT_EQ(h->take(), (Rows{R"({"id":1,"country":"de","name":"Germany","tax":19})", R"({"id":2,"country":"xx","name":null,"tax":null})",
                               R"({"id":3,"country":null,"name":null,"tax":null})", R"({"id":4,"country":"it","name":"Italy","tax":null})"}));
    EXPECT_EQ(h->metric("missing"), 2);
    EXPECT_TRUE(h->process("[]").done());
}

TEST(LookupTable, DropsOrFailsWhatItDoesNotHave) {
    ScratchFolder folder;
    folder.write("c.csv", "code,name,tax\nde,Germany,19\n");
    auto drop = lookup(folder / "c.csv", {{"missing", "drop"}, {"add", {"name"}}, {"prefix", "country_"}});
    ASSERT_EQ(drop->start().message(), "");
    EXPECT_TRUE(drop->process(kOrderRows).done());
    EXPECT_EQ(drop->take(), (Rows{R"({"id":1,"country":"de","country_name":"Germany"})"}));
    EXPECT_EQ(drop->metric("missing"), 3);
    auto fail = lookup(folder / "c.csv", {{"missing", "error"}, {"add", "tax"}});
    ASSERT_EQ(fail->start().message(), "");
    EXPECT_TRUE(fail->process(R"([[2,"xx"],[1,"de"],[3,null]])").done());
    EXPECT_EQ(fail->take(), (Rows{R"({"id":1,"country":"de","tax":19})"}));
    const std::string path = folder / "c.csv";
    EXPECT_EQ(fail->take_failed(), (std::vector<FailedRow>{{"missing", "country", "no row of `" + path + "` has code = \"xx\"", R"({"id":2,"country":"xx"})"},
                                                           {"missing", "country", "no row of `" + path + "` has code = null", R"({"id":3,"country":null})"}}));
}

TEST(LookupTable, LoadsTheFileAnewWhenItHasChanged) {
    ScratchFolder folder;
    folder.write("c.json", R"({"code":"de","name":"Germany"})");
    auto h = lookup(folder / "c.json", {{"format", {{"codec", "json"}, {"config", Json::object()}}}, {"add", {"name"}}});
    ASSERT_EQ(h->start().message(), "");
    auto name = [&] {
        EXPECT_TRUE(h->process(R"([[1,"de"]])").done());
        return Json::parse(h->take().at(0))["name"].get<std::string>();
    };
    EXPECT_EQ(name(), "Germany");
    folder.write("c.json", R"({"code":"de","name":"Deutschland"})");
    EXPECT_EQ(name(), "Germany");  // it is not looked at all the time
    h->options().now = 5'000'000;
    EXPECT_EQ(name(), "Deutschland");
    folder.write("c.json", "{\"code\":\"de\",\"name\":\"A\"}\n{\"code\"");
    h->options().now = 10'000'000;
    EXPECT_EQ(name(), "Deutschland");
    EXPECT_EQ(h->metric("failed_loads"), 1);
    EXPECT_THAT(TestHost::get().logs(), ::testing::HasSubstr("c.json`, line 2: "));
    std::filesystem::remove(folder / "c.json");
    h->options().now = 15'000'000;
    EXPECT_EQ(name(), "Deutschland");
    folder.write("c.json", R"({"code":"de","name":"B"})");
    h->options().now = 20'000'000;
    EXPECT_EQ(name(), "B");
    EXPECT_EQ(h->metric("loads"), 3);
}

TEST(LookupTable, SaysWhatIsWrongWithAFile) {
    ScratchFolder folder;
    auto fault = [&](const std::string &text) {
        folder.write("c.csv", text);
        return lookup(folder / "c.csv")->start().message().substr((folder / "c.csv").size() + 2);
    };
    EXPECT_EQ(fault("code,name,tax\nde,G,1\nit,I,x\n"), ", line 3: `tax`: `x` is not an int64 (at byte 19)");
    EXPECT_EQ(fault("code,name,tax\nde,G,1\n\nde,G,2\n"), ", line 4: its key is there already, in a line before");
    EXPECT_THAT(lookup(folder / "none.csv")->start().message(), ::testing::HasSubstr("none.csv`: cannot be read: No such file or directory. Check the path"));
    folder.write("c.csv", "");
    EXPECT_EQ(lookup(folder / "c.csv")->start().message(), "");
}

TEST(LookupTable, RefusesKeysThatDoNotFit) {
    ScratchFolder folder;
    auto fault = [&](Json config, Schema input = kOrders) {
        Status s = lookup(folder / "c.csv", std::move(config), std::move(input))->start();
        return s.path() + ": " + s.message();
    };
    EXPECT_EQ(fault({{"key", {"x"}}}), "key: the record has no column `x`; it has { code: string, name: string, tax: int64? }");
    EXPECT_EQ(fault({{"column", {"x"}}}), "column: the input has no column `x`; it has { id: int64, country: string? }");
    EXPECT_EQ(fault({{"column", {"id"}}}), "column: `id` is int64, and `code` of the table string: give both one type");
    EXPECT_EQ(fault({{"key", {"code", "name"}}}), "column: names as many columns as `key`, one for each");
    EXPECT_EQ(fault({}, schema_of({{"name", "string"}, {"country", "string"}})), "prefix: the input has a column `name` already: a `prefix` tells the table's apart");
}

}  // namespace
}  // namespace weir::testing
