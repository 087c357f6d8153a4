// What `serve`, views and panels may say: one declaration each, behind the loader, its messages and the JSON Schema.
#include "host/topology/views.hpp"

#include <algorithm>

namespace weir::host {
namespace {

ParamInfo param(std::string name, ParamType type, std::string doc) {
    ParamInfo info;
    info.name = std::move(name);
    info.type = type;
    info.doc = std::move(doc);
    return info;
}

ParamInfo required(ParamInfo info) {
    info.required = true;
    return info;
}

ParamInfo by_default(ParamInfo info, Json value) {
    info.default_value = std::move(value);
    return info;
}

// One, or several.
ParamInfo list_of(std::string name, ParamType type, std::string doc) {
    ParamInfo info = param(std::move(name), ParamType::kList, std::move(doc));
    info.scalar_or_list = true;
    info.fields = {param("", type, "")};
    return info;
}

ParamInfo column(std::string name, std::string doc) { return param(std::move(name), ParamType::kColumn, std::move(doc)); }

// What every panel has that shows a view.
std::vector<ParamInfo> of_view(std::vector<ParamInfo> own) {
    std::vector<ParamInfo> out = {required(param("view", ParamType::kString, "The view that it shows."))};
    for (ParamInfo& one : own) out.push_back(std::move(one));
    ParamInfo with = param("with", ParamType::kMap, "Arguments of the view; of a `latest` view, columns and the value that rows have there.");
    with.fields = {param("", ParamType::kString, "")};
    out.push_back(std::move(with));
    out.push_back(param("title", ParamType::kString, "What stands above it; without it, the name of the view."));
    out.push_back(param("unit", ParamType::kString, "What stands behind its numbers: `USD`, `%`, `ms`."));
    return out;
}

ParamInfo for_each() {
    return param("for_each", ParamType::kString,
                 "A chart for each value of a column of a view: `VIEW.COLUMN`. The value is the argument, or the column, of that name.");
}

std::vector<PanelKind> make_kinds() {
    return {
        {"cards", "A card for each row, with a number in large type.",
         of_view({
             column("label", "What a card is called."),
             required(column("value", "The number, or text, of a card.")),
             column("change", "A second number, coloured by its sign."),
             by_default(param("trend", ParamType::kBool, "Whether a card shows how its number went while the page was open."), false),
         }),
         {"change"}},
        {"line", "A line over time, or over numbers.",
         of_view({
             required(column("x", "Where a point is from left to right: a time or a number.")),
             required(list_of("y", ParamType::kColumn, "Its height; several columns are several lines.")),
             column("by", "A line for each value of this column."),
             for_each(),
         }),
         {"y"}},
        {"bars", "A bar for each row.",
         of_view({
             required(column("label", "What a bar is called.")),
             required(column("value", "Its length.")),
             for_each(),
         }),
         {"value"}},
        {"candles", "First, highest, lowest and last number of spans of time.",
         of_view({
             required(column("x", "The time that a candle is of.")),
             by_default(column("open", "The first number."), "open"),
             by_default(column("high", "The highest number."), "high"),
             by_default(column("low", "The lowest number."), "low"),
             by_default(column("close", "The last number."), "close"),
             for_each(),
         }),
         {"open", "high", "low", "close"}},
        {"table", "Rows as they are. Those of a `latest` view without a key have the newest first.",
         of_view({
             list_of("columns", ParamType::kColumn, "The columns that are shown; without it, all."),
             by_default(param("rows", ParamType::kInt64, "At most so many rows."), 20),
         }),
         {}},
        {"markdown", "A text: paragraphs, headings, lists, **bold**, *italic*, `code` and links.",
         {[] {
             ParamInfo text = required(param("text", ParamType::kString, "The text."));
             text.primary = true;
             return text;
         }()},
         {}},
    };
}

}  // namespace

ParamInfo serve_setting() {
    ParamInfo serve = param("serve", ParamType::kObject, "Serves the views and the dashboard by HTTP while the topology runs.");
    ParamInfo port = by_default(param("port", ParamType::kInt64, "The port; 0 is one that is free."), kDefaultServePort);
    port.primary = true;
    ParamInfo hosts = list_of("hosts", ParamType::kString,
                              "Names by which requests may call it, beside `localhost` and addresses: that of a proxy, say.");
    serve.fields = {
        std::move(port),
        by_default(param("address", ParamType::kString,
                         "The address to listen on. Whoever reaches it may read all views: nobody is asked who he is."),
                   "127.0.0.1"),
        std::move(hosts),
    };
    return serve;
}

const std::vector<ParamInfo>& latest_view_params() {
    static const std::vector<ParamInfo> params = {
        required(param("latest", ParamType::kString, "The node whose rows are kept, or `node.port`.")),
        by_default(param("rows", ParamType::kInt64, "So many rows at most; with a key, of so many keys."), 1000),
        list_of("key", ParamType::kColumn,
                "The last row of each value of these columns is kept; `[]`: the last rows. Without it, the key of the node, if it has one."),
        list_of("columns", ParamType::kColumn, "The columns that are kept; without it, all."),
    };
    return params;
}

const std::vector<ParamInfo>& query_view_params() {
    static const std::vector<ParamInfo> params = {
        required(param("sql", ParamType::kString, "The query, which only reads. `$name` is an argument, or a parameter of the topology.")),
        param("connection", ParamType::kString, "The connection whose server answers it, where several could."),
    };
    return params;
}

const std::vector<ParamInfo>& view_argument_params() {
    static const std::vector<ParamInfo> params = {
        required(param("type", ParamType::kString, "A type such as `string`, `int32`, `timestamp` or `\"decimal(12,2)\"`.")),
        param("default", ParamType::kString, "The value where a request gives none; without it one must be given."),
        param("doc", ParamType::kString, ""),
    };
    return params;
}

const std::vector<ParamInfo>& dashboard_params() {
    static const std::vector<ParamInfo> params = {
        param("title", ParamType::kString, "What stands above the page; without it, the topology's name."),
        by_default(param("refresh", ParamType::kDuration, "How often queries are asked again; rows of nodes are shown as they come."), "2s"),
    };
    return params;
}

const std::vector<PanelKind>& panel_kinds() {
    static const std::vector<PanelKind> kinds = make_kinds();
    return kinds;
}

bool LatestSpec::reads(int node, std::string_view port) const {
    return std::any_of(taps.begin(), taps.end(), [&](const ViewTap& tap) { return tap.node == node && tap.port == port; });
}

const ViewArgument* ViewSpec::find_argument(std::string_view argument) const {
    if (!query) return nullptr;
    const auto& all = query->arguments;
    const auto found = std::find_if(all.begin(), all.end(), [&](const ViewArgument& a) { return a.name == argument; });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace weir::host
