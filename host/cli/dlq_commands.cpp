// `weir dlq …`: dead letters in their topic.
#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include <weir/row_json.hpp>

#include "host/cli/commands.hpp"
#include "host/cli/dead_letters.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/letter_replay.hpp"
#include "host/cli/letters_command.hpp"
#include "host/cli/report.hpp"
#include "host/cli/table.hpp"
#include "host/cli/terminal.hpp"
#include "host/exit_codes.hpp"
#include "host/topology/source_file.hpp"

namespace weir::host {
namespace {

int outcome_of(const LettersCommand& command, const Status& status, Terminal& terminal) {
    if (status.ok()) terminal.message(command.hint());
    if (status.ok() || command.is_stopped()) return kExitOk;
    return fail_command(status, terminal);
}

std::string time_text(int64_t time) { return time == INT64_MIN ? "" : format_timestamp(time); }

// As it is where it can be read.
std::string shown(std::string_view bytes) {
    auto text = readable(bytes);
    return text ? *text : "hex " + hexadecimal(bytes);
}

Json bytes_json(const std::optional<std::string>& value) {
    if (!value) return nullptr;
    auto text = readable(*value);
    return text ? Json(*text) : Json{{"hex", hexadecimal(*value)}};
}

// Letters of one node, code and field.
struct Kind {
    int64_t letters = 0, replayed = 0;
    int64_t first = INT64_MAX, last = INT64_MIN;

    void add(int64_t time, bool was_replayed) {
        ++letters;
        replayed += was_replayed ? 1 : 0;
        if (time == INT64_MIN) return;
        first = std::min(first, time);
        last = std::max(last, time);
    }
    std::string first_text() const { return first == INT64_MAX ? "" : format_timestamp(first); }
    std::string last_text() const { return time_text(last); }
};
using Kinds = std::map<std::tuple<std::string, std::string, std::string>, Kind>;

std::string kinds_table(const Kinds& kinds) {
    Table table({"NODE", "CODE", "FIELD", "LETTERS", "REPLAYED", "FIRST", "LAST"});
    table.align_right(3);
    table.align_right(4);
    for (const auto& [name, kind] : kinds)
        table.add({printable(std::get<0>(name)), printable(std::get<1>(name)), printable(std::get<2>(name)), grouped(kind.letters),
                   grouped(kind.replayed), kind.first_text(), kind.last_text()});
    return table.text();
}

Json kinds_json(const Kinds& kinds) {
    Json out = Json::array();
    for (const auto& [name, kind] : kinds)
        out.push_back({{"node", std::get<0>(name)}, {"code", std::get<1>(name)}, {"field", std::get<2>(name)}, {"letters", kind.letters},
                       {"replayed", kind.replayed}, {"first", kind.first_text()}, {"last", kind.last_text()}});
    return out;
}

std::string letter_text(const std::string& topic, const Letter& letter) {
    std::vector<std::pair<std::string, std::string>> lines;
    for (const Letter::Header& header : letter.headers) {
        const bool is_ours = header.name.starts_with(kLetterHeader);
        lines.emplace_back(is_ours ? header.name : "header " + printable(header.name), header.value ? shown(*header.value) : "(null)");
    }
    lines.emplace_back("key", letter.key ? shown(*letter.key) : "(none)");
    lines.emplace_back("payload", letter.payload ? shown(*letter.payload) : "(none: a tombstone)");
    size_t width = 0;
    for (const auto& [name, value] : lines) width = std::max(width, name.size());
    std::string out = fmt::format("{}/{}/{}  {}\n", topic, letter.partition, letter.offset, time_text(letter.timestamp));
    for (const auto& [name, value] : lines) out += fmt::format("  {:<{}}  {}\n", name, width, value);
    return out;
}

Json letter_json(const Letter& letter) {
    Json out = {{"partition", letter.partition}, {"offset", letter.offset}, {"timestamp", time_text(letter.timestamp)}};
    out["headers"] = Json::array();
    for (const Letter::Header& header : letter.headers) out["headers"].push_back({{"name", header.name}, {"value", bytes_json(header.value)}});
    out["key"] = bytes_json(letter.key);
    out["payload"] = bytes_json(letter.payload);
    return out;
}

using Newest = std::map<std::tuple<int64_t, int32_t, int64_t>, Letter>;  // by time and place

constexpr int64_t kMarkers = 100;  // offsets that may be no records but ends of transactions

// Of the last offsets of each partition, 0: of all, the newest letters that are meant.
Status collect_newest(LettersCommand& command, int64_t last, int64_t count, Newest& newest) {
    newest.clear();
    return command.read(last, [&](const weir_origin_record& record) -> Status {
        if (!command.choice().has(record)) return {};
        newest.emplace(std::tuple(record.timestamp, record.partition, record.offset), Letter::of(record));
        if (newest.size() > static_cast<size_t>(count)) newest.erase(newest.begin());
        return {};
    });
}

}  // namespace

int dlq_ls_command(const DlqArguments& arguments, Terminal& terminal) {
    LettersCommand command(arguments, terminal);
    if (command.code() != kExitOk) return command.code();
    std::map<int32_t, Replayed> replayed;
    Kinds kinds;
    Status status = command.replayed(replayed);
    if (status.ok())
        status = command.read(0, [&](const weir_origin_record& record) -> Status {
            if (!command.choice().has(record)) return {};
            const auto name = [&](const char* header) { return std::string(letter_header(record, header)); };
            const bool is_known = is_letter(record);
            const auto kind = is_known ? std::tuple(name("node"), name("code"), name("field")) : std::tuple("", "(no dead letter)", "");
            const auto done = replayed.find(record.partition);
            kinds[kind].add(record.timestamp, is_known && done != replayed.end() && done->second.has(record.offset));
            return {};
        });
    if (status.ok()) terminal.print(arguments.format == Format::kJson ? json_text(kinds_json(kinds)) : kinds_table(kinds));
    return outcome_of(command, status, terminal);
}

int dlq_show_command(const DlqShowArguments& arguments, Terminal& terminal) {
    LettersCommand command(arguments.letters, terminal);
    if (command.code() != kExitOk) return command.code();
    Newest newest;
    Status status;
    if (command.choice().is_all()) status = collect_newest(command, arguments.count + kMarkers, arguments.count, newest);
    if (status.ok() && newest.size() < static_cast<size_t>(arguments.count)) status = collect_newest(command, 0, arguments.count, newest);
    if (!status.ok()) return outcome_of(command, status, terminal);
    if (newest.empty() && command.choice().at)
        return fail_command(Status::config("", fmt::format("there is no dead letter at {} of {}", arguments.letters.at, command.topic())),
                            terminal);
    Json json = Json::array();
    std::string text;
    for (const auto& [when, letter] : newest) {
        json.push_back(letter_json(letter));
        text += (text.empty() ? "" : "\n") + letter_text(command.topic(), letter);
    }
    if (arguments.letters.format == Format::kJson) terminal.print(json_text(json));
    else if (!text.empty()) terminal.print(text);
    return outcome_of(command, status, terminal);
}

int dlq_replay_command(const DlqReplayArguments& arguments, Terminal& terminal) {
    LettersCommand command(arguments.letters, terminal);
    if (command.code() != kExitOk) return command.code();
    LetterReplay replay(command, arguments);
    Status status = replay.prepare();
    if (!status.ok()) return outcome_of(command, status, terminal);
    if (!arguments.dry_run) status = replay.write();
    terminal.print(arguments.letters.format == Format::kJson ? json_text(replay.json()) : replay.text());
    return outcome_of(command, status, terminal);
}

}  // namespace weir::host
