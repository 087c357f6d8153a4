#include "host/test/case_run.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "host/engine/run.hpp"

namespace weir::host::test {
namespace {

constexpr uint64_t kMaxTurns = 2'000'000;  // of actors, in a step

// Goes through the steps, over as many runs of the topology as it takes.
class CaseDriver : public SimulationDriver {
public:
    CaseDriver(const FileCase& of, const Script& script, World& world, CaseOutcome& outcome)
        : case_(of), script_(script), world_(world), outcome_(outcome), until_(of.start) {}

    void begin_run(TopologyRun& run) {
        // Behind a crash what is read again is a step of its own.
        phase_ = run_ == nullptr ? Phase::kIdle : Phase::kWorking;
        run_ = &run;
        turns_ = 0;
        wants_crash_ = false;
    }
    bool wants_crash() const { return wants_crash_; }
    bool has_ended() const { return next_ == script_.steps.size(); }
    bool is_endless() const { return turns_ > kMaxTurns; }
    // The run has ended by itself, behind the end of its input: what is left is to be expected.
    void finish() {
        world_.commit();
        while (next_ < script_.steps.size()) expect(script_.steps[next_++]);
    }
    const Place& place() const { return next_ > 0 ? script_.steps[next_ - 1].written->place : case_.place; }
    void check_rest();

    bool on_turn() override { return ++turns_ <= kMaxTurns; }
    std::optional<int64_t> on_rest(int64_t now, std::optional<int64_t> next) override {
        turns_ = 0;
        if (now < until_) return std::min(next.value_or(until_), until_);
        until_ = now;
        if (phase_ == Phase::kWorking) {
            phase_ = Phase::kCommitting;
            run_->request_epoch();
            return now;
        }
        if (phase_ == Phase::kCommitting) world_.commit();
        return begin_step(now);
    }

private:
    enum class Phase { kIdle, kWorking, kCommitting };

    std::optional<int64_t> begin_step(int64_t now);
    void send(const ScriptStep& step, int64_t now);
    void expect(const ScriptStep& step);
    void hold(const Expectation& expectation);

