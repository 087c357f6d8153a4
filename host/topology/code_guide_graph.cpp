// Operators, nodes, connections, and what the whole promises.
#include "host/topology/code_guide.hpp"

namespace weir::host {

const std::vector<CodeGuide>& graph_guides() {
    static const std::vector<CodeGuide> guides = {
        {Code::kUnknownCodec, "`weir topology docs` lists the codecs that are present.",
         R"y(connections: { kafka: embedded }
nodes:
  orders: { kafka.source: { topic: orders, format: jsno, record: { id: int64 } } }
  shown: { from: orders, console: json }
)y",
         R"y(connections: { kafka: embedded }
nodes:
  orders: { kafka.source: { topic: orders, format: json, record: { id: int64 } } }
  shown: { from: orders, console: json }
)y"},
        {Code::kUnknownOperator,
         "`weir plugin ls` lists the plugins and their operators; `--plugin-dir` and WEIR_PLUGIN_PATH add folders.",
         R"y(nodes:
  numbers: { generat: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kSeveralOperators, "A node has one operator: make a node of its own for the second, with `from`.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { range: [0, 12] } } }, console: json }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { range: [0, 12] } } } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kNoOperator, "A node does something: it has a source, an operator or a sink.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kNoNodes, "`weir topology new` writes a file to begin with.", "name: orders\n",
         R"y(name: orders
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kUnknownConnection,
         "The key under `connections:` is the kind, or a name with the kind inside: `{ main: { kafka: { … } } }`.",
         R"y(connections: { kafak: embedded }
nodes:
  orders: { kafka.source: { topic: orders, record: { id: int64 } } }
  shown: { from: orders, console: json }
)y",
         R"y(connections: { kafka: embedded }
nodes:
  orders: { kafka.source: { topic: orders, record: { id: int64 } } }
  shown: { from: orders, console: json }
)y"},
        {Code::kMissingConnection, "Operators that reach a server share a connection, which says where it is.",
         R"y(nodes:
  orders: { kafka.source: { topic: orders, record: { id: int64 } } }
  shown: { from: orders, console: json }
)y",
         R"y(connections: { kafka: embedded }
nodes:
  orders: { kafka.source: { topic: orders, record: { id: int64 } } }
  shown: { from: orders, console: json }
)y"},
        {Code::kAmbiguousConnection, "With several connections of a kind each operator says which one it means.",
         R"y(connections: { here: { kafka: embedded }, there: { kafka: "localhost:9092" } }
nodes:
  orders: { kafka.source: { topic: orders, record: { id: int64 } } }
  copy: { from: orders, kafka.sink: { topic: orders, connection: there } }
)y",
         R"y(connections: { here: { kafka: embedded }, there: { kafka: "localhost:9092" } }
nodes:
  orders: { kafka.source: { topic: orders, record: { id: int64 }, connection: here } }
  copy: { from: orders, kafka.sink: { topic: orders, connection: there } }
)y"},
        {Code::kUnusedConnection, "A warning. A run opens it all the same.",
         R"y(connections: { kafka: embedded }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y",
         R"y(connections: { kafka: embedded }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  copy: { from: numbers, kafka.sink: numbers }
)y"},
        {Code::kMissingPlugin, "`weir plugin ls` lists those that are present; `--plugin-dir` adds a folder.",
         R"y(plugins: { acme: ">=1.2" }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y",
         R"y(plugins: { generate: ">=0.1" }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kPluginVersion, "Install a version that fits, or mend what `plugins:` asks for.",
         R"y(plugins: { generate: ">=99" }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y",
         R"y(plugins: { generate: ">=0.1" }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kBadFrom,
         "`from` is `a`, `a.port`, `[a, b]`, or `{ left: a, right: b }` for named inputs. A source reads no node.",
         R"y(nodes:
  numbers: { from: others, generate: { columns: { n: { sequence: {} } } } }
  others: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: [numbers, others], console: json }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  others: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: [numbers, others], console: json }
)y"},
        {Code::kUnknownNode, "The message names the nearest node.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: nubmers, console: json }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kUnknownPort, "Besides the ports of its operator each node has `errors`.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers.late, console: json }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kMissingInput, "An operator with named inputs needs all of them: `from: { left: a, right: b }`."},
        {Code::kCycle, "Rows flow one way. Where a loop is meant, write to a topic and read it again.",
         R"y(nodes:
  left: { from: right, pair_match: { value: left, sum: 12 } }
  right: { from: left, pair_match: { value: left, sum: 12 } }
  shown: { from: right, console: json }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { range: [0, 12] } } } }
  pairs: { from: numbers, pair_match: { value: n, sum: 12 } }
  shown: { from: pairs, console: json }
)y"},
        {Code::kFeedback,
         "A warning: each row is written, read and written again, without end. It is no error, because a run that ends (`--records`, "
         "`stop_at_end`) may well write a topic anew. Nothing is said where a `where`, a `check` or an operator stands in between, "
         "as for rows that are tried again.",
         R"y(connections: { kafka: embedded }
nodes:
  orders: { kafka.source: { topic: orders, format: json, record: { id: int64 } } }
  copy: { from: orders, kafka.sink: orders }
)y",
         R"y(connections: { kafka: embedded }
