// Every code that `weir lint` can report, and what it means: the one place. A code never changes its meaning;
// editors and CI may rely on its text.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace weir::host {

enum class Code {
    kFileUnreadable,
    kYamlSyntax,
    kYamlEncoding,
    kYamlTooLarge,
    kYamlComma,
    kYamlComment,
    kYamlAlias,
    kYamlTag,
    kYamlDocuments,
    kDuplicateKey,
    kUnknownKey,
    kNotSupported,
    kWrongType,
    kMissingValue,
    kMissingKey,
    kNotAllowedValue,
    kBadName,
    kReservedName,
    kBadUnit,
    kBadParameter,
    kUnknownParameter,
    kMissingParameter,
    kParameterCycle,
    kUnusedParameter,
    kBadSubstitution,
    kEnvironmentNotSet,
    kFileValue,
    kExecRefused,
    kExecFailed,
    kBadInclude,
    kBadRecord,
    kUnknownRecord,
    kUnknownCodec,
    kUnknownOperator,
    kSeveralOperators,
    kNoOperator,
    kNoNodes,
    kUnknownConnection,
    kMissingConnection,
    kAmbiguousConnection,
    kUnusedConnection,
    kMissingPlugin,
    kPluginVersion,
    kBadFrom,
    kUnknownNode,
    kUnknownPort,
    kMissingInput,
    kCycle,
    kFeedback,
    kDelivery,
    kTooDeep,
    kBadKey,
    kBadEventTime,
    kBadRename,
    kBadExpression,
    kSecretInRows,
    kBadView,
    kUnknownView,
    kUnknownColumn,
    kUnknownArgument,
    kMissingArgument,
    kUnreadOutput,
    kUnboundedState,
    kNoIdleAfter,
    kOperatorRefused,
    kPluginRefused,
    kUnreachable,
    kOutsideMissing,
    kOutsideMismatch,
    kOutsideDenied,
    kOutsideMade,
    kCount,
};

struct CodeInfo {
    Code code;
    std::string_view text;
    std::string_view meaning;
};

// In the order of Code.
const std::array<CodeInfo, static_cast<std::size_t>(Code::kCount)>& all_codes();

const CodeInfo& info_of(Code code);

}  // namespace weir::host
