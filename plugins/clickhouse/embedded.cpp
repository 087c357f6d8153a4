#include "embedded.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <vector>

#include "child_process.hpp"

namespace weir::clickhouse {
namespace {

namespace fs = std::filesystem;

constexpr const char *kUser = "weir";  // as in engine/folder.hpp
constexpr const char *kLibrary = "libchdb.so", *kProgram = "weir-clickhouse";
constexpr const char *kHow = "`make embedded-clickhouse` in weir's sources (scripts/embedded-clickhouse) obtains it";
constexpr std::chrono::seconds kStable{30};  // an engine that lived so long died of something new: the pause begins anew

std::string environment(const char *name) {
    const char *value = std::getenv(name);
    return value ? value : "";
}

bool is_file(const fs::path &path) {
    std::error_code error;
    return fs::is_regular_file(path, error);
}

std::vector<fs::path> data_folders() {
    std::vector<fs::path> out;
    if (const std::string own = environment("XDG_DATA_HOME"); !own.empty())
        out.emplace_back(own);
    else if (const std::string home = environment("HOME"); !home.empty())
        out.push_back(fs::path(home) / ".local" / "share");
    std::string others = environment("XDG_DATA_DIRS");
    if (others.empty()) others = "/usr/local/share:/usr/share";
    std::istringstream list(others);
    for (std::string folder; std::getline(list, folder, ':');)
        if (!folder.empty()) out.emplace_back(folder);
    return out;
}

Result<std::string> find_library() {
    if (const std::string named = environment("WEIR_LIBCHDB"); !named.empty()) {
        if (is_file(named)) return named;
        return Status::config("embedded", "WEIR_LIBCHDB names the ClickHouse engine's library `" + named + "`, which is not there");
    }
    const std::vector<fs::path> folders = data_folders();
    for (const fs::path &folder : folders)
        if (const fs::path file = folder / "weir" / "clickhouse" / kLibrary; is_file(file)) return file.native();
    return Status::config("embedded", "the ClickHouse engine is not on this machine (" +
                                          (folders.empty() ? fs::path() : folders[0] / "weir" / "clickhouse" / kLibrary).native() +
                                          "): " + kHow + ", 178 MB; or name a server with `url`");
}

Result<std::string> find_program() {
    if (const std::string named = environment("WEIR_CLICKHOUSE_ENGINE"); !named.empty()) {
        if (is_file(named)) return named;
        return Status::config("embedded", "WEIR_CLICKHOUSE_ENGINE names `" + named + "`, which is not there");
    }
    std::error_code error;
    const fs::path executable = fs::read_symlink("/proc/self/exe", error);
    const fs::path file = executable.parent_path().parent_path() / "libexec" / "weir" / kProgram;
    if (!error && is_file(file)) return file.native();
    return Status::config("embedded", "the program that runs the ClickHouse engine is not at " + file.native() +
                                          ", where it is installed with weir: install weir again, or name it in WEIR_CLICKHOUSE_ENGINE");
}

// The engines of this process, by folder.
struct Engines {
    std::mutex mutex;
    std::map<std::string, std::weak_ptr<Engine>> by_folder;

    static Engines &all() {
        static Engines engines;
        return engines;
    }
};

}  // namespace

Result<EngineFiles> EngineFiles::find() {
    auto library = find_library();
    if (!library) return library.status();
    auto program = find_program();
    if (!program) return program.status();
    return EngineFiles{*library, *program};
}

Result<Engine::Handle> Engine::acquire(const std::string &folder, Log log) {
    std::error_code error;
    const fs::path path = fs::weakly_canonical(fs::absolute(folder, error), error);
    if (error) return Status::config("embedded", "`" + folder + "` is no folder: " + error.message());
    Engines &engines = Engines::all();
    std::lock_guard lock(engines.mutex);
    std::weak_ptr<Engine> &known = engines.by_folder[path.native()];
    std::shared_ptr<Engine> engine = known.lock();
    if (!engine) {
        auto files = EngineFiles::find();
        if (!files) return files.status();
        engine.reset(new Engine(path.native(), *files));
        known = engine;
    }
    return Handle(std::move(engine), std::move(log));
}

Engine::Handle::Handle(std::shared_ptr<Engine> engine, Log log) : engine_(std::move(engine)) {
    std::lock_guard lock(engine_->mutex_);
    log_ = engine_->logs_.insert(engine_->logs_.end(), std::move(log));
    if (!engine_->thread_.joinable()) {
        engine_->thread_ = std::thread([engine = engine_.get()] { engine->run(); });
        pthread_setname_np(engine_->thread_.native_handle(), "clickhouse-eng");
    }
}

Engine::Handle::~Handle() {
    if (!engine_) return;
    std::lock_guard lock(engine_->mutex_);
    engine_->logs_.erase(log_);
}

Engine::Engine(std::string folder, EngineFiles files)
    : folder_(std::move(folder)), files_(std::move(files)), status_(Status::retryable("the embedded ClickHouse at " + folder_ + " is starting")) {
    if (::pipe2(stop_, O_CLOEXEC) != 0) stop_[0] = stop_[1] = -1;
}

Engine::~Engine() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
        stopped_.notify_all();
    }
    if (stop_[1] >= 0) ::close(stop_[1]);
    if (thread_.joinable()) thread_.join();
    if (stop_[0] >= 0) ::close(stop_[0]);
}

