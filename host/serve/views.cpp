#include "host/serve/views.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <weir/memory.hpp>
#include <weir/types.hpp>

#include "host/engine/plan_views.hpp"
#include "host/loader/plugin_call.hpp"
#include "host/text/nearest.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

// How long a request waits for one of the queries under way to end.
constexpr auto kQueryPatience = std::chrono::seconds(5);
constexpr const char* kRowsEvent = "rows";

Json columns_json(const Schema& schema) {
    Json out = Json::array();
    for (const Field& field : schema.fields) out.push_back({{"name", field.name}, {"type", to_string(field.type)}, {"nullable", field.nullable}});
    return out;
}

// The status of an answer for what a plugin says of a query.
Answer failed(const std::string& view, const Status& status) {
    const std::string text = fmt::format("view `{}`: {}", view, status.message());
    switch (status.code()) {
        case WEIR_E_RETRYABLE: return problem(503, text);
        case WEIR_E_ROW: return problem(status.path().empty() ? 413 : 400, text, status.path());
        default: return problem(500, text);
    }
}

}  // namespace

Views::Views(const Plan& plan) : topology_(plan.topology()) {
    std::vector<TapPoint> points;
    for (size_t i = 0; i < topology_.views.size(); ++i) {
        Served& view = views_.emplace_back();
        view.spec = &topology_.views[i];
        view.planned = plan.views()[i];
        if (!view.spec->latest) continue;
        view.table = std::make_unique<LatestTable>(view.planned.schema, view.planned.key, static_cast<size_t>(view.spec->latest->rows));
        for (const ViewTap& tap : view.spec->latest->taps) {
            view.taps.push_back(points.size());
            view_of_tap_.push_back(i);
            points.push_back({static_cast<size_t>(tap.node), tap.port});
        }
    }
    taps_.reset(new Taps(std::move(points), *this));  // who reads is a private base
}

Views::~Views() { taps_.reset(); }

void Views::on_rows(size_t tap, const Schema& schema, const weir_batch& rows) { views_[view_of_tap_[tap]].table->add(schema, rows); }

void Views::on_shown() {
    {
        const std::lock_guard lock(mutex_);
        ++shown_;
    }
    changed_.notify_all();
}

void Views::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    changed_.notify_all();
}

const Views::Served* Views::find(std::string_view name) const {
    const auto found = std::find_if(views_.begin(), views_.end(), [&](const Served& view) { return view.spec->name == name; });
    return found == views_.end() ? nullptr : &*found;
}

Views::Served* Views::find(std::string_view name) { return const_cast<Served*>(std::as_const(*this).find(name)); }

Answer Views::no_view(std::string_view name) const {
    std::vector<std::string> names;
    for (const Served& view : views_) names.push_back(view.spec->name);
    std::string text = fmt::format("there is no view `{}`; there are {}", name, one_of_text(names));
    if (const std::string near = nearest_name(name, names); !near.empty()) text += fmt::format("; nearest: `{}`", near);
    return problem(404, text);
}

Answer Views::answer(std::string_view name, const RequestParameters& parameters) {
    Served* view = find(name);
    if (!view) return no_view(name);
    return view->table ? answer_latest(*view, parameters) : answer_query(*view, parameters);
}

Answer Views::answer_latest(const Served& view, const RequestParameters& parameters) const {
    Answer out;
    const auto choice = choose_rows(view.spec->name, *view.table, parameters, out);
    if (choice) out.body = view.table->rows(choice->filter, choice->limit);
    return out;
}

Answer Views::answer_query(const Served& view, const RequestParameters& parameters) {
    Answer out;
    const auto arguments = bind_arguments(*view.spec, parameters, out);
    if (!arguments) return out;
    if (!queries_.try_acquire_for(kQueryPatience)) return problem(503, fmt::format("{} queries are under way already", kMaxQueries));
    const auto abi = arguments->abi();
    const weir_query_limits limits{sizeof limits, 0, kMaxQueryRows, kMaxQueryBytes, kQueryTimeout.count()};
    const weir_bytes_out rows{sizeof rows, 0, &out.body, [](const weir_bytes_out* to, weir_str bytes) {
                                  static_cast<std::string*>(to->data)->append(weir::view(bytes));
                              }};
    const Status status = connections_.use(view.planned.connection, [&](void* connection) {
        return call_plugin([&](weir_error* error) {
            return view.planned.api->run(connection, to_abi(view.spec->query->sql), abi.data(), abi.size(), &limits, &rows, error);
        });
    });
    queries_.release();
    return status.ok() ? out : failed(view.spec->name, status);
}

