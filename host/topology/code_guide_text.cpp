// YAML, values and parameters.
#include "host/topology/code_guide.hpp"

namespace weir::host {

const std::vector<CodeGuide>& text_guides() {
    static const std::vector<CodeGuide> guides = {
        {Code::kFileUnreadable,
         "The message says why. A path on the command line begins where `weir` was started, a path within a file at that "
         "file's folder.",
         R"y(records: { order: ordr.yaml }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y",
         R"y(records: { order: { id: int64 } }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kYamlSyntax,
         "Mostly a bracket or quote that is not closed, lines of one mapping that do not begin in the same column, or text "
         "that YAML takes for something else: expressions with `: `, ` #` or brackets in them belong in quotes.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } }
  shown: { from: numbers, console: json }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kYamlEncoding, "Save the file as UTF-8, without control characters other than tab and line ends."},
        {Code::kYamlTooLarge,
         "A file may have 4 MiB, 50,000 values (what an alias stands for counts each time) and 64 levels. Split it into "
         "topologies that meet at a topic."},
        {Code::kYamlComma,
         "Within `{ }` and `[ ]` YAML ends a value at each comma, also between parentheses: put the text in quotes, or write "
         "the mapping on lines of its own.",
         R"y(records: { order: { id: int64, amount: decimal(12,2) } }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y",
         R"y(records: { order: { id: int64, amount: "decimal(12,2)" } }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kYamlComment,
         "YAML takes ` #` for the begin of a comment, and what is left of the text has a quote or parenthesis that is not "
         "closed: put the text in quotes.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown:
    from: numbers
    console:
      title: rows (run #1)
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown:
    from: numbers
    console:
      title: "rows (run #1)"
)y"},
        {Code::kYamlAlias,
         "`*name` stands for what `&name` marks further up; `<<: *name` takes the keys of a mapping over.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: { <<: json } }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: { format: json } }
)y"},
        {Code::kYamlTag, "Text that begins with `!` belongs in quotes.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: { title: !numbers } }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: { title: "!numbers" } }
)y"},
        {Code::kYamlDocuments, "A file is one topology: remove the line `---`, or make two files.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
---
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: table }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
  table: { from: numbers, console: table }
)y"},
        {Code::kDuplicateKey, "One of the two would win and the other be lost: rename or remove one.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  numbers: { from: numbers, console: json }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kUnknownKey,
         "`weir topology docs OPERATOR` lists an operator's parameters; the message names the nearest one.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, coutn: 3 } }
  shown: { from: numbers, console: json }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, count: 3 } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kNotSupported, "The message names the part. A later version may have it."},
        {Code::kWrongType,
         "A number in quotes is text, and text is never turned into a number. A parameter has the type of its default, or "
         "that of its `type:`.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, count: many } }
  shown: { from: numbers, console: json }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, count: 100 } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kMissingValue, "Write a value, or leave the key out.",
         R"y(nodes:
  numbers:
    generate:
      columns: { n: { sequence: {} } }
      count:
  shown: { from: numbers, console: json }
)y",
         R"y(nodes:
  numbers:
    generate:
      columns: { n: { sequence: {} } }
      count: 100
  shown: { from: numbers, console: json }
)y"},
        {Code::kMissingKey, "Without it the operator cannot work, and it has no default.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { range: [0, 12] } } } }
  pairs: { from: numbers, pair_match: { value: n } }
  shown: { from: pairs, console: json }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { range: [0, 12] } } } }
  pairs: { from: numbers, pair_match: { value: n, sum: 12 } }
  shown: { from: pairs, console: json }
)y"},
        {Code::kNotAllowedValue, "The message lists the values, or says the range.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: jsn }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kBadName,
         "Nodes and parameters: letters, digits and `_`, not beginning with a digit. Topologies may also have `-` and `.`.",
         R"y(nodes:
  all-numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: all-numbers, console: json }
)y",
         R"y(nodes:
  all_numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: all_numbers, console: json }
)y"},
        {Code::kReservedName, "`dead_letters` is the node that `dead_letters:` at the top level makes.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
  dead_letters: { from: numbers.errors, console: json }
)y",
         R"y(dead_letters: { console: json }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kBadUnit,
         "Units are written out: `200ms`, `30s`, `5m` (minutes), `1h`, `2d`; `512B`, `10KB`, `64MiB`, `1GiB`.",
         R"y(checkpoint: 5
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y",
         R"y(checkpoint: 5s
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kBadParameter,
         "A parameter is a bare value, which is default and type, or `{ type, default, one_of, secret, doc }`.",
         R"y(parameters: { limit: { type: integer, default: 3 } }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, count: $limit } }
  shown: { from: numbers, console: json }
)y",
         R"y(parameters: { limit: { type: int64, default: 3 } }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, count: $limit } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kUnknownParameter,
         "`$name`, `--set` and `--params` mean parameters that the file declares. A dollar sign itself is `$$`.",
         R"y(parameters: { limit: 3 }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, count: $limti } }
  shown: { from: numbers, console: json }
)y",
         R"y(parameters: { limit: 3 }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, count: $limit } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kMissingParameter, "Give it with `--set name=value` or `--params FILE`, or give it a default.",
         R"y(parameters: { limit: { type: int64 } }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, count: $limit } }
  shown: { from: numbers, console: json }
)y",
         R"y(parameters: { limit: { type: int64, default: 3 } }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, count: $limit } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kParameterCycle, "A default may refer to other parameters, and not back to itself.",
         R"y(parameters: { most: $limit, limit: $most }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, count: $limit } }
  shown: { from: numbers, console: json }
)y",
         R"y(parameters: { most: 3, limit: $most }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, count: $limit } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kUnusedParameter, "A warning. Who sets it changes nothing, which is mostly a `$name` that was forgotten.",
         R"y(parameters: { limit: 3 }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, count: 3 } }
  shown: { from: numbers, console: json }
)y",
         R"y(parameters: { limit: 3 }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } }, count: $limit } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kBadSubstitution,
         "`$name` stands for a whole value; inside of a text it is `${name}`. There are also `${env:NAME}`, "
         "`${env:NAME:-default}` and `${file:PATH}`.",
         R"y(parameters: { what: numbers }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: { title: all $what } }
)y",
         R"y(parameters: { what: numbers }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: { title: "all ${what}" } }
)y"},
        {Code::kEnvironmentNotSet, "Set it before `weir` starts, or write a default behind `:-`.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: { title: "${env:WEIR_EXAMPLE_TITLE}" } }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: { title: "${env:WEIR_EXAMPLE_TITLE:-numbers}" } }
)y"},
        {Code::kFileValue, "A relative path begins at the folder of the file that names it; at most 1 MiB of UTF-8.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: { title: "${file:title.txt}" } }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: { title: numbers } }
)y"},
        {Code::kBadRecord,
         "A record is columns and their types: `int64`, `\"decimal(12,2)\"`, `[string]` for a list, `int64?` where it may be "
         "null, or `{ type, path, format, nullable }`.",
         R"y(records: { order: { id: integer } }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y",
         R"y(records: { order: { id: int64 } }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kUnknownRecord, "Records are declared under `records:`, or are files NAME.yaml in schemas/records/.",
         R"y(connections: { kafka: embedded }
records: { order: { id: int64 } }
nodes:
  orders: { kafka.source: { topic: orders, format: json, record: ordr } }
  shown: { from: orders, console: json }
)y",
         R"y(connections: { kafka: embedded }
records: { order: { id: int64 } }
nodes:
  orders: { kafka.source: { topic: orders, format: json, record: order } }
  shown: { from: orders, console: json }
)y"},
    };
    return guides;
}

}  // namespace weir::host
