// `dashboard:`: its panels, and the views that they name. Whether a `latest` view has the columns is known once nodes are bound.
#include <algorithm>

#include <fmt/format.h>

#include "host/text/nearest.hpp"
#include "host/topology/scalar.hpp"
#include "host/topology/view_argument.hpp"
#include "host/topology/view_reader.hpp"

namespace weir::host {
namespace {

constexpr auto kLeastRefresh = std::chrono::milliseconds(200);
constexpr auto kMostRefresh = std::chrono::hours(24);
constexpr int64_t kMaxTableRows = 1000;
constexpr const char* kPanelsExpected = "a list of panels: `- table: { view: recent }`";

std::vector<std::string> names_of(const std::vector<PanelKind>& kinds) {
    std::vector<std::string> out;
    for (const PanelKind& kind : kinds) out.push_back(kind.name);
    return out;
}

class DashboardReader {
public:
    DashboardReader(const std::vector<ViewSpec>& views, const std::vector<std::string>& failed, ConfigChecker& checker,
                    Diagnostics& diagnostics)
        : views_(views), failed_(failed), checker_(checker), diagnostics_(diagnostics) {}

    std::optional<DashboardSpec> read(const YamlNode& section, const Place& place) {
        out_.place = place;
        const size_t before = diagnostics_.error_count();
        const auto checked = checker_.check({"", "dashboard", &dashboard_params(), &section, place, nullptr, {"panels"}});
        if (checked) read_settings(*checked);
        if (section.is_map()) read_panels(section, place);
        if (diagnostics_.error_count() > before) return std::nullopt;
        return std::move(out_);
    }

private:
    void read_settings(const CheckedConfig& checked) {
        out_.title = checked.value.value("title", "");
        out_.refresh = std::chrono::microseconds(checked.value.at("refresh").get<int64_t>());
        if (out_.refresh >= kLeastRefresh && out_.refresh <= kMostRefresh) return;
        diagnostics_.error(Code::kNotAllowedValue, checked.place_of("refresh"), "`dashboard.refresh` is out of its range").expected =
            "`200ms` to `24h`";
    }

    void read_panels(const YamlNode& section, const Place& place) {
        const YamlNode* panels = section.find("panels");
        if (panels == nullptr) {
            diagnostics_.error(Code::kMissingKey, place, "`dashboard` needs `panels`").expected = kPanelsExpected;
            return;
        }
        if (!panels->is_sequence() || panels->items.empty() || panels->items.size() > kMaxPanels) {
            const std::string what = !panels->is_sequence()     ? fmt::format("is {}", kind_text(*panels))
                                     : panels->items.empty() ? "is empty"
                                                             : fmt::format("has more than {} panels", kMaxPanels);
            diagnostics_.error(Code::kWrongType, section.find_key("panels")->place, "`dashboard.panels` " + what).expected =
                kPanelsExpected;
            return;
        }
        for (std::size_t i = 0; i < panels->items.size(); ++i) read_panel(panels->items[i], i);
    }

    void read_panel(const YamlNode& node, std::size_t index) {
        subject_ = fmt::format("panel {}: ", index + 1);
        if (!node.is_map() || node.keys.size() != 1) {
            auto& d = diagnostics_.error(Code::kBadView, node.place,
                                         fmt::format("{}is {}", subject_, node.is_map() ? "a mapping of several keys" : kind_text(node)));
            d.expected = fmt::format("one of {}, as the only key", one_of_text(names_of(panel_kinds())));
            if (node.is_map() && node.keys.size() > 1) d.hint = "begin each panel with `- `, and indent its parameters below its kind";
            return;
        }
        const YamlKey& key = node.keys[0];
        const auto& kinds = panel_kinds();
        const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const PanelKind& k) { return k.name == key.text; });
        if (kind == kinds.end()) {
            auto& d = diagnostics_.error(Code::kUnknownKey, key.place, fmt::format("{}there is no panel {}", subject_, ticked(key.text)));
            d.expected = one_of_text(names_of(kinds));
            d.nearest = nearest_name(key.text, names_of(kinds));
            return;
        }
        auto checked = checker_.check({subject_, kind->name, &kind->params, &node.items[0], key.place});
        if (!checked) return;
        PanelSpec panel;
        panel.kind = kind->name;
        panel.place = key.place;
        panel.value = checked->value;
        if (panel.value.contains(kPanelView) && !read_view(*kind, *checked, panel)) return;
        check_rows(*checked);
        out_.panels.push_back(std::move(panel));
    }

    void check_rows(const CheckedConfig& checked) {
        if (!checked.value.contains("rows")) return;
        const int64_t rows = checked.value.at("rows").get<int64_t>();
        if (rows >= 1 && rows <= kMaxTableRows) return;
        diagnostics_.error(Code::kNotAllowedValue, checked.place_of("rows"), fmt::format("{}`table.rows` is out of its range", subject_))
            .expected = fmt::format("1 to {}", kMaxTableRows);
    }

