// Readers beside the process that has a store open, and what they save.
#include <gtest/gtest.h>

#include "tests/unit/state/workload.hpp"

namespace weir::host {
namespace {

class ReadBeside : public testing::Test {
protected:
    // As another process would open it.
    std::unique_ptr<StateStore> beside() {
        StoreOptions options;
        options.read_only = options.beside_owner = true;
        auto opened = StateStore::open(dir, std::move(options));
        if (!opened) throw std::runtime_error(opened.status().message());
        return std::move(*opened);
    }
    void write_epochs(StateStore& store, uint64_t first, uint64_t last) {
        for (uint64_t epoch = first; epoch <= last; ++epoch) {
            const Status prepared = prepare(store, epoch, random_changes(5, epoch));
            ASSERT_TRUE(prepared.ok()) << prepared.message();
            ASSERT_TRUE(store.commit(epoch).ok());
        }
    }

    TemporaryFolder folder;
    const std::filesystem::path dir = folder / "state";
};

TEST_F(ReadBeside, SeesTheCommittedEpochAndStaysThere) {
    auto owner = open_store(dir);
    write_epochs(*owner, 1, 40);
    ASSERT_TRUE(prepare(*owner, 41, random_changes(5, 41)).ok());
    auto reader = beside();
    EXPECT_EQ(reader->committed(), 40u);
    EXPECT_EQ(reader->prepared(), std::nullopt);
    EXPECT_EQ(contents(*reader), model_after(5, 40));
    ASSERT_TRUE(owner->commit(41).ok());
    write_epochs(*owner, 42, 120);
    ASSERT_TRUE(owner->fold().ok());
    EXPECT_EQ(contents(*reader), model_after(5, 40));
    EXPECT_EQ(reader->record(40)->value_or(""), record_of(40));
    EXPECT_EQ(contents(*beside()), model_after(5, 120));
}

TEST_F(ReadBeside, SavesWhatItSees) {
    auto owner = open_store(dir);
    write_epochs(*owner, 1, 20);
    ASSERT_TRUE(prepare(*owner, 21, random_changes(5, 21)).ok());
    ASSERT_TRUE(beside()->save(folder / "saved").ok());
    ASSERT_TRUE(owner->save(folder / "saved too").ok()) << "the owner itself, while an epoch is undecided";
    for (const char* name : {"saved", "saved too"}) {
        auto saved = open_store(folder / name);
        EXPECT_EQ(saved->committed(), 20u);
        EXPECT_EQ(saved->prepared(), std::nullopt);
        EXPECT_EQ(contents(*saved), model_after(5, 20));
        write_epochs(*saved, 21, 22);
        EXPECT_EQ(contents(*saved), model_after(5, 22));
    }
}

}  // namespace
}  // namespace weir::host
