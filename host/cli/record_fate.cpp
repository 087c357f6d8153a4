#include "host/cli/record_fate.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <weir/ext/messaging.h>
#include <weir/memory.hpp>
#include <weir/row_json.hpp>

#include "host/cli/cluster.hpp"
#include "host/cli/dead_letters.hpp"
#include "host/cli/record_replay.hpp"
#include "host/cli/record_source.hpp"
#include "host/text/grouped.hpp"
#include "host/topology/scalar.hpp"
#include "host/topology/source_file.hpp"

namespace weir::host {
namespace {

constexpr size_t kShownBytes = 200;   // of a key or payload
constexpr size_t kMostLetters = 10;   // that are told

std::string shown(const std::optional<std::string>& bytes) {
    if (!bytes) return "null";
    const auto text = readable(*bytes);
    std::string out = text ? *text : "0x" + hexadecimal(*bytes);
    if (out.size() <= kShownBytes) return out;
    while (out.size() > kShownBytes || (!out.empty() && find_invalid_utf8(out) != std::string::npos)) out.pop_back();
    return fmt::format("{}… ({} bytes)", out, grouped(static_cast<int64_t>(bytes->size())));
}

// Where reading stood at an epoch's end.
struct Stood {
    uint64_t epoch = 0;
    int64_t offset = 0;
    bool given_back = false;
};

class RecordFate {
public:
    RecordFate(const RecordName& record, const Supervisor& run, Candidate& again, int64_t now)
        : record_(record), run_(run), plan_(again.plan()), topology_(again.topology()), plugins_(again.plugins()), now_(now) {}

    Result<std::vector<Finding>> tell() {
        auto source = RecordSource::find(plan_, plugins_, record_.node);
        if (!source) return source.status();
        marks_ = run_.marks();
        std::vector<const SplitMark*> splits;
        if (!marks_.empty())
            for (const SplitMark& mark : *marks_.back().second)
                if (mark.node == source->id()) splits.push_back(&mark);
        auto split = find_split(splits, record_.split, record_.node);
        if (!split) return split.status();
        split_ = (*split)->split;
        if (Status status = find_stood(*source); !status.ok()) return status;
        tell_position();
        auto letter = source->read(split_, record_.offset);
        if (!letter) add("record", "", "it cannot be looked at: " + letter.status().message());
        else if (*letter) tell_record(*source, **letter);
        else tell_absence(*source);
        tell_letters();
        return std::move(out_);
    }

private:
    void add(const char* about, const std::string& node, std::string text) { out_.push_back({about, node, std::move(text), false}); }
    std::string place() const { return fmt::format("offset {} of {}", grouped(record_.offset), split_); }

    Status find_stood(const RecordSource& source) {
        for (const auto& [epoch, marks] : marks_) {
            for (const SplitMark& mark : *marks) {
                if (mark.node != source.id() || mark.split != split_) continue;
                auto offset = source.offset_of(mark.position);
                if (!offset) return offset.status();
                stood_.push_back({epoch, *offset, mark.given_back});
            }
        }
        return {};
    }

    // The first of the epochs without a gap up to the last one that stand behind the record.
    void tell_position() {
        const Stood& last = stood_.back();
        if (last.offset > record_.offset) {
            auto first = stood_.end() - 1;
            while (first != stood_.begin() && (first - 1)->offset > record_.offset) --first;
            const bool is_oldest = first->epoch == marks_.front().first;  // those before are forgotten
            return add("position", record_.node,
                       fmt::format("{} is read, and {} epoch {}{}; the last committed one, {}, ends before offset {}", place(),
                                   is_oldest ? "committed by" : "committed with", first->epoch, is_oldest ? ", or one before that" : "", last.epoch,
                                   grouped(last.offset)));
        }
        const std::string stands = fmt::format("the last committed epoch, {}, ends before offset {}", last.epoch, grouped(last.offset));
        if (last.given_back)
            return add("position", record_.node, fmt::format("{} is not read here: this host has given the partition back, and another one may read on; {}", place(), stands));
        const auto before = std::find_if(stood_.rbegin(), stood_.rend(), [&](const Stood& one) { return one.offset > record_.offset; });
        const std::string again = before == stood_.rend() ? "" : fmt::format(". It was committed by epoch {}, and the source was put back since", before->epoch);
        if (run_.stats().is_paused)
            return add("position", record_.node, fmt::format("{} waits to be read: the topology is paused; {}{}", place(), stands, again));
        add("position", record_.node,
            fmt::format("{} is not committed: it waits to be read, behind {} offsets, or is in the epoch that is open; {}{}", place(),
                        grouped(record_.offset - last.offset), stands, again));
    }

