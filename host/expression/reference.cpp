#include "host/expression/reference.hpp"

#include <set>

#include <fmt/format.h>

#include "host/expression/functions.hpp"

namespace weir::host::expression {
namespace {

constexpr Difference kDifferences[] = {
    {"decimal-scale",
     "Decimals have a fixed precision (at most 38) and scale, known before any row: results have so many digits behind "
     "the "
     "point, and what does not fit is a row error. PostgreSQL chooses digits for each value and goes beyond 38, and "
     "its decimals may be NaN."},
    {"float-math",
     "power, sqrt, cbrt, ln, log, log10 and exp of decimals are computed in float64. PostgreSQL has exact forms of "
     "them."},
    {"timestamp-zone",
     "`timestamp` is PostgreSQL's `timestamp with time zone`, with the session in UTC. The time without a zone is "
     "`local_timestamp`, or `timestamp without time zone`, and exists inside of expressions only."},
    {"float-digits",
     "Floats are written with the fewest digits that read back as the value; where that is a matter of an exact half, "
     "PostgreSQL writes more."},
    {"counts", "right(text, -2147483648) is empty, as any count above the text's length."},
    {"iso-times",
     "Times are read in ISO 8601; PostgreSQL also takes `May 23 2024`, `today`, `infinity` and many other forms. "
     "Timestamps end with the year 294246."},
    {"int8", "`int8` has 8 bits, as everywhere in weir; PostgreSQL's `int8` is `int64` or `bigint`."},
    {"narrow-integers",
     "There are int8, uint8, uint16, uint32 and uint64; arithmetic widens them to int16, int16, int32, int64 and "
     "decimal(20,0)."},
    {"names", "Names of columns keep their letters' case: exactly, or else the only one that differs in case alone."},
    {"re2",
     "Regular expressions are RE2's: no back references, no look-around; `\\w`, `\\d` and `\\s` are those of ASCII."},
    {"json-text",
     "`->` and `->>` read JSON in strings; the text is checked where it is read, so that text that is not JSON is a "
     "row error."},
    {"lazy",
     "AND and OR evaluate from left to right, and do not evaluate what no longer matters; PostgreSQL may do so, or "
     "not."},
    {"constant-errors",
     "A constant part that fails is an error before any row is read, unless it is guarded by CASE, AND, OR or "
     "COALESCE."},
    {"text-binary", "`'…'::binary` are the text's bytes, without escapes; `binary::string` is for UTF-8 alone."},
    {"concat-bool", "concat() writes booleans as true and false; PostgreSQL as t and f."},
    {"int-bool", "All integers are cast to bool and back; in PostgreSQL int32 alone."},
    {"limits", "A text has at most 16 MiB, an expression 64 KiB and 200 levels."},
};

void add_function(std::string& out, const Function& function) {
    out += fmt::format("### `{}`\n\n{}", function.name, function.doc);
    out += "\n";
    if (!function.overloads.empty()) {
        out += "\n| arguments | result |\n|---|---|\n";
        for (const Overload& overload : function.overloads) {
            const size_t arrow = overload.signature.find("->");
            const std::string_view params = overload.signature.substr(0, arrow ? arrow - 1 : 0);
            out += fmt::format("| {} | {} |\n", params.empty() ? "none" : params, overload.signature.substr(arrow + 3));
        }
    }
    if (!function.examples.empty()) {
        out += "\n```\n";
        for (const Example& example : function.examples)
            out += fmt::format("{}  →  {}\n", example.expression, example.result);
        out += "```\n";
    }
    out += "\n";
}

constexpr std::string_view kIntroduction = R"(# Expressions

SQL scalar expressions with PostgreSQL's meaning, over the columns of one row. They are typed before anything runs, and
evaluated by column. Try one: `weir eval 'price * quantity > 100' --row '{"price": 12.5, "quantity": 9}'`.

This page is made by `weir eval --reference`; a test checks that it is current, and runs every example.

- **Names**: a column's name, or in double quotes where it has other characters or is one of AND, AS, BETWEEN, CASE,
  CAST, ELSE, END, FALSE, FROM, ILIKE, IN, IS, LIKE, NOT, NULL, OR, THEN, TRUE, WHEN. `$name` is a parameter, bound as
  a value.
- **Literals**: `42`, `1.5` (a decimal), `1e3`, `'text'` (`''` for a quote in it), `E'a\n'`, `true`, `NULL`,
  `date '2024-05-23'`, `timestamp '2024-05-23T12:34:56Z'`, `interval '90 minutes'`.
- **Order**, from the tightest: `.` `::` `[]`, sign, AT TIME ZONE, `^`, `*` `/` `%`, `+` `-`, other operators, BETWEEN IN
  LIKE, comparisons, IS, NOT, AND, OR. Comparisons do not chain.
- **Nulls**: a function of a null is null, unless it says otherwise.
- **Errors**: what has no value, such as `1 / 0` or `'abc'::int64`, is an error of that row, which goes to the
  node's `errors` port with a code: `overflow`, `division-by-zero`, `bad-cast`, `bad-argument` or `too-large`.
- **Aggregates**, such as `sum(amount)`, are for operators that group rows: [aggregates.md](aggregates.md).
- **Comments**: `-- to the end of the line`, `/* between */`.

)";

}  // namespace

std::span<const Difference> intended_differences() { return kDifferences; }

std::string reference_markdown() {
    std::string out(kIntroduction);
    std::set<std::string_view> done;
    for (const FunctionGroup* group : function_groups()) {
        if (!done.insert(group->title).second) continue;
        out += fmt::format("## {}\n\n", group->title);
        if (!group->doc.empty()) out += fmt::format("{}\n\n", group->doc);
        for (const FunctionGroup* part : function_groups())
            if (part->title == group->title)
                for (const Function& function : part->functions) add_function(out, function);
    }
    out += "## Where weir differs from PostgreSQL\n\n";
    for (const Difference& difference : kDifferences)
        out += fmt::format("- **{}**: {}\n", difference.id, difference.text);
    return out;
}

}  // namespace weir::host::expression
