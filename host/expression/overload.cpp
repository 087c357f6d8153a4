#include "host/expression/overload.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "host/text/nearest.hpp"

namespace weir::host::expression {
namespace {

using Choices = std::vector<const Candidate*>;

TypeId param_of(const Candidate& candidate, size_t i) {
    return candidate.signature.params[std::min(i, candidate.signature.params.size() - 1)];
}

bool takes_count(const Candidate& candidate, size_t n) {
    const size_t params = candidate.signature.params.size();
    return candidate.signature.variadic ? n >= params : n == params;
}

bool takes(TypeId arg, TypeId param) {
    if (param == kAny) return true;
    if (param == kAnyList) return arg == TypeId::kList;
    if (param == kAnyMap) return arg == TypeId::kMap;
    return casts_implicitly(arg, param);
}

bool takes_all(const Candidate& candidate, std::span<const TypeId> args) {
    if (!takes_count(candidate, args.size())) return false;
    for (size_t i = 0; i < args.size(); ++i)
        if (!takes(args[i], param_of(candidate, i))) return false;
    return true;
}

bool is_exact(const Candidate& candidate, std::span<const TypeId> args) {
    if (!takes_count(candidate, args.size())) return false;
    for (size_t i = 0; i < args.size(); ++i)
        if (param_of(candidate, i) != args[i]) return false;
    return true;
}

// Those that `score` rates highest.
template <class F>
void keep_best(Choices& choices, F score) {
    int best = 0;
    for (const Candidate* c : choices) best = std::max(best, score(*c));
    std::erase_if(choices, [&](const Candidate* c) { return score(*c) < best; });
}

int exact_matches(const Candidate& candidate, std::span<const TypeId> args) {
    int n = 0;
    for (size_t i = 0; i < args.size(); ++i) n += param_of(candidate, i) == args[i];
    return n;
}

// Parameters that are of the argument's type, or of the preferred one of its category.
int preferred_matches(const Candidate& candidate, std::span<const TypeId> args) {
    int n = 0;
    for (size_t i = 0; i < args.size(); ++i) {
        const TypeId param = param_of(candidate, i);
        n += param == args[i] ||
             (args[i] != kUnknown && is_preferred(param) && category_of(param) == category_of(args[i]));
    }
    return n;
}

// For each argument of unknown type: texts where some overload takes one, else the one category that all take.
void settle_unknown(Choices& choices, std::span<const TypeId> args) {
    for (size_t i = 0; i < args.size(); ++i) {
        if (args[i] != kUnknown || choices.empty()) continue;
        auto category = [&](const Candidate* c) { return category_of(param_of(*c, i)); };
        Category wanted = category(choices[0]);
        const bool text =
            std::any_of(choices.begin(), choices.end(), [&](auto* c) { return category(c) == Category::kText; });
        if (text)
            wanted = Category::kText;
        else if (!std::all_of(choices.begin(), choices.end(), [&](auto* c) { return category(c) == wanted; }))
            continue;
        std::erase_if(choices, [&](const Candidate* c) { return category(c) != wanted; });
        const bool preferred =
            std::any_of(choices.begin(), choices.end(), [&](auto* c) { return is_preferred(param_of(*c, i)); });
        if (preferred) std::erase_if(choices, [&](const Candidate* c) { return !is_preferred(param_of(*c, i)); });
    }
}

// The one type of all known arguments, if there is one.
TypeId only_known(std::span<const TypeId> args) {
    TypeId known = kUnknown;
    for (TypeId arg : args) {
        if (arg == kUnknown || arg == known) continue;
        if (known != kUnknown) return kUnknown;
        known = arg;
    }
    return known;
}

std::string types_text(std::span<const Type> args) {
    std::string out;
    for (size_t i = 0; i < args.size(); ++i) {
        if (i > 0) out += i + 1 == args.size() ? " and " : ", ";
        out += args[i].id == kUnknown ? "a text" : type_name(args[i]);
    }
    return out;
}

std::string forms_text(const std::string& name, bool is_operator, const std::vector<Candidate>& all) {
    constexpr size_t kShown = 6;
    std::string out;
    for (size_t i = 0; i < all.size() && i < kShown; ++i) {
        const std::string_view signature = all[i].overload->signature;
        std::string params(signature.substr(0, signature.find(" ->")));
        if (is_operator) {
            const size_t comma = params.find(", ");
            params = comma == std::string::npos ? name + " " + params
                                                : params.substr(0, comma) + " " + name + " " + params.substr(comma + 2);
        } else {
            params = name + "(" + params + ")";
        }
        out += (i ? ", " : "") + params;
    }
    return all.size() > kShown ? out + ", …" : out;
}

Problem no_overload(const std::string& name, bool is_operator, std::span<const Type> args,
                    const std::vector<Candidate>& all, bool several) {
    Problem out;
    if (all.empty()) {
        out.message = fmt::format("there is no {} `{}`", is_operator ? "operator" : "function", name);
        if (!is_operator) out.nearest = nearest_name(name, function_names());
        return out;
    }
    if (args.empty())
        out.message = fmt::format("`{}` takes arguments", name);
    else
        out.message = fmt::format("`{}` {} {}", name, several ? "may mean several things for" : "is not defined for",
                                  types_text(args));
    out.expected = forms_text(name, is_operator, all);
    if (several) out.hint = "say the type of a text: 'x'::string";
    return out;
}

}  // namespace

Outcome<const Candidate*> choose_overload(const std::string& name, bool is_operator, std::span<const Type> given) {
    const std::vector<Candidate>& all = candidates(name, is_operator);
    std::vector<TypeId> args;
    for (const Type& type : given) args.push_back(arithmetic_type(type).id);
    // A float32 and another number meet as float64.
    if (is_operator && args.size() == 2) {
        for (size_t i = 0; i < 2; ++i)
            if (args[i] == TypeId::kFloat32 && args[1 - i] != TypeId::kFloat32 &&
                category_of(args[1 - i]) == Category::kNumber)
                args[i] = TypeId::kFloat64;
        // An unknown side is first taken to be of the other's type.
        std::vector<TypeId> same = args;
        std::replace(same.begin(), same.end(), kUnknown, args[0] == kUnknown ? args[1] : args[0]);
        for (const Candidate& c : all)
            if (is_exact(c, same)) return &c;
    }
    Choices choices;
    for (const Candidate& c : all) {
        if (is_exact(c, args)) return &c;
        if (takes_all(c, args)) choices.push_back(&c);
    }
    if (choices.empty()) return no_overload(name, is_operator, given, all, false);
    keep_best(choices, [&](const Candidate& c) { return exact_matches(c, args); });
    if (choices.size() > 1) keep_best(choices, [&](const Candidate& c) { return preferred_matches(c, args); });
    if (choices.size() > 1) settle_unknown(choices, args);
    if (choices.size() > 1) {
        if (const TypeId known = only_known(args); known != kUnknown) {
            std::replace(args.begin(), args.end(), kUnknown, known);
            std::erase_if(choices, [&](const Candidate* c) { return !takes_all(*c, args); });
        }
    }
    if (choices.size() != 1) return no_overload(name, is_operator, given, all, true);
    return choices[0];
}

}  // namespace weir::host::expression
