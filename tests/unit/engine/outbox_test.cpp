// Sinks that hand their rows over at the barrier: each row is visible once, whatever happens in between.
#include <filesystem>
#include <map>
#include <random>

#include <fmt/format.h>

#include "tests/unit/engine/engine_fixture.hpp"

namespace weir::host::testing {
namespace {

class OutboxTest : public EngineFixture {
protected:
    void SetUp() override {
        EngineFixture::SetUp();
        std::string name = (std::filesystem::temp_directory_path() / "weir-outbox-XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        dir_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(dir_); }

    RunOptions options(uint64_t seed) const {
        RunOptions made;
        made.simulate = seed;
        made.epochs.dir = dir_ / "t";
        return made;
    }
    static std::string text(int workers) {
        return fmt::format("name: t\nworkers: {}\ndelivery: exactly_once\ncheckpoint: 60us\nnodes:\n"
                           "  numbers_in: {{ numbers: {{}} }}\n"
                           "  counted: {{ from: numbers_in, key: n, tally: {{}} }}\n"
                           "  out: {{ from: counted, boxes: {{}} }}\n",
                           workers);
    }
    static void fill(std::mt19937_64& random) {
        reset_world();
        world().splits.clear();
        for (int s = 0; s < 3; ++s)
            for (uint64_t i = random() % 40; i > 0; --i)
                world().splits[fmt::format("s{}", s)].push_back(static_cast<int64_t>(random() % 6));
        world().box_pending_every = static_cast<int>(random() % 3) * 2;
        world().box_limit = random() % 3 ? SIZE_MAX : 1 + random() % 4;
    }
    static void fill_with_refused(std::mt19937_64& random) {
        fill(random);
        world().box_refused = "\"n\":5,";
        world().box_prepare_pending = static_cast<int>(random() % 20);
        world().box_prepare_pending_of = random() % 2 ? "letters" : "out";
        world().box_slow = 1 + random() % 40;
    }
    // What reads the refused rows: a sink, or one behind an operator.
    static std::string letters(uint64_t seed) {
        if (seed % 2) return "  letters: { from: out.errors, boxes: {} }\n";
        return "  guarded: { from: out.errors, guard: {} }\n  letters: { from: guarded, boxes: {} }\n";
    }
    // A dead letter's message is the row that was refused.
    static void count_letters_as_rows() {
        for (std::string& row : world().sunk)
            if (const size_t at = row.find("\"message\":"); at != row.npos) {
                std::string plain = row.substr(at + 11, row.find("}\"", at) - at - 10);
                std::erase(plain, '\\');
                row = plain;
            }
    }
    // Ends a simulation as SIGKILL would, so many commits after it began.
    struct KillBehind : SimulationDriver {
        explicit KillBehind(int n) : commits(n) {}
        std::optional<int64_t> on_rest(int64_t now, std::optional<int64_t> next) override { return next.value_or(now + 1); }
        bool on_turn() override { return commits > 0; }
        int commits;
    };
    // Each number with the counts 1, 2, ..., each once.
    static void expect_each_once(const std::string& where) {
        std::multiset<std::string> expected;
        std::map<int64_t, int64_t> counts;
        for (const auto& [id, values] : world().splits)
            for (int64_t n : values) expected.insert(fmt::format("{{\"n\":{},\"count\":{}}}", n, ++counts[n]));
        EXPECT_EQ(std::multiset<std::string>(world().sunk.begin(), world().sunk.end()), expected) << where;
    }

    std::filesystem::path dir_;
};

TEST_F(OutboxTest, ShowsEveryRowOnce) {
    for (uint64_t seed = 0; seed < seeds(30); ++seed) {
        std::mt19937_64 random(seed);
        fill(random);
        std::filesystem::remove_all(dir_ / "t");
        ASSERT_EQ(run(text(1 + static_cast<int>(seed % 3)), options(seed)), "") << "seed " << seed;
        expect_each_once(fmt::format("seed {}", seed));
        if (HasFailure()) return;
    }
}

// The server goes away at any time, and with it the run; the next one, of another number of workers, goes on.
TEST_F(OutboxTest, SendsWhatIsLeftAfterARestart) {
    for (uint64_t seed = 0; seed < seeds(30); ++seed) {
        std::mt19937_64 random(seed);
        fill(random);
        std::filesystem::remove_all(dir_ / "t");
        std::string outcome = "?";
        for (int runs = 0; !outcome.empty() && runs < 20; ++runs) {
            world().boxes_until_failure = runs < 10 ? static_cast<int>(random() % 6) : -1;
            outcome = run(text(1 + static_cast<int>(random() % 3)), options(seed + static_cast<uint64_t>(runs)));
            if (!outcome.empty()) {
                ASSERT_THAT(outcome, ::testing::HasSubstr("the server is gone")) << "seed " << seed;
            }
        }
        ASSERT_EQ(outcome, "") << "seed " << seed;
        expect_each_once(fmt::format("seed {}", seed));
        // Nothing is left to send.
        const int sent = world().boxes_sent;
        ASSERT_EQ(run(text(2), options(seed)), "");
        EXPECT_EQ(world().boxes_sent, sent) << "seed " << seed;
        expect_each_once("afterwards");
        if (HasFailure()) return;
    }
}

// Rows that the server refuses are dead letters of the epoch in which they are given up, also where sinks are slower.
TEST_F(OutboxTest, TellsRefusedRowsOnce) {
    for (uint64_t seed = 0; seed < seeds(20); ++seed) {
        std::mt19937_64 random(seed);
        fill_with_refused(random);
        std::filesystem::remove_all(dir_ / "t");
        std::string outcome = "?";
        for (int runs = 0; !outcome.empty() && runs < 20; ++runs) {
            world().boxes_until_failure = runs < 10 ? static_cast<int>(random() % 8) : -1;
            outcome = run(text(1 + static_cast<int>(random() % 3)) + letters(seed), options(seed + static_cast<uint64_t>(runs)));
            if (!outcome.empty()) {
                ASSERT_THAT(outcome, ::testing::HasSubstr("the server is gone")) << "seed " << seed;
            }
        }
        ASSERT_EQ(outcome, "") << "seed " << seed;
        count_letters_as_rows();
        expect_each_once(fmt::format("seed {}", seed));
        if (HasFailure()) return;
    }
}

// Behind each commit in turn: what the one has deleted is not left to the next one to store.
TEST_F(OutboxTest, TellsRefusedRowsOnceWhereItIsKilledBetweenTwoCommits) {
    for (uint64_t seed = 0; seed < seeds(20); ++seed) {
        std::mt19937_64 random(seed);
        fill_with_refused(random);
        const World input = world();
        const auto workers = static_cast<int>(1 + random() % 3);
        bool killed = true;
        for (int commits = 1; killed; ++commits) {
            world() = input;
            std::filesystem::remove_all(dir_ / "t");
            KillBehind killer{commits};
            RunOptions killing = options(seed);
            killing.driver = &killer;
            killing.on_committed = [&killer] { --killer.commits; };
            const std::string outcome = run(text(workers) + letters(seed), killing);
            killed = outcome == "ended by who drove it";
            if (!killed) {
                ASSERT_EQ(outcome, "") << "seed " << seed;
            }
            ASSERT_EQ(run(text(workers) + letters(seed), options(seed)), "") << "seed " << seed;
            count_letters_as_rows();
            expect_each_once(fmt::format("seed {}, killed behind commit {}", seed, commits));
            if (HasFailure()) return;
        }
    }
}

TEST_F(OutboxTest, IsRefusedWithoutExactlyOnce) {
    world().splits = {{"a", {1, 2}}};
    EXPECT_THAT(run("name: t\nnodes:\n  a: { numbers: {} }\n  out: { from: a, boxes: {} }\n"),
                ::testing::HasSubstr("handed over committables, which need an outbox and delivery: exactly_once"));
}

}  // namespace
}  // namespace weir::host::testing
