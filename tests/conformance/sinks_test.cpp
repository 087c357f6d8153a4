// The shapes at the end: blocking sink, outbox sink, decider connection with the sink that writes through it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/conformance/skeleton.hpp"

namespace weir::host {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using weir::testing::FailedRow;
using weir::testing::Harness;
using weir::testing::schema_of;

const Schema kNumbers = schema_of({{"n", "int64"}});

TEST(BlockingSink, WritesEveryRowAndSyncsAtTheBarrier) {
    Skeleton skeleton("blocking_sink");
    const auto file = skeleton.folder() / "out.txt";
    Harness h(skeleton.plugin(), "blocking.lines", R"({"path":")" + file.native() + R"("})",
              {schema_of({{"n", "int64?"}})});
    ASSERT_EQ(h.start().message(), "");
    EXPECT_EQ(h.reads(), std::vector<std::string>{"n"});
    ASSERT_TRUE(h.process("[[1],[null],[3]]").done());
    ASSERT_TRUE(h.prepare(1).done());
    EXPECT_EQ(read_file(file), "1\n3\n");
    EXPECT_THAT(h.take_failed(), ElementsAre(FailedRow{"null", "n", "a number is needed", R"({"n":null})"}));
}

TEST(BlockingSink, EndsSoonWhenItIsCancelled) {
    Skeleton skeleton("blocking_sink");
    Harness h(skeleton.plugin(), "blocking.lines",
              R"({"path":")" + (skeleton.folder() / "out.txt").native() + R"("})", {kNumbers});
    ASSERT_EQ(h.start().message(), "");
    h.api().cancel(h.self());
    Status status = h.process("[[1]]");
    EXPECT_EQ(status.code(), WEIR_E_RETRYABLE);
    EXPECT_EQ(status.message(), "cancelled");
}

TEST(BlockingSink, NamesTheParameterAtFault) {
    Skeleton skeleton("blocking_sink");
    Harness h(skeleton.plugin(), "blocking.lines",
              R"({"path":")" + (skeleton.folder() / "no/such/folder/x").native() + R"("})", {kNumbers});
    Status status = h.start();
    EXPECT_EQ(status.code(), WEIR_E_RETRYABLE);
    EXPECT_EQ(status.path(), "path");
}

// The skeleton's server, as its extension shows it.
struct OutboxServer {
    int is_down;
    uint64_t max_rows, requests, n;
    int64_t rows[64];
};

class OutboxTest : public ::testing::Test {
protected:
    OutboxTest() { EXPECT_EQ(sink_.start().message(), ""); }
    std::vector<std::string> prepare(uint64_t epoch) {
        std::vector<std::string> committables;
        EXPECT_TRUE(sink_.prepare(epoch, &committables).done());
        return committables;
    }
    int32_t commit(uint64_t epoch, const std::string& committable, Collected* instead) {
        weir_error error = empty_error();
        return sink_.api().commit(sink_.self(), epoch, to_abi(committable), instead->out(), &error);
    }
    std::vector<int64_t> delivered() const { return {server_->rows, server_->rows + server_->n}; }

    Skeleton skeleton_{"outbox_sink"};
    Harness sink_{skeleton_.plugin(), "outbox.blocks", "{}", {kNumbers}};
    // The copy of this test's own module, so every test has its own server.
    OutboxServer* server_ =
        static_cast<OutboxServer*>(const_cast<void*>(skeleton_.module().extension("outbox.server/0")));
};

TEST_F(OutboxTest, SendsABlockOnlyWhenItsEpochIsDecided) {
    ASSERT_TRUE(sink_.process("[[1],[2]]").done());
    auto blocks = prepare(1);
    ASSERT_TRUE(sink_.process("[[3]]").done());  // of the next epoch
    ASSERT_THAT(blocks, SizeIs(1));
    EXPECT_EQ(server_->requests, 0u);
    Collected instead;
    EXPECT_EQ(commit(1, blocks[0], &instead), WEIR_OK);
    EXPECT_THAT(delivered(), ElementsAre(1, 2));
    EXPECT_EQ(commit(2, prepare(2)[0], &instead), WEIR_OK);
    EXPECT_THAT(delivered(), ElementsAre(1, 2, 3));
    EXPECT_THAT(prepare(3), IsEmpty());
}

TEST_F(OutboxTest, MaySendABlockAnyNumberOfTimes) {
    ASSERT_TRUE(sink_.process("[[1],[2]]").done());
    auto blocks = prepare(1);
    Collected instead;
    server_->is_down = 1;
    EXPECT_EQ(commit(1, blocks[0], &instead), WEIR_E_RETRYABLE);
    server_->is_down = 0;
    EXPECT_EQ(commit(1, blocks[0], &instead), WEIR_OK);
    EXPECT_EQ(commit(1, blocks[0], &instead), WEIR_OK);
    EXPECT_THAT(delivered(), ElementsAre(1, 2));
}

TEST_F(OutboxTest, ReplacesARefusedBlockByHalvesThatTheHostStoresFirst) {
    ASSERT_TRUE(sink_.process("[[1],[2],[3],[4],[5],[6]]").done());
    auto blocks = prepare(1);
    Collected halves, none;
    EXPECT_EQ(commit(1, blocks[0], &halves), WEIR_MORE);
    ASSERT_THAT(halves.items, SizeIs(2));
    EXPECT_THAT(delivered(), IsEmpty());
    for (int round = 0; round < 2; ++round)  // the second after a crash, say
        for (const std::string& half : halves.items) EXPECT_EQ(commit(1, half, &none), WEIR_OK);
    EXPECT_THAT(delivered(), ElementsAre(1, 2, 3, 4, 5, 6));
    EXPECT_THAT(none.items, IsEmpty());
}

// A connection of the skeleton, and a sink that uses it.
class Ledger {
public:
    Ledger(const Skeleton& skeleton, const std::filesystem::path& file)
        : api_(skeleton.api<weir_connection_api>("ledger", OperatorKind::kConnection)) {
        context_.size = sizeof context_;
        context_.host = &weir::testing::TestHost::get().abi();
        context_.data = this;
        context_.wake = [](weir_connection_context* c) { ++static_cast<Ledger*>(c->data)->wakes_; };
        const std::string config = R"({"file":")" + file.native() + R"("})";
        weir_error error = empty_error();
        const weir_operator& op = skeleton.descriptor("ledger", OperatorKind::kConnection);
        EXPECT_EQ(api_.create(&op, &context_, to_abi(config), &self_, &error), WEIR_OK);
        EXPECT_EQ(api_.open(self_, &error), WEIR_PENDING);
        EXPECT_EQ(wakes_, 1);
        EXPECT_EQ(api_.open(self_, &error), WEIR_OK);
        sink_ = std::make_unique<Harness>(skeleton.plugin(), "ledger.sink", "{}", std::vector<Schema>{kNumbers},
                                          weir::testing::HarnessOptions{.connection = self_});
        EXPECT_EQ(sink_->start().message(), "");
    }
    ~Ledger() {
        sink_.reset();
        EXPECT_EQ(api_.close(self_, nullptr), WEIR_OK);
        api_.destroy(self_);
    }
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;

