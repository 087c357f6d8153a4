// Rows that were added up on another worker give what the rows give (weir/ext/combine.h).
#include <algorithm>
#include <random>

#include <weir/ext/combine.h>

#include "window_fixture.hpp"

namespace weir::testing {
namespace {

const weir_combiner *&offered() {
    static const weir_combiner *combiner = nullptr;
    return combiner;
}

// A batch as the engine has it behind an exchange: with hashes.
class Batch {
public:
    Batch(const Schema &schema, const Json &rows) : array_(make_rows(schema, rows)) {
        for (const Json &row : rows) hashes_.push_back((std::hash<std::string>()(row[0].dump()) | 1) * 0x9E3779B97F4A7C15);
        view_.size = sizeof view_;
        view_.rows = array_.length;
        view_.split = WEIR_NO_SPLIT;
        view_.bytes = 1 << 20;  // so that any sum pays
        view_.array = &array_;
        view_.hashes = hashes_.data();
    }
    Batch(const Batch &) = delete;
    ~Batch() { array_.release(&array_); }
    weir_batch &view() { return view_; }

private:
    ArrowArray array_;
    std::vector<uint64_t> hashes_;
    weir_batch view_{};
};

class WindowCombiner : public WindowTest {
protected:
    struct Side {
        std::unique_ptr<Harness> harness;
        const weir_combiner *combiner;
    };

