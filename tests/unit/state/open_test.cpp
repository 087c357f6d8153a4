#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/state/replacement.hpp"
#include "host/state/store_dir.hpp"
#include "tests/unit/state/workload.hpp"

namespace weir::host {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class OpenStore : public testing::Test {
protected:
    // The message of a store that is refused, which is to be of that kind.
    std::string refusal(const fs::path& of, StoreError kind, StoreOptions options = small_store()) {
        StoreError why = StoreError::kNone;
        auto store = StateStore::open(of, std::move(options), &why);
        EXPECT_FALSE(store.ok());
        EXPECT_EQ(why, kind);
        return store.status().message();
    }
    StoreOptions named(const std::string& topology) {
        StoreOptions options = small_store();
        options.topology = topology;
        return options;
    }
    StoreOptions read_only() {
        StoreOptions options;
        options.read_only = true;
        return options;
    }
    void write_file(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

    TemporaryFolder folder;
    const fs::path dir = folder / "data/state";
};

TEST_F(OpenStore, MakesAnEmptyOneThatOnlyItsUserMayEnter) {
    auto store = open_store(dir);
    EXPECT_EQ(store->committed(), 0u);
    EXPECT_EQ(store->prepared(), std::nullopt);
    EXPECT_EQ(store->topology(), "pairs");
    EXPECT_TRUE(store->nodes().empty());
    struct stat about {};
    ASSERT_EQ(::stat(dir.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777u, 0700u);
}

TEST_F(OpenStore, IsRefusedWhileSomebodyHasItOpen) {
    auto store = open_store(dir);
    const std::string message = dir.native() + ": the state is in use by process " + std::to_string(::getpid()) +
                                "; stop it, or name another folder (--data-dir)";
    EXPECT_EQ(refusal(dir, StoreError::kInUse), message);
    EXPECT_EQ(refusal(dir, StoreError::kInUse, read_only()), message);
    store.reset();
    EXPECT_EQ(open_store(dir)->committed(), 0u);
}

TEST_F(OpenStore, NamesTheProcessThatHasItOpen) {
    open_store(dir);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        StoreDir files;  // not a whole store, which would start threads
        const char ready = files.open(dir, false).ok() ? 'y' : 'n';
        if (::write(ends[1], &ready, 1) != 1) _exit(1);
        ::pause();
        _exit(0);
    }
    char ready = 0;
    ASSERT_EQ(::read(ends[0], &ready, 1), 1);
    ASSERT_EQ(ready, 'y');
    EXPECT_THAT(refusal(dir, StoreError::kInUse), HasSubstr("in use by process " + std::to_string(child)));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ends[0]);
    ::close(ends[1]);
    EXPECT_EQ(open_store(dir)->committed(), 0u);
}

TEST_F(OpenStore, RefusesTheStateOfAnotherTopology) {
    open_store(dir);
    EXPECT_EQ(refusal(dir, StoreError::kForeign, named("orders")),
              dir.native() + ": holds the state of topology `pairs`, not of `orders`; name another folder");
    // The file can be changed, but the database knows too.
    write_file(dir / "identity", "weir state store\nformat 1\ntopology orders\n");
    EXPECT_EQ(refusal(dir, StoreError::kForeign, named("orders")),
              dir.native() +
                  ": the database holds the state of topology `pairs`, not of `orders`; name another folder");
}

TEST_F(OpenStore, RefusesAFolderOfSomethingElse) {
    fs::create_directories(dir);
    write_file(dir / "thesis.txt", "Chapter 1");
    EXPECT_EQ(refusal(dir, StoreError::kForeign),
              dir.native() + ": is no state store, and holds `thesis.txt`; name a new or an empty folder");
    EXPECT_FALSE(fs::exists(dir / "db"));
}

TEST_F(OpenStore, RefusesANewerFormat) {
    open_store(dir);
    write_file(dir / "identity", "weir state store\nformat 2\ntopology pairs\nmore of it\n");
    EXPECT_EQ(refusal(dir, StoreError::kFormat),
              (dir / "identity").native() + ": the state has format 2, this weir knows formats up to 1; use the weir "
                                            "that wrote it, or a newer one");
}

TEST_F(OpenStore, RefusesAnIdentityThatIsNone) {
    open_store(dir);
    write_file(dir / "identity", "");
    EXPECT_THAT(refusal(dir, StoreError::kCorrupt), HasSubstr("does not say whose state this is"));
}

TEST_F(OpenStore, FinishesAStoreThatWasNotFinished) {
    open_store(dir);
    fs::remove(dir / "identity");
    write_file(dir / "identity.new", "weir st");
    EXPECT_EQ(open_store(dir)->topology(), "pairs");
    EXPECT_TRUE(fs::exists(dir / "identity"));
}

TEST_F(OpenStore, RefusesToReadWhatIsNotThere) {
    EXPECT_THAT(refusal(dir, StoreError::kIo, read_only()), HasSubstr("No such file"));
    fs::create_directories(dir);
    EXPECT_EQ(refusal(dir, StoreError::kForeign, read_only()),
              dir.native() + ": is no state store; name a folder that is one");
}

TEST_F(OpenStore, ReadsWithoutWriting) {
    ASSERT_TRUE(write(*open_store(dir), 1, {{keyed("sums", 3), false, {{"a", "1"}}}}).ok());
    auto before = fs::last_write_time(dir / "db");
    auto store = open_store(dir, read_only());
    EXPECT_EQ(contents(*store), (Model{{keyed("sums", 3), {{"a", "1"}}}}));
    EXPECT_EQ(prepare(*store, 2, {}).message(), dir.native() + ": the state is open read-only");
    EXPECT_EQ(store->fold().message(), dir.native() + ": the state is open read-only");
    EXPECT_EQ(fs::last_write_time(dir / "db"), before);
    auto second = open_store(dir, read_only());  // readers share
    EXPECT_EQ(second->committed(), 1u);
}

TEST_F(OpenStore, ReadsAFolderThatCannotBeWrittenAndRefusesToOpenItForWriting) {
    fs::permissions(folder / "", fs::perms(0755));
    ASSERT_TRUE(write(*open_store(dir), 1, {{keyed("sums", 3), false, {{"a", "1"}}}}).ok());
    for (const auto& file : fs::recursive_directory_iterator(dir))
        fs::permissions(file, fs::perms(file.is_directory() ? 0555 : 0444));
    fs::permissions(dir, fs::perms(0555));
    const auto program = fs::read_symlink("/proc/self/exe").parent_path() / "state_writer";
    const pid_t child = ::fork();
    if (child == 0) {
        ::execl(program.c_str(), program.c_str(), dir.c_str(), "without-rights", nullptr);
        _exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0) << WEXITSTATUS(status);
    fs::permissions(dir, fs::perms(0755));
    fs::permissions(dir / "db", fs::perms(0755));
}

class ReplacedStore : public OpenStore {
protected:
    static void commit(const fs::path& of, uint64_t epoch) {
        auto store = open_store(of);
        std::vector<EpochPart> none;
        ASSERT_TRUE(store->prepare(epoch, none, "{}").ok());
        ASSERT_TRUE(store->commit(epoch).ok());
    }
    uint64_t epoch() { return open_store(dir)->committed(); }
    std::unique_ptr<StateReplacement> begin() {
        auto begun = StateReplacement::begin(dir, named("pairs"));
        EXPECT_TRUE(begun.ok()) << begun.status().message();
        return begun ? std::move(*begun) : nullptr;
    }