    // -1: there is none, or it has errors of its own.
    int find_view(const std::string& name, const Place& place) {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < views_.size(); ++i) {
            if (views_[i].name == name) return static_cast<int>(i);
            names.push_back(views_[i].name);
        }
        if (std::find(failed_.begin(), failed_.end(), name) != failed_.end()) return -1;
        names.insert(names.end(), failed_.begin(), failed_.end());
        auto& d = diagnostics_.error(Code::kUnknownView, place, fmt::format("{}there is no view {}", subject_, ticked(name)));
        d.expected = names.empty() ? "a name under `views:`, which this topology does not have" : one_of_text(names);
        d.nearest = nearest_name(name, names);
        return -1;
    }

    bool read_view(const PanelKind& kind, const CheckedConfig& checked, PanelSpec& panel) {
        const Place place = checked.place_of(kPanelView);
        panel.view = find_view(panel.value.at(kPanelView).get<std::string>(), place);
        std::optional<std::string> each;
        const bool good = !panel.value.contains(kPanelForEach) || read_for_each(checked, panel, each);
        if (panel.view < 0) return false;
        const ViewSpec& view = views_[static_cast<std::size_t>(panel.view)];
        read_with(view, checked, panel);
        if (view.query && good) check_arguments(view, each, place, panel);
        for (const ParamInfo& param : kind.params) read_columns(kind, param, checked, panel);
        return good;
    }

    bool read_for_each(const CheckedConfig& checked, PanelSpec& panel, std::optional<std::string>& each) {
        const std::string text = panel.value.at(kPanelForEach).get<std::string>();
        const Place place = checked.place_of(kPanelForEach);
        const std::size_t dot = text.find('.');
        if (dot == std::string::npos || dot == 0 || dot + 1 == text.size()) {
            diagnostics_.error(Code::kBadView, place, fmt::format("{}`for_each` cannot be {}", subject_, ticked(text))).expected =
                "a view and a column of it: `latest.symbol`";
            return false;
        }
        each = text.substr(dot + 1);
        const int source = find_view(text.substr(0, dot), place);
        if (source < 0) return false;
        panel.columns.push_back({"for_each", source, *each, false, place});
        if (panel.view < 0) return true;
        const ViewSpec& view = views_[static_cast<std::size_t>(panel.view)];
        if (view.latest) {
            panel.filters.emplace_back(*each, place);
        } else if (view.find_argument(*each) == nullptr) {
            unknown_argument(view, *each, place).hint = "`for_each` gives the view each value of the column as the argument of that name";
            return false;
        }
        return true;
    }

    Diagnostic& unknown_argument(const ViewSpec& view, const std::string& name, const Place& place) {
        std::vector<std::string> names;
        for (const ViewArgument& argument : view.query->arguments) names.push_back(argument.name);
        auto& d = diagnostics_.error(Code::kUnknownArgument, place,
                                     fmt::format("{}the view {} has no argument {}", subject_, ticked(view.name), ticked(name)));
        d.expected = names.empty() ? "a view with arguments: `args: { … }`" : one_of_text(names);
        d.nearest = nearest_name(name, names);
        return d;
    }

    void read_with(const ViewSpec& view, const CheckedConfig& checked, PanelSpec& panel) {
        if (!panel.value.contains(kPanelWith)) return;
        for (const auto& [name, value] : panel.value.at(kPanelWith).items()) {
            const Place place = checked.place_of("with." + name);
            if (view.latest) {
                panel.filters.emplace_back(name, place);
                continue;
            }
            const ViewArgument* argument = view.find_argument(name);
            if (argument == nullptr) {
                unknown_argument(view, name, place);
            } else if (const auto fault = argument_fault(argument->type, value.get<std::string>())) {
                diagnostics_.error(Code::kWrongType, place, fmt::format("{}`with.{}`: {}", subject_, name, *fault)).expected =
                    "a value of type " + ticked(argument->type);
            }
        }
    }

    void check_arguments(const ViewSpec& view, const std::optional<std::string>& each, const Place& place, const PanelSpec& panel) {
        for (const ViewArgument& argument : view.query->arguments) {
            const bool has = argument.standard || each == argument.name ||
                             (panel.value.contains(kPanelWith) && panel.value.at(kPanelWith).contains(argument.name));
            if (has) continue;
            diagnostics_
                .error(Code::kMissingArgument, place,
                       fmt::format("{}the view {} needs the argument {}", subject_, ticked(view.name), ticked(argument.name)))
                .expected = fmt::format("`with: {{ {0}: … }}`, `for_each: VIEW.{0}`, or a default: `args: {{ {0}: {{ type: {1}, default: … }} }}`",
                                        argument.name, argument.type);
        }
    }

    static void read_columns(const PanelKind& kind, const ParamInfo& param, const CheckedConfig& checked, PanelSpec& panel) {
        if (!panel.value.contains(param.name)) return;
        const bool is_number = std::find(kind.numbers.begin(), kind.numbers.end(), param.name) != kind.numbers.end();
        const auto add = [&](const Json& column, const std::string& path) {
            const auto written = checked.places.find(path);
            panel.columns.push_back({fmt::format("{}.{}", kind.name, path), panel.view, column.get<std::string>(), is_number,
                                     written == checked.places.end() ? panel.place : written->second});
        };
        const Json& value = panel.value.at(param.name);
        if (param.type == ParamType::kColumn) add(value, param.name);
        if (param.type != ParamType::kList || param.fields[0].type != ParamType::kColumn) return;
        for (std::size_t i = 0; i < value.size(); ++i) add(value[i], fmt::format("{}[{}]", param.name, i));
    }

    const std::vector<ViewSpec>& views_;
    const std::vector<std::string>& failed_;
    ConfigChecker& checker_;
    Diagnostics& diagnostics_;
    DashboardSpec out_;
    std::string subject_;
};

}  // namespace

std::optional<DashboardSpec> read_dashboard(const YamlNode& section, const Place& place, const std::vector<ViewSpec>& views,
                                            const std::vector<std::string>& failed, ConfigChecker& checker,
                                            Diagnostics& diagnostics) {
    return DashboardReader(views, failed, checker, diagnostics).read(section, place);
}

}  // namespace weir::host