    void SetUp() override {
        static const weir_combine_api api = {sizeof api, 0, [](weir_context *, const weir_combiner *combiner) { offered() = combiner; }};
        TestHost::get().add_extension(WEIR_EXT_COMBINE, &api);
    }
    Side side(const std::string &config) {
        offered() = nullptr;
        make(config);
        return {std::move(h_), offered()};
    }
    static Status process(Side &to, const Json &rows) {
        Batch batch(input(), rows);
        weir_error error{};
        error.size = sizeof error;
        Status status = Status::from_abi(to.harness->api().process(to.harness->self(), &batch.view(), 0, &error), error);
        return status.is_more() ? to.harness->resume() : status;
    }
    // How many rows crossed as a sum.
    static size_t cross(Side &from, Side &to, const Json &rows) {
        Batch batch(input(), rows);
        std::vector<uint8_t> taken(rows.size(), 0);
        std::string sums;
        const weir_bytes_out out{sizeof out, 0, &sums, [](const weir_bytes_out *o, weir_str bytes) { *static_cast<std::string *>(o->data) = view(bytes); }};
        weir_error error{};
        error.size = sizeof error;
        EXPECT_EQ(from.combiner->combine(from.harness->self(), &batch.view(), taken.data(), &out, &error), WEIR_OK) << error.message;
        Json left = Json::array(), added = Json::array();
        for (size_t i = 0; i < rows.size(); ++i) (taken[i] ? added : left).push_back(rows[i]);
        if (!left.empty()) EXPECT_TRUE(process(to, left).done());
        if (added.empty()) return 0;
        const int32_t code = to.combiner->take(to.harness->self(), to_abi(sums), &error);
        if (code == WEIR_OK) return added.size();
        EXPECT_EQ(code, WEIR_E_UNSUPPORTED);
        EXPECT_TRUE(process(to, added).done());
        return 0;
    }
    static std::vector<std::string> all_out(Side &of) {
        std::vector<std::string> lines;
        for (uint32_t port : {0u, 1u})
            for (const std::string &line : of.harness->take(port)) lines.push_back(std::to_string(port) + line);
        for (const FailedRow &row : of.harness->take_failed()) lines.push_back("failed " + row.code + row.payload);
        std::sort(lines.begin(), lines.end());
        return lines;
    }
};

TEST_F(WindowCombiner, GivesWhatTheRowsGive) {
    const std::string aggregates =
        R"~(,"columns":{"n":"count()","sum":"sum(v)","least":"min(v)","most":"max(v)","kinds":"count(DISTINCT v)","mean":"avg(v)"})~";
    const std::string configs[] = {
        R"~("tumbling":10000000)~" + aggregates,
        R"~("tumbling":10000000,"allowed_lateness":5000000)~" + aggregates,
        R"~("tumbling":10000000,"allowed_lateness":8000000,"late":{"every":3000000},"output":"discard")~" + aggregates,
        R"~("tumbling":10000000,"early":{"every":2000000},"output":"changelog")~" + aggregates,
        R"~("sliding":{"size":10000000,"every":3000000},"allowed_lateness":4000000)~" + aggregates,
        R"~("cumulative":{"size":12000000,"every":3000000})~" + aggregates,
        R"~("calendar":{"every":"day","zone":"Europe/Berlin"})~" + aggregates,
    };
    size_t crossed = 0;
    for (uint64_t seed = 0; seed < 28; ++seed) {
        std::mt19937_64 random(seed);
        const std::string &config = configs[seed % std::size(configs)];
        Side rows = side(config), reader = side(config), owner = side(config);
        ASSERT_NE(owner.combiner, nullptr) << config;
        double time = 0;
        for (int step = 0; step < 30; ++step) {
            Json batch = Json::array();
            for (uint64_t i = random() % 40; i > 0; --i) {
                Json at = WindowTest::at(time + static_cast<double>(random() % 16'000) / 1000 - 6);
                if (random() % 50 == 0) at = nullptr;
                const Json value = random() % 20 == 0 ? Json() : Json(static_cast<int64_t>(random() % 9));
                batch.push_back({random() % 2 ? "hot" : std::to_string(random() % 3), at, value});
            }
            if (batch.empty()) continue;
            ASSERT_TRUE(process(rows, batch).done());
            crossed += cross(reader, owner, batch);
            time += static_cast<double>(random() % 4);
            for (Side *one : {&rows, &owner}) {
                ASSERT_TRUE(one->harness->advance_to(WindowTest::at(time)).done());
                ASSERT_TRUE(one->harness->watermark(WindowTest::at(time - 4)).done());
            }
            if (random() % 2) ASSERT_TRUE(reader.harness->watermark(WindowTest::at(time - 4)).done());  // or behind
            ASSERT_EQ(all_out(owner), all_out(rows)) << "seed " << seed << ", step " << step << ", " << config;
        }
        ASSERT_TRUE(rows.harness->finish().done());
        ASSERT_TRUE(owner.harness->finish().done());
        ASSERT_EQ(all_out(owner), all_out(rows)) << "seed " << seed << ", " << config;
    }
    EXPECT_GT(crossed, 4'000u);
}

TEST_F(WindowCombiner, GoesByTheClockOfWhoHasTheKey) {
    const std::string config = R"~("tumbling":10000000,"time":"processing")~" + kSum;
    Side reader = side(config), owner = side(config);
    ASSERT_TRUE(owner.harness->advance_to(at(25)).done());
    EXPECT_EQ(cross(reader, owner, Json::parse(R"~([["a",null,5],["b",null,6],["a",null,7]])~")), 3u);
    EXPECT_EQ(owner.harness->wake_time(), at(30));
    ASSERT_TRUE(owner.harness->advance_to(at(30)).done());
    h_ = std::move(owner.harness);
    EXPECT_EQ(out(), (Lines{"a 20 30 2 12", "b 20 30 1 6"}));
}

TEST_F(WindowCombiner, KeepsWhatItTookInItsSnapshots) {
    const std::string config = R"~("tumbling":10000000)~" + kSum;
    Side reader = side(config), owner = side(config);
    EXPECT_EQ(cross(reader, owner, Json::parse(R"~([["a",1000000,5],["a",2000000,6]])~")), 2u);
    h_ = std::move(owner.harness);
    config_ = config;
    crash_and_restore(WEIR_SNAPSHOT_CHANGES);
    ASSERT_TRUE(h_->finish().done());
    EXPECT_EQ(out(), (Lines{"a 0 10 2 11"}));
}

TEST_F(WindowCombiner, IsNotOfferedWhereRowsHaveResultsOfTheirOwn) {
    for (const char *kind : {R"~("session":10000000)~", R"~("rows":5)~", R"~("tumbling":10000000,"early":{"rows":3})~",
                             R"~("tumbling":10000000,"early":{"when":"v > 3"})~", R"~("tumbling":10000000,"keep":{"rows":3})~",
                             R"~("sliding":{"size":10000000,"every":3000000},"early":{"every":1000000})~"})
        EXPECT_EQ(side(kind + kSum).combiner, nullptr) << kind;
}

TEST_F(WindowCombiner, LeavesSumsThatAreAsMuchAsTheRows) {
    Side reader = side(R"~("tumbling":10000000,"columns":{"all":"array_agg(v)"})~");
    Batch batch(input(), Json::parse(R"~([["a",1000000,5],["a",2000000,6]])~"));
    batch.view().bytes = 64;
    std::vector<uint8_t> taken(2, 0);
    std::string sums;
    const weir_bytes_out out{sizeof out, 0, &sums, [](const weir_bytes_out *o, weir_str bytes) { *static_cast<std::string *>(o->data) = view(bytes); }};
    weir_error error{};
    error.size = sizeof error;
    EXPECT_EQ(reader.combiner->combine(reader.harness->self(), &batch.view(), taken.data(), &out, &error), WEIR_OK);
    EXPECT_EQ(taken, std::vector<uint8_t>(2, 0));
    EXPECT_EQ(sums, "");
}

}  // namespace
}  // namespace weir::testing
