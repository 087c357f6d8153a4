#include "host/cli/letter_replay.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <weir/memory.hpp>

#include "host/cli/report.hpp"
#include "host/topology/source_file.hpp"

namespace weir::host {
namespace {

constexpr size_t kBatch = 1000;  // letters between two bookmarks: so many at most are replayed again after a crash

std::string letters_text(int64_t n) { return fmt::format("{} {}", grouped(n), n == 1 ? "dead letter" : "dead letters"); }

}  // namespace

Status LetterReplay::prepare() {
    if (!arguments_.to.empty())
        if (Status named = check_topic_name(arguments_.to); !named.ok()) return named;
    if (Status s = command_.replayed(replayed_); !s.ok()) return s;
    auto after = replayed_;
    Status status = command_.read(0, [&](const weir_origin_record& record) { return look(record, after); });
    if (status.ok()) status = check_targets();
    for (const auto& [partition, all] : after)
        if (status.ok() && all.note().size() > WEIR_BOOKMARK_NOTE_BYTES)
            status = Status::config("", "these letters lie too scattered in their topic to remember which were replayed. Choose "
                                        "fewer, or all of them (without --node and --code)");
    return status;
}

Status LetterReplay::write() {
    previous_.clear();
    Status status = command_.read(0, [&](const weir_origin_record& record) { return replay(record); });
    const Status last = settle();
    return status.ok() ? last : status;
}

std::string LetterReplay::text() const {
    const bool is_dry = arguments_.dry_run;
    std::string out = (is_dry ? "would replay " : "replayed ") + letters_text(is_dry ? planned_ : done_);
    const char* separator = ": ";
    for (const auto& [topic, n] : is_dry ? targets_ : written_) {
        out += fmt::format("{}{} to {}", separator, grouped(n), printable(topic));
        separator = ", ";
    }
    out += "\n";
    if (before_ > 0) out += fmt::format("{} replayed before; --again takes them, too\n", letters_text(before_));
    if (others_ > 0) out += fmt::format("{} not chosen\n", letters_text(others_));
    if (foreign_ > 0) out += fmt::format("{} records of the topic are no dead letters of weir\n", grouped(foreign_));
    return out;
}

Json LetterReplay::json() const {
    const bool is_dry = arguments_.dry_run;
    Json out = {{"dry_run", is_dry}, {"replayed", is_dry ? planned_ : done_}, {"to", Json::object()}};
    for (const auto& [topic, n] : is_dry ? targets_ : written_) out["to"][topic] = n;
    out["replayed_before"] = before_;
    out["not_chosen"] = others_;
    out["no_dead_letters"] = foreign_;
    return out;
}

std::string LetterReplay::target_of(const weir_origin_record& record) const {
    return arguments_.to.empty() ? std::string(letter_header(record, "topic")) : arguments_.to;
}

bool LetterReplay::was_replayed(const weir_origin_record& record) const {
    const auto found = replayed_.find(record.partition);
    return found != replayed_.end() && found->second.has(record.offset);
}

bool LetterReplay::is_wanted(const weir_origin_record& record) const {
    return command_.choice().has(record) && (arguments_.again || !was_replayed(record));
}

// The letter before this one in its partition.
std::optional<int64_t> LetterReplay::step(const weir_origin_record& record) {
    return std::exchange(previous_[record.partition], record.offset);
}

Status LetterReplay::look(const weir_origin_record& record, std::map<int32_t, Replayed>& after) {
    if (!is_letter(record)) {
        ++foreign_;
        return {};
    }
    const auto before = step(record);
    ends_[record.partition] = record.offset;
    const bool is_wanted_now = is_wanted(record);
    if (is_wanted_now || was_replayed(record)) after[record.partition].add(record.offset, before);
    if (!is_wanted_now) {
        ++(command_.choice().has(record) ? before_ : others_);
        return {};
    }
    const std::string target = target_of(record);
    if (target.empty() && homeless_++ == 0) first_homeless_ = fmt::format("{}/{}", record.partition, record.offset);
    ++targets_[target];
    ++planned_;
    return {};
}

Status LetterReplay::check_targets() {
    if (homeless_ > 0)
        return Status::config("", fmt::format("{} without the topic that they came from, the first at {}. Name one (--to TOPIC), or "
                                              "choose others (--node, --code)",
                                              letters_text(homeless_), first_homeless_));
    for (const auto& [target, n] : targets_) {
        if (target == command_.topic())
            return Status::config("", fmt::format("{} would go to {}, where they lie already. Name another topic (--to)", letters_text(n),
                                                  ticked(target)));
        const auto found = find_topic(command_.cluster(), target);
        if (!found && found.status().code() == WEIR_E_CONFIG)
            return Status::config("", arguments_.to.empty()
                                          ? fmt::format("{} came from {}, and {}. Name one that is there (--to TOPIC), or make it: weir "
                                                        "topic create {}",
                                                        letters_text(n), ticked(target), found.status().message(), printable(target))
                                          : fmt::format("--to {}: {}. Name one that is there, or make it: weir topic create {}",
                                                        printable(target), found.status().message(), target));
        if (!found) return found.status();
    }
    return {};
}

// Only what prepare has seen: the topic may grow meanwhile.
Status LetterReplay::replay(const weir_origin_record& record) {
    const auto end = ends_.find(record.partition);
    if (!is_letter(record) || end == ends_.end() || record.offset > end->second) return {};
    const auto before = step(record);
    if (!is_wanted(record)) {
        if (was_replayed(record)) replayed_[record.partition].add(record.offset, before);
        return {};
    }
    std::vector<weir_header> headers;
    for (uint64_t i = 0; i < record.n_headers; ++i)
        if (!view(record.headers[i].name).starts_with(kLetterHeader)) headers.push_back(record.headers[i]);
    weir_origin_record original = record;
    original.headers = headers.data();
    original.n_headers = headers.size();
    const std::string target = target_of(record);
    Cluster& cluster = command_.cluster();
    Status status = call_extension([&](weir_error* error) {
        return cluster.api().produce_record(cluster.connection(), to_abi(target), &original, error);
    });
    if (!status.ok()) return status;
    under_way_.push_back({record.partition, record.offset, before});
    ++in_flight_[target];
    return under_way_.size() < kBatch ? Status() : settle();
}

// What is acknowledged is counted, and remembered.
Status LetterReplay::settle() {
    if (under_way_.empty()) return {};
    Cluster& cluster = command_.cluster();
    Status status = call_extension([&](weir_error* error) { return cluster.api().flush(cluster.connection(), error); });
    if (!status.ok())
        return Status::retryable(fmt::format("{}; of the last {} some may have arrived, and the next replay writes them again",
                                             status.message(), letters_text(static_cast<int64_t>(under_way_.size()))));
    std::set<int32_t> partitions;
    for (const UnderWay& one : std::exchange(under_way_, {})) {
        replayed_[one.partition].add(one.offset, one.before);
        partitions.insert(one.partition);
        ++done_;
    }
    for (const auto& [target, n] : std::exchange(in_flight_, {})) written_[target] += n;
    for (const int32_t partition : partitions) {
        // In between the note may be longer than in the end, at which prepare has looked.
        const bool fits = replayed_[partition].note().size() <= WEIR_BOOKMARK_NOTE_BYTES;
        if (status.ok() && fits) status = command_.remember(partition, replayed_[partition]);
    }
    return status;
}

}  // namespace weir::host
