// A query with `$name`s, bound: each becomes a parameter of the server's, `{name:Type}`, whose value travels beside the
// query. So a value stays one value, whatever it holds. Plain functions, any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/result.hpp>
#include <weir/types.hpp>

namespace weir::clickhouse {

struct Argument {
    std::string name;
    Field type;                       // its name is not used
    std::optional<std::string> text;  // as an expression's CAST takes it; none: null
};

struct BoundQuery {
    std::string sql;
    std::vector<std::pair<std::string, std::string>> parameters;  // of the request: `param_name` and the value
};

// A `$name` counts where the server would read a name: not in texts, quoted names, comments and heredocs. WEIR_E_CONFIG: there is
// no such argument, or one of a nested type; WEIR_E_ROW: as value_text.
Result<BoundQuery> bind_query(std::string_view sql, std::span<const Argument> arguments);

// The value of an argument as the server reads one. WEIR_E_ROW: its text is none of its type.
Result<std::string> value_text(const Argument &argument);

// `2024-05-23 12:34:56.789000`, as DateTime64 of the zone UTC reads one, and so does value_text; and `2024-05-23`.
std::string timestamp_text(int64_t micros);
std::string date_text(int64_t days);

// Without blanks and semicolons behind it, so that it can stand in parentheses.
std::string_view trimmed_query(std::string_view sql);

}  // namespace weir::clickhouse
