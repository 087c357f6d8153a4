#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/seeds.hpp"
#include "tests/unit/state/workload.hpp"

namespace weir::host {
namespace {

constexpr uint64_t kCrashEpochs = 9;

// What a writer said before it ended.
struct Said {
    uint64_t prepared = 0;
    uint64_t committed = 0;
    bool finished = false;
};

// Runs state_writer. Ends it with SIGKILL as soon as it has said `kill_after` letters; negative: lets it run.
Said run_writer(const std::filesystem::path& dir, uint64_t seed, uint64_t epochs, uint64_t change, const char* how,
                int kill_after) {
    const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "state_writer";
    const std::string arguments[] = {std::to_string(seed), std::to_string(epochs), std::to_string(change)};
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(ends[1], STDOUT_FILENO);
        ::execl(program.c_str(), program.c_str(), dir.c_str(), arguments[0].c_str(), arguments[1].c_str(),
                arguments[2].c_str(), how, nullptr);
        _exit(127);
    }
    ::close(ends[1]);
    Said said;
    char letter = 0;
    int letters = 0;
    while (::read(ends[0], &letter, 1) == 1) {
        ++(letter == 'p' ? said.prepared : said.committed);
        if (++letters == kill_after) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    said.finished = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    const bool as_meant = said.finished || WIFSIGNALED(status) || WEXITSTATUS(status) == 77;
    if (!as_meant) throw std::runtime_error("state_writer ended with " + std::to_string(status));
    return said;
}

// The store holds what was said to be durable, and no more than one step beyond it; then it goes on.
void expect_durable(const std::filesystem::path& dir, uint64_t seed, const Said& said, bool commit) {
    auto store = open_store(dir);
    uint64_t epoch = store->committed();
    EXPECT_GE(epoch, said.committed);
    EXPECT_LE(epoch, said.prepared);
    EXPECT_EQ(contents(*store), model_after(seed, epoch));
    const auto prepared = store->prepared();
    if (said.prepared > epoch) {
        EXPECT_EQ(prepared, said.prepared);
    }
    if (prepared) {
        EXPECT_EQ(*prepared, epoch + 1);
        EXPECT_EQ(*store->record(*prepared), record_of(*prepared));
        EXPECT_TRUE((commit ? store->commit(*prepared) : store->abort(*prepared)).ok());
        if (commit) ++epoch;
    }
    ASSERT_TRUE(prepare(*store, epoch + 1, random_changes(seed, epoch + 1)).ok());
    ASSERT_TRUE(store->commit(epoch + 1).ok());
    ASSERT_TRUE(store->fold().ok());
    EXPECT_EQ(contents(*store), model_after(seed, epoch + 1));
    store.reset();
    EXPECT_EQ(contents(*open_store(dir)), model_after(seed, epoch + 1));
}

TEST(StoreCrash, AtEveryChangeOfAFileLeavesWhatWasDurable) {
    bool finished = false;
    for (uint64_t change = 1; !finished; ++change) {
        SCOPED_TRACE(change);
        TemporaryFolder folder;
        // Every other one begins with a store that has a log, and so with making tables of it.
        Said before;
        if (change % 4 >= 2) before = run_writer(folder / "state", 5, 3, 0, "exit", -1);
        Said said = run_writer(folder / "state", 5, kCrashEpochs, change, change % 2 == 0 ? "exit" : "torn", -1);
        finished = said.finished && change % 4 == 3;
        said.prepared += before.prepared;
        said.committed += before.committed;
        expect_durable(folder / "state", 5, said, change % 3 == 0);
        if (HasFailure()) return;
    }
}

TEST(StoreCrash, KilledAtAnyMomentLeavesWhatWasDurable) {
    std::mt19937_64 random(3);
    for (uint64_t seed = 1; seed <= seeds(10); ++seed) {
        SCOPED_TRACE(seed);
        TemporaryFolder folder;
        const int letters = 1 + static_cast<int>(random() % (2 * kCrashEpochs));
        const Said said = run_writer(folder / "state", seed, kCrashEpochs, 0, "exit", letters);
        expect_durable(folder / "state", seed, said, seed % 2 == 0);
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace weir::host
