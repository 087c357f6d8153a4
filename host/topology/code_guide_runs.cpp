// Codes that no file has: those of a run that ends, and of rows that are refused.
#include "host/topology/code_guide.hpp"

namespace weir::host {

const std::vector<RunGuide>& run_guides() {
    static const std::vector<RunGuide> guides = {
        {"config", "A topology is refused at its start, for what only the outside could tell.",
         "The message names the node, the value and what would fit. Nothing was read; exit 2."},
        {"unreachable", "A server does not answer, at the start of a run.",
         "The message names the address. A first start gives up after `--connect-timeout`, with exit 4, and nothing was read; state is as it "
         "was. Of a run that has begun such a failure is `retryable`."},
        {"retryable", "A failure that may pass: a server that is gone, or answers with an error that does not stay.",
         "As a warning: the topology begins again at its last committed epoch, as `restart:` says. As an error: it may not, or was to end, "
         "and the run ends with exit 5. State is that of the last committed epoch, and the next run goes on from there."},
        {"fatal", "A failure that will not pass by itself, of a plugin, of the engine, or of a record that nothing takes.",
         "The message names node, plugin and record. The run ends with exit 5; state is that of the last committed epoch. A record that "
         "nothing takes would end the next run, too: give `dead_letters:` a sink, or mend what the message names."},
        {"state", "The state of a topology cannot be used, or not be written.",
         "It is in use by another process, of another topology or cluster, damaged, kept under another key, larger than `memory_limit`, or "
         "its disk is full. Exit 6; the last committed epoch stays as it is. The message has the ways out: another `--data-dir`, a "
         "savepoint, `--allow-loss NODE`, or `--reset`, which forgets it."},
        {"state-version", "There is state that an operator cannot read: of another version, or none that goes with a group's offsets.",
         "Use the plugin that wrote it, or a newer one that converts it. Where a consumer group has offsets and there is no state: "
         "`--reset`, `--from-group` or `--savepoint NAME`. Exit 6."},
        {"unsupported", "A plugin does not have what it was asked for.", "Use a newer build of it, or leave out what the message names."},
        {"row", "A plugin refused a row where rows cannot be refused.", "A mistake in the plugin: refused rows belong to `errors`."},
        {"decode", "A payload cannot be read as the record that was declared. A code of rows, as are all that follow.",
         "`weir.field` and `weir.message` say which field, why, and at which byte. The dead letter has the payload as it came."},
        {"encode", "A row cannot be written in the sink's format.", "`weir.message` names the column: no UTF-8, or a value that the format has not."},
        {"check", "A row violates a rule of `check`.", "`weir.field` is the rule."},
        {"overflow", "A number does not fit the type of its expression.",
         "Compute in a larger type (`n::int64`, `n::decimal(38,2)`), or leave such rows out with `where`. `weir.field` is the column."},
        {"division-by-zero", "A division by zero.", "`x / NULLIF(y, 0)` gives null instead."},
        {"bad-cast", "A value cannot be cast to the type.", "`TRY_CAST(value AS int64)` gives null instead. `weir.message` has the value."},
        {"bad-argument", "A function was given what it is not defined for, such as the root of a negative number.",
         "docs/expressions.md says what each function takes; a `where` or CASE keeps the others away."},
        {"too-large", "A text or list would become larger than a row may have.", "The function is named in `weir.message`."},
        {"delivery", "The broker refuses the record for good, such as one that is larger than its topic takes.",
         "`weir.message` has the reason and the limit. `on_delivery_failure: fail` ends the run instead."},
        {"null", "A value is null where the operator needs one.", "`where: column IS NOT NULL` keeps such rows away."},
        {"event-time-missing", "The column of the event time is null.", "Fill it with `set`, or leave such rows out with `where`, before `event_time`."},
        {"event-time-future", "The event time is further ahead of the clock than `max_future` allows.",
         "`weir.message` has both. A clock that is wrong would otherwise move the watermark, and make all others late."},
        {"out-of-range", "A value is outside of what the operator can use.", "`weir.message` has the value, and what is allowed."},
        {"too-long", "A line is longer than `max_line`.", "The dead letter has its first bytes."},
        {"missing", "A key is not in the table of `lookup_table`.", "`missing:` says what becomes of such rows."},
    };
    return guides;
}

const RunGuide* find_run_guide(std::string_view text) {
    for (const RunGuide& guide : run_guides())
        if (guide.text == text) return &guide;
    return nullptr;
}

}  // namespace weir::host
