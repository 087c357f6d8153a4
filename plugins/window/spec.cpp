#include "spec.hpp"

#include <iterator>

#include <weir/spec.hpp>

namespace weir::window {
namespace {

constexpr weir_param kSliding[] = {
    param("size", WEIR_PARAM_DURATION, "How long a window is.").required(),
    param("every", WEIR_PARAM_DURATION, "A window ends so often.").required(),
};
constexpr weir_param kCumulative[] = {
    param("size", WEIR_PARAM_DURATION, "When it begins anew.").required(),
    param("every", WEIR_PARAM_DURATION, "A window from there ends so often. It divides `size`.").required(),
};
constexpr weir_param kCalendar[] = {
    param("every", WEIR_PARAM_STRING, "What a window is; a week begins on Monday.")
        .required()
        .primary()
        .one_of(R"(["day","week","month"])"),
    param("zone", WEIR_PARAM_STRING, "The time zone, by its name: `Europe/Berlin`.").default_json("\"UTC\""),
};
constexpr weir_param kEarly[] = {
    param("every", WEIR_PARAM_DURATION, "Results of open windows that have changed, so often, by the clock."),
    param("rows", WEIR_PARAM_INT64, "A result each time a group has so many new rows."),
    param("when", WEIR_PARAM_EXPRESSION, "A result after each row for which this is true."),
};
constexpr weir_param kLate[] = {
    param("every", WEIR_PARAM_DURATION, "Results of closed windows that have changed, so often, by the clock.").required(),
};
constexpr weir_param kKeep[] = {
    param("rows", WEIR_PARAM_INT64, "The last so many."),
    param("last", WEIR_PARAM_DURATION, "Those less than so far behind the newest."),
    param("when", WEIR_PARAM_EXPRESSION,
          "Those for which this is true: over the row's columns, `rows_behind` (0 for the last) and `seconds_behind` (the newest)."),
};
constexpr weir_param kColumn[] = {param("", WEIR_PARAM_EXPRESSION, "")};

}  // namespace

constexpr weir_param kParams[] = {
    param("tumbling", WEIR_PARAM_DURATION, "Windows of this length, one behind the other."),
    param("sliding", WEIR_PARAM_OBJECT, "Windows that overlap: of one length, ending more often than that.").fields(kSliding),
    param("cumulative", WEIR_PARAM_OBJECT, "Windows that grow in steps, and begin anew at a length.").fields(kCumulative),
    param("calendar", WEIR_PARAM_OBJECT, "Days, weeks or months of a time zone.").fields(kCalendar),
    param("session", WEIR_PARAM_DURATION,
          "Windows that end when nothing came for so long. A row that comes between two of them joins them."),
    param("session_gap", WEIR_PARAM_EXPRESSION, "The same with a gap of the row's own, in seconds: `CASE WHEN vip THEN 3600 ELSE 600 END`."),
    param("rows", WEIR_PARAM_INT64, "Windows of so many rows of the key."),
    param("every_rows", WEIR_PARAM_INT64, "With `rows`: a result after so many rows, over the last `rows` of them."),
    param("global", WEIR_PARAM_BOOL, "One window for all rows of the key, which ends with the input; see `early`.")
        .default_json("false"),
    param("offset", WEIR_PARAM_DURATION,
          "Where windows begin, behind 1970-01-01 UTC: `6h` makes days that begin at six.").default_json("0"),
    param("time", WEIR_PARAM_STRING,
          "Whether a row belongs to windows by its own time or by when it comes by.")
        .default_json("\"event\"")
        .one_of(R"(["event","processing"])"),
    param("time_column", WEIR_PARAM_COLUMN,
          "The column that is a row's time. By default the one that `event_time` of the source names."),
    param("allowed_lateness", WEIR_PARAM_DURATION,
          "For how long behind a window's end rows are still taken; its result is sent again then. Later ones leave by `late`. By "
          "the clock, with `time: processing`, nothing is late.")
        .default_json("0"),
    param("early", WEIR_PARAM_OBJECT, "Results of windows that are still open.").fields(kEarly),
    param("late", WEIR_PARAM_OBJECT,
          "When the results of closed windows that late rows have changed are sent. By default with each row.")
        .fields(kLate),
    param("keep", WEIR_PARAM_OBJECT,
          "Of which of its rows a result is; by default of all. The window then keeps rows, and forgets the others with each result.")
        .fields(kKeep),
    param("output", WEIR_PARAM_STRING,
          "What a further result of a window is: all of its rows so far (accumulate), those since the last result (discard), or "
          "what has changed, told by the column `_op` (changelog).")
        .default_json("\"accumulate\"")
        .one_of(R"(["accumulate","discard","changelog"])"),
    param("columns", WEIR_PARAM_MAP,
          "The result's columns: expressions over aggregates of the rows, the key, `window_start`, `window_end` and `pane` "
          "(early, on time or late). The key and the bounds come first; a bound that is a column of its own is not repeated.")
        .required()
        .fields(kColumn),
};
const size_t kParamCount = std::size(kParams);

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
    if (!s.ok()) return s;
    if (spec.processing_time) spec.allowed_lateness = spec.late_every = 0;  // by the clock nothing is late
    return spec;
}

}  // namespace weir::window
