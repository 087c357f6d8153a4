// What a start makes of what the run before has left: whose state it is, and what became of an epoch that was prepared.
#include <algorithm>

#include <fmt/format.h>

#include <weir/failpoint.hpp>

#include "host/engine/epochs.hpp"

namespace weir::host {

namespace {

// The id of the server that the record knows of a connection: by its name, or, where it was called otherwise, as the only one
// of its kind then and now. Empty: none.
std::string known_server(const Json& servers, const ConnectionSpec& spec, const Topology& topology) {
    if (servers.contains(spec.name)) return servers[spec.name].value("id", "");
    const auto& all = topology.connections;
    const auto is_kind = [&](const Json& one) { return one.value("kind", "") == spec.op->name; };
    const auto is_same = [&](const ConnectionSpec& one) { return one.op->name == spec.op->name; };
    if (std::count_if(all.begin(), all.end(), is_same) != 1 || std::count_if(servers.begin(), servers.end(), is_kind) != 1) return "";
    return std::find_if(servers.begin(), servers.end(), is_kind)->value("id", "");
}

}  // namespace

Status Epochs::recover(const std::atomic<bool>& stop) {
    if (store_) {
        WEIR_FAILPOINT("epochs.recover.begin");
        const std::optional<uint64_t> prepared = store_->prepared();
        last_ = left_ ? left_->epoch : prepared.value_or(store_->committed());
        auto record = record_at(last_);
        if (!record) return record.status();
        if (Status s = check_servers(*record); !s.ok()) return s;
        if ((prepared || decider_) && !is_decided_)
            if (Status s = decide(prepared.value_or(0), [&stop] { return stop.load(); }); !s.ok()) return s;
        last_ = left_ ? left_->epoch : store_->committed();
        if (Status s = read_record(last_); !s.ok()) return s;
        if (Status s = rename_stored(); !s.ok()) return s;
        if (Status s = find_dropped(); !s.ok()) return s;
        WEIR_FAILPOINT("epochs.recover.done");
    }
    if (!store_)
        if (Status s = read_record(0); !s.ok()) return s;
    return adopt_states(states_);
}

// Whoever had the topology may have decided an epoch since it was looked at.
Status Epochs::fence(const GiveUp& gives_up) {
    if (Status s = decider_->fence(gives_up); !s.ok()) return s;
    is_fenced_ = true;
    if (!store_) return {};
    auto marker = decider_->last_committed(gives_up);
    return marker ? check_marker(*marker, 0) : marker.status();
}

// What was prepared is decided behind a fence: its transaction may be on its way still. All else needs no more than a look.
Status Epochs::decide(uint64_t prepared, const GiveUp& gives_up) {
    std::string marker;
    if (decider_) {
        auto found = decider_->last_committed(gives_up);
        if (found)
            if (Status s = check_marker(*found, prepared); !s.ok()) return s;
        if (found && prepared && !is_fenced_) {
            if (Status s = decider_->fence(gives_up); !s.ok()) return s;
            is_fenced_ = true;
            found = decider_->last_committed(gives_up);
        }
        if (!found) return found.status();
        marker = *found;
        WEIR_FAILPOINT("epochs.decide.asked");
    }
    if (!prepared) return {};
    if (WEIR_BUG("ignore-marker")) return store_->abort(prepared);
    auto known = known_marker(prepared);
    if (!known) return known.status();
    const bool decided = (decider_ && !marker.empty() && marker == *known) || WEIR_BUG("assume-committed");
    if (decided) return decide_commit(prepared);
    if (Status s = decide_abort(prepared); !s.ok()) return s;
    return decider_ ? check_marker(marker, 0) : Status();
}

// Of an epoch that is committed or prepared; empty: it was decided without one.
Result<std::string> Epochs::known_marker(uint64_t epoch) const {
    if (epoch == 0) return std::string();
    auto record = store_->record(epoch);
    if (!record) return record.status();
    const Json parsed = Json::parse(record->value_or(""), nullptr, false);
    if (!parsed.is_object()) return Status::fatal(fmt::format("{}: the record of epoch {} is corrupt", options_.dir.string(), epoch));
    return parsed.value("marker", "");
}

// What the cluster has seen of this topology must be what the state knows.
Status Epochs::check_marker(const std::string& marker, uint64_t prepared) const {
    auto expected = known_marker(store_->committed());
    if (!expected) return expected.status();
    if (marker == *expected || is_restored()) return {};
    if (prepared) {
        auto next = known_marker(prepared);
        if (!next || marker == *next) return next.status();
    }
    return Status::config(
        "", fmt::format("{} ends with {}, but the cluster's last transaction of this topology is {}. The folder is not "
                        "the one that wrote it, or the cluster is another. Find the right one (--data-dir), or begin "
                        "anew (--reset)",
                        options_.dir.string(), expected->empty() ? "no epoch" : fmt::format("epoch `{}`", *expected),
                        marker.empty() ? "none" : fmt::format("`{}`", marker)));
}

Status Epochs::decide_commit(uint64_t prepared) {
    WEIR_FAILPOINT("epochs.decide_commit.begin");
    auto record = record_at(prepared);
    if (!record) return record.status();
    const Json renamed = Json::parse(*record, nullptr, false).value("renamed", Json::object());
    for (const auto& [now, before] : renamed.items())
        if (Status s = store_->rename_with_epoch(before.get<std::string>(), now); !s.ok()) return s;
    Status status = store_->commit(prepared);
    WEIR_FAILPOINT("epochs.decide_commit.done");
    return status;
}

Status Epochs::decide_abort(uint64_t prepared) {
    WEIR_FAILPOINT("epochs.decide_abort.begin");
    Status status = store_->abort(prepared);
    WEIR_FAILPOINT("epochs.decide_abort.done");
    return status;
}

// Whoever goes on elsewhere would mix what belongs to two servers; a prepared epoch would be judged by the wrong one. Records
// of before have no servers, and a server that does not tell its id now is taken for what it was.
Status Epochs::check_servers(const std::string& record) {
    Json known = Json::object();
    const Json parsed = Json::parse(record, nullptr, false);
    if (parsed.is_object()) known = parsed.value("servers", Json::object());
    for (size_t i = 0; i < plan_.connections().size(); ++i) {
        const auto& connection = plan_.connections()[i];
        const ConnectionSpec& spec = plan_.topology().connections[i];
        auto id = connection->identity();
        if (!id) return id.status();
        const std::string before = known_server(known, spec, plan_.topology());
        if (!before.empty() && !id->empty() && before != *id)
            return Status::config(
                "", fmt::format("the state in {} belongs to `{}`, which connection `{}` reached when it was written, and now it "
                                "reaches `{}`. Name the server that it was, another folder for state (--data-dir), or begin "
                                "anew (--reset)",
                                options_.dir.string(), before, spec.name, *id));
        const std::string now = id->empty() ? before : *id;
        if (!now.empty()) servers_[spec.name] = {{"kind", spec.op->name}, {"id", now}};
    }
    return {};
}

}  // namespace weir::host