    const weir_connection_api* operator->() const { return &api_; }
    void* self() const { return self_; }
    Harness& sink() { return *sink_; }
    std::vector<std::string> marker() const {
        Collected found;
        EXPECT_EQ(api_.last_committed(self_, found.out(), nullptr), WEIR_OK);
        return found.items;
    }

private:
    const weir_connection_api& api_;
    weir_connection_context context_{};
    void* self_ = nullptr;
    int wakes_ = 0;
    std::unique_ptr<Harness> sink_;
};

class DeciderTest : public ::testing::Test {
protected:
    Skeleton skeleton_{"decider"};
    std::filesystem::path file_ = skeleton_.folder() / "ledger";
};

TEST_F(DeciderTest, ShowsRowsAndMarkerTogetherOrNotAtAll) {
    Ledger ledger(skeleton_, file_);
    EXPECT_THAT(ledger.marker(), IsEmpty());
    ASSERT_EQ(ledger->begin(ledger.self(), 1, nullptr), WEIR_OK);
    ASSERT_TRUE(ledger.sink().process("[[1],[2]]").done());
    ASSERT_EQ(ledger->prepare(ledger.self(), 1, nullptr), WEIR_OK);
    EXPECT_FALSE(std::filesystem::exists(file_));
    ASSERT_EQ(ledger->commit(ledger.self(), 1, to_abi("epoch 1 run a"), nullptr), WEIR_OK);
    EXPECT_EQ(read_file(file_), "row 1\nrow 2\nmarker epoch 1 run a\n");
    EXPECT_THAT(ledger.marker(), ElementsAre("epoch 1 run a"));
}

TEST_F(DeciderTest, ForgetsAnAbortedEpoch) {
    Ledger ledger(skeleton_, file_);
    ASSERT_EQ(ledger->begin(ledger.self(), 1, nullptr), WEIR_OK);
    ASSERT_TRUE(ledger.sink().process("[[1]]").done());
    ASSERT_EQ(ledger->prepare(ledger.self(), 1, nullptr), WEIR_OK);
    ASSERT_EQ(ledger->abort(ledger.self(), 1, nullptr), WEIR_OK);
    ASSERT_EQ(ledger->begin(ledger.self(), 1, nullptr), WEIR_OK);
    ASSERT_EQ(ledger->commit(ledger.self(), 1, to_abi("1"), nullptr), WEIR_OK);
    EXPECT_EQ(read_file(file_), "marker 1\n");
}

TEST_F(DeciderTest, KnowsTheLastDecidedEpochAfterACrash) {
    {
        Ledger ledger(skeleton_, file_);
        for (const char* marker : {"1", "2"}) {
            ASSERT_EQ(ledger->begin(ledger.self(), 1, nullptr), WEIR_OK);
            ASSERT_EQ(ledger->commit(ledger.self(), 1, to_abi(marker), nullptr), WEIR_OK);
        }
        ASSERT_EQ(ledger->begin(ledger.self(), 3, nullptr), WEIR_OK);
        ASSERT_TRUE(ledger.sink().process("[[9]]").done());
        ASSERT_EQ(ledger->prepare(ledger.self(), 3, nullptr), WEIR_OK);  // and then nothing more
    }
    Ledger again(skeleton_, file_);
    EXPECT_THAT(again.marker(), ElementsAre("2"));
}

TEST_F(DeciderTest, DeclaresThatItDecides) {
    const PluginInfo& plugin = skeleton_.module().info();
    EXPECT_TRUE(plugin.operators[0].flags & WEIR_OP_TRANSACTIONAL);
    EXPECT_EQ(plugin.operators[1].connection, "ledger");
}

}  // namespace
}  // namespace weir::host
