// What a window is configured with: the one declaration behind its parsing, documentation and schema.
#pragma once

#include <weir/spec.hpp>

namespace weir::window {

inline constexpr weir_param kSliding[] = {
    param("size", WEIR_PARAM_DURATION, "How long a window is.").required(),
    param("every", WEIR_PARAM_DURATION, "A window ends so often.").required(),
};
inline constexpr weir_param kCumulative[] = {
    param("size", WEIR_PARAM_DURATION, "When it begins anew.").required(),
    param("every", WEIR_PARAM_DURATION, "A window from there ends so often. It divides `size`.").required(),
};
inline constexpr weir_param kCalendar[] = {
    param("every", WEIR_PARAM_STRING, "What a window is; a week begins on Monday.")
        .required()
        .one_of(R"(["day","week","month"])"),
    param("zone", WEIR_PARAM_STRING, "The time zone, by its name: `Europe/Berlin`.").default_json("\"UTC\""),
};
inline constexpr weir_param kEarly[] = {
    param("every", WEIR_PARAM_DURATION, "Results of open windows that have changed, so often, by the clock."),
    param("rows", WEIR_PARAM_INT64, "A result each time a group has so many new rows."),
    param("when", WEIR_PARAM_EXPRESSION, "A result after each row for which this is true: over the row's columns, or over aggregates of the group with it, such as `sum(amount) > 1000`."),
};
inline constexpr weir_param kLate[] = {
    param("every", WEIR_PARAM_DURATION, "Results of closed windows that have changed, so often, by the clock.").required(),
};
inline constexpr weir_param kKeep[] = {
    param("rows", WEIR_PARAM_INT64, "The last so many."),
    param("last", WEIR_PARAM_DURATION, "Those less than so far behind the newest."),
    param("when", WEIR_PARAM_EXPRESSION,
          "Those for which this is true: over the row's columns, `rows_behind` (0 for the last), `seconds_behind` (the newest), and "
          "aggregates of all the rows: `amount < 3 * avg(amount)`."),
};
inline constexpr weir_param kColumn[] = {param("", WEIR_PARAM_EXPRESSION, "")};

inline constexpr weir_param kParams[] = {
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

}  // namespace weir::window
