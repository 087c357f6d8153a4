#include "host/loader/manifest_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/loader/module.hpp"
#include "tests/unit/loader/support.hpp"

namespace weir::host {
namespace {

using testing::HasSubstr;

TEST(ManifestJson, TellsEverythingOfAnOperatorAndIsReadBackTheSame) {
    auto plugin = describe_file(test_plugin("modern"));
    ASSERT_TRUE(plugin.ok()) << plugin.status().message();
    const std::string expected =
        R"({"id":"modern","version":"2.1.0-beta.1","abi":[0,6],"operators":[{"name":"modern.keep","kind":"operator",)"
        R"("doc":"Keeps columns.","params":[{"name":"columns","type":"list","doc":"What to keep.","required":true,)"
        R"("primary":true,"scalar_or_list":true,"fields":[{"type":"column"}]},{"name":"range","type":"object",)"
        R"("doc":"Which values.","fields":[{"name":"min","type":"int64","doc":"Smallest.","default":0},)"
        R"({"name":"max","type":"int64","doc":"Largest.","required":true}]},{"name":"ttl","type":"duration",)"
        R"("doc":"For how long; “30s”.","default":30000000},{"name":"mode","type":"string","doc":"How.",)"
        R"("default":"fast","one_of":["fast","exact"]},{"name":"token","type":"string","doc":"Password.",)"
        R"("secret":true},{"name":"to","type":"map","doc":"Ports.","required":true,"fields":[{"type":"column"}]}],"inputs":[{"name":"left","doc":"Rows."},{"name":"right","doc":"More.","many":true}],)"
        R"("outputs":[{"name":"out","doc":"Rows."},{"name":"late","doc":"Late rows."},)"
        R"({"name":"to","doc":"More ports.","by_keys":true}],"flags":["keyed","own_key"],)"
        R"("state_version":3,"state_kinds":["keyed","list"],"async_capacity":16}]})";
    EXPECT_EQ(to_json(*plugin).dump(), expected);
    auto again = plugin_from_json(expected);
    ASSERT_TRUE(again.ok()) << again.status().message();
    EXPECT_EQ(to_json(*again).dump(), expected);
    const OperatorInfo& keep = again->operators[0];
    EXPECT_TRUE(keep.is_keyed());
    EXPECT_TRUE(keep.has_own_key());
    EXPECT_EQ(keep.plugin, "modern");
    EXPECT_EQ(keep.params[3].default_value, Json("fast"));
}

std::string message_for(std::string_view text) {
    auto plugin = plugin_from_json(text);
    return plugin.ok() ? "" : plugin.status().message();
}

TEST(ManifestJson, RefusesAnotherAbiBeforeAnythingElse) {
    EXPECT_EQ(message_for(R"({"abi":[0,7],"operators":"later versions may do this"})"),
              "built for ABI 0.7, this host is 0.6: rebuild it against this weir's SDK");
}

TEST(ManifestJson, RefusesWhatIsNotAManifest) {
    const auto refused = [](std::string_view text, const std::string& what) {
        EXPECT_EQ(message_for(text), "its section .weir.manifest is damaged: " + what +
                                         "; write it anew: weir plugin manifest FILE --write");
    };
    const auto with_operator = [](const std::string& op) {
        return R"({"id":"a","version":"1.0.0","abi":[0,6],"operators":[)" + op + "]}";
    };
    refused("", "it is not a JSON object");
    refused("[1]", "it is not a JSON object");
    refused("{\"abi\":", "it is not a JSON object");
    refused("{}", "`abi` must be two numbers");
    refused(R"({"abi":[0]})", "`abi` must be two numbers");
    refused(R"({"abi":[-1,4294967297]})", "`abi` must be two numbers");
    refused(R"({"abi":[0,6],"id":1})", "`id` must be a string");
    refused(R"({"abi":[0,6],"id":"../x","version":"1.0.0"})", "`id` is no proper plugin id");
    refused(R"({"abi":[0,6],"id":"a","version":"1.0.0","operators":{}})", "`operators` must be a list");
    refused(with_operator("1"), "an object was expected around `name`");
    refused(with_operator(R"({"name":"x","kind":"cook"})"), "an operator is of an unknown kind");
    refused(with_operator(R"({"name":"x","kind":"sink","flags":["fast"]})"), "`flags` holds an unknown word");
    refused(with_operator(R"({"name":"x","kind":"sink","params":[{"name":"p","type":"y"}]})"),
            "a parameter has an unknown type");
    refused(with_operator(R"({"name":"x","kind":"sink","params":[{"name":"p","type":"any","secret":1}]})"),
            "`secret` must be true or false");
}

TEST(ManifestJson, IsBoundedInDepth) {
    const std::string deep(200000, '[');
    EXPECT_THAT(message_for(R"({"abi":)" + deep), HasSubstr("it is not a JSON object"));
    std::string params = R"({"type":"any"})";
    for (int i = 0; i < 30; ++i) params = R"({"type":"list","fields":[)" + params + "]}";
    EXPECT_THAT(message_for(R"({"id":"a","version":"1.0.0","abi":[0,6],"operators":[{"name":"x","kind":"sink","params":[)" +
                            params + "]}]}"),
                HasSubstr("damaged"));
}

}  // namespace
}  // namespace weir::host
