#include "tests/unit/topology/test_catalog.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace weir::host {
namespace {

// Builds a ParamInfo in one expression.
struct Param {
    ParamInfo info;

    Param(std::string name, ParamType type, std::string doc = "") {
        info.name = std::move(name);
        info.type = type;
        info.doc = std::move(doc);
    }
    Param&& required() && {
        info.required = true;
        return std::move(*this);
    }
    Param&& primary() && {
        info.primary = true;
        return std::move(*this);
    }
    Param&& secret() && {
        info.secret = true;
        return std::move(*this);
    }
    Param&& scalar_or_list() && {
        info.scalar_or_list = true;
        return std::move(*this);
    }
    Param&& by_default(Json value) && {
        info.default_value = std::move(value);
        return std::move(*this);
    }
    Param&& one_of(std::vector<Json> values) && {
        info.one_of = std::move(values);
        return std::move(*this);
    }
    Param&& of(std::vector<ParamInfo> fields) && {
        info.fields = std::move(fields);
        return std::move(*this);
    }
    operator ParamInfo() && { return std::move(info); }
};

OperatorInfo make(std::string name, OperatorKind kind, std::vector<ParamInfo> params, std::string doc = "") {
    OperatorInfo op;
    op.name = std::move(name);
    op.kind = kind;
    op.params = std::move(params);
    op.doc = std::move(doc);
    return op;
}

PluginInfo make_kafka() {
    using T = ParamType;
    OperatorInfo connection =
        make("kafka", OperatorKind::kConnection,
             {
                 Param("brokers", T::kString, "Addresses, or `embedded`.").required().primary(),
                 Param("password", T::kString).secret(),
                 Param("create_topics", T::kObject)
                     .of({Param("partitions", T::kInt64).by_default(1),
                          Param("replication", T::kInt64).by_default(1)}),
                 Param("properties", T::kMap).of({Param("", T::kString)}),
             });
    OperatorInfo source =
        make("kafka.source", OperatorKind::kSource,
             {
                 Param("topic", T::kList, "The topics to read.")
                     .required()
                     .primary()
                     .scalar_or_list()
                     .of({Param("", T::kString)}),
                 Param("group_id", T::kString),
                 Param("start", T::kString).one_of({"earliest", "latest"}).by_default("latest"),
                 Param("format", T::kCodec).by_default("text"),
                 Param("record", T::kRecord),
                 Param("max_wait", T::kDuration).by_default("500ms"),
                 Param("fetch", T::kBytes).by_default(262144),
             },
             "Reads topics.");
    source.outputs = {{"out", "", false}};
    source.connection = "kafka";
    OperatorInfo sink =
        make("kafka.sink", OperatorKind::kSink,
             {
                 Param("topic", T::kString, "Where to write.").required().primary(),
                 Param("format", T::kCodec).by_default("json"),
                 Param("compression", T::kString).one_of({"none", "lz4", "zstd"}).by_default("none"),
             });
    sink.inputs = {{"in", "", true}};
    sink.connection = "kafka";
    PluginInfo plugin;
    plugin.id = "kafka";
    plugin.version = "1.4.0";
    plugin.operators = {std::move(connection), std::move(source), std::move(sink)};
    return plugin;
}

PluginInfo make_codecs() {
    using T = ParamType;
    PluginInfo plugin;
    plugin.id = "codecs";
    plugin.version = "0.1.0";
    plugin.operators = {
        make("text", OperatorKind::kCodec, {}),
        make("json", OperatorKind::kCodec,
             {Param("unknown", T::kString).one_of({"ignore", "keep", "refuse"}).by_default("ignore")}),
        make("csv", OperatorKind::kCodec,
             {Param("separator", T::kString).by_default(","), Param("columns", T::kInt64).required()}),
    };
    return plugin;
}

PluginInfo make_core() {
    using T = ParamType;
    OperatorInfo pair_match = make("pair_match", OperatorKind::kOperator,
                                   {
                                       Param("value", T::kColumn, "The column to match.").required(),
                                       Param("sum", T::kInt64, "What two values add up to.").required(),
                                       Param("min", T::kInt64),
                                       Param("max", T::kInt64),
                                       Param("ttl", T::kDuration),
                                   });
    pair_match.inputs = {{"in", "", false}};
    pair_match.outputs = {{"out", "", false}, {"expired", "", false}};
    pair_match.flags = WEIR_OP_KEYED | WEIR_OP_OWN_KEY | WEIR_OP_ONE_INPUT;
    OperatorInfo unite = make("union", OperatorKind::kOperator, {});
    unite.inputs = {{"in", "", false}};
    unite.outputs = {{"out", "", false}};
    OperatorInfo count = make("count", OperatorKind::kOperator, {});
    count.flags = WEIR_OP_KEYED;
    OperatorInfo join = make("join", OperatorKind::kOperator, {Param("within", T::kDuration)});
    join.inputs = {{"left", "", false}, {"right", "", false}};
    OperatorInfo pass = make(
        "pass", OperatorKind::kOperator,
        {
            Param("ratio", T::kFloat64),
            Param("strict", T::kBool),
            Param("anything", T::kAny),
            Param("filter", T::kExpression),
            Param("retry", T::kObject)
                .of({Param("limit", T::kInt64).required(), Param("wait", T::kDuration).by_default("1s")}),
            Param("labels", T::kMap).of({Param("", T::kString)}),
            Param("sizes", T::kList).of({Param("", T::kInt64)}),
        });
    OperatorInfo generate = make("generate", OperatorKind::kSource,
                                 {
                                     Param("rate", T::kInt64).by_default(0),
                                     Param("columns", T::kMap).of({Param("", T::kAny)}),
                                 });
    OperatorInfo route = make("route", OperatorKind::kOperator,
                              {
                                  Param("to", T::kMap, "Conditions by port.").required().of({Param("", T::kExpression)}),
                                  Param("match", T::kString).one_of({"first", "all"}).by_default("first"),
                              });
    route.inputs = {{"in", "", false}};
    route.outputs = {{"to", "", false, false, true}, {"default", "", false}};
    PluginInfo plugin;
    plugin.id = "core";
    plugin.version = "0.1.0";
    plugin.operators = {std::move(pair_match), std::move(count), std::move(join), std::move(unite),
                        std::move(pass),       std::move(route), std::move(generate), make("console", OperatorKind::kSink, {})};
    return plugin;
}

PluginInfo make_clauses() {
    using T = ParamType;
    OperatorInfo clauses = make("clauses", OperatorKind::kOperator, {Param("steps", T::kList).required().of({Param("", T::kAny)})});
    clauses.inputs = {{"in", "", false}};
    clauses.outputs = {{"out", "", false}};
    PluginInfo plugin;
    plugin.id = "clauses";
    plugin.version = "0.1.0";
    plugin.operators = {std::move(clauses)};
    return plugin;
}

}  // namespace

const Catalog& test_catalog() {
    static const Catalog catalog = [] {
        Catalog made;
        made.add(make_kafka());
        made.add(make_codecs());
        made.add(make_core());
        made.add(make_clauses());
        return made;
    }();
    return catalog;
}

Loaded load(const std::string& text, LoadOptions options, std::map<std::string, std::string> environment) {
    options.environment = [environment = std::move(environment)](const std::string& name) {
        const auto found = environment.find(name);
        return found == environment.end() ? std::nullopt : std::optional(found->second);
    };
    Loaded out;
    out.topology = load_topology_text("t.yaml", text, options, test_catalog(), out.diagnostics);
    return out;
}

std::filesystem::path test_folder() {
    const char* sources = std::getenv("WEIR_SOURCE_DIR");
    if (sources == nullptr) throw std::runtime_error("WEIR_SOURCE_DIR is not set: run this test with ctest");
    return std::filesystem::path(sources) / "tests/unit/topology";
}

std::string file_text(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + path.string());
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace weir::host
