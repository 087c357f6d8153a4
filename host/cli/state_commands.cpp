// `weir state …`: the committed state of a topology, or of a savepoint, also while a host runs it.
#include <optional>

#include <fmt/format.h>

#include <weir/memory.hpp>

#include "host/cli/commands.hpp"
#include "host/cli/data_dir.hpp"
#include "host/cli/entry_text.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/report.hpp"
#include "host/cli/savepoints.hpp"
#include "host/cli/table.hpp"
#include "host/cli/terminal.hpp"
#include "host/exit_codes.hpp"
#include "host/state/replacement.hpp"

namespace weir::host {
namespace {

constexpr uint32_t kKeyGroups = 256;

int refuse_state(const Status& status, Terminal& terminal) {
    terminal.message("weir: " + status.message());
    return status.code() == WEIR_E_CONFIG ? kExitUsage : kExitState;
}

const char* kind_text(uint32_t kind) {
    switch (kind) {
        case WEIR_STATE_KEYED: return "keyed";
        case WEIR_STATE_SPLIT: return "split";
        case WEIR_STATE_LIST: return "list";
        default: return "broadcast";
    }
}

// A store opened for looking, with the record of its epoch.
struct OpenState {
    std::unique_ptr<StateStore> store;
    Json record;
};

Result<OpenState> open_state(const StateArguments& arguments) {
    auto data_dir = chosen_data_dir(arguments.data_dir);
    if (!data_dir) return data_dir.status();
    const auto dir = arguments.savepoint.empty()
                         ? StateReplacement::standing(*data_dir / arguments.topology)
                         : savepoint_path(*data_dir, arguments.topology, arguments.savepoint);
    std::error_code error;
    if (!std::filesystem::exists(dir / "identity", error))
        return no_state(dir, arguments.topology);
    auto opened = open_for_reading(dir);
    if (!opened) {
        const Status why = opened.status();
        return Status::state_version(why.message());
    }
    if ((*opened)->committed() == 0) return no_epoch(dir, arguments.topology);
    auto record = (*opened)->record((*opened)->committed());
    OpenState out{std::move(*opened), Json::parse(record ? record->value_or("{}") : "{}", nullptr, false)};
    return out;
}

Status check_node(const OpenState& state, const std::string& node) {
    std::string names;
    for (const std::string& name : state.store->nodes()) {
        if (name == node) return {};
        names += (names.empty() ? "`" : ", `") + name + "`";
    }
    return Status::config("", fmt::format("there is no state of a node `{}`; there is {}", node,
                                          names.empty() ? "none at all" : "state of " + names));
}

struct ShownEntry {
    uint32_t state = 0, kind = 0, group = 0;
    std::string name, split, key, value;

