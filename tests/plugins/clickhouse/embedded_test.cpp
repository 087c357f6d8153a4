// The embedded engine: a real one, started, shared, refused, killed from both ends, and started again.
#include <gtest/gtest.h>

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <mutex>

#include "../scratch_folder.hpp"
#include "embedded.hpp"
#include "http_client.hpp"
#include "real_engine.hpp"

namespace weir::testing {
namespace {

using clickhouse::Engine;
using clickhouse::EngineAddress;
using clickhouse::HttpAnswer;
using clickhouse::HttpClient;
using clickhouse::HttpRequest;

constexpr std::chrono::seconds kPatience{60};

// Polls until `done`, for at most kPatience.
template <class F>
bool eventually(F done) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!done()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        ::poll(nullptr, 0, 5);  // milliseconds: an engine starts in a second, and needs the processor for that
    }
    return true;
}

HttpAnswer perform(HttpClient &client, HttpRequest request) {
    std::promise<HttpAnswer> answered;
    client.start(std::move(request), [&](HttpAnswer answer) { answered.set_value(std::move(answer)); });
    return answered.get_future().get();
}

// What an engine logs, and its answers.
class User {
public:
    explicit User(const std::string &folder) {
        auto handle = Engine::acquire(folder, [this](uint32_t, const std::string &text) {
            std::lock_guard lock(mutex_);
            log_ += text + "\n";
        });
        if (!handle) throw std::runtime_error(handle.status().message());
        engine_ = std::move(*handle);
    }
    // Once the engine is at something.
    Result<EngineAddress> address() {
        Result<EngineAddress> found = engine_->address();
        eventually([&] {
            found = engine_->address();
            return found.ok() || found.status().code() != WEIR_E_RETRYABLE;
        });
        return found;
    }
    // The answer's text; asked again while the engine is not there.
    std::string ask(const std::string &sql) {
        std::string out;
        const bool answered = eventually([&] {
            auto at = address();
            if (!at) throw std::runtime_error(at.status().message());
            auto answer = perform(client_, {at->url, std::make_shared<const std::string>(sql),
                                             {"X-ClickHouse-User: " + at->user, "X-ClickHouse-Key: " + at->password}});
            out = answer.complete() ? answer.body : answer.failure;
            return answer.complete();
        });
        return answered ? out : "no answer: " + out;
    }
    std::string log() {
        std::lock_guard lock(mutex_);
        return log_;
    }
    // The process id of the engine, which the log tells.
    pid_t process() {
        if (!address()) return 0;
        pid_t found = 0;
        eventually([&] {
            const std::string text = log();
            const size_t at = text.rfind("(process ");
            if (at != text.npos) found = std::stoi(text.substr(at + 9));
            return at != text.npos;
        });
        return found;
    }
    void let_go() { engine_ = {}; }

private:
    HttpClient client_{{}};
    std::mutex mutex_;
    std::string log_;
    Engine::Handle engine_;
};

bool is_gone(pid_t process) { return ::kill(process, 0) != 0; }

class EmbeddedEngine : public ::testing::Test {
protected:
    static void SetUpTestSuite() { use_real_engine(); }
};

TEST_F(EmbeddedEngine, AnswersToItsUserAlone) {
    const ScratchFolder folder;
    User user(folder / "ch");
    EXPECT_EQ(user.ask("SELECT user(), version() >= '26.7'"), "weir\t1\n");
    auto at = user.address();
    ASSERT_TRUE(at.ok());
    HttpClient client{{}};
    const auto stranger = perform(client, {at->url, std::make_shared<const std::string>("SELECT * FROM file('/etc/hostname', LineAsString)"), {}});
    EXPECT_NE(stranger.body.find("Not enough privileges"), stranger.body.npos) << stranger.body;
}

TEST_F(EmbeddedEngine, IsOneForAllWhoNameItsFolder) {
    const ScratchFolder folder;
    User first(folder / "ch"), second(folder / "x/../ch");
    EXPECT_EQ(first.ask("CREATE TABLE t (n Int32) ENGINE = MergeTree ORDER BY n"), "");
    EXPECT_EQ(second.ask("INSERT INTO t VALUES (7)"), "");
    const pid_t process = first.process();
    first.let_go();
    EXPECT_EQ(second.ask("SELECT * FROM t"), "7\n");
    second.let_go();
    EXPECT_TRUE(is_gone(process)) << "when the last one lets it go, it has ended";
}

TEST_F(EmbeddedEngine, KeepsAddressAndRowsFromRunToRun) {
    const ScratchFolder folder;
    std::string url;
    {
        User user(folder / "ch");
        user.ask("CREATE TABLE t (n Int32) ENGINE = MergeTree ORDER BY n");
        user.ask("INSERT INTO t VALUES (7)");
        url = user.address()->url;
    }
    User user(folder / "ch");
    EXPECT_EQ(user.ask("SELECT * FROM t"), "7\n");
    EXPECT_EQ(user.address()->url, url);
}