Result<EngineAddress> Engine::address() const {
    std::lock_guard lock(mutex_);
    if (status_.ok()) return address_;
    return status_;
}

void Engine::log(uint32_t level, const std::string &text) const {
    std::lock_guard lock(mutex_);
    if (!logs_.empty()) logs_.front()(level, text);
}

void Engine::become(Status status, EngineAddress address) {
    std::lock_guard lock(mutex_);
    status_ = std::move(status);
    address_ = std::move(address);
}

bool Engine::is_stopping() const {
    std::lock_guard lock(mutex_);
    return stopping_;
}

bool Engine::pause(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return !stopped_.wait_for(lock, time, [this] { return stopping_; });
}

void Engine::run() {
    if (stop_[0] < 0) return become(Status::fatal("the embedded ClickHouse has no pipe: too many open files"));
    std::chrono::milliseconds wait = kFirstPause;
    while (pause({})) {
        const Clock::duration lived = live();
        {
            std::lock_guard lock(mutex_);
            if (stopping_ || status_.code() == WEIR_E_CONFIG || status_.code() == WEIR_E_FATAL) return;
        }
        if (lived > kStable) wait = kFirstPause;
        if (!pause(wait)) return;
        wait = std::min(wait * 2, kLastPause);
    }
}

Engine::Clock::duration Engine::live() {
    auto child = ChildProcess::start({files_.program, files_.library, folder_, std::to_string(::getpid())});
    if (!child) {
        become(child.status());
        return {};
    }
    Clock::time_point ready{};
    std::string said;
    while (auto line = child->read_line(stop_[0])) {
        if (line->starts_with("ready ")) {
            on_ready(line->substr(6), child->pid());
            ready = Clock::now();
        } else {
            said = *line;
        }
    }
    if (is_stopping()) {
        child->end(kStopWait);
        return {};
    }
    return on_end(said, child->wait(), ready);
}

Engine::Clock::duration Engine::on_end(const std::string &said, const std::string &how, Clock::time_point ready) {
    const std::string where = "the embedded ClickHouse at " + folder_;
    const bool was_ready = ready != Clock::time_point();
    const std::string why = said.empty() ? how : said.substr(said.find(' ') + 1) + " (" + how + ")";
    if (said.starts_with("locked ")) {
        if (locked_since_ == Clock::time_point()) locked_since_ = Clock::now();
        const std::string who = where + " is another's: " + said.substr(7) + " has the folder, and only one process can";
        if (Clock::now() - locked_since_ < kLockWait)
            become(Status::retryable(who));
        else
            become(Status::config("embedded", who + ". Stop that one, or name another folder"));
        return {};
    }
    const std::string message = where + " has ended: " + why + "; its logs are in " + folder_ + "/log";
    // An engine that says why it cannot even begin will not begin the next time.
    if (!said.empty() && !was_ready && !was_ever_ready_) {
        become(Status::config("embedded", message));
        return {};
    }
    become(Status::retryable(message + ". It is started again"));
    log(WEIR_LOG_WARNING, message + "; starting it again");
    return was_ready ? Clock::now() - ready : Clock::duration();
}

void Engine::on_ready(const std::string &ports, pid_t child) {
    int http = 0, native = 0;
    std::istringstream(ports) >> http >> native;
    std::ifstream file(folder_ + "/password", std::ios::binary);
    const std::string password(std::istreambuf_iterator<char>(file), {});
    const EngineAddress address{"http://127.0.0.1:" + std::to_string(http), kUser, password};
    become({}, address);
    was_ever_ready_ = true;
    locked_since_ = {};
    log(WEIR_LOG_INFO, "embedded ClickHouse at " + address.url + ", native protocol at 127.0.0.1:" + std::to_string(native) + ", user " +
                           kUser + ", password in " + folder_ + "/password (process " + std::to_string(child) + ")");
}

}  // namespace weir::clickhouse