    std::string place() const {
        if (kind == WEIR_STATE_KEYED) return fmt::format("group {}", group);
        return kind == WEIR_STATE_SPLIT ? "split " + escaped_bytes(split) : kind_text(kind);
    }
    Json json() const {
        Json out = {{"state", state}, {"kind", kind_text(kind)}};
        if (name != std::to_string(state)) out["name"] = name;
        if (kind == WEIR_STATE_KEYED) out["group"] = group;
        if (kind == WEIR_STATE_SPLIT) out["split"] = escaped_bytes(split);
        out["key"] = key;
        out["value"] = value;
        return out;
    }
};

void show_entries(const std::vector<ShownEntry>& entries, Format format, Terminal& terminal) {
    if (format == Format::kJson) {
        Json list = Json::array();
        for (const ShownEntry& entry : entries) list.push_back(entry.json());
        return terminal.print(json_text(list));
    }
    Table table({"STATE", "PLACE", "KEY", "VALUE"});
    for (const ShownEntry& entry : entries)
        table.add({entry.name, entry.place(), entry.key, entry.value});
    terminal.print(table.text());
}

std::string positions_text(const Json& positions) {
    if (positions.empty()) return "none: they keep no positions\n";
    Table table({"SOURCE", "SPLIT", "POSITION"});
    for (const Json& one : positions) table.add({one.value("node", ""), one.value("split", ""), one.value("position", "")});
    return table.text();
}

// The layouts of an operator that keeps rows as bytes; none, where its own tables are anything else.
Result<RowSchemas> row_schemas(const OpenState& state, const std::string& node) {
    RowSchemas rows;
    bool is_all = true;
    const Status read = state.store->read(
        node,
        [&](const weir_state_block& block) -> Status {
            is_all = is_all && block.kind == WEIR_STATE_BROADCAST;
            for (uint64_t i = 0; is_all && i < block.n; ++i) is_all = add_row_schema(view(block.keys[i]), view(block.values[i]), rows);
            return {};
        },
        [](uint32_t number) { return number == 0; });
    if (!read.ok()) return read;
    return is_all ? rows : RowSchemas();
}

// A table is for eyes.
std::string shown_value(const EntryCodec& codec, std::string_view bytes, uint32_t version, Format format) {
    return format == Format::kText ? codec.short_value(bytes, version) : codec.value(bytes, version);
}

// Entries of a node whose keys begin with `prefix`, up to `limit`; `is_cut` where there are more.
Status collect(const OpenState& state, const StateArguments& arguments, std::vector<ShownEntry>& out, bool& is_cut) {
    const Status enough = Status::retryable("");  // ends the read
    auto rows = row_schemas(state, arguments.node);
    if (!rows) return rows.status();
    const Status read = state.store->read(arguments.node, [&](const weir_state_block& block) -> Status {
        const EntryCodec codec(state.record, arguments.node, block.state, *rows);
        const std::string name = state_name(state.record, arguments.node, block.state);
        for (uint64_t i = 0; i < block.n; ++i) {
            std::string key = codec.key(view(block.keys[i]));
            if (!key.starts_with(arguments.prefix)) continue;
            is_cut = static_cast<int64_t>(out.size()) >= arguments.limit;
            if (is_cut) return enough;
            out.push_back({block.state, block.kind, block.group, name, std::string(view(block.split)),
                           std::move(key), shown_value(codec, view(block.values[i]), block.version, arguments.format)});
        }
        return {};
    });
    return is_cut ? Status() : read;
}

// Where the key may be is tried: a look-up reads a page or two.
Status look_up(const OpenState& state, const StateArguments& arguments, std::vector<ShownEntry>& out) {
    auto rows = row_schemas(state, arguments.node);
    if (!rows) return rows.status();
    for (const StateSummary& summary : state.store->summaries()) {
        if (summary.node != arguments.node || summary.kind == WEIR_STATE_SPLIT) continue;
        const EntryCodec codec(state.record, arguments.node, summary.state, *rows);
        auto key = codec.parse_key(arguments.key);
        if (!key) return key.status();
        const uint32_t groups = summary.kind == WEIR_STATE_KEYED ? kKeyGroups : 1;
        for (uint32_t group = 0; group < groups; ++group) {
            auto value = state.store->get(arguments.node, summary.state, summary.kind, group, {}, *key);
            if (!value) return value.status();
            if (*value) out.push_back({summary.state, summary.kind, group, state_name(state.record, arguments.node, summary.state), "", codec.key(*key),
                                      shown_value(codec, **value, summary.version, arguments.format)});
        }
    }
    return {};
}

}  // namespace

int state_ls_command(const StateArguments& arguments, Terminal& terminal) {
    auto state = open_state(arguments);
    if (!state) return refuse_state(state.status(), terminal);
    const uint64_t epoch = state->store->committed();
    auto summaries = live_summaries(*state->store);
    if (!summaries) return refuse_state(summaries.status(), terminal);
    Json list = Json::array();
    Table table({"NODE", "STATE", "KIND", "VERSION", "ENTRIES", "BYTES"});
    for (size_t column : {3u, 4u, 5u}) table.align_right(column);
    for (const StateSummary& s : *summaries) {
        const std::string name = state_name(state->record, s.node, s.state);
        list.push_back({{"node", s.node}, {"state", s.state}, {"kind", kind_text(s.kind)}, {"version", s.version},
                        {"entries", s.entries}, {"bytes", s.bytes}});
        if (name != std::to_string(s.state)) list.back()["name"] = name;
        table.add({s.node, name, kind_text(s.kind), std::to_string(s.version),
                   grouped(static_cast<int64_t>(s.entries)), grouped(static_cast<int64_t>(s.bytes))});
    }
    if (arguments.format == Format::kJson)
        terminal.print(json_text({{"topology", state->store->topology()}, {"epoch", epoch}, {"states", list}}));
    else if (list.empty())
        terminal.print(fmt::format("{}: epoch {}, without state of operators; where its sources are:\n{}", state->store->topology(), epoch,
                                   positions_text(positions_of(*state->store))));
    else
        terminal.print(fmt::format("{}: epoch {}\n{}", state->store->topology(), epoch, table.text()));
    return kExitOk;
}

int state_get_command(const StateArguments& arguments, Terminal& terminal) {
    auto state = open_state(arguments);
    if (!state) return refuse_state(state.status(), terminal);
    if (Status s = check_node(*state, arguments.node); !s.ok()) return refuse_state(s, terminal);
    std::vector<ShownEntry> found;
    if (Status s = look_up(*state, arguments, found); !s.ok()) return refuse_state(s, terminal);
    if (found.empty())
        return refuse_state(Status::config("", fmt::format("node `{}` has no key `{}`", arguments.node, arguments.key)), terminal);
    show_entries(found, arguments.format, terminal);
    return kExitOk;
}

int state_scan_command(const StateArguments& arguments, Terminal& terminal) {
    auto state = open_state(arguments);
    if (!state) return refuse_state(state.status(), terminal);
    if (Status s = check_node(*state, arguments.node); !s.ok()) return refuse_state(s, terminal);
    std::vector<ShownEntry> found;
    bool is_cut = false;
    if (Status s = collect(*state, arguments, found, is_cut); !s.ok()) return refuse_state(s, terminal);
    show_entries(found, arguments.format, terminal);
    if (is_cut) terminal.message(fmt::format("and more: the first {} are shown (--limit)", arguments.limit));
    return kExitOk;
}

}  // namespace weir::host
