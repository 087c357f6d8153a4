#include "host/topology/schema.hpp"

#include <gtest/gtest.h>

#include "tests/unit/topology/test_catalog.hpp"

namespace weir::host {
namespace {

TEST(TopologySchema, DescribesTheLanguageAndThePluginsPresent) {
    EXPECT_EQ(topology_schema(test_catalog()).dump(2) + "\n",
              file_text(test_folder() / "expected_schema.json"));
}

TEST(TopologySchema, IsASchemaWithoutPluginsToo) {
    const Json schema = topology_schema(Catalog());
    EXPECT_FALSE(schema["$defs"]["node"].contains("oneOf"));
    EXPECT_EQ(schema["$defs"]["codec"].dump(), R"({"anyOf":[{"$ref":"#/$defs/reference"}]})");
}

}  // namespace
}  // namespace weir::host