    const FileCase& case_;
    const Script& script_;
    World& world_;
    CaseOutcome& outcome_;
    TopologyRun* run_ = nullptr;
    size_t next_ = 0;
    int64_t until_;  // what the clock is to show before anything else happens
    Phase phase_ = Phase::kIdle;
    bool wants_crash_ = false;
    uint64_t turns_ = 0;
    std::map<std::string, size_t> taken_;         // by output: rows that were held against an expectation
    std::map<std::string, Place> last_expected_;  // by output
};

std::optional<int64_t> CaseDriver::begin_step(int64_t now) {
    while (next_ < script_.steps.size()) {
        const ScriptStep& step = script_.steps[next_++];
        phase_ = step.keep_open ? Phase::kIdle : Phase::kWorking;
        switch (step.written->kind) {
            case StepKind::kExpect: expect(step); continue;
            case StepKind::kAdvance: until_ = now + step.written->time; return now;
            case StepKind::kSend: send(step, now); return now;
            case StepKind::kWatermark:
                for (const auto& [source, time] : step.watermarks) {
                    Message message;
                    message.watermark = time;
                    for (const auto& [number, partition] : world_.partitions(source))
                        world_.send(source, number, message);
                }
                return now;
            case StepKind::kCrash:
                wants_crash_ = true;
                world_.crash();
                return std::nullopt;
            case StepKind::kEndOfInput: run_->request_stop(StopMode::kDrain); return now;
        }
    }
    return std::nullopt;
}

void CaseDriver::send(const ScriptStep& step, int64_t now) {
    for (const Sending& sending : step.sendings) {
        Message message = sending.message;
        if (!message.timestamp) message.timestamp = now;
        world_.send(sending.source, sending.partition, std::move(message));
    }
}

void CaseDriver::expect(const ScriptStep& step) {
    for (const Expectation& expectation : step.expectations) hold(expectation);
}

std::string rows_text(size_t n) { return n == 1 ? "1 row" : fmt::format("{} rows", n); }

std::string summary_of(const Expectation& expectation, const Comparison& comparison) {
    const auto& came_as = comparison.came_as;
    const auto missing = static_cast<size_t>(std::count(came_as.begin(), came_as.end(), std::nullopt));
    if (comparison.is_other_order)
        return fmt::format("`{}`: {} as expected, but in another order", expectation.output,
                           rows_text(expectation.rows.size()));
    std::string out;
    const auto add = [&out](size_t n, const char* what) {
        if (n > 0) out += (out.empty() ? rows_text(n) : ", " + std::to_string(n)) + " " + what;
    };
    add(missing, "missing");
    add(comparison.unexpected.size(), "unexpected");
    add(expectation.rows.size() - missing, "as expected");
    return fmt::format("`{}`: {}", expectation.output, out);
}

void CaseDriver::hold(const Expectation& expectation) {
    const Output& output = world_.output(expectation.output);
    size_t& taken = taken_[expectation.output];
    last_expected_[expectation.output] = expectation.place;
    const std::vector<Row> rows(output.rows.begin() + static_cast<std::ptrdiff_t>(taken), output.rows.end());
    Held held{&expectation, rows, output.schemas, compare(expectation, rows)};
    taken = output.rows.size();
    if (!held.comparison.is_good)
        outcome_.failures.push_back({expectation.place, summary_of(expectation, held.comparison),
                                     difference_text(expectation, held.comparison, held.rows, held.schemas)});
    outcome_.held.push_back(std::move(held));
}

// Rows behind the last look at an output, and dead letters that nobody looked at.
void CaseDriver::check_rest() {
    last_expected_.try_emplace(kDeadLetters, case_.place);
    for (const auto& [name, place] : last_expected_) {
        const Output& output = world_.output(name);
        const size_t taken = taken_[name];
        if (output.rows.size() == taken) continue;
        Expectation nothing;
        nothing.output = name;
        const std::vector<Row> rows(output.rows.begin() + static_cast<std::ptrdiff_t>(taken), output.rows.end());
        outcome_.failures.push_back({place,
                                     fmt::format("`{}`: {} more that no step expects", name, rows_text(rows.size())),
                                     difference_text(nothing, compare(nothing, rows), rows, output.schemas)});
    }
}

class CaseRunner {
public:
    CaseRunner(const FileCase& of, const Script& script, TestedTopology& tested, World& world, const RunOrder& order,
               const std::filesystem::path& state)
        : tested_(tested), order_(order), driver_(of, script, world, outcome_) {
        options_.simulate = order.seed;
        options_.simulated_start = of.start;
        options_.driver = &driver_;
        if (script.has_crash) options_.epochs.dir = state;
        world.begin(order.seed, order.most_rows, tested.topology().exactly_once);
        for (const NodeSpec& node : tested.topology().nodes)
            if (node.op->is_a(OperatorKind::kSource)) world.partition(node.id, 0);
        for (const auto& [source, partitions] : script.partitions)
            for (int32_t number : partitions) world.partition(source, number);
    }

    CaseOutcome run() {
        while (run_once()) {
        }
        if (!outcome_.has_stopped) driver_.check_rest();
        return std::move(outcome_);
    }

private:
    // True: and once more, behind a crash.
    bool run_once() {
        Diagnostics diagnostics;
        auto plan = tested_.plan(order_.workers, false, diagnostics);
        if (!plan) return stop(diagnostics.text(false));
        TopologyRun run(std::move(plan), options_);
        driver_.begin_run(run);
        const std::atomic<bool> never{false};
        if (const Status status = run.connect(never); !status.ok()) return stop(status.message());
        run.start();
        run.join();
        options_.simulated_start = run.now();
        if (driver_.wants_crash()) return true;
        if (driver_.is_endless())
            return stop("nothing comes to rest: does a source under `real:` give rows without a pause? `rate` or "
                        "`count` bound it");
        if (run.failure() && !driver_.has_ended()) return stop(run.failure()->text());
        if (run.failure() && run.failure()->status.code() != WEIR_E_RETRYABLE) return stop(run.failure()->text());
        driver_.finish();
        return false;
    }

    bool stop(const std::string& why) {
        outcome_.has_stopped = true;
        outcome_.failures.push_back({driver_.place(), "the topology stopped: " + why, ""});
        return false;
    }

    TestedTopology& tested_;
    const RunOrder order_;
    CaseOutcome outcome_;
    CaseDriver driver_;
    RunOptions options_;
};

}  // namespace

CaseOutcome run_case(const FileCase& of, const Script& script, TestedTopology& tested, World& world,
                     const RunOrder& order, const std::filesystem::path& state) {
    CaseOutcome outcome = CaseRunner(of, script, tested, world, order, state).run();
    std::error_code ignored;  // a folder of this process, under the system's folder for such
    if (script.has_crash) std::filesystem::remove_all(state, ignored);
    return outcome;
}

}  // namespace weir::host::test