TEST_F(EmbeddedEngine, IsStartedAgainWhenItIsKilled) {
    const ScratchFolder folder;
    User user(folder / "ch");
    user.ask("CREATE TABLE t (n Int32) ENGINE = MergeTree ORDER BY n");
    for (int n = 0; n < 3; ++n) {
        ASSERT_EQ(user.ask("INSERT INTO t VALUES (" + std::to_string(n) + ")"), "");
        const pid_t process = user.process();
        ::kill(process, SIGKILL);
        ASSERT_TRUE(eventually([&] { return user.process() != process; }));
    }
    EXPECT_EQ(user.ask("SELECT groupArray(n) FROM (SELECT n FROM t ORDER BY n)"), "[0,1,2]\n");
    EXPECT_NE(user.log().find("has ended: signal 9; its logs are in"), std::string::npos) << user.log();
}

TEST_F(EmbeddedEngine, IsStartedAgainWhenItsPortIsClosed) {
    const ScratchFolder folder;
    User user(folder / "ch");
    user.ask("SELECT 1");
    const pid_t process = user.process();
    user.ask("SYSTEM STOP LISTEN HTTP");
    ASSERT_TRUE(eventually([&] { return user.process() != process; }));
    EXPECT_EQ(user.ask("SELECT 1"), "1\n");
}

// A host in a process of its own, which inserts rows and tells of each that is acknowledged, until it is killed.
class Host {
public:
    explicit Host(const std::string &folder) {
        int told[2];
        if (::pipe(told) != 0) throw std::runtime_error("no pipe");
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            insert(folder, told[1]);
        }
        ::close(told[1]);
        told_ = told[0];
    }
    ~Host() { kill(); }
    // Reads what it tells until `n` rows are acknowledged.
    int wait_for(int n) {
        char byte;
        while (acknowledged_ < n && ::read(told_, &byte, 1) == 1) ++acknowledged_;
        return acknowledged_;
    }
    // How many rows were acknowledged in all.
    int kill() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
            wait_for(INT32_MAX);
            ::close(told_);
        }
        pid_ = -1;
        return acknowledged_;
    }

private:
    [[noreturn]] static void insert(const std::string &folder, int told) {
        User user(folder);
        user.ask("CREATE TABLE IF NOT EXISTS t (n Int32) ENGINE = MergeTree ORDER BY n");
        for (;;)
            if (user.ask("INSERT INTO t VALUES (1)").empty() && ::write(told, "+", 1) != 1) std::_Exit(1);
    }
    pid_t pid_ = -1;
    int told_ = -1, acknowledged_ = 0;
};

TEST_F(EmbeddedEngine, LosesNothingAcknowledgedWhenItsHostIsKilled) {
    const ScratchFolder folder;
    int acknowledged = 0;
    for (int run = 0; run < 3; ++run) {
        Host host(folder / "ch");
        ASSERT_GE(host.wait_for(10 + run), 10 + run);
        acknowledged += host.kill();
    }
    User user(folder / "ch");
    const int found = std::stoi(user.ask("SELECT count() FROM t"));
    EXPECT_GE(found, acknowledged);
    EXPECT_LE(found, acknowledged + 3) << "at most the one that was on its way when a host was killed";
}

TEST_F(EmbeddedEngine, IsRefusedWhileAnotherHostHasTheFolder) {
    const ScratchFolder folder;
    Host host(folder / "ch");
    ASSERT_EQ(host.wait_for(1), 1);
    User user(folder / "ch");
    const auto at = user.address();
    ASSERT_FALSE(at.ok());
    EXPECT_EQ(at.status().code(), WEIR_E_CONFIG);
    EXPECT_EQ(at.status().path(), "embedded");
    const std::string said = at.status().message();
    EXPECT_NE(said.find(" is another's: process "), said.npos) << said;
    EXPECT_NE(said.find(". Stop that one, or name another folder"), said.npos) << said;
}

TEST_F(EmbeddedEngine, SaysWhatIsMissing) {
    const ScratchFolder folder;
    folder.write("libchdb.so", "no library");
    const std::string engine = std::getenv("WEIR_LIBCHDB");
    ::setenv("WEIR_LIBCHDB", (folder / "libchdb.so").c_str(), 1);
    User user(folder / "ch");
    const auto at = user.address();
    ::unsetenv("WEIR_LIBCHDB");
    ::setenv("XDG_DATA_HOME", (folder / "data").c_str(), 1);
    ::setenv("XDG_DATA_DIRS", (folder / "data").c_str(), 1);
    const auto files = clickhouse::EngineFiles::find();
    ::setenv("WEIR_LIBCHDB", engine.c_str(), 1);
    ASSERT_FALSE(at.ok());
    EXPECT_EQ(at.status().code(), WEIR_E_CONFIG);
    EXPECT_NE(at.status().message().find("the engine cannot be loaded: "), std::string::npos) << at.status().message();
    ASSERT_FALSE(files.ok());
    EXPECT_EQ(files.status().message(), "the ClickHouse engine is not on this machine (" + folder / "data/weir/clickhouse/libchdb.so" +
                                            "): `make embedded-clickhouse` in weir's sources (scripts/embedded-clickhouse) obtains it, 178 MB; or name a "
                                            "server with `url`");
}

}  // namespace
}  // namespace weir::testing
