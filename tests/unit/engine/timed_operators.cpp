#include "tests/unit/engine/timed_operators.hpp"

#include <algorithm>
#include <map>
#include <string>

#include <fmt/format.h>

#include <weir/pass.hpp>
#include <weir/testing/rows.hpp>
#include <weir/weir.hpp>

#include "tests/unit/engine/test_operators.hpp"

namespace weir::host::testing {

namespace {

template <class T>
Result<std::unique_ptr<weir::Instance>> make_timed(Context context, const Config&) {
    return std::unique_ptr<weir::Instance>(new T(context));
}

struct Timed : weir::Instance {
    using Instance::Instance;
    static constexpr auto create = make_timed<Timed>;
    static Schema schema() { return weir::testing::schema_of({{"ts", "timestamp?"}, {"n", "int64"}}); }

    Status bind(const Binding& binding) override {
        out_ = {};
        for (const Field& field : schema().fields)
            if (binding.wanted(0, field.name)) out_.fields.push_back(field);
        binding.set_output(0, out_);
        return {};
    }
    Status discover(const weir_bytes_out& out) override {
        for (auto& [id, steps] : world().timed) out.put(&out, to_abi(id));
        return world().endless ? Status() : Status::end();
    }
    Status assign(uint64_t number, std::string_view id, const weir_str& position) override {
        Split& split = splits_[number];
        split.id = id;
        if (position.data) split.at = std::stoull(std::string(view(position)));
        return {};
    }
    Status poll(uint64_t number, uint64_t max_rows, uint64_t) override {
        std::lock_guard lock(world_mutex());
        Split& split = splits_[number];
        const auto& steps = world().timed[split.id];
        const auto most = std::min<uint64_t>(max_rows, static_cast<uint64_t>(world().batch));
        BatchBuilder rows(out_);
        for (; split.at < steps.size() && static_cast<uint64_t>(rows.rows()) < most; ++split.at) {
            if (steps[split.at].silence == 0) {
                add_row(rows, steps[split.at], static_cast<int64_t>(split.at));
            } else if (!is_over(split, steps[split.at].silence)) {
                break;
            }
        }
        const bool is_silent = split.silent_until > 0;
        if (rows.rows() > 0) {
            ArrowArray array;
            rows.finish(&array);
            context_.emit(0, array, number);
        }
        if (split.at < steps.size()) return is_silent ? Status() : Status::more();
        return world().endless ? Status() : Status::end();
    }
    Status position(uint64_t split, const weir_bytes_out& out) override {
        const std::string text = std::to_string(splits_[split].at);
        out.put(&out, to_abi(text));
        return {};
    }

private:
    struct Split {
        std::string id;
        size_t at = 0;
        int64_t silent_until = 0;
    };
    bool is_over(Split& split, int64_t silence) {
        const int64_t now = context_.now();
        if (split.silent_until == 0) split.silent_until = now + silence;
        if (now < split.silent_until) {
            context_.wake_at(split.silent_until);
            return false;
        }
        split.silent_until = 0;
        return true;
    }
    void add_row(BatchBuilder& rows, const World::TimedStep& step, int64_t n) {
        for (size_t c = 0; c < out_.size(); ++c) {
            if (out_.fields[c].name == "n")
                rows.column(c).append(n);
            else if (step.time)
                rows.column(c).append(*step.time);
            else
                rows.column(c).append_null();
        }
        if (out_.fields.empty()) rows.set_rows(rows.rows() + 1);
    }

    Schema out_;
    std::map<uint64_t, Split> splits_;
};

struct Watch : weir::Instance {
    using Instance::Instance;
    static constexpr auto create = make_timed<Watch>;

    Status bind(const Binding& binding) override {
        const auto time = binding.input(0).event_time();
        if (Status s = pass_.bind(binding); !s.ok()) return s;
        for (uint32_t i = 0; i < binding.inputs(); ++i) {
            binding.reads(i, "ts");
            binding.reads(i, "n");
        }
        offset_ = time ? binding.input(0).fields[*time].event_time : std::nullopt;
        return {};
    }
    Status process(const BatchView& in, uint32_t input) override {
        {
            std::lock_guard lock(world_mutex());
            const Schema& schema = input_schema(input);
            const Column times = in.column(*schema.find("ts")), numbers = in.column(*schema.find("n"));
            for (int64_t row = 0; row < in.rows(); ++row) {
                const int64_t time = times.value<int64_t>(row);
                const bool is_late = time + offset_.value_or(0) <= watermark_;
                world().seen.push_back(fmt::format("{} {} {}", is_late ? "late" : "row", time, numbers.value<int64_t>(row)));
            }
        }
        return pass_.emit(context_, in, input) ? Status() : Status::more();
    }
    Status on_watermark(int64_t time) override {
        std::lock_guard lock(world_mutex());
        if (time <= watermark_) return Status::fatal("the watermark goes back");
        watermark_ = time;
        world().watermarks_of[context_.worker()] = time;
        if (context_.worker() == 0) world().seen.push_back(fmt::format("watermark {}", time));
        return {};
    }

private:
    PassThrough pass_;
    std::optional<int64_t> offset_;
    int64_t watermark_ = INT64_MIN;
};

constexpr auto kTimed = source_spec<Timed>("timed", "Test source.").with(WEIR_SOURCE_REPLAYABLE);
constexpr auto kWatch = operator_spec<Watch>("watch", "Writes down rows and watermarks.");
constexpr auto kWatchByKey = operator_spec<Watch>("watch_by_key", "The same, by key.").with(WEIR_OP_KEYED);
constexpr const weir_operator* kTimedOperators[] = {&kTimed, &kWatch, &kWatchByKey};

}  // namespace

std::span<const weir_operator* const> timed_operators() { return kTimedOperators; }

}  // namespace weir::host::testing
