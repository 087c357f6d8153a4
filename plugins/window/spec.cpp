#include "spec.hpp"

namespace weir::window {
namespace {

// The one kind that is written; what is written beside it that does not belong to it.
Result<Kind> parse_kind(const Config &config) {
    static constexpr struct {
        const char *name;
        Kind kind;
    } kKinds[] = {{"tumbling", Kind::kTumbling}, {"sliding", Kind::kSliding},     {"cumulative", Kind::kCumulative},
                  {"calendar", Kind::kCalendar}, {"session", Kind::kSession},     {"session_gap", Kind::kSession},
                  {"rows", Kind::kRows},         {"global", Kind::kGlobal}};
    const char *first = nullptr;
    Kind kind = Kind::kGlobal;
    for (const auto &k : kKinds) {
        if (!config.has(k.name) || (k.kind == Kind::kGlobal && !config.boolean("global"))) continue;
        if (first)
            return Status::config(k.name, std::string("a window is of one kind: `") + first + "` or `" + k.name + "`, not both");
        first = k.name;
        kind = k.kind;
    }
    if (!first)
        return Status::config("", "a window needs a bound: one of tumbling, sliding, cumulative, calendar, session, session_gap, "
                                  "rows, or `global: true`");
    return kind;
}

// A length of time that is written: above 0.
Status take_time(const Config &config, const char *name, const std::string &path, int64_t &to) {
    if (!config.has(name)) return {};
    to = config.int64(name);
    return to > 0 ? Status() : Status::config(path, "`" + path + "` is a time above 0, such as 30s");
}

Status take_steps(const Config &config, const char *kind, Spec &spec) {
    const Config steps = config.child(kind);
    const std::string path = kind;
    Status s = take_time(steps, "size", path + ".size", spec.size);
    if (s.ok()) s = take_time(steps, "every", path + ".every", spec.every);
    if (!s.ok()) return s;
    if (spec.every > spec.size)
        return Status::config(path + ".every", "windows that end less often than they are long leave rows out: `every` is at most "
                                               "`size`; for windows side by side use `tumbling`");
    if (spec.kind == Kind::kCumulative && spec.size % spec.every != 0)
        return Status::config(path + ".every", "`every` must divide `size`, so that the last step ends with it");
    return {};
}

Status take_bounds(const Config &config, Spec &spec) {
    Status s;
    switch (spec.kind) {
        case Kind::kTumbling:
            s = take_time(config, "tumbling", "tumbling", spec.size);
            spec.every = spec.size;
            return s;
        case Kind::kSliding: return take_steps(config, "sliding", spec);
        case Kind::kCumulative: return take_steps(config, "cumulative", spec);
        case Kind::kCalendar: {
            const Config calendar = config.child("calendar");
            const std::string every = calendar.string("every");
            spec.unit = every == "day" ? CalendarUnit::kDay : every == "week" ? CalendarUnit::kWeek : CalendarUnit::kMonth;
            spec.zone = calendar.string("zone");
            return {};
        }
        case Kind::kSession:
            spec.gap_by_row = config.has("session_gap");
            return take_time(config, "session", "session", spec.size);
        case Kind::kRows:
            spec.rows = config.int64("rows");
            spec.every_rows = config.has("every_rows") ? config.int64("every_rows") : spec.rows;
            if (spec.rows < 1) return Status::config("rows", "a window has 1 row at least");
            if (spec.every_rows < 1 || spec.every_rows > spec.rows)
                return Status::config("every_rows", "is from 1 to `rows`, " + std::to_string(spec.rows));
            return {};
        case Kind::kGlobal: return {};
    }
    return {};
}

Status take_triggers(const Config &config, Spec &spec) {
    const Config early = config.child("early"), late = config.child("late");
    Status s = take_time(early, "every", "early.every", spec.early_every);
    if (s.ok()) s = take_time(late, "every", "late.every", spec.late_every);
    if (!s.ok()) return s;
    if (early.has("rows")) {
        spec.early_rows = early.int64("rows");
        if (spec.early_rows < 1) return Status::config("early.rows", "is 1 or more");
    }
    spec.early_when = early.has("when");
    if (config.has("early") && !spec.early())
        return Status::config("early", "says when: `every`, `rows` or `when`");
    return {};
}

Status take_keep(const Config &config, Spec &spec) {
    const Config keep = config.child("keep");
    if (keep.has("rows")) {
        spec.keep_rows = keep.int64("rows");
        if (spec.keep_rows < 1) return Status::config("keep.rows", "is 1 or more");
    }
    spec.keep_when = keep.has("when");
    if (Status s = take_time(keep, "last", "keep.last", spec.keep_last); !s.ok()) return s;
    if (config.has("keep") && !spec.keep()) return Status::config("keep", "says which rows: `rows`, `last` or `when`");
    return {};
}

// Rows are in one slice, or, where each window keeps its own, in all of theirs; a window that closes is looked up in both.
Status check_overlap(const Spec &spec) {
    if (spec.kind != Kind::kSliding && spec.kind != Kind::kCumulative) return {};
    const int64_t most = spec.shares_slices() ? 1'000'000 : 10'000, windows = spec.size / spec.every;
    if (windows <= most) return {};
    return Status::config(spec.kind == Kind::kSliding ? "sliding.every" : "cumulative.every",
                          "each row would be in " + std::to_string(windows) + " windows, and " + std::to_string(most) +
                              (spec.shares_slices() ? " is the most: give a longer `every`, or a shorter `size`"
                                                    : " is the most with `early`, `late.every`, `keep` or `output`: give a longer "
                                                      "`every`, or a shorter `size`"));
}

// What cannot be had together.
Status check(const Config &config, const Spec &spec) {
    if (config.has("every_rows") && spec.kind != Kind::kRows)
        return Status::config("every_rows", "belongs to `rows`");
    if (spec.offset != 0 && spec.kind != Kind::kTumbling && spec.kind != Kind::kSliding && spec.kind != Kind::kCumulative)
        return Status::config("offset", "belongs to tumbling, sliding and cumulative windows");
    if (spec.allowed_lateness < 0) return Status::config("allowed_lateness", "is a time, 0 or more");
    if (spec.allowed_lateness > 0 && !spec.timed())
        return Status::config("allowed_lateness", "nothing is late where rows belong to windows by their number");
    if (spec.late_every && !spec.allowed_lateness)
        return Status::config("late", "without `allowed_lateness` closed windows take no rows");
    if (spec.early() && spec.kind == Kind::kRows)
        return Status::config("early", "a window of rows has results after `every_rows`");
    if (spec.kind == Kind::kGlobal && !spec.early())
        return Status::config("global", "a window without end needs `early` to say when there are results");
    return {};
}

}  // namespace

std::string Spec::identity() const {
    std::string out = std::to_string(static_cast<int>(kind));
    for (const int64_t part : {size, every, offset, static_cast<int64_t>(unit), int64_t{gap_by_row}, rows, every_rows,
                               int64_t{processing_time}, static_cast<int64_t>(output), int64_t{early()}, int64_t{late_every > 0}, int64_t{keep()}})
        out += " " + std::to_string(part);
    return out + " " + zone;
}

Result<Spec> Spec::parse(const Config &config) {
    Spec spec;
    const auto kind = parse_kind(config);
    if (!kind) return kind.status();
    spec.kind = kind.value();
    spec.processing_time = config.string("time") == "processing";
    spec.offset = config.int64("offset");
    spec.allowed_lateness = config.int64("allowed_lateness");
    const std::string output = config.string("output");
    spec.output = output == "discard" ? Output::kDiscard : output == "changelog" ? Output::kChangelog : Output::kAccumulate;
    Status s = take_bounds(config, spec);
    if (s.ok()) s = take_triggers(config, spec);
    if (s.ok()) s = take_keep(config, spec);
    if (s.ok()) s = check(config, spec);
    if (s.ok()) s = check_overlap(spec);
    if (!s.ok()) return s;
    if (spec.processing_time) spec.allowed_lateness = spec.late_every = 0;  // by the clock nothing is late
    return spec;
}

}  // namespace weir::window
