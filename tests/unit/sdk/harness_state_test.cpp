// Operators with state that the host holds, driven by the harness alone: what a plugin's author tests with.
#include <gmock/gmock.h>

#include <weir/state_collections.hpp>
#include <weir/testing/harness.hpp>
#include <weir/weir.hpp>

namespace weir::testing {
namespace {

using ::testing::ElementsAre;

// Counts by key, forgets a key 100 us after its last row; says the count and the last two n when a timer fires 10 us
// of event time behind a row; refuses what a rule names.
struct Visitor : weir::Instance {
    explicit Visitor(Context context)
        : Instance(context),
          counts_(context, "counts", {1, {std::chrono::microseconds(100), WEIR_CLOCK_PROCESSING, false}}),
          last_(context, "last"),
          names_(context, "names"),
          banned_(context, "banned"),
          timers_(context) {}
    static Result<std::unique_ptr<weir::Instance>> create(Context context, const Config &) {
        return std::unique_ptr<weir::Instance>(new Visitor(context));
    }
    static Schema schema() { return schema_of({{"user", "string"}, {"text", "string"}}); }
    Status bind(const Binding &binding) override {
        binding.set_output(0, schema());
        return {};
    }
    Status process(const BatchView &in, uint32_t input) override {
        if (input == 1) return take_rules(in);
        auto counts = counts_.update(in);
        auto last = last_.update(in);
        auto names = names_.update(in);
        for (int64_t row = 0; row < in.rows(); ++row) {
            if (banned_.contains(std::string(in.column(0).text(row)))) continue;
            const auto t = in.column(1).value<int64_t>(row);
            ++counts[row];
            last.add(row, t);
            names.put(row, t % 2 ? "odd" : "even", t);
            timers_.set(WEIR_CLOCK_EVENT, in, row, t + 10);
        }
        return {};
    }
    Status take_rules(const BatchView &in) {
        for (int64_t row = 0; row < in.rows(); ++row) {
            const std::string user(in.column(0).text(row));
            if (in.column(1).bool_value(row))
                banned_.put(user, 1);
            else
                banned_.remove(user);
        }
        return {};
    }
    Status on_timers(uint32_t, const BatchView &keys, const int64_t *times) override {
        auto counts = counts_.read(keys);
        auto last = last_.update(keys);
        auto names = names_.update(keys);
        BatchBuilder out(schema());
        for (int64_t row = 0; row < keys.rows(); ++row) {
            std::string text = std::to_string(times[row]) + ":" + (counts.has(row) ? std::to_string(counts[row]) : "gone");
            for (int64_t t : last.get(row)) text += " " + std::to_string(t);
            for (const auto &[name, t] : names.entries(row)) text += " " + name + "=" + std::to_string(t);
            last.remove_first(row, 1);
            out.column(0).append_text(keys.column(0).text(row));
            out.column(1).append_text(text);
        }
        ArrowArray rows;
        out.finish(&rows);
        return context_.emit(0, rows) ? Status() : Status::more();
    }

    ValueState<int64_t> counts_;
    ListState<int64_t> last_;
    MapState<std::string, int64_t> names_;
    BroadcastState<std::string, int64_t> banned_;
    weir::Timers timers_;
};

constexpr weir_port kInputs[] = {port("visits", "Rows."), port("rules", "Who is out.", WEIR_PORT_BROADCAST)};
constexpr auto kVisitor = operator_spec<Visitor>("visitor", "Counts visits.").inputs(kInputs).with(WEIR_OP_KEYED);
const weir_operator *const kOperators[] = {&kVisitor};
const weir_module kModule = {sizeof(weir_module), WEIR_ABI_MAJOR, WEIR_ABI_MINOR, 1,       "visits",
                             "1.0.0",             kOperators,     nullptr,        nullptr, nullptr};

struct HarnessState : ::testing::Test {
    std::unique_ptr<Harness> start(std::shared_ptr<KeptState> state = std::make_shared<KeptState>()) {
        HarnessOptions options;
        options.key = {"user"};
        options.state = std::move(state);
        auto made = std::make_unique<Harness>(
            plugin, "visitor", "{}",
            std::vector{schema_of({{"user", "string"}, {"t", "int64"}}), schema_of({{"user", "string"}, {"out", "bool"}})}, options);
        EXPECT_EQ(made->start().message(), "");
        return made;
    }
    Plugin plugin{kModule};
};

TEST_F(HarnessState, KeepsValuesListsAndMapsByKeyAndFiresTimers) {
    auto h = start();
    ASSERT_TRUE(h->process(R"([["ann",1],["bob",2],["ann",4]])").ok());
    EXPECT_EQ(h->state().entries("counts"), 2u);
    EXPECT_EQ(h->state().timers(), 3u);
    ASSERT_TRUE(h->watermark(12).ok());
    EXPECT_THAT(h->take(), ElementsAre(R"({"user":"ann","text":"11:2 1 4 even=4 odd=1"})", R"({"user":"bob","text":"12:1 2 even=2"})"));
    ASSERT_TRUE(h->finish().ok());
    EXPECT_THAT(h->take(), ElementsAre(R"({"user":"ann","text":"14:2 4 even=4 odd=1"})"));
}

TEST_F(HarnessState, ForgetsWhatIsTooOldAndGoesOnAfterARestart) {
    auto state = std::make_shared<KeptState>();
    auto before = start(state);
    ASSERT_TRUE(before->process(R"([["ann",1]])").ok());
    before.reset();
    auto after = start(state);
    ASSERT_TRUE(after->advance_to(99).ok());
    ASSERT_TRUE(after->process(R"([["ann",2]])").ok());
    ASSERT_TRUE(after->watermark(11).ok());
    EXPECT_THAT(after->take(), ElementsAre(R"({"user":"ann","text":"11:2 1 2 even=2 odd=1"})"));
    ASSERT_TRUE(after->advance_to(199).ok());
    ASSERT_TRUE(after->watermark(12).ok());
    EXPECT_THAT(after->take(), ElementsAre(R"({"user":"ann","text":"12:gone 2 even=2 odd=1"})"));
}

TEST_F(HarnessState, ChangesBroadcastStateByItsInputAlone) {
    auto h = start();
    ASSERT_TRUE(h->process(R"([["ann",true],["bob",true],["bob",false]])", 1).ok());
    ASSERT_TRUE(h->process(R"([["ann",1],["bob",2]])").ok());
    ASSERT_TRUE(h->finish().ok());
    EXPECT_THAT(h->take(), ElementsAre(R"({"user":"bob","text":"12:1 2 even=2"})"));
}

}  // namespace
}  // namespace weir::testing
