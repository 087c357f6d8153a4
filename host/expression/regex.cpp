#include "host/expression/regex.hpp"

namespace weir::host::expression {

CompiledRegex compile_regex(std::string_view pattern, std::string_view flags) {
    constexpr int64_t kMaxMemory = 8 << 20;
    RE2::Options options(RE2::Quiet);
    options.set_max_mem(kMaxMemory);
    options.set_dot_nl(true);  // as in PostgreSQL
    CompiledRegex out{std::string(pattern), std::string(flags), nullptr, "", false};
    std::string prefix;
    for (char flag : flags) {
        switch (flag) {
            case 'i': options.set_case_sensitive(false); break;
            case 'c': options.set_case_sensitive(true); break;
            case 'g': out.global = true; break;
            case 's': options.set_dot_nl(true); break;
            case 'n':
            case 'm':
                options.set_dot_nl(false);
                prefix = "(?m)";
                break;
            default:
                out.error = fmt::format("the flag `{}` is not known; there are i, c, g, n, m and s", flag);
                return out;
        }
    }
    out.re2 = std::make_unique<RE2>(prefix + out.pattern, options);
    if (!out.re2->ok()) out.error = fmt::format("`{}` is no regular expression: {}", shown(pattern), out.re2->error());
    return out;
}

const CompiledRegex* regex_of(Row& row, std::string_view pattern, std::string_view flags) {
    auto& held = row.memo<CompiledRegex>();
    if ((!held.re2 && held.error.empty()) || held.pattern != pattern || held.flags != flags)
        held = compile_regex(pattern, flags);
    if (held.error.empty()) return &held;
    row.fail(ErrorCode::kBadArgument, "{}", held.error);
    return nullptr;
}

Refusal check_regex(Arguments args) {
    const Constant* pattern = args[1].constant;
    if (!pattern || pattern->is_null()) return std::nullopt;
    const CompiledRegex compiled = compile_regex(pattern->text(), "");
    if (compiled.error.empty()) return std::nullopt;
    return Problem{args[1].span, compiled.error, "a regular expression in the syntax of RE2", "", ""};
}

}  // namespace weir::host::expression
