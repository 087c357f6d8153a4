// Views and dashboards.
#include "host/topology/code_guide.hpp"

namespace weir::host {

const std::vector<CodeGuide>& view_guides() {
    static const std::vector<CodeGuide> guides = {
        {Code::kBadView,
         "A view is a query, `{ args: { … }, sql: … }` (`sql` alone may stand as a text), or the rows of a node, "
         "`{ latest: NODE, rows: N }`. A panel is a mapping whose only key is its kind.",
         R"y(serve: 8502
views: { recent: numbers }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
)y",
         R"y(serve: 8502
views: { recent: { latest: numbers, rows: 20 } }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
)y"},
        {Code::kUnknownView, "The message names the nearest view.",
         R"y(serve: 8502
views: { recent: { latest: numbers, rows: 20 } }
dashboard: { panels: [{ table: { view: resent } }] }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
)y",
         R"y(serve: 8502
views: { recent: { latest: numbers, rows: 20 } }
dashboard: { panels: [{ table: { view: recent } }] }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
)y"},
        {Code::kUnknownColumn, "The message names the columns that there are. Of a query they are known to its server alone: `weir lint --deep` asks it.",
         R"y(serve: 8502
views: { recent: { latest: numbers, rows: 20, key: m } }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
)y",
         R"y(serve: 8502
views: { recent: { latest: numbers, rows: 20, key: n } }
nodes:
  numbers: { generate: { columns: { n: { sequence: {} } } } }
)y"},
        {Code::kUnknownArgument,
         "A `$name` in a query is one of the view's `args`, or a parameter of the topology. A panel gives a view arguments by `with`, and "
         "by `for_each: VIEW.COLUMN`, which gives the argument of the column's name."},
        {Code::kMissingArgument,
         "Give the argument a default, `args: { minutes: 60 }`, or let the panel give it: `with: { symbol: ACME }`, or `for_each: latest.symbol` for a "
         "chart of each."},
    };
    return guides;
}

}  // namespace weir::host
