#include <fstream>
#include <iterator>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/state/fault_env.hpp"
#include "tests/unit/state/workload.hpp"

namespace weir::host {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr uint64_t kSeed = 11;
constexpr uint64_t kEpochs = 20;

// Twenty epochs committed and one prepared; the older ones in tables, since opening a store empties its log.
void fill(const fs::path& dir) {
    auto store = open_store(dir, small_store(false));
    for (uint64_t epoch = 1; epoch <= kEpochs; ++epoch) {
        if (epoch == kEpochs - 4) {
            store.reset();
            store = open_store(dir, small_store(false));
        }
        ASSERT_TRUE(prepare(*store, epoch, random_changes(kSeed, epoch)).ok());
        ASSERT_TRUE(store->commit(epoch).ok());
    }
    ASSERT_TRUE(prepare(*store, kEpochs + 1, random_changes(kSeed, kEpochs + 1)).ok());
}

// The store is refused, or a read is, or it holds exactly what it held. True if it was refused.
bool refused_or_right(const fs::path& dir, const Model& model, const Model& next) {
    StoreError why = StoreError::kNone;
    auto store = StateStore::open(dir, small_store(false), &why);
    if (!store) {
        EXPECT_NE(why, StoreError::kNone);
        EXPECT_THAT(store.status().message(), HasSubstr(dir.native()));
        return true;
    }
    EXPECT_EQ((*store)->committed(), kEpochs);
    EXPECT_EQ((*store)->prepared(), kEpochs + 1);
    const auto record = (*store)->record(kEpochs + 1);
    if (!record) return true;
    EXPECT_EQ(record.value(), record_of(kEpochs + 1));
    try {
        EXPECT_EQ(contents(**store), model);
        if (!(*store)->commit(kEpochs + 1).ok()) return true;
        EXPECT_EQ(contents(**store), next);
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr(dir.native()));
        return true;
    }
    return false;
}

void flip(const fs::path& file, uint64_t at) {
    std::fstream f(file, std::ios::in | std::ios::out | std::ios::binary);
    f.seekg(static_cast<std::streamoff>(at));
    const int byte = f.get();
    f.seekp(static_cast<std::streamoff>(at));
    f.put(static_cast<char>(byte ^ 0x40));
}

class DamagedStore : public testing::Test {
protected:
    void SetUp() override {
        fill(folder / "whole");
        for (const auto& file : fs::recursive_directory_iterator(folder / "whole"))
            if (file.is_regular_file() && file.file_size() > 0)
                files.push_back(fs::relative(file.path(), folder / "whole"));
    }
    fs::path copy() {
        fs::remove_all(folder / "copy");
        fs::copy(folder / "whole", folder / "copy", fs::copy_options::recursive);
        return folder / "copy";
    }
    std::vector<fs::path> named(const std::string& part) const {
        std::vector<fs::path> some;
        for (const auto& file : files)
            if (file.native().find(part) != std::string::npos) some.push_back(file);
        return some;
    }

    TemporaryFolder folder;
    std::vector<fs::path> files;  // in the folder of the store
    const Model model = model_after(kSeed, kEpochs);
    const Model next = model_after(kSeed, kEpochs + 1);
};

TEST_F(DamagedStore, IsRefusedOrRightWithAnyByteFlipped) {
    std::mt19937_64 random(17);
    for (const auto& file : files) {
        for (int i = 0; i < 8; ++i) {
            const fs::path dir = copy();
            const uint64_t size = fs::file_size(dir / file);
            const uint64_t at = i == 0 ? 0 : i == 1 ? size - 1 : random() % size;
            SCOPED_TRACE(file.native() + " at " + std::to_string(at) + " of " + std::to_string(size));
            flip(dir / file, at);
            refused_or_right(dir, model, next);
            if (HasFailure()) return;
        }
    }
}

TEST_F(DamagedStore, IsRefusedWithAByteFlippedInItsTables) {
    ASSERT_FALSE(named(".sst").empty());
    // Not all bytes matter: some are of pages that a later full one hides.
    int refused = 0;
    for (const auto& file : named(".sst")) {
        for (uint64_t part = 1; part <= 5; ++part) {
            const fs::path dir = copy();
            flip(dir / file, fs::file_size(dir / file) * part / 6);
            refused += refused_or_right(dir, model, next);
        }
    }
    EXPECT_GE(refused, 4);
}