    void tell_record(const RecordSource& source, const Letter& letter) {
        add("record", record_.node,
            fmt::format("{}key {}, payload {}", letter.timestamp == INT64_MIN ? "" : format_timestamp(letter.timestamp) + ", ", shown(letter.key),
                        shown(letter.payload)));
        auto nodes = replay_record(plan_, plugins_, source.node(), letter, split_.substr(0, split_.rfind('/')), now_);
        if (!nodes) return add("node", "", "what its nodes make of it is not known: " + nodes.status().message());
        for (const ReplayedNode& node : *nodes) {
            std::string text = node.text;
            for (const std::string& row : node.rows) text += (&row == &node.rows.front() ? ": " : ", ") + row;
            if (static_cast<size_t>(node.count) > node.rows.size()) text += fmt::format(", and {} more", node.count - static_cast<int64_t>(node.rows.size()));
            add("node", node.node, std::move(text));
        }
    }

    void tell_absence(const RecordSource& source) {
        const auto bound = [&](int32_t at) -> std::optional<int64_t> {
            auto position = source.position_at(split_, at);
            if (!position) return std::nullopt;
            auto offset = source.offset_of(*position);
            return offset ? std::optional(*offset) : std::nullopt;
        };
        const auto first = bound(WEIR_AT_EARLIEST), end = bound(WEIR_AT_LATEST);
        if (first && record_.offset < *first)
            return add("record", record_.node, fmt::format("it is deleted: {} begins at offset {} now", split_, grouped(*first)));
        if (end && record_.offset >= *end) return add("record", record_.node, fmt::format("it is not written yet: {} ends before offset {}", split_, grouped(*end)));
        add("record", record_.node,
            fmt::format("no record is read at {}: its transaction is open or was aborted, it was compacted away, or a transaction's marker lies there", place()));
    }

    void tell_letters() {
        const int index = topology_.find_node(kDeadLettersNode);
        if (index < 0) return;
        const NodeSpec& sink = topology_.nodes[static_cast<size_t>(index)];
        const auto* api = static_cast<const weir_topics_api*>(plugins_.extension(*sink.op, WEIR_EXT_TOPICS));
        const std::string topic = api != nullptr && sink.op->name == api->sink ? sink.config.value.value(api->topic_param, "") : "";
        const auto connection = std::find_if(plan_.connections().begin(), plan_.connections().end(),
                                             [&](const auto& one) { return one->name() == sink.connection && one->is_open(); });
        if (topic.empty() || connection == plan_.connections().end())
            return add("letter", "", fmt::format("dead letters go to `{}`, which is not looked into", sink.op->name));
        Search search{*this, 0};
        const Status status = call_extension([&](weir_error* error) {
            return api->read((*connection)->self(), to_abi(topic), kLettersLookedAt, &search, &RecordFate::look_at, error);
        });
        if (!status.ok()) add("letter", "", fmt::format("dead letters in {} could not be looked at: {}", topic, status.message()));
        else if (search.found == 0)
            add("letter", "", fmt::format("no dead letter of it in {}, of whose partitions the last {} offsets each were looked at", topic, grouped(kLettersLookedAt)));
    }

    struct Search {
        RecordFate& fate;
        size_t found;
    };
    static int32_t look_at(void* data, const weir_origin_record* record) {
        auto& search = *static_cast<Search*>(data);
        if (!is_letter(*record) || !search.fate.is_of_it(*record)) return WEIR_OK;
        if (++search.found > kMostLetters) return WEIR_OK;
        search.fate.add("letter", std::string(letter_header(*record, "node")),
                        fmt::format("a dead letter of it is at {}/{}:{}, of node `{}`: {}: {}", view(record->topic), record->partition, record->offset,
                                    letter_header(*record, "node"), letter_header(*record, "code"), letter_header(*record, "message")));
        return WEIR_OK;
    }
    bool is_of_it(const weir_origin_record& record) const {
        return letter_header(record, "topology") == topology_.name &&
               fmt::format("{}/{}", letter_header(record, "topic"), letter_header(record, "partition")) == split_ &&
               letter_header(record, "offset") == std::to_string(record_.offset);
    }

    const RecordName& record_;
    const Supervisor& run_;
    const Plan& plan_;
    const Topology& topology_;
    PluginResolver plugins_;
    const int64_t now_;
    std::string split_;
    std::vector<std::pair<uint64_t, SplitMarks>> marks_;
    std::vector<Stood> stood_;
    std::vector<Finding> out_;
};

}  // namespace

std::optional<RecordName> parse_record_name(std::string_view text) {
    const size_t at = text.find('@'), colon = text.rfind(':');
    if (at == 0 || at == std::string_view::npos || colon == std::string_view::npos || colon < at + 2) return std::nullopt;
    const auto offset = parse_int64(text.substr(colon + 1));
    if (!offset || *offset < 0) return std::nullopt;
    return RecordName{std::string(text.substr(0, at)), std::string(text.substr(at + 1, colon - at - 1)), *offset};
}

Result<std::vector<Finding>> what_became_of(const RecordName& record, const Supervisor& run, Candidate& again, int64_t now) {
    return RecordFate(record, run, again, now).tell();
}

}  // namespace weir::host
