#include "host/cli/savepoints.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <tuple>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "host/engine/epochs.hpp"
#include "host/state/replacement.hpp"

namespace weir::host {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = ".savepoints";
constexpr const char* kAbout = "savepoint.json";

std::tm utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    return parts;
}

std::vector<std::string> names_in(const fs::path& dir) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator at(dir, error), end; !error && at != end; at.increment(error))
        if (is_savepoint_name(at->path().filename().native())) names.push_back(at->path().filename().native());
    std::sort(names.begin(), names.end());
    return names;
}

uint64_t bytes_in(const fs::path& dir) {
    uint64_t bytes = 0;
    std::error_code error, unsized;
    for (fs::recursive_directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) {
        const uint64_t size = at->is_regular_file(unsized) ? at->file_size(unsized) : 0;
        if (!unsized) bytes += size;
    }
    return bytes;
}

// A savepoint is closed, and files of tables never change: those are shared, the others copied.
Status copy_files(const fs::path& from, const fs::path& to) {
    std::error_code error;
    fs::create_directories(to / "db", error);
    if (!error) fs::permissions(to, fs::perms::owner_all, error);
    for (fs::directory_iterator at(from / "db", error), end; !error && at != end; at.increment(error)) {
        const fs::path target = to / "db" / at->path().filename();
        std::error_code unlinked;
        if (at->path().extension() == ".sst") fs::create_hard_link(at->path(), target, unlinked);
        if (at->path().extension() != ".sst" || unlinked) fs::copy_file(at->path(), target, error);
        if (error) break;
    }
    if (!error) fs::copy_file(from / "identity", to / "identity", error);
    if (!error) return {};
    return Status::fatal(fmt::format("{}: cannot be copied to {}: {}", from.native(), to.native(), error.message()));
}

// What is damaged is told of before it takes the place of anything.
Status verify_savepoint(const fs::path& dir, const std::string& topology, const std::string& name) {
    auto readable = open_for_reading(dir);
    Status status = readable ? (*readable)->verify() : readable.status();
    if (status.ok()) return {};
    return Status::state_version(fmt::format("savepoint `{}` of topology `{}` cannot be read, and nothing was changed: {}", name, topology,
                                              status.message()));
}

// A savepoint replaces state only where the user said so.
Status may_replace(const fs::path& dir, const std::string& topology, const std::string& ways_out) {
    std::error_code error;
    if (!fs::exists(dir, error)) return {};
    StoreError why = StoreError::kNone;
    StoreOptions options;
    options.topology = topology;
    options.background_folding = false;
    auto opened = StateStore::open(dir, options, &why);
    const bool is_damaged = why == StoreError::kCorrupt || why == StoreError::kFormat;
    if (!opened && !is_damaged) return opened.status();
    if (!is_damaged && (*opened)->committed() == 0) return {};
    return Status::state_version(
        fmt::format("topology `{}` has state in {}{}, which the savepoint would replace. {}", topology, dir.native(),
                    is_damaged ? "" : fmt::format(", epoch {}", (*opened)->committed()), ways_out));
}

}  // namespace

Status no_state(const fs::path& dir, const std::string& topology) {
    return Status::state_version(fmt::format("there is no state of topology `{}`: {} is not there. Name the folder under which it "
                                      "is kept (--data-dir). Where no operator keeps any and delivery is at_least_once, there are only "
                                      "positions, and those are with the sources: consumer groups, say",
                                      topology, dir.native()));
}

Status no_epoch(const fs::path& dir, const std::string& topology) {
    return Status::state_version(fmt::format("there is no state of topology `{}` yet: {} has no committed epoch, as after a start that failed",
                                             topology, dir.native()));
}

bool is_savepoint_name(const std::string& name) {
    constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return !name.empty() && name.find_first_not_of(kAllowed) == std::string::npos &&
           std::isalnum(static_cast<unsigned char>(name[0])) != 0;
}

std::string savepoint_name_of_now() { return fmt::format("{:%Y%m%d-%H%M%S}", utc_now()); }

fs::path savepoint_path(const fs::path& data_dir, const std::string& topology, const std::string& name) {
    return data_dir / kFolder / topology / name;
}

std::vector<SavepointInfo> list_savepoints(const fs::path& data_dir, const std::string& topology) {
    std::vector<SavepointInfo> all;
    const auto topologies = topology.empty() ? names_in(data_dir / kFolder) : std::vector<std::string>{topology};
    for (const std::string& one : topologies)
        for (const std::string& name : names_in(data_dir / kFolder / one))
            all.push_back(describe_savepoint(data_dir, one, name));
    std::stable_sort(all.begin(), all.end(), [](const SavepointInfo& a, const SavepointInfo& b) {
        return std::tie(a.topology, a.created) < std::tie(b.topology, b.created);
    });
    return all;
}

