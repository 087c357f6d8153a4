#include "host/loader/describe.hpp"

#include <functional>

#include <gtest/gtest.h>

#include "host/loader/manifest_json.hpp"

namespace weir::host {
namespace {

int32_t ok(...) { return WEIR_OK; }

template <class F>
F any() {
    return reinterpret_cast<F>(reinterpret_cast<void (*)()>(&ok));
}

// A right module whose descriptors a test then spoils. They are never called.
struct TestModule {
    TestModule() {
        instance.size = sizeof instance;
        instance.create = any<decltype(instance.create)>();
        instance.bind = any<decltype(instance.bind)>();
        instance.process = any<decltype(instance.process)>();
        instance.resume = any<decltype(instance.resume)>();
        instance.destroy = any<decltype(instance.destroy)>();
        connection.size = sizeof connection;
        connection.create = any<decltype(connection.create)>();
        connection.open = any<decltype(connection.open)>();
        connection.close = any<decltype(connection.close)>();
        connection.cancel = any<decltype(connection.cancel)>();
        connection.destroy = any<decltype(connection.destroy)>();

        for (auto& p : fields) p = param("", WEIR_PARAM_INT64);
        fields[0].name = "min";
        params[0] = param("sum", WEIR_PARAM_INT64);
        params[0].default_json = "12";
        params[1] = param("range", WEIR_PARAM_OBJECT);
        params[1].fields = fields;
        params[1].n_fields = 1;
        for (auto* p : {&inputs[0], &inputs[1], &outputs[0], &outputs[1]}) *p = {sizeof(weir_port), 0, "in", "Rows."};
        outputs[0].name = "out";

        op.size = sizeof op;
        op.kind = WEIR_KIND_OPERATOR;
        op.name = "acme.match";
        op.doc = "Matches.";
        op.params = params;
        op.n_params = 2;
        op.inputs = inputs;
        op.n_inputs = 1;
        op.outputs = outputs;
        op.n_outputs = 1;
        op.api = &instance;
        link = {};
        link.size = sizeof link;
        link.kind = WEIR_KIND_CONNECTION;
        link.name = "acme";
        link.doc = "A server.";
        link.api = &connection;
        module = {sizeof module, WEIR_ABI_MAJOR, WEIR_ABI_MINOR, 2, "acme", "1.0.0", operators, nullptr, nullptr, nullptr};
    }
    static weir_param param(const char* name, uint32_t type) {
        weir_param p{};
        p.size = sizeof p;
        p.type = type;
        p.name = name;
        p.doc = "What it is.";
        return p;
    }