    const fs::path aside = folder / "data/.replaced-state";
};

TEST_F(ReplacedStore, ComesBackUnlessTheNewOneIsKept) {
    commit(dir, 7);
    auto replacement = begin();
    EXPECT_EQ(epoch(), 0u);
    EXPECT_EQ(StateReplacement::standing(dir), aside);
    replacement.reset();
    EXPECT_EQ(StateReplacement::standing(dir), dir);
    EXPECT_EQ(epoch(), 7u);
    replacement = begin();
    commit(dir, 3);
    EXPECT_TRUE(replacement->keep().ok());
    replacement.reset();
    EXPECT_EQ(epoch(), 3u);
    EXPECT_FALSE(fs::exists(aside));
    EXPECT_FALSE(fs::exists(folder / "data/.removed-state"));
}

TEST_F(ReplacedStore, ComesBackAtTheNextStartWhereTheOneBeforeWasKilled) {
    commit(dir, 7);
    fs::rename(dir, aside);
    ASSERT_TRUE(StateReplacement::settle(dir).ok()) << "killed before there was a new one";
    EXPECT_EQ(epoch(), 7u);
    fs::rename(dir, aside);
    commit(dir, 1);
    ASSERT_TRUE(StateReplacement::settle(dir).ok());
    EXPECT_EQ(epoch(), 7u);
    EXPECT_FALSE(fs::exists(aside));
    ASSERT_TRUE(StateReplacement::settle(dir).ok()) << "nothing is aside";
    EXPECT_EQ(epoch(), 7u);
}

TEST_F(ReplacedStore, ComesBackAsNoneWhereThereWasNone) {
    auto replacement = begin();
    commit(dir, 1);
    replacement.reset();
    EXPECT_FALSE(fs::exists(dir));
    EXPECT_FALSE(fs::exists(aside));
    fs::create_directories(aside);  // what a process leaves that is killed here
    commit(dir, 1);
    ASSERT_TRUE(StateReplacement::settle(dir).ok());
    EXPECT_FALSE(fs::exists(dir));
}

// Its rename is done, and cannot be made durable: no file can be opened any more.
TEST_F(ReplacedStore, ComesBackWhereItIsNotKnownToBeGone) {
    commit(dir, 7);
    auto replacement = begin();
    commit(dir, 3);
    rlimit files{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
    const rlimit none{0, files.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    const Status kept = replacement->keep();
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
    EXPECT_THAT(kept.message(), HasSubstr("cannot become"));
    EXPECT_EQ(StateReplacement::standing(dir), aside);
    replacement.reset();
    EXPECT_EQ(epoch(), 7u);
}

TEST_F(ReplacedStore, SaysAsOfWhichEpochItTookAnothersPlace) {
    EXPECT_EQ(restored_at(dir), std::nullopt);
    commit(dir, 7);
    EXPECT_EQ(restored_at(dir), std::nullopt);
    ASSERT_TRUE(mark_restored(dir, 7).ok());
    EXPECT_EQ(restored_at(dir), 7u);
    EXPECT_EQ(epoch(), 7u) << "the store does not mind";
    for (const char* text : {"", "epoch", "epoch \n", "epoch 7", "epoch -7\n", "epoch 7x\n"}) {
        std::ofstream(dir / kRestoredFile) << text;
        EXPECT_EQ(restored_at(dir), std::nullopt) << text;
    }
    EXPECT_THAT(mark_restored(dir / "nowhere", 7).message(), HasSubstr("cannot be written"));
}

TEST_F(ReplacedStore, IsNobodyElsesMeanwhile) {
    commit(dir, 7);
    const auto replacement = begin();
    EXPECT_THAT(StateReplacement::settle(dir).message(), HasSubstr("in use by process " + std::to_string(::getpid())));
    EXPECT_TRUE(fs::exists(aside / "db"));
}

TEST_F(ReplacedStore, IsRemovedWhereAnEarlierProcessDidNotComeToIt) {
    commit(folder / "data/.removed-state", 5);
    begin().reset();
    EXPECT_FALSE(fs::exists(folder / "data/.removed-state"));
}

}  // namespace
}  // namespace weir::host