std::optional<Json> Views::describe_columns(const Served& view) {
    const auto arguments = standard_arguments(*view.spec->query);
    Json columns = Json::array();
    const Status status = connections_.use(view.planned.connection, [&](void* connection) {
        return call_plugin([&](weir_error* error) {
            return view.planned.api->describe(
                connection, to_abi(view.spec->query->sql), arguments.data(), arguments.size(), &columns,
                [](void* data, weir_str name, weir_str type) {
                    const auto field = parse_field(std::string(weir::view(name)), weir::view(type));
                    static_cast<Json*>(data)->push_back({{"name", std::string(weir::view(name))},
                                                         {"type", field ? to_string(field.value().type) : std::string(weir::view(type))},
                                                         {"nullable", field && field.value().nullable}});
                },
                error);
        });
    });
    if (!status.ok()) return std::nullopt;
    return columns;
}

Json Views::describe_one(Served& view) {
    Json out = {{"name", view.spec->name}, {"href", "/api/" + view.spec->name}};
    if (view.table) {
        Json key = Json::array();
        for (const std::string& column : view.planned.key) key.push_back(column);
        int64_t skipped = 0;
        for (const size_t tap : view.taps) skipped += taps_->skipped(tap);
        out.update({{"kind", "latest"}, {"node", view.spec->latest->from}, {"events", "/api/" + view.spec->name + "/events"},
                    {"rows", view.table->most_rows()}, {"key", std::move(key)}, {"columns", columns_json(view.table->columns())},
                    {"seen", view.table->seen()}, {"skipped", skipped}});
        return out;
    }
    out["kind"] = "query";
    out["args"] = Json::array();
    for (const ViewArgument& one : view.spec->query->arguments) {
        Json argument = {{"name", one.name}, {"type", one.type}};
        if (one.standard) argument["default"] = *one.standard;
        if (!one.doc.empty()) argument["doc"] = one.doc;
        out["args"].push_back(std::move(argument));
    }
    const std::lock_guard lock(columns_);
    if (!view.columns) view.columns = describe_columns(view);
    out["columns"] = view.columns ? *view.columns : Json();  // null: its server cannot be asked now
    return out;
}

Json Views::describe() {
    Json views = Json::array();
    for (Served& view : views_) views.push_back(describe_one(view));
    return {{"topology", topology_.name}, {"views", std::move(views)}};
}

Json Views::dashboard() {
    const auto& spec = topology_.dashboard;
    Json views = Json::object(), panels = Json::array();
    for (const Served& view : views_) {
        Json key = Json::array();
        for (const std::string& column : view.planned.key) key.push_back(column);
        Json one = {{"live", view.table != nullptr}, {"key", std::move(key)}};
        if (view.table) one["rows"] = view.table->most_rows();
        if (view.table) one["columns"] = columns_json(view.table->columns());
        views[view.spec->name] = std::move(one);
    }
    if (spec) {
        for (const PanelSpec& panel : spec->panels) {
            Json one = {{"kind", panel.kind}};
            one.update(panel.value);
            panels.push_back(std::move(one));
        }
    } else {  // without a dashboard each view without arguments is a table
        for (const Served& view : views_) {
            const bool needs = view.spec->query && std::any_of(view.spec->query->arguments.begin(), view.spec->query->arguments.end(),
                                                               [](const ViewArgument& one) { return !one.standard; });
            if (!needs) panels.push_back({{"kind", "table"}, {"view", view.spec->name}, {"rows", 20}});
        }
    }
    const auto refresh = spec ? spec->refresh : DashboardSpec().refresh;
    return {{"title", spec && !spec->title.empty() ? spec->title : topology_.name},
            {"topology", topology_.name},
            {"refresh_ms", std::chrono::duration_cast<std::chrono::milliseconds>(refresh).count()},
            {"views", std::move(views)},
            {"panels", std::move(panels)}};
}

std::optional<Views::Follower> Views::follow(const std::vector<std::string>& names, Answer& why) const {
    Follower out;
    for (const std::string& name : names) {
        const Served* view = find(name);
        if (!view) {
            why = no_view(name);
            return std::nullopt;
        }
        if (!view->table) {
            why = problem(404, fmt::format("the view `{0}` is a query and has no live rows: ask /api/{0} again", name));
            return std::nullopt;
        }
        out.views.emplace_back(static_cast<size_t>(view - views_.data()), 0);
    }
    return out;
}

std::string Views::next(Follower& follower, std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
        uint64_t shown = 0;
        {
            const std::lock_guard lock(mutex_);
            if (stopped_) return "";
            shown = shown_;
        }
        std::string out;
        for (auto& [index, version] : follower.views) {
            const std::string rows = views_[index].table->changes(version);
            if (rows.empty()) continue;
            out += fmt::format("event: {}\ndata: {{\"view\":\"{}\",\"rows\":{}}}\n\n", kRowsEvent, views_[index].spec->name, rows);
        }
        if (!out.empty()) return out;
        std::unique_lock lock(mutex_);
        if (!changed_.wait_until(lock, until, [&] { return stopped_ || shown_ != shown; })) return "";
    }
}

}  // namespace weir::host
