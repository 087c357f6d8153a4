#include "host/cli/run_records.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fmt/format.h>

#include "host/state/store.hpp"
#include "host/state/store_dir.hpp"
#include "host/topology/read_file.hpp"

namespace weir::host {
namespace {

constexpr const char* kNote = ".json";
constexpr const char* kLock = ".lock";
constexpr size_t kMostNoteBytes = size_t{64} << 20;

Status failed(const std::filesystem::path& path, const char* doing, int error) {
    return Status::fatal(fmt::format("{}: {}: {}", path.string(), doing, std::strerror(error)));
}

// 0, or errno.
int write_synced(int fd, const std::string& text) {
    for (size_t done = 0; done < text.size();) {
        const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        done += static_cast<size_t>(n);
    }
    return ::fsync(fd) == 0 ? 0 : errno;
}

// Whose epoch it is; empty: of a graph that nobody noted.
std::string graph_of(const StateStore& store, uint64_t epoch) {
    auto record = store.record(epoch);
    const Json json = record ? Json::parse(record->value_or(""), nullptr, false) : Json();
    return json.is_object() ? json.value("graph", "") : "";
}

}  // namespace

RunLock::~RunLock() { ::close(fd_); }

Status RunRecords::make_folder() const {
    std::error_code error;
    if (std::filesystem::is_directory(dir_, error)) return {};
    std::filesystem::create_directories(dir_.parent_path(), error);
    if (error) return failed(dir_.parent_path(), "cannot be made", error.value());
    if (::mkdir(dir_.c_str(), 0700) != 0 && errno != EEXIST) return failed(dir_, "cannot be made", errno);
    const int synced = sync_folder(dir_.parent_path());
    return synced == 0 ? Status() : failed(dir_, "cannot be made", synced);
}

Result<std::unique_ptr<RunLock>> RunRecords::lock(const std::string& topology) const {
    if (Status made = make_folder(); !made.ok()) return made;
    const auto path = path_of(topology, kLock);
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return failed(path, "cannot be opened", errno);
    auto lock = std::make_unique<RunLock>(fd);
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno != EWOULDBLOCK) return failed(path, "cannot be locked", errno);
    return Status::config("", fmt::format("another host runs `{}` in {}", topology, dir_.parent_path().string()));
}

Status RunRecords::write(const RunRecord& record) const {
    if (Status made = make_folder(); !made.ok()) return made;
    const auto path = path_of(record.topology, kNote), draft = path_of(record.topology, ".new");
    const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return failed(draft, "cannot be written", errno);
    int error = write_synced(fd, record.text());
    ::close(fd);
    if (error == 0 && ::rename(draft.c_str(), path.c_str()) != 0) error = errno;
    if (error == 0) error = sync_folder(dir_);
    return error == 0 ? Status() : failed(path, "cannot be written", error);
}

Status RunRecords::remove(const std::string& topology) const {
    const auto path = path_of(topology, kNote);
    if (::unlink(path.c_str()) != 0) return errno == ENOENT ? Status() : failed(path, "cannot be removed", errno);
    const int error = sync_folder(dir_);
    return error == 0 ? Status() : failed(path, "cannot be removed", error);
}

Result<RunRecord> RunRecords::read(const std::string& topology) const {
    const auto path = path_of(topology, kNote);
    std::string problem;
    const auto text = read_file(path, kMostNoteBytes, problem);
    if (!text) return Status::config("", fmt::format("{}: {}", path.string(), problem));
    auto record = RunRecord::read(*text);
    if (record) return record;
    return Status::config("", fmt::format("{}: {}. Remove it, and run the topology's file", path.string(), record.status().message()));
}

std::vector<std::string> RunRecords::names() const {
    std::vector<std::string> out;
    std::error_code error;
    for (std::filesystem::directory_iterator at(dir_, error), end; !error && at != end; at.increment(error))
        if (at->path().extension() == kNote) out.push_back(at->path().stem().string());
    std::sort(out.begin(), out.end());
    return out;
}

Result<TrialEnd> end_of_trial(const std::filesystem::path& state, const RunRecord& record) {
    const std::string before = record.graph.id(), next = record.trial->graph.id();
    std::error_code error;
    if (before == next || !std::filesystem::exists(state / "identity", error)) return TrialEnd();
    StoreOptions options;
    options.topology = record.topology;
    options.background_folding = false;
    auto store = StateStore::open(state, options);
    if (!store) return store.status();
    if (const auto prepared = (*store)->prepared(); prepared && graph_of(**store, *prepared) == next) return TrialEnd{TrialEnd::Kind::kAskNew, *prepared};
    const bool is_taken = graph_of(**store, (*store)->committed()) == next;
    return TrialEnd{is_taken ? TrialEnd::Kind::kTaken : TrialEnd::Kind::kNotTaken, 0};
}

}  // namespace weir::host
