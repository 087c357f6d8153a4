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

Json key_json(const PlannedView& view) {
    Json out = Json::array();
    for (const std::string& column : view.key) out.push_back(column);
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

Views::Views(const Plan& plan) : shown_(make(plan, nullptr)) {
    taps_.reset(new Taps(*this));  // who reads is a private base
}

Views::~Views() { taps_.reset(); }

// A view that is as it was keeps its rows.
std::shared_ptr<const Views::Shown> Views::make(const Plan& plan, const Shown* before) {
    const Topology& topology = plan.topology();
    auto out = std::make_shared<Shown>();
    out->topology = topology.name;
    out->dashboard = topology.dashboard;
    for (size_t i = 0; i < topology.views.size(); ++i) {
        Served& view = out->views.emplace_back();
        view.spec = topology.views[i];
        view.planned = plan.views()[i];
        if (!view.spec.latest) continue;
        for (const ViewTap& tap : view.spec.latest->taps)
            view.taps.push_back({topology.nodes[static_cast<size_t>(tap.node)].id, tap.port});
        const Served* old = before ? before->find(view.spec.name) : nullptr;
        const bool is_kept = old && old->table && old->taps == view.taps && old->planned.schema == view.planned.schema &&
                             old->planned.key == view.planned.key && old->spec.latest->rows == view.spec.latest->rows;
        view.table = is_kept ? old->table
                             : std::make_shared<LatestTable>(view.planned.schema, view.planned.key, static_cast<size_t>(view.spec.latest->rows));
    }
    return out;
}

// To those who follow, and to the page.
bool Views::is_same(const Shown& a, const Shown& b) {
    const auto is_same_view = [](const Served& x, const Served& y) { return x.spec.name == y.spec.name && x.table == y.table; };
    return std::equal(a.views.begin(), a.views.end(), b.views.begin(), b.views.end(), is_same_view) && dashboard_of(a) == dashboard_of(b);
}

std::vector<TapPoint> Views::begin(const Plan& plan) {
    const auto before = shown();
    const auto made = make(plan, before.get());
    std::vector<TapPoint> points;
    tables_.clear();
    for (const Served& view : made->views) {
        for (const TapPoint& point : view.taps) {
            tables_.push_back(view.table);
            points.push_back(point);
        }
    }
    {
        const std::lock_guard lock(mutex_);
        if (!is_same(*before, *made)) ++generation_;
        shown_ = made;
    }
    changed_.notify_all();
    return points;
}

std::shared_ptr<const Views::Shown> Views::shown() const {
    const std::lock_guard lock(mutex_);
    return shown_;
}

void Views::on_rows(size_t tap, const Schema& schema, const weir_batch& rows) { tables_[tap]->add(schema, rows); }

void Views::on_shown() {
    {
        const std::lock_guard lock(mutex_);
        ++rows_came_;
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

const Views::Served* Views::Shown::find(std::string_view name) const {
    const auto found = std::find_if(views.begin(), views.end(), [&](const Served& view) { return view.spec.name == name; });
    return found == views.end() ? nullptr : &*found;
}

Answer Views::Shown::no_view(std::string_view name) const {
    std::vector<std::string> names;
    for (const Served& view : views) names.push_back(view.spec.name);
    std::string text = fmt::format("there is no view `{}`; there are {}", name, one_of_text(names));
    if (const std::string near = nearest_name(name, names); !near.empty()) text += fmt::format("; nearest: `{}`", near);
    return problem(404, text);
}

Answer Views::answer(std::string_view name, const RequestParameters& parameters) {
    const auto shown = this->shown();
    const Served* view = shown->find(name);
    if (!view) return shown->no_view(name);
    return view->table ? answer_latest(*view, parameters) : answer_query(*view, parameters);
}

Answer Views::answer_latest(const Served& view, const RequestParameters& parameters) {
    Answer out;
    const auto choice = choose_rows(view.spec.name, *view.table, parameters, out);
    if (choice) out.body = view.table->rows(choice->filter, choice->limit);
    return out;
}

// A topology that was changed meanwhile has other connections, perhaps of another build of their plugin: while one is used, the
// views are those of its run.
template <class F>
Status Views::ask(const Served& view, F&& f) {
    return connections_.use(view.planned.connection, [&](void* connection) {
        const auto now = shown();
        const Served* current = now->find(view.spec.name);
        if (!current || !current->spec.query || current->spec.query->sql != view.spec.query->sql)
            return Status::retryable("the topology was changed, and this view with it");
        return f(*current->planned.api, connection);
    });
}

Answer Views::answer_query(const Served& view, const RequestParameters& parameters) {
    Answer out;
    const auto arguments = bind_arguments(view.spec, parameters, out);
    if (!arguments) return out;
    if (!queries_.try_acquire_for(kQueryPatience)) return problem(503, fmt::format("{} queries are under way already", kMaxQueries));
    const auto abi = arguments->abi();
    const weir_query_limits limits{sizeof limits, 0, kMaxQueryRows, kMaxQueryBytes, kQueryTimeout.count()};
    const weir_bytes_out rows{sizeof rows, 0, &out.body, [](const weir_bytes_out* to, weir_str bytes) {
                                  static_cast<std::string*>(to->data)->append(weir::view(bytes));
                              }};
    const Status status = ask(view, [&](const weir_query_api& api, void* connection) {
        return call_plugin([&](weir_error* error) {
            return api.run(connection, to_abi(view.spec.query->sql), abi.data(), abi.size(), &limits, &rows, error);
        });
    });
    queries_.release();
    return status.ok() ? out : failed(view.spec.name, status);
}

std::optional<Json> Views::describe_columns(const Served& view) {
    const auto arguments = standard_arguments(*view.spec.query);
    Json columns = Json::array();
    const Status status = ask(view, [&](const weir_query_api& api, void* connection) {
        return call_plugin([&](weir_error* error) {
            return api.describe(
                connection, to_abi(view.spec.query->sql), arguments.data(), arguments.size(), &columns,
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

Json Views::columns_of_query(const Served& view) {
    const std::lock_guard lock(describing_);
    auto [known, is_new] = columns_.try_emplace(view.planned.connection + "/" + view.spec.query->sql);
    if (!is_new) return known->second;
    auto columns = describe_columns(view);
    if (columns) return known->second = std::move(*columns);
    columns_.erase(known);
    return nullptr;  // its server cannot be asked now
}

Json Views::describe_one(const Served& view) {
    Json out = {{"name", view.spec.name}, {"href", "/api/" + view.spec.name}};
    if (view.table) {
        int64_t skipped = 0;
        for (const TapPoint& point : view.taps) skipped += taps_->skipped(point);
        out.update({{"kind", "latest"}, {"node", view.spec.latest->from}, {"events", "/api/" + view.spec.name + "/events"},
                    {"rows", view.table->most_rows()}, {"key", key_json(view.planned)}, {"columns", columns_json(view.table->columns())},
                    {"seen", view.table->seen()}, {"skipped", skipped}});
        return out;
    }
    out["kind"] = "query";
    out["args"] = Json::array();
    for (const ViewArgument& one : view.spec.query->arguments) {
        Json argument = {{"name", one.name}, {"type", one.type}};
        if (one.standard) argument["default"] = *one.standard;
        if (!one.doc.empty()) argument["doc"] = one.doc;
        out["args"].push_back(std::move(argument));
    }
    out["columns"] = columns_of_query(view);
    return out;
}

Json Views::describe() {
    const auto shown = this->shown();
    Json views = Json::array();
    for (const Served& view : shown->views) views.push_back(describe_one(view));
    return {{"topology", shown->topology}, {"views", std::move(views)}};
}

Json Views::dashboard() { return dashboard_of(*shown()); }

Json Views::dashboard_of(const Shown& shown) {
    const auto& spec = shown.dashboard;
    Json views = Json::object(), panels = Json::array();
    for (const Served& view : shown.views) {
        Json one = {{"live", view.table != nullptr}, {"key", key_json(view.planned)}};
        if (view.table) one["rows"] = view.table->most_rows();
        if (view.table) one["columns"] = columns_json(view.table->columns());
        views[view.spec.name] = std::move(one);
    }
    if (spec) {
        for (const PanelSpec& panel : spec->panels) {
            Json one = {{"kind", panel.kind}};
            one.update(panel.value);
            panels.push_back(std::move(one));
        }
    } else {  // without a dashboard each view without arguments is a table
        for (const Served& view : shown.views) {
            const bool needs = view.spec.query && std::any_of(view.spec.query->arguments.begin(), view.spec.query->arguments.end(),
                                                              [](const ViewArgument& one) { return !one.standard; });
            if (!needs) panels.push_back({{"kind", "table"}, {"view", view.spec.name}, {"rows", 20}});
        }
    }
    const auto refresh = spec ? spec->refresh : DashboardSpec().refresh;
    return {{"title", spec && !spec->title.empty() ? spec->title : shown.topology},
            {"topology", shown.topology},
            {"refresh_ms", std::chrono::duration_cast<std::chrono::milliseconds>(refresh).count()},
            {"views", std::move(views)},
            {"panels", std::move(panels)}};
}

std::optional<Views::Follower> Views::follow(const std::vector<std::string>& names, Answer& why) const {
    std::shared_ptr<const Shown> shown;
    Follower out;
    {
        const std::lock_guard lock(mutex_);
        shown = shown_;
        out.generation = generation_;
    }
    for (const std::string& name : names) {
        const Served* view = shown->find(name);
        if (!view) {
            why = shown->no_view(name);
            return std::nullopt;
        }
        if (!view->table) {
            why = problem(404, fmt::format("the view `{0}` is a query and has no live rows: ask /api/{0} again", name));
            return std::nullopt;
        }
        out.views.push_back({name, view->table, 0});
    }
    return out;
}

std::optional<std::string> Views::next(Follower& follower, std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
        uint64_t came = 0;
        {
            const std::lock_guard lock(mutex_);
            if (stopped_ || follower.generation != generation_) return std::nullopt;
            came = rows_came_;
        }
        std::string out;
        for (Follower::One& one : follower.views) {
            const std::string rows = one.table->changes(one.seen);
            if (rows.empty()) continue;
            out += fmt::format("event: {}\ndata: {{\"view\":\"{}\",\"rows\":{}}}\n\n", kRowsEvent, one.name, rows);
        }
        if (!out.empty()) return out;
        std::unique_lock lock(mutex_);
        const auto is_new = [&] { return stopped_ || rows_came_ != came || follower.generation != generation_; };
        if (!changed_.wait_until(lock, until, is_new)) return "";
    }
}

}  // namespace weir::host