TEST_F(DamagedStore, IsRefusedWithAByteFlippedInItsLog) {
    // Wherever it is: in a record or its length, also of the last one, which then looks cut short.
    for (const auto& file : named(".log")) {
        const uint64_t size = fs::file_size(folder / "whole" / file);
        for (uint64_t back = 1; back <= 90 && back < size; ++back) {
            const fs::path dir = copy();
            SCOPED_TRACE(back);
            flip(dir / file, size - back);
            EXPECT_TRUE(refused_or_right(dir, model, next));
            if (HasFailure()) return;
        }
    }
}

TEST_F(DamagedStore, IsRefusedWithoutItsCurrent) {
    const fs::path dir = copy();
    fs::remove(dir / "db/CURRENT");
    EXPECT_TRUE(refused_or_right(dir, model, next));
    fs::path broken = copy();
    flip(broken / "db/CURRENT", 3);
    EXPECT_TRUE(refused_or_right(broken, model, next));
}

TEST_F(DamagedStore, IsRefusedWithAFileTakenAway) {
    for (const char* part : {".sst", ".log", "MANIFEST"}) {
        for (const auto& file : named(part)) {
            const fs::path dir = copy();
            SCOPED_TRACE(file);
            fs::remove(dir / file);
            EXPECT_TRUE(refused_or_right(dir, model, next));
        }
    }
}

class FailingDisk : public testing::TestWithParam<FaultPlan::Act> {};

// Writes until something fails; then the committed epoch is readable, writing goes on failing, and the store
// opens again with the committed epoch or, where commit failed, perhaps the next.
void fail_at(const fs::path& dir, FaultPlan::Act act, uint64_t at, bool& failed) {
    uint64_t committed = 0;
    bool in_commit = false;
    FaultPlan plan(act, 0);
    const auto env = fault_env(plan);
    {
        StoreOptions options = small_store();
        options.env = env.get();
        auto store = open_store(dir, options);
        Status s;
        for (uint64_t epoch = 1; s.ok() && epoch <= kEpochs; ++epoch) {
            if (epoch == at) plan.fail_now();
            s = prepare(*store, epoch, random_changes(kSeed, epoch));
            if (!s.ok()) break;
            if (epoch + kEpochs == at) plan.fail_now();
            s = store->commit(epoch);
            in_commit = !s.ok();
            if (s.ok()) committed = epoch;
        }
        failed = !s.ok();
        if (failed) {
            EXPECT_EQ(store->last_error(), act == FaultPlan::Act::kNoSpace ? StoreError::kNoSpace : StoreError::kIo)
                << s.message();
            EXPECT_THAT(s.message(), HasSubstr(dir.native()));
            EXPECT_EQ(store->committed(), committed);
            EXPECT_EQ(contents(*store), model_after(kSeed, committed));
            plan.mend();
            EXPECT_EQ(prepare(*store, kEpochs + 2, {}).message(), s.message());
            EXPECT_EQ(store->health().message(), s.message());
        }
    }
    plan.mend();
    auto store = open_store(dir);
    EXPECT_TRUE(store->committed() == committed || (in_commit && store->committed() == committed + 1));
    EXPECT_EQ(contents(*store), model_after(kSeed, store->committed()));
}

TEST_P(FailingDisk, LeavesTheLastCommittedEpoch) {
    for (uint64_t at = 1; at <= 2 * kEpochs; at += 3) {
        SCOPED_TRACE(at);
        TemporaryFolder folder;
        bool failed = false;
        fail_at(folder / "state", GetParam(), at, failed);
        EXPECT_TRUE(failed);
    }
}

INSTANTIATE_TEST_SUITE_P(All, FailingDisk,
                         testing::Values(FaultPlan::Act::kNoSpace, FaultPlan::Act::kIoError,
                                         FaultPlan::Act::kSyncError));

}  // namespace
}  // namespace weir::host