nodes:
  orders: { kafka.source: { topic: orders, format: json, record: { id: int64 } } }
  copy: { from: orders, kafka.sink: orders-copy }
)y"},
        {Code::kDelivery,
         "`exactly_once` needs sources that can be read again and sinks that write within its transaction, or take each "
         "block once. A source that cannot be read again is a warning under `at_least_once` where that is written.",
         R"y(delivery: exactly_once
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y",
         R"y(delivery: at_least_once
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kTooDeep,
         "Rows pass from node to node by calls within calls, of at most 512 nodes. Write to a topic in between and read it in "
         "a second topology."},
        {Code::kBadKey,
         "Operators that keep something by key need `key: [column]`, or `key: []` where all rows are one key, unless they compute "
         "their own; others take none. A column of a key is there, and its values can be compared: no lists, structs or maps.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { range: [0, 12] } } } }
  pairs: { from: numbers, key: [n], pair_match: { value: n, sum: 12 } }
  shown: { from: pairs, console: json }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { range: [0, 12] } } } }
  pairs: { from: numbers, pair_match: { value: n, sum: 12 } }
  shown: { from: pairs, console: json }
)y"},
        {Code::kBadEventTime,
         "The column of `event_time` is one of the node's first output, behind its clauses if it is a source, and a timestamp. "
         "Sinks have no event time, and only sources are aligned. Of nodes that are read together all have it or none: who has none "
         "holds back the others' watermarks (a warning). See docs/event-time.md.",
         R"y(nodes:
  orders:
    generate: { columns: { n: { sequence: {} } } }
    event_time: { column: n }
  shown: { from: orders, console: json }
)y",
         R"y(nodes:
  orders:
    generate: { columns: { n: { sequence: {} }, ts: { timestamp: {} } } }
    event_time: { column: ts }
  shown: { from: orders, console: json }
)y"},
        {Code::kBadRename,
         "`renamed_from` gives a node the state and the positions of the node that had another id. That id is no node's any more, and goes "
         "on as one node. Once the change is made the line does nothing, and may stay or go.",
         R"y(nodes:
  orders: { generate: { columns: { n: { range: [0, 12] } } } }
  counts: { from: orders, key: n, fold: { columns: { count: { init: 0, next: count + 1 } } } }
  totals: { from: orders, renamed_from: counts, key: n, fold: { columns: { count: { init: 0, next: count + 1 } } } }
  shown: { from: [counts, totals], console: json }
)y",
         R"y(nodes:
  orders: { generate: { columns: { n: { range: [0, 12] } } } }
  totals: { from: orders, renamed_from: counts, key: n, fold: { columns: { count: { init: 0, next: count + 1 } } } }
  shown: { from: totals, console: json }
)y"},
        {Code::kBadExpression,
         "Expressions are SQL's (docs/expressions.md), over the columns that are there where the expression stands: behind "
         "`select` only those that it names.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { range: [0, 12] } } } }
  large: { from: numbers, where: nn > 6, console: json }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { range: [0, 12] } } } }
  large: { from: numbers, where: n > 6, console: json }
)y"},
        {Code::kSecretInRows,
         "A warning. Commands and logs show `***` for a secret, but a row's columns are data: sinks, dead letters and `console` show "
         "them. In `where` and `check` a secret is only compared.",
         R"y(parameters: { token: { type: string, default: t, secret: true } }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, set: { signed: "$token || n::string" }, console: json }
)y",
         R"y(parameters: { token: { type: string, default: t, secret: true } }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, where: n::string <> $token, console: json }
)y"},
        {Code::kUnreadOutput,
         "A warning for a node's first output, and a note for others, such as `late` and `expired`: their rows are counted and "
         "shown at the end of a run.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  others: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  others: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: [numbers, others], console: json }
)y"},
        {Code::kUnboundedState,
         "A note. A key that came once is kept for good, so that the state grows with the number of keys. That is right where "
         "there are only so many; else give the operator a time to live where it has one, and the topology a `memory_limit`."},
        {Code::kNoIdleAfter,
         "A note, of a source on a server behind which something waits for watermarks, such as `window`. It may have several splits, such as "
         "partitions, and one to which nobody writes holds all results back. With `idle_after` it is not waited for until its next row. "
         "Right as it stands where every split always has rows, or none may be missed however late they come."},
        {Code::kOperatorRefused, "The message is the operator's own: it knows its columns and parameters best.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { range: [0, 12] } } } }
  pairs: { from: numbers, pair_match: { value: m, sum: 12 } }
  shown: { from: pairs, console: json }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { range: [0, 12] } } } }
  pairs: { from: numbers, pair_match: { value: n, sum: 12 } }
  shown: { from: pairs, console: json }
)y"},
        {Code::kPluginRefused, "`weir plugin check FILE` says what is wrong with a plugin's file."},
        {Code::kUnreachable,
         "Only `weir lint --deep` connects, for `--connect-timeout`. The exit code is 4 where nothing else is wrong: the file "
         "may be right, and the server down."},
        {Code::kOutsideMissing,
         "A topic, say, that the broker does not have, and that the connection does not let a run create. The message names the "
         "nearest one."},
        {Code::kOutsideMismatch, "Partitions, columns or types, say, that are other than the node expects them."},
        {Code::kOutsideDenied,
         "The server refuses the user or the password, or the user may not do what the node would. It is asked; nothing is "
         "written."},
        {Code::kOutsideMade,
         "A note: the connection says that a run creates what is missing. Look at the name where it should have been there."},
        {Code::kExecFailed,
         "It has to exit with 0 within 30 seconds, and to print at most 1 MiB of UTF-8; a newline at the end is left out. What it "
         "writes to standard error is shown as it comes."},
        {Code::kBadInclude,
         "`include:` is the path of a file, or a list of them, relative to the file it stands in. Of what several files say, the "
         "including one's holds.",
         R"y(include: comon.yaml
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: json }
)y"},
        {Code::kExecRefused,
         "A command is run only where `--allow-exec` is given: a file that comes from elsewhere cannot run one.",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: { title: "${exec:hostname}" } }
)y",
         R"y(nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
  shown: { from: numbers, console: { title: "${env:HOSTNAME:-here}" } }
)y"},
    };
    return guides;
}

}  // namespace weir::host
