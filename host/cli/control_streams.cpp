// What a running host tells as it goes on: rows of a port, and lines of its log.
#include <algorithm>

#include <weir/row_json.hpp>

#include "host/admin/log_ring.hpp"
#include "host/cli/control_answers.hpp"
#include "host/text/secrets.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host {
namespace {

constexpr int64_t kDefaultLines = 100;

// "5" of a query; nullopt: it is no whole number of at least 1.
std::optional<int64_t> count_of(std::string_view text) {
    const auto number = parse_int64(std::string(text));
    return number && *number > 0 ? number : std::nullopt;
}

// A parameter that nobody knows; empty: there is none.
std::string unknown_parameter(const HttpRequest& request, const std::vector<std::string>& known) {
    for (const auto& [name, value] : request.query)
        if (std::find(known.begin(), known.end(), name) == known.end())
            return fmt::format("there is no parameter `{}`; expected: {}", name, one_of_text(known));
    return "";
}

class TapEvents : public EventStream {
public:
    TapEvents(std::shared_ptr<LiveTap> tap, int64_t most) : tap_(std::move(tap)), left_(most) {}
    ~TapEvents() override { tap_->leave(); }

    std::optional<std::string> next(std::chrono::milliseconds patience) override {
        if (is_over_) return std::nullopt;
        if (left_ == 0) return end(false);
        const auto rows = tap_->next(static_cast<size_t>(std::min<int64_t>(left_, LiveTap::kMostRows)), patience);
        if (!rows) return end(true);
        std::string out;
        for (const std::string& row : *rows) out += event_text("row", Secrets::of_process().hide(row));
        shown_ += static_cast<int64_t>(rows->size());
        left_ -= static_cast<int64_t>(rows->size());
        return out;
    }

private:
    // `run_ended`: who wants more asks again.
    std::string end(bool run_ended) {
        is_over_ = true;
        return event_text("end", Json{{"shown", shown_}, {"seen", tap_->seen()}, {"skipped", tap_->skipped()}, {"run_ended", run_ended}}.dump());
    }

    const std::shared_ptr<LiveTap> tap_;
    int64_t left_, shown_ = 0;
    bool is_over_ = false;
};

struct LineChoice {
    std::string topology, node;  // empty: of any
    bool fits(const LoggedLine& line) const {
        return (topology.empty() || line.topology == topology) && (node.empty() || line.node == node);
    }
};

Json line_json(const LoggedLine& line) {
    Json out = {{"time", format_timestamp(line.time)}, {"level", log_level_text(line.level)}};
    if (!line.topology.empty()) out["topology"] = line.topology;
    if (!line.node.empty()) out["node"] = line.node;
    out["text"] = line.text;
    return out;
}

// The last so many that fit.
std::vector<LoggedLine> last_lines(const LineChoice& choice, int64_t most) {
    std::vector<LoggedLine> out = LogRing::of_process().behind(0);
    std::erase_if(out, [&](const LoggedLine& line) { return !choice.fits(line); });
    if (static_cast<int64_t>(out.size()) > most) out.erase(out.begin(), out.end() - most);
    return out;
}

class LogEvents : public EventStream {
public:
    LogEvents(LineChoice choice, std::vector<LoggedLine> first, uint64_t since) : choice_(std::move(choice)), first_(std::move(first)), since_(since) {}

    std::optional<std::string> next(std::chrono::milliseconds patience) override {
        std::vector<LoggedLine> lines = std::exchange(first_, {});
        if (lines.empty()) {
            LogRing::of_process().wait(since_, patience);
            lines = LogRing::of_process().behind(since_);
        }
        std::string out;
        for (const LoggedLine& line : lines) {
            since_ = std::max(since_, line.number);
            if (choice_.fits(line)) out += event_text("line", line_json(line).dump(-1, ' ', false, Json::error_handler_t::replace));
        }
        return out;
    }

private:
    const LineChoice choice_;
    std::vector<LoggedLine> first_;
    uint64_t since_;
};

}  // namespace

Answer answer_tap(Session&, const Session::Running& one, const HttpRequest& request) {
    if (const std::string why = unknown_parameter(request, {"node", "port", "where", "n"}); !why.empty()) return problem(kBadRequest, why);
    const std::string_view n = request.parameter("n");
    const auto most = n.empty() ? std::optional(INT64_MAX) : count_of(n);
    if (!most) return problem(kBadRequest, fmt::format("`n` is a number of rows, at least 1, and cannot be `{}`", n), "n");
    const TapPoint point{std::string(request.parameter("node")), std::string(request.parameter("port"))};
    if (point.node.empty()) return problem(kBadRequest, "`node` says whose rows are wanted", "node");
    auto tap = one.run->look(point, std::string(request.parameter("where")));
    if (!tap) {
        const Status& status = tap.status();
        return problem(status.code() == WEIR_E_RETRYABLE ? kUnavailable : kBadRequest, status.message(), status.path());
    }
    Answer out;
    out.events = std::make_shared<TapEvents>(std::move(*tap), *most);
    return out;
}

Answer answer_logs(const HttpRequest& request) {
    if (const std::string why = unknown_parameter(request, {"topology", "node", "last", "follow"}); !why.empty()) return problem(kBadRequest, why);
    const std::string_view given = request.parameter("last"), follow = request.parameter("follow");
    const auto last = given.empty() ? std::optional(kDefaultLines) : count_of(given);
    if (!last) return problem(kBadRequest, fmt::format("`last` is a number of lines, at least 1, and cannot be `{}`", given), "last");
    if (!follow.empty() && follow != "true" && follow != "false") return problem(kBadRequest, fmt::format("`follow` is true or false, and cannot be `{}`", follow), "follow");
    const LineChoice choice{std::string(request.parameter("topology")), std::string(request.parameter("node"))};
    const auto all = LogRing::of_process().behind(0);
    const uint64_t since = all.empty() ? 0 : all.back().number;
    const auto lines = last_lines(choice, *last);
    if (follow == "true") {
        Answer out;
        out.events = std::make_shared<LogEvents>(choice, lines, since);
        return out;
    }
    Json out = Json::array();
    for (const LoggedLine& line : lines) out.push_back(line_json(line));
    return answer(out);
}

}  // namespace weir::host