    weir_instance_api instance{};
    weir_connection_api connection{};
    weir_param fields[2], params[2];
    weir_port inputs[2], outputs[2];
    weir_operator op{}, link{};
    const weir_operator* operators[2] = {&op, &link};
    weir_module module{};
};

// The message for a module that `spoil` has changed; empty if it is still right.
std::string message_for(const std::function<void(TestModule&)>& spoil) {
    TestModule m;
    spoil(m);
    auto plugin = describe(m.module);
    if (plugin.ok()) return "";
    EXPECT_EQ(plugin.status().code(), WEIR_E_CONFIG);
    return plugin.status().message();
}

#define EXPECT_MESSAGE(statement, message) \
    EXPECT_EQ(message_for([](TestModule& m) { statement; }), message)

TEST(Describe, CopiesARightModule) {
    TestModule m;
    auto plugin = describe(m.module);
    ASSERT_TRUE(plugin.ok()) << plugin.status().message();
    EXPECT_EQ(
        to_json(*plugin).dump(),
        R"({"id":"acme","version":"1.0.0","abi":[0,6],"operators":[{"name":"acme.match","kind":"operator",)"
        R"("doc":"Matches.","params":[{"name":"sum","type":"int64","doc":"What it is.","default":12},)"
        R"({"name":"range","type":"object","doc":"What it is.","fields":[{"name":"min","type":"int64",)"
        R"("doc":"What it is."}]}],"inputs":[{"name":"in","doc":"Rows."}],"outputs":[{"name":"out","doc":"Rows."}]},)"
        R"({"name":"acme","kind":"connection","doc":"A server."}]})");
    EXPECT_EQ(plugin->operators[0].plugin, "acme");
}

TEST(Describe, RefusesAnotherAbi) {
    const std::string remedy = ", this host is 0.6: rebuild it against this weir's SDK";
    EXPECT_MESSAGE(m.module.abi_minor = 7, "built for ABI 0.7" + remedy);
    EXPECT_MESSAGE(m.module.abi_major = 1, "built for ABI 1.6" + remedy);
    // Whatever else is strange about it, the version is the reason.
    EXPECT_MESSAGE((m.module.abi_minor = 7, m.module.size += 8, m.module.operators = nullptr),
                   "built for ABI 0.7" + remedy);
}

TEST(Describe, RefusesAModuleThatIsMalformed) {
    EXPECT_MESSAGE(m.module.size = 8, "weir_module_v1: size is 8, this ABI's struct has 12 bytes");
    EXPECT_MESSAGE(m.module.size -= 8, "weir_module_v1: size is 56, this ABI's struct has 64 bytes");
    EXPECT_MESSAGE(m.module.size = 0x7f454c46, "weir_module_v1: size is 2135247942, this ABI's struct has 12 bytes");
    EXPECT_MESSAGE(m.module.id = nullptr, "weir_module_v1: id is NULL");
    EXPECT_MESSAGE(m.module.id = "Acme",
                   "weir_module_v1: `Acme` is no plugin id: lower-case letters, digits, `_` and `-`");
    EXPECT_MESSAGE(m.module.version = "1.0",
                   "weir_module_v1: version `1.0` is not of the form MAJOR.MINOR.PATCH");
    EXPECT_MESSAGE(m.module.n_operators = 0, "weir_module_v1: has no operators");
    EXPECT_MESSAGE(m.module.n_operators = 1u << 30, "weir_module_v1: n_operators is 1073741824");
    EXPECT_MESSAGE(m.module.operators = nullptr, "weir_module_v1: operators is NULL");
    EXPECT_MESSAGE(m.operators[1] = nullptr, "operators[1]: is NULL");
}

TEST(Describe, RefusesAnOperatorThatIsMalformed) {
    EXPECT_MESSAGE(m.op.size = 0, "operators[0]: size is 0, this ABI's struct has 96 bytes");
    EXPECT_MESSAGE(m.op.name = nullptr, "operators[0]: name is NULL");
    const std::string naming =
        "is no name for an operator: lower-case letters, digits and `_`, words joined by dots";
    EXPECT_MESSAGE(m.op.name = "acme match", "operators[0]: `acme match` " + naming);
    EXPECT_MESSAGE(m.op.name = "acme..match", "operators[0]: `acme..match` " + naming);
    EXPECT_MESSAGE(m.op.name = "acme.", "operators[0]: `acme.` " + naming);
    EXPECT_MESSAGE(m.op.name = "", "operators[0]: `` " + naming);
    EXPECT_MESSAGE(m.op.kind = 6, "operator `acme.match`: unknown kind 6");
    EXPECT_MESSAGE(m.op.doc = nullptr, "operator `acme.match`: doc is NULL");
    EXPECT_MESSAGE(m.op.doc = "\xff", "operator `acme.match`: doc is not UTF-8");
    EXPECT_MESSAGE(m.op.api = nullptr, "operator `acme.match`: api is NULL");
    EXPECT_MESSAGE(m.instance.size -= 8, "operator `acme.match`, api: size is 216, this ABI's struct has 224 bytes");
    EXPECT_MESSAGE(m.instance.process = nullptr, "operator `acme.match`: the function process is NULL");
    EXPECT_MESSAGE(m.connection.open = nullptr, "operator `acme`: the function open is NULL");
    EXPECT_MESSAGE(m.op.connection = "other",
                   "operator `acme.match`: needs the connection `other`, which this module does not have");
    EXPECT_MESSAGE(m.operators[1] = &m.op, "operator `acme.match`: there are two of that name");
}

TEST(Describe, AcceptsOneNameForAnOperatorAndAConnection) {
    EXPECT_MESSAGE((m.op.name = "acme", m.op.connection = "acme"), "");
}

TEST(Describe, RefusesFlagsThatDoNotFitTheKind) {
    EXPECT_MESSAGE(m.op.flags = 1u << 31, "operator `acme.match`: unknown flags 0x80000000");
    EXPECT_MESSAGE(m.op.flags = WEIR_SOURCE_LOSSY,
                   "operator `acme.match`: has flags of a source (WEIR_SOURCE_...) and is none");
    EXPECT_MESSAGE((m.op.kind = WEIR_KIND_SOURCE, m.op.n_inputs = 0),
                   "operator `acme.match`: a source has exactly one of the flags WEIR_SOURCE_REPLAYABLE, _JOURNALED, "
                   "_LOSSY");
    EXPECT_MESSAGE((m.op.kind = WEIR_KIND_SOURCE, m.op.n_inputs = 0, m.op.flags = WEIR_SOURCE_REPLAYABLE),
                   "operator `acme.match`: the function discover is NULL");
    EXPECT_MESSAGE(m.op.flags = WEIR_OP_OWN_KEY, "operator `acme.match`: the function compute_key is NULL");
    EXPECT_MESSAGE(m.op.flags = WEIR_OP_OUTBOX, "operator `acme.match`: WEIR_OP_OUTBOX is for sinks");
    EXPECT_MESSAGE(m.op.flags = WEIR_OP_TRANSACTIONAL,
                   "operator `acme.match`: WEIR_OP_TRANSACTIONAL is for sinks and connections");
    EXPECT_MESSAGE(m.link.flags = WEIR_OP_TRANSACTIONAL, "operator `acme`: the function begin is NULL");
    EXPECT_MESSAGE(m.link.flags = WEIR_OP_KEYED,
                   "operator `acme`: has flags of operators with inputs (keyed, own key, changelog, ordered, one input)");
    EXPECT_MESSAGE((m.op.flags = WEIR_OP_ONE_INPUT, m.op.n_inputs = 2, m.inputs[1].name = "second"),
                   "operator `acme.match`: WEIR_OP_ONE_INPUT is for an operator with one input, and there are 2");
    EXPECT_MESSAGE(m.op.flags = WEIR_OP_ASYNC_ORDERED,
                   "operator `acme.match`: WEIR_OP_ASYNC_ORDERED needs an async_capacity");
    EXPECT_MESSAGE(m.op.async_capacity = 4, "operator `acme.match`: the function on_wake is NULL");
    EXPECT_MESSAGE(m.op.state_kinds = 16, "operator `acme.match`: unknown state kinds 0x10");
    EXPECT_MESSAGE(m.op.state_version = 1,
                   "operator `acme.match`: state_version is 1 and state_kinds is 0x0: both, or neither");
}

TEST(Describe, RefusesPortsThatDoNotFit) {
    EXPECT_MESSAGE(m.op.n_inputs = 0, "operator `acme.match`: needs an input port");
    EXPECT_MESSAGE(m.op.inputs = nullptr, "operator `acme.match`: inputs is NULL, n_inputs is 1");
    EXPECT_MESSAGE(m.op.n_inputs = 2, "operator `acme.match`, inputs[1]: there are two ports `in`");
    EXPECT_MESSAGE(m.inputs[0].size = 12,
                   "operator `acme.match`, inputs[0]: size is 12, this ABI's struct has 24 bytes");
    EXPECT_MESSAGE(m.inputs[0].name = "left port",
                   "operator `acme.match`, inputs[0]: `left port` is no name for a port");
    EXPECT_MESSAGE(m.outputs[0].name = "errors",
                   "operator `acme.match`, outputs[0]: every operator has the port `errors`; leave it out");
    EXPECT_MESSAGE(m.outputs[0].flags = WEIR_PORT_MANY, "operator `acme.match`, outputs[0]: unknown flags 0x1");
    EXPECT_MESSAGE(m.inputs[0].flags = WEIR_PORT_BY_KEYS, "operator `acme.match`, inputs[0]: unknown flags 0x4");
    EXPECT_MESSAGE(m.outputs[0].flags = WEIR_PORT_BY_KEYS,
                   "operator `acme.match`: the ports `out` are the keys of a required map parameter `out`, which it does not have");
    EXPECT_MESSAGE((m.link.inputs = m.inputs, m.link.n_inputs = 1), "operator `acme`: a connection has no ports");
    EXPECT_MESSAGE((m.op.kind = WEIR_KIND_SOURCE, m.op.flags = WEIR_SOURCE_LOSSY),
                   "operator `acme.match`: a source has no inputs");
}

TEST(Describe, RefusesParametersThatAreMalformed) {
    const std::string sum = "operator `acme.match`, parameter `sum`: ";
    EXPECT_MESSAGE(m.op.params = nullptr, "operator `acme.match`: params is NULL, n_params is 2");
    EXPECT_MESSAGE(m.params[0].size = 4, "operator `acme.match`, params[0]: size is 4, this ABI's struct has 56 bytes");
    EXPECT_MESSAGE(m.params[0].name = nullptr, "operator `acme.match`, params[0]: name is NULL");
    EXPECT_MESSAGE(m.params[0].name = "a-b", "operator `acme.match`, params[0]: `a-b` is no name for a parameter");
    EXPECT_MESSAGE(m.params[1].name = "sum", sum + "there are two of that name");
    EXPECT_MESSAGE(m.params[0].type = 14, sum + "unknown type 14");
    EXPECT_MESSAGE(m.params[0].flags = 64, sum + "unknown flags 0x40");
    EXPECT_MESSAGE(m.params[0].doc = nullptr, sum + "doc is NULL");
    EXPECT_MESSAGE(m.params[0].flags = WEIR_PARAM_SCALAR_OR_LIST, sum + "WEIR_PARAM_SCALAR_OR_LIST is for lists");
    EXPECT_MESSAGE(m.params[0].flags = WEIR_PARAM_REQUIRED,
                   sum + "is required and has a default; only one makes sense");
    EXPECT_MESSAGE((m.params[0].flags = WEIR_PARAM_PRIMARY, m.params[1].flags = WEIR_PARAM_PRIMARY),
                   "operator `acme.match`, parameter `range`: there are two primary parameters");
    EXPECT_MESSAGE((m.params[0].fields = m.fields, m.params[0].n_fields = 1),
                   sum + "has fields and is no object, list or map");
    EXPECT_MESSAGE(m.params[1].n_fields = 0, "operator `acme.match`, parameter `range`: is an object without fields");
    EXPECT_MESSAGE(m.params[1].type = WEIR_PARAM_LIST, "");
    EXPECT_MESSAGE((m.params[1].type = WEIR_PARAM_MAP, m.params[1].n_fields = 2),
                   "operator `acme.match`, parameter `range`: n_fields is 2; a list or map has one, for its elements");
    EXPECT_MESSAGE(m.fields[0].flags = WEIR_PARAM_PRIMARY,
                   "operator `acme.match`, parameter `range`, parameter `min`: WEIR_PARAM_PRIMARY is for parameters of an "
                   "operator");
    EXPECT_MESSAGE((m.fields[0].type = WEIR_PARAM_OBJECT, m.fields[0].fields = m.fields, m.fields[0].n_fields = 1),
                   std::string("operator `acme.match`, parameter `range`") +
                       [] {
                           std::string nested;
                           for (int i = 0; i < 16; ++i) nested += ", parameter `min`";
                           return nested;
                       }() +
                       ": parameters are nested too deeply");
}

TEST(Describe, RefusesDefaultsThatDoNotFitTheirType) {
    const std::string sum = "operator `acme.match`, parameter `sum`: ";
    EXPECT_MESSAGE(m.params[0].default_json = "{", sum + "default_json `{` is not JSON");
    EXPECT_MESSAGE(m.params[0].default_json = "\"12\"", sum + "default_json `\"12\"` is not of type int64");
    EXPECT_MESSAGE(m.params[0].default_json = "null", sum + "default_json `null` is not of type int64");
    EXPECT_MESSAGE((m.params[0].type = WEIR_PARAM_DURATION, m.params[0].default_json = "\"30s\""),
                   sum + "default_json `\"30s\"` is not of type duration (an integer of microseconds)");
    EXPECT_MESSAGE((m.params[0].type = WEIR_PARAM_BYTES, m.params[0].default_json = "-1"),
                   sum + "default_json `-1` is not of type bytes (an integer of bytes)");
    EXPECT_MESSAGE((m.params[0].type = WEIR_PARAM_CODEC, m.params[0].default_json = "\"json\""),
                   sum + R"(default_json `"json"` is not of type codec ({"codec":"json","config":{}}))");
    EXPECT_MESSAGE((m.params[0].type = WEIR_PARAM_RECORD, m.params[0].default_json = R"({"n":"int64"})"),
                   sum + R"(default_json `{"n":"int64"}` is not of type record ({"fields":[{"name":"n","type":"int64"}]}))");
    EXPECT_MESSAGE(m.params[0].one_of_json = "12", sum + "one_of_json `12` is not a list of values");
    EXPECT_MESSAGE(m.params[0].one_of_json = "[12,\"x\"]", sum + "one_of_json: \"x\" is not of type int64");
    EXPECT_MESSAGE(m.params[0].one_of_json = "[13,14]", sum + "default_json `12` is not one of [13,14]");
    EXPECT_MESSAGE(m.params[1].default_json = R"({"max":1})",
                   "operator `acme.match`, parameter `range`: default_json `{\"max\":1}` is not of type object");
}

TEST(Describe, AcceptsTypedDefaults) {
    EXPECT_MESSAGE(m.params[0].one_of_json = "[12,13]", "");
    EXPECT_MESSAGE(m.params[1].default_json = R"({"min":1})", "");
    EXPECT_MESSAGE((m.params[1].type = WEIR_PARAM_LIST, m.params[1].default_json = "[1,2]"), "");
    EXPECT_MESSAGE((m.params[0].type = WEIR_PARAM_CODEC,
                    m.params[0].default_json = R"({"codec":"json","config":{"pretty":true}})"),
                   "");
    EXPECT_MESSAGE((m.params[0].type = WEIR_PARAM_RECORD,
                    m.params[0].default_json = R"({"fields":[{"name":"n","type":"int64"}]})"),
                   "");
}

TEST(Describe, RefusesACodecThatDoesNothing) {
    TestModule m;
    weir_codec_api api{};
    api.size = sizeof api;
    api.create = any<decltype(api.create)>();
    api.destroy = any<decltype(api.destroy)>();
    m.link.kind = WEIR_KIND_CODEC;
    m.link.api = &api;
    EXPECT_EQ(describe(m.module).status().message(), "operator `acme`: it neither decodes nor encodes");
    api.decode = any<decltype(api.decode)>();
    EXPECT_EQ(describe(m.module).status().message(), "operator `acme`: the function bind_decode is NULL");
    api.bind_decode = any<decltype(api.bind_decode)>();
    EXPECT_TRUE(describe(m.module).ok());
}

TEST(Describe, RefusesAnAggregateThatSavesHalf) {
    TestModule m;
    weir_aggregate_api api{};
    api.size = sizeof api;
    api.create = any<decltype(api.create)>();
    api.destroy = any<decltype(api.destroy)>();
    api.update = any<decltype(api.update)>();
    api.merge = any<decltype(api.merge)>();
    api.result = any<decltype(api.result)>();
    api.save = any<decltype(api.save)>();
    m.link.kind = WEIR_KIND_AGGREGATE;
    m.link.api = &api;
    EXPECT_EQ(describe(m.module).status().message(), "operator `acme`: the function load is NULL");
    api.load = any<decltype(api.load)>();
    EXPECT_TRUE(describe(m.module).ok());
    api.drop = any<decltype(api.drop)>();
    EXPECT_EQ(describe(m.module).status().message(), "operator `acme`: the function outside_bytes is NULL");
}

TEST(Describe, LetsAnAggregateHaveArgumentsAndAVersionAlone) {
    TestModule m;
    weir_aggregate_api api{};
    api.size = sizeof api;
    api.create = any<decltype(api.create)>();
    api.destroy = any<decltype(api.destroy)>();
    api.update = any<decltype(api.update)>();
    api.merge = any<decltype(api.merge)>();
    api.result = any<decltype(api.result)>();
    m.link.kind = WEIR_KIND_AGGREGATE;
    m.link.api = &api;
    m.link.inputs = kDefaultInput;
    m.link.n_inputs = 1;
    m.link.state_version = 3;
    EXPECT_TRUE(describe(m.module).ok()) << describe(m.module).status().message();
    m.link.state_kinds = WEIR_STATE_KEYED;
    EXPECT_EQ(describe(m.module).status().message(), "operator `acme`: an aggregate's state has no kind of its own");
}

}  // namespace
}  // namespace weir::host