SavepointInfo describe_savepoint(const fs::path& data_dir, const std::string& topology, const std::string& name) {
    SavepointInfo info;
    info.topology = topology;
    info.name = name;
    const fs::path dir = savepoint_path(data_dir, topology, name);
    auto opened = open_for_reading(dir);
    if (!opened) {
        info.fault = opened.status().message();
        return info;
    }
    info.epoch = (*opened)->committed();
    info.nodes = (*opened)->nodes();
    info.bytes = bytes_in(dir);
    std::ifstream about(dir / kAbout);
    const Json parsed = Json::parse(std::string(std::istreambuf_iterator<char>(about), {}), nullptr, false);
    if (parsed.is_object()) info.created = parsed.value("created", "");
    return info;
}

Result<std::unique_ptr<StateStore>> open_for_reading(const fs::path& dir) {
    StoreOptions options;
    options.read_only = true;
    StoreError why = StoreError::kNone;
    auto opened = StateStore::open(dir, options, &why);
    if (opened || why != StoreError::kInUse) return opened;
    options.beside_owner = true;
    return StateStore::open(dir, options);
}

Json positions_of(const StateStore& store) {
    auto record = store.record(store.committed());
    const Json parsed = Json::parse(record ? record->value_or("") : "", nullptr, false);
    return parsed.is_object() && parsed.contains("positions") ? parsed["positions"] : Json::array();
}

Result<std::vector<StateSummary>> live_summaries(const StateStore& store) {
    std::map<std::tuple<std::string, uint32_t, uint32_t>, uint64_t> live;
    for (const std::string& node : store.nodes()) {
        const Status read = store.read(node, [&](const weir_state_block& block) -> Status {
            live[{node, block.state, block.kind}] += block.n;
            return {};
        });
        if (!read.ok()) return read;
    }
    std::vector<StateSummary> all = store.summaries();
    for (StateSummary& one : all) one.entries = live[{one.node, one.state, one.kind}];
    return all;
}

Status create_savepoint(const fs::path& data_dir, const std::string& topology, const std::string& name) {
    const fs::path dir = data_dir / topology, to = savepoint_path(data_dir, topology, name);
    std::error_code error;
    const fs::path standing = StateReplacement::standing(dir);
    if (!fs::exists(standing / "identity", error)) return no_state(dir, topology);
    if (fs::exists(to, error))
        return Status::config("", fmt::format("there is a savepoint `{}` of topology `{}` already; give this one another name",
                                              name, topology));
    StoreOptions options;
    options.topology = topology;
    options.background_folding = false;
    StoreError why = StoreError::kNone;
    auto store = StateStore::open(standing, options, &why);
    if (!store && why == StoreError::kInUse) store = open_for_reading(standing);
    if (!store) return store.status();
    if ((*store)->committed() == 0)
        return no_epoch(standing, topology);
    if (Status s = (*store)->save(to); !s.ok()) return s;
    if (Status s = verify_savepoint(to, topology, name); !s.ok()) {
        fs::remove_all(to, error);
        return s;
    }
    std::ofstream about(to / kAbout);
    about << Json{{"created", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", utc_now())}}.dump() << "\n";
    return about.flush() ? Status() : Status::fatal(fmt::format("{}: cannot be written", (to / kAbout).native()));
}

Result<fs::path> copy_savepoint(const fs::path& data_dir, const std::string& topology, const std::string& name, bool replace,
                                const std::string& ways_out) {
    const fs::path from = savepoint_path(data_dir, topology, name), dir = data_dir / topology;
    const fs::path made = data_dir / kFolder / topology / ".restoring";
    std::error_code error;
    if (fs::exists(from, error) && !fs::exists(from / "identity", error))
        return Status::state_version(fmt::format("{} is no whole savepoint: its file `identity` is missing", from.native()));
    if (!fs::exists(from, error)) {
        std::string names;
        for (const std::string& one : names_in(from.parent_path())) names += (names.empty() ? "`" : ", `") + one + "`";
        return Status::state_version(fmt::format("there is no savepoint `{}` of topology `{}` under {}; there is {}", name,
                                                 topology, data_dir.native(), names.empty() ? "none at all" : names));
    }
    if (Status s = verify_savepoint(from, topology, name); !s.ok()) return s;
    if (Status s = StateReplacement::settle(dir); !s.ok()) return s;
    if (Status s = replace ? Status() : may_replace(dir, topology, ways_out); !s.ok()) return s;
    fs::remove_all(made, error);
    if (Status s = copy_files(from, made); !s.ok()) return s;
    auto readable = open_for_reading(made);
    if (!readable) return readable.status();
    if (Status s = mark_restored(made, (*readable)->committed()); !s.ok()) return s;
    return made;
}

Status restore_savepoint(const fs::path& data_dir, const std::string& topology, const std::string& name, bool replace,
                         const std::string& ways_out) {
    const fs::path dir = data_dir / topology;
    auto made = copy_savepoint(data_dir, topology, name, replace, ways_out);
    if (!made) return made.status();
    StoreOptions options;
    options.topology = topology;
    auto begun = StateReplacement::begin(dir, options);
    if (!begun) return begun.status();
    std::error_code error;
    fs::rename(*made, dir, error);
    if (!error) return (*begun)->keep();
    return Status::fatal(fmt::format("{}: cannot become {}: {}", made->native(), dir.native(), error.message()));
}

}  // namespace weir::host
