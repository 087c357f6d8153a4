// A real ClickHouse server of a test's own, and a connection of the plugin's to one.
#pragma once

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "../built_plugin.hpp"
#include "../scratch_folder.hpp"

namespace weir::testing {

// Gone with this, and with the process.
class RealServer {
public:
    explicit RealServer(const std::string &options = "") {
        url_ = run("start '" + folder_ / "s" + "' --owner " + std::to_string(::getpid()) + " " + options);
    }
    ~RealServer() { run("stop '" + folder_ / "s" + "' --kill"); }
    const std::string &url() const { return url_; }
    // What curl prints of the answer.
    std::string ask(const std::string &sql) const {
        folder_.write("query", sql);
        const std::string command = "curl -sS '" + url_ + "' --data-binary '@" + folder_ / "query" + "'";
        FILE *curl = ::popen(command.c_str(), "r");
        std::string out;
        for (int c = curl ? std::fgetc(curl) : EOF; c != EOF; c = std::fgetc(curl)) out.push_back(static_cast<char>(c));
        if (!curl || ::pclose(curl) != 0) throw std::runtime_error("curl failed: " + sql);
        return out;
    }
    void kill() const { run("stop '" + folder_ / "s" + "' --kill"); }
    void start_again() const { run("start '" + folder_ / "s" + "'"); }

private:
    static std::string run(const std::string &command) {
        const char *source = std::getenv("WEIR_SOURCE_DIR");
        if (!source) throw std::runtime_error("WEIR_SOURCE_DIR is not set: run the test with ctest");
        FILE *script = ::popen((std::string(source) + "/tests/servers/clickhouse/" + command).c_str(), "r");
        std::string line;
        for (int c = script ? std::fgetc(script) : EOF; c != EOF && c != '\n'; c = std::fgetc(script)) line.push_back(static_cast<char>(c));
        if (!script || ::pclose(script) != 0) throw std::runtime_error("failed: " + command);
        return line;
    }
    ScratchFolder folder_;
    std::string url_;
};

inline const Plugin &clickhouse_plugin() {
    static const Plugin plugin = built_plugin("clickhouse");
    return plugin;
}

class OpenConnection {
public:
    // Throws what open says.
    explicit OpenConnection(Json config, uint32_t flags = 0) {
        context_.size = sizeof(weir_connection_context);
        context_.flags = flags;
        context_.host = &TestHost::get().abi();
        context_.topology = to_abi("test");
        context_.name = to_abi("clickhouse");
        context_.owner = this;
        context_.connect_timeout = 30'000'000;
        context_.log = [](weir_connection_context *, uint32_t, weir_str text) { TestHost::get().add_log(view(text)); };
        context_.now = [](weir_connection_context *) -> int64_t {
            return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
        };
        context_.wake = [](weir_connection_context *c) {
            OpenConnection &self = *static_cast<Context *>(c)->owner;
            std::lock_guard lock(self.mutex_);
            self.woken_ = true;
            self.changed_.notify_all();
        };
        context_.ephemeral = [](weir_connection_context *) {};
        const weir_operator &op = clickhouse_plugin().find("clickhouse", WEIR_KIND_CONNECTION);
        api_ = static_cast<const weir_connection_api *>(op.api);
        const std::string text = with_defaults(op.params, op.n_params, std::move(config)).dump();
        call([&](weir_error *e) { return api_->create(&op, &context_, to_abi(text), &self_, e); });
        while (call([&](weir_error *e) { return api_->open(self_, e); }) == WEIR_PENDING) {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return std::exchange(woken_, false); });
        }
    }
    ~OpenConnection() {
        if (self_) api_->destroy(self_);
    }
    OpenConnection(const OpenConnection &) = delete;
    OpenConnection &operator=(const OpenConnection &) = delete;
    void *self() const { return self_; }

private:
    struct Context : weir_connection_context {
        OpenConnection *owner;
    };
    template <class F>
    int32_t call(F f) {
        weir_error error{};
        error.size = sizeof error;
        const int32_t code = f(&error);
        if (code < 0) {
            if (self_) api_->destroy(std::exchange(self_, nullptr));
            throw std::runtime_error(std::string(error.path) + ": " + error.message);
        }
        return code;
    }
    Context context_{};
    const weir_connection_api *api_ = nullptr;
    void *self_ = nullptr;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool woken_ = false;
};

}  // namespace weir::testing
