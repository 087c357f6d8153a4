#include "host/topology/diagnostic_codes.hpp"

namespace weir::host {
namespace {

constexpr std::array<CodeInfo, static_cast<std::size_t>(Code::kCount)> kCodes = {{
    {Code::kFileUnreadable, "file-unreadable", "A file that is needed cannot be read."},
    {Code::kYamlSyntax, "yaml-syntax", "The text is not YAML."},
    {Code::kYamlEncoding, "yaml-encoding", "The text is not UTF-8, or has control characters in it."},
    {Code::kYamlTooLarge, "yaml-too-large",
     "The file has more bytes, values or levels than a topology may have."},
    {Code::kYamlComma, "yaml-comma",
     "A comma inside parentheses ends the value, because the text is not quoted."},
    {Code::kYamlComment, "yaml-comment", "A ` #` cuts off a text that is not complete without what follows."},
    {Code::kYamlAlias, "yaml-alias", "An alias or merge key that cannot be followed."},
    {Code::kYamlTag, "yaml-tag", "A YAML tag that has no meaning in a topology."},
    {Code::kYamlDocuments, "yaml-documents", "More than one YAML document in a file."},
    {Code::kDuplicateKey, "duplicate-key", "A key is written twice in the same mapping."},
    {Code::kUnknownKey, "unknown-key", "A key that means nothing at this place."},
    {Code::kNotSupported, "not-supported",
     "A part of the language that this version of weir does not have yet."},
    {Code::kWrongType, "wrong-type", "A value of another type than is declared."},
    {Code::kMissingValue, "missing-value", "A key without a value."},
    {Code::kMissingKey, "missing-key", "A required key is not there."},
    {Code::kNotAllowedValue, "not-allowed-value", "A value outside the declared ones or the allowed range."},
    {Code::kBadName, "bad-name", "A name with characters that a name may not have."},
    {Code::kReservedName, "reserved-name", "A name that weir uses itself."},
    {Code::kBadUnit, "bad-unit", "A duration or size without a unit, or with an unknown one."},
    {Code::kBadParameter, "bad-parameter", "A declaration under `parameters:` that cannot be understood."},
    {Code::kUnknownParameter, "unknown-parameter", "A parameter that is not declared under `parameters:`."},
    {Code::kMissingParameter, "missing-parameter", "A parameter without a default was not given a value."},
    {Code::kParameterCycle, "parameter-cycle", "The default of a parameter refers to itself."},
    {Code::kUnusedParameter, "unused-parameter", "A parameter that nothing refers to."},
    {Code::kBadSubstitution, "bad-substitution", "A `${…}` that cannot be understood."},
    {Code::kEnvironmentNotSet, "environment-not-set",
     "`${env:NAME}` without a default, and NAME is not set."},
    {Code::kFileValue, "file-value", "The file of `${file:PATH}` cannot be used."},
    {Code::kExecRefused, "exec-refused", "`${exec:COMMAND}` is not allowed."},
    {Code::kExecFailed, "exec-failed", "The command of `${exec:COMMAND}` failed."},
    {Code::kBadInclude, "bad-include", "An `include:` that cannot be followed."},
    {Code::kBadRecord, "bad-record", "A record schema that cannot be understood."},
    {Code::kUnknownRecord, "unknown-record", "A record name that is not under `records:`."},
    {Code::kUnknownCodec, "unknown-codec", "A codec that no plugin present provides."},
    {Code::kUnknownOperator, "unknown-operator", "An operator that no plugin present provides."},
    {Code::kSeveralOperators, "several-operators", "A node with more than one operator."},
    {Code::kNoOperator, "no-operator", "A node without an operator."},
    {Code::kNoNodes, "no-nodes", "A topology without nodes."},
    {Code::kUnknownConnection, "unknown-connection",
     "A connection, or a kind of connection, that is not there."},
    {Code::kMissingConnection, "missing-connection", "An operator needs a connection and the file has none."},
    {Code::kAmbiguousConnection, "ambiguous-connection", "Several connections fit and none is chosen."},
    {Code::kUnusedConnection, "unused-connection", "A connection that no node uses."},
    {Code::kMissingPlugin, "missing-plugin", "A plugin that the file requires is not present."},
    {Code::kPluginVersion, "plugin-version",
     "A plugin is present in a version that the file does not accept."},
    {Code::kBadFrom, "bad-from", "A `from:` that cannot be understood or does not fit the operator."},
    {Code::kUnknownNode, "unknown-node", "A `from:`, or a view, that names a node which is not there."},
    {Code::kUnknownPort, "unknown-port", "A port that the operator does not have."},
    {Code::kMissingInput, "missing-input", "An input that nothing is connected to."},
    {Code::kCycle, "cycle", "Nodes that read each other in a circle."},
    {Code::kFeedback, "feedback", "A sink writes what a source of the topology reads."},
    {Code::kDelivery, "delivery", "An operator that cannot keep what `delivery:` promises."},
    {Code::kTooDeep, "too-deep", "More nodes that read one another than rows can pass through."},
    {Code::kBadKey, "bad-key", "A `key:` that does not fit the operator, or is missing."},
    {Code::kBadEventTime, "bad-event-time", "An `event_time:` whose column is not there or is no timestamp, that does not fit the operator, or that is missing."},
    {Code::kBadRename, "bad-rename", "A `renamed_from:` that cannot be understood, or names a node that is there still or goes on as another one."},
    {Code::kBadExpression, "bad-expression", "An expression that cannot be understood, or does not fit the columns."},
    {Code::kSecretInRows, "secret-in-rows", "A column is made of a secret parameter."},
    {Code::kBadView, "bad-view", "A view or a panel that cannot be understood, or that nothing can answer."},
    {Code::kUnknownView, "unknown-view", "A panel shows a view that is not under `views:`."},
    {Code::kUnknownColumn, "unknown-column", "A view or a panel names a column that its rows do not have."},
    {Code::kUnknownArgument, "unknown-argument", "A `$name` of a query, or an argument of a panel, that the view does not have."},
    {Code::kMissingArgument, "missing-argument", "A panel does not give its view an argument that has no default."},
    {Code::kUnreadOutput, "unread-output", "An output that no node reads; its rows are only counted."},
    {Code::kUnboundedState, "unbounded-state", "State by key that is kept for good, of each key that ever came."},
    {Code::kNoIdleAfter, "no-idle-after", "Event time that waits for good for a partition, or other split, that is silent."},
    {Code::kOperatorRefused, "operator-refused", "An operator refuses its configuration or what it is fed."},
    {Code::kPluginRefused, "plugin-refused", "The plugin of an operator cannot be loaded."},
    {Code::kUnreachable, "unreachable", "A server that a connection names cannot be reached (`--deep`)."},
    {Code::kOutsideMissing, "outside-missing", "What a node names on a server is not there (`--deep`)."},
    {Code::kOutsideMismatch, "outside-mismatch", "What a node names on a server does not fit it (`--deep`)."},
    {Code::kOutsideDenied, "outside-denied", "A server does not let it be used (`--deep`)."},
    {Code::kOutsideMade, "outside-made", "What a node names on a server is not there, and a run makes it (`--deep`)."},
}};

constexpr bool in_order() {
    for (std::size_t i = 0; i < kCodes.size(); ++i) {
        if (kCodes[i].code != static_cast<Code>(i)) return false;
    }
    return true;
}
static_assert(in_order());

}  // namespace

const std::array<CodeInfo, static_cast<std::size_t>(Code::kCount)>& all_codes() { return kCodes; }

const CodeInfo& info_of(Code code) { return kCodes[static_cast<std::size_t>(code)]; }

}  // namespace weir::host
