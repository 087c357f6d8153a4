// docs/aggregates.md, of what aggregates declare.
#include <fmt/format.h>

#include "host/topology/operator_docs.hpp"

namespace weir::host {
namespace {

constexpr std::string_view kAggregatesHead = R"(# Aggregates

What operators that group rows compute of each group: `sum(amount)`, and expressions over aggregates and the group's own
columns, such as `round(sum(amount) / count(), 2)`. Made by `weir topology docs --aggregates` from what the plugins declare; a
test runs every example. Everything else in an expression is in [expressions.md](expressions.md).

- **Inside** of a call stand the columns of the rows, and any expression over them; **outside** the columns of the group, such
  as its key. A call cannot stand inside of another.
- `count()` and `count(*)` count all rows; all other calls leave out rows where an argument is null, unless they say
  otherwise, and are null where nothing is left.
- `sum(DISTINCT x)`: each value once; two floats are one value where they are equal, or both NaN. For any aggregate, exact,
  and kept in memory.
- `sum(x) FILTER (WHERE paid)`: of the rows for which the condition is true. Arguments are evaluated for those alone.
- **Errors**: a row for which an argument or a condition has no value, or whose sum does not fit, goes to `errors` with its
  code, and is in none of its group's aggregates. A group whose expression has no value, such as a division by zero, is an
  error, too.
- Rows count in the order in which they arrive.
- A list or a text of a group has at most 2,000,000 bytes; what is larger is an error of its group, `too-large`.
- Types and meaning are PostgreSQL's where it has the function, except that variances are float64 of all types, that sums
  of float32 are computed in float64, and that means have a fixed number of digits.

A plugin of your own adds an aggregate with a class of 20 lines (weir/aggregate.hpp), and it is called by its name:
`acme.product(x)`.
)";

std::string form_of(const OperatorInfo& op) {
    std::string out = op.name + "(";
    std::size_t n = 0;
    for (const PortInfo& argument : op.inputs) out += (n++ ? ", " : "") + argument.name;
    for (const ParamInfo& constant : op.params) out += (n++ ? ", " : "") + constant.name;
    return out + ")";
}

std::string aggregate_markdown(const OperatorInfo& op) {
    constexpr std::string_view kExample = "Example: ";
    const std::size_t at = op.doc.find(kExample);
    std::string text = op.doc.substr(0, at);
    while (text.ends_with(' ')) text.pop_back();
    std::string out = fmt::format("## `{}`\n\n{}\n", form_of(op), text);
    for (const ParamInfo& constant : op.params) out += fmt::format("\n- `{}`: {}\n", constant.name, constant.doc);
    if (at != std::string::npos) out += fmt::format("\n```\n{}\n```\n", op.doc.substr(at + kExample.size()));
    return out;
}

}  // namespace

std::string aggregates_markdown(const Catalog& catalog) {
    std::string out(kAggregatesHead);
    for (const auto& [id, plugin] : catalog.plugins())
        for (const OperatorInfo& op : plugin.operators)
            if (op.is_a(OperatorKind::kAggregate)) out += "\n" + aggregate_markdown(op);
    return out;
}

}  // namespace weir::host
