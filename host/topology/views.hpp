// `serve:`, `views:` and `dashboard:` of a topology: what it shows of itself by HTTP.
//
// Plain values; const access from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/loader/manifest.hpp"
#include "host/topology/source_file.hpp"

namespace weir::host {

inline constexpr int64_t kDefaultServePort = 8502;
inline constexpr int64_t kMaxViewRows = 100'000;   // that a `latest` view keeps
inline constexpr std::size_t kMaxPanels = 100;     // of a dashboard
inline constexpr std::size_t kMaxViewArguments = 50;

// Where a topology is served.
struct ServeSpec {
    int64_t port = kDefaultServePort;  // 0: one that is free
    std::string address = "127.0.0.1";
    std::vector<std::string> hosts;  // names that requests may call it by, beside `localhost` and addresses
    Place place, port_place, address_place;
};

// What a request may give a view. A value is bound, never pasted.
struct ViewArgument {
    std::string name;
    std::string type;                     // weir's: `string`, `int32`
    std::optional<std::string> standard;  // as a text that CAST takes; none: a request must give it
    std::string doc;
    Place place;
};

// A port whose rows a view keeps: index into Topology::nodes, and the port's name.
struct ViewTap {
    int node = 0;
    std::string port;
};

// The rows of a node, kept in the host: the last one of each key, or the last ones.
struct LatestSpec {
    std::string from;          // as written: `ticks`, `ticks.late`
    std::vector<ViewTap> taps;  // several for `errors` of a node with clauses
    int64_t rows = 0;
    std::optional<std::vector<std::string>> key;  // none: the node's, where its rows have those columns
    std::vector<std::string> columns;             // empty: all but metadata
    Place from_place, key_place;
    std::vector<Place> key_places, column_places;

    bool reads(int node, std::string_view port) const;
};

// A query that a connection's server answers.
struct QuerySpec {
    std::string sql;
    std::string connection;  // as written; empty: the one that answers queries
    std::vector<ViewArgument> arguments;
    // Parameters of the topology that the query uses: they are bound as arguments are, and no request can give them.
    struct Constant {
        std::string name, type, text;
    };
    std::vector<Constant> constants;
    Place sql_place, connection_place;
};

struct ViewSpec {
    std::string name;
    Place place;
    std::optional<LatestSpec> latest;  // either this
    std::optional<QuerySpec> query;    // or that

    const ViewArgument* find_argument(std::string_view argument) const;
};

// A column of a view that a panel names.
struct PanelColumn {
    std::string parameter;  // "line.y[0]"
    int view = 0;           // index into Topology::views
    std::string column;
    bool is_number = false;  // it must be one
    Place place;
};

struct PanelSpec {
    std::string kind;  // `cards`, `line`, ...
    Json value;        // its checked parameters
    int view = -1;     // index into Topology::views; -1: it shows none
    std::vector<PanelColumn> columns;
    std::vector<std::pair<std::string, Place>> filters;  // of a `latest` view: columns that `with` or `for_each` choose rows by
    Place place;
};

struct DashboardSpec {
    std::string title;                           // empty: the topology's name
    std::chrono::microseconds refresh{2'000'000};  // of what is not pushed
    std::vector<PanelSpec> panels;
    Place place;
};

// The declarations behind the loader, its messages and the JSON Schema.
ParamInfo serve_setting();
const std::vector<ParamInfo>& latest_view_params();
const std::vector<ParamInfo>& query_view_params();     // without `args`
const std::vector<ParamInfo>& view_argument_params();  // of `{ type, default, doc }`
const std::vector<ParamInfo>& dashboard_params();      // without `panels`

// A kind of panel.
struct PanelKind {
    std::string name, doc;
    std::vector<ParamInfo> params;
    std::vector<std::string> numbers;  // parameters whose columns must be numbers
};
const std::vector<PanelKind>& panel_kinds();

// Parameters of panels that are no columns of the panel's view.
inline constexpr std::string_view kPanelView = "view";
inline constexpr std::string_view kPanelForEach = "for_each";  // `VIEW.COLUMN`
inline constexpr std::string_view kPanelWith = "with";

}  // namespace weir::host
