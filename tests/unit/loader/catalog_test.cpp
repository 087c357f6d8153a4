#include "host/loader/manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::host {
namespace {

using testing::ElementsAre;

OperatorInfo named(const char* name, OperatorKind kind) {
    OperatorInfo op;
    op.name = name;
    op.kind = kind;
    return op;
}

Catalog two_plugins() {
    PluginInfo codecs;
    codecs.id = "codecs";
    codecs.operators = {named("json", OperatorKind::kCodec), named("text", OperatorKind::kCodec)};
    PluginInfo acme;
    acme.id = "acme";
    acme.operators = {named("acme.source", OperatorKind::kSource), named("json", OperatorKind::kOperator),
                      named("acme.sink", OperatorKind::kSink), named("acme", OperatorKind::kConnection),
                      named("sum", OperatorKind::kAggregate)};
    Catalog catalog;
    catalog.add(codecs);
    catalog.add(acme);
    return catalog;
}

TEST(Catalog, FindsByNameWithinTheGroupOfKinds) {
    Catalog catalog = two_plugins();
    ASSERT_NE(catalog.find("json"), nullptr);
    EXPECT_EQ(catalog.find("json")->plugin, "acme");
    EXPECT_EQ(catalog.find_codec("json")->plugin, "codecs");
    EXPECT_EQ(catalog.find_connection("acme")->kind, OperatorKind::kConnection);
    EXPECT_EQ(catalog.find_aggregate("sum")->kind, OperatorKind::kAggregate);
    EXPECT_EQ(catalog.find("acme"), nullptr);
    EXPECT_EQ(catalog.find_codec("acme.sink"), nullptr);
    EXPECT_EQ(catalog.find_connection("json"), nullptr);
    EXPECT_EQ(catalog.find_aggregate("json"), nullptr);
}

TEST(Catalog, ListsTheNamesOfEachGroup) {
    Catalog catalog = two_plugins();
    EXPECT_THAT(catalog.operator_names(), ElementsAre("acme.source", "json", "acme.sink"));
    EXPECT_THAT(catalog.codec_names(), ElementsAre("json", "text"));
    EXPECT_THAT(catalog.connection_names(), ElementsAre("acme"));
    EXPECT_THAT(catalog.aggregate_names(), ElementsAre("sum"));
}

TEST(Catalog, ReplacesThePluginOfTheSameId) {
    Catalog catalog = two_plugins();
    PluginInfo newer;
    newer.id = "codecs";
    newer.version = "2.0.0";
    catalog.add(newer);
    EXPECT_EQ(catalog.plugins().size(), 2u);
    EXPECT_EQ(catalog.plugin("codecs")->version, "2.0.0");
    EXPECT_EQ(catalog.find_codec("json"), nullptr);
    EXPECT_EQ(catalog.plugin("nothing"), nullptr);
}

}  // namespace
}  // namespace weir::host
