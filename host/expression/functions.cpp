#include "host/expression/functions.hpp"

#include <algorithm>
#include <map>

namespace weir::host::expression {
namespace {

constexpr const FunctionGroup* kGroups[] = {&kArithmeticOperators, &kPowerOperator,   &kComparisons,   &kLogic,
                                            &kConditionals,        &kTextOperators,   &kTextFunctions, &kRegexFunctions,
                                            &kHashFunctions,       &kMathFunctions,   &kModulo,        &kTimeOperators,
                                            &kTimeFunctions,       &kNestedFunctions, &kJsonOperators};

using Table = std::map<std::string, std::vector<Candidate>, std::less<>>;

const Table& table(bool operators) {
    static const auto build = [](bool wanted) {
        Table out;
        for (const FunctionGroup* group : kGroups) {
            if (group->operators != wanted) continue;
            for (const Function& function : group->functions)
                for (const Overload& overload : function.overloads)
                    out[std::string(function.name)].push_back(
                        {&function, &overload, parse_signature(overload.signature)});
        }
        return out;
    };
    static const Table functions = build(false), symbols = build(true);
    return operators ? symbols : functions;
}

}  // namespace

std::span<const FunctionGroup* const> function_groups() { return kGroups; }

const std::vector<Candidate>& candidates(std::string_view name, bool is_operator) {
    static const std::vector<Candidate> none;
    const auto found = table(is_operator).find(name);
    return found == table(is_operator).end() ? none : found->second;
}

const std::vector<std::string>& function_names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> out;
        for (const auto& [name, overloads] : table(false)) out.push_back(name);
        for (const auto* special : {"coalesce", "nullif", "greatest", "least", "extract"})
            if (std::find(out.begin(), out.end(), special) == out.end()) out.emplace_back(special);
        return out;
    }();
    return names;
}

}  // namespace weir::host::expression
