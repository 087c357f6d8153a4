// The parameters of a topology, and every `$` in it.
//
// A parameter is declared by a bare value (default and type) or `{ type, default, one_of, secret, doc }`;
// params files and --set override it. Substitution happens on the tree, after parsing: what comes out of a
// parameter, the environment or a file is one value, never YAML.
//
// Ownership: holds the resolved values; a Value points into it or into the tree it came from.
// Threads: one, while loading.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "host/topology/diagnostic.hpp"
#include "host/topology/scalar.hpp"
#include "host/topology/substitution.hpp"
#include "host/topology/topology.hpp"
#include "host/topology/yaml_tree.hpp"

namespace weir::host {

inline constexpr std::size_t kMaxFileValueBytes = std::size_t{1} << 20;     // of `${file:PATH}`
inline constexpr std::size_t kMaxTextParts = 200;                           // of a text with `${…}` in it
inline constexpr std::size_t kMaxSubstitutedBytes = std::size_t{64} << 20;  // in a topology, all together
inline constexpr std::chrono::seconds kExecPatience{30};                    // with `${exec:COMMAND}`
inline constexpr int kMaxParameterDepth = 50;  // of parameters that refer to others

// A node of the tree with its dollar signs replaced.
struct Value {
    const YamlNode* node = nullptr;  // a scalar is plain where its type is still open, else quoted
    bool secret = false;
    // Set where the value is not written at the place that asks for it: errors belong there all the same.
    std::string parameter;  // "parameter `name`", "`${env:NAME}`", or empty
};

class Parameters {
public:
    // REQUIRES: options and diagnostics outlive this object.
    Parameters(const std::shared_ptr<SourceFile>& file, const LoadOptions& options, Diagnostics& diagnostics);

    // Reads `parameters:`, then the params files and --set of the options. Call once, before all else.
    void load(const YamlNode* section);

    // What `node` stands for; nullopt after an error. Maps and lists are returned as they are: their elements
    // are resolved one by one.
    std::optional<Value> resolve(const YamlNode& node);

    // What `$name` is in an expression: {"type", "value"}, as weir/ext/expression.h has it; nullopt after an error.
    // A secret one makes *secret true.
    std::optional<Json> bind(std::string_view name, const Place& place, bool* secret);

    // Of all that are declared.
    std::vector<std::string> names() const;

    // In the order of declaration; those with errors are left out.
    std::vector<ResolvedParameter> resolved();

    // Warns of parameters that no resolve() has asked for.
    void report_unused();

private:
    enum class State { kOpen, kResolving, kDone, kFailed };

    struct Parameter {
        std::string name;
        ParamType type = ParamType::kString;
        bool has_type = true;  // false: it is that of the value, perhaps another parameter's
        bool secret = false;
        std::string doc;
        std::vector<Json> one_of;
        Place place;
        const YamlNode* given = nullptr;  // the value that holds; null: none
        const YamlNode* hidden = nullptr;  // of a file, where one from --set holds; null: none
        bool literal = false;             // from --set: dollar signs mean nothing
        Origin origin = Origin::kDefault;
        State state = State::kOpen;
        bool used = false;
        YamlNode value;  // when kDone
        Json json;
    };

    void declare(const YamlKey& key, const YamlNode& node);
    void read_declaration(Parameter& parameter, const YamlNode& node);
    void read_one_of(Parameter& parameter, const YamlNode& node);
    void adopt_type(Parameter& parameter, int depth);
    void apply_params_file(const std::filesystem::path& path);
    void apply_set(const std::string& set);
    bool means_another(const std::string& name);
    void give(Parameter& parameter, const YamlNode& node, Origin origin);
    bool evaluate(Parameter& parameter);
    bool check_value(Parameter& parameter);
    std::optional<YamlNode> evaluate_node(Parameter& parameter, const YamlNode& node);
    bool refuse_value(const Parameter& parameter, const std::string& what, const ScalarError& error);

    Parameter* find(std::string_view name);
    Parameter* find_or_report(std::string_view name, const Place& place);
    std::optional<Value> resolve_whole(const YamlNode& node, const TextPart& part);
    std::optional<std::string> part_text(const YamlNode& node, const TextPart& part, Value& value);
    std::optional<std::string> environment_text(const Place& place, const TextPart& part);
    std::optional<std::string> exec_text(const Place& place, const TextPart& part);
    std::optional<std::string> file_text(const Place& place, const TextPart& part);
    // False, after an error, once substitution has made too much of too little.
    bool charge(const YamlNode& value, const Place& place);
    const YamlNode* keep(YamlNode node) { return &kept_.emplace_back(std::move(node)); }

    std::shared_ptr<SourceFile> file_;
    const LoadOptions& options_;
    Diagnostics& diagnostics_;
    std::deque<Parameter> parameters_;
    std::deque<YamlNode> kept_;
    std::size_t substituted_bytes_ = 0;
    int depth_ = 0;  // of evaluate()
};

}  // namespace weir::host
