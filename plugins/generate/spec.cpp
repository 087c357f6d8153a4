// The declaration of generate: parameters and their documentation.
#include "generate.hpp"

namespace weir::generate {
namespace {

constexpr weir_param kAny[] = {param("value", WEIR_PARAM_ANY, "A value.")};
constexpr weir_param kWeight[] = {param("weight", WEIR_PARAM_FLOAT64, "A weight, 0 or more.")};
constexpr weir_param kText[] = {param("payload", WEIR_PARAM_STRING, "A payload.")};

constexpr weir_param kNormal[] = {
    param("mean", WEIR_PARAM_FLOAT64, "The mean.").required(),
    param("stddev", WEIR_PARAM_FLOAT64, "The standard deviation, 0 or more.").required(),
};
constexpr weir_param kZipf[] = {
    param("n", WEIR_PARAM_INT64, "The numbers are 1 to n; the smaller, the more frequent.").required(),
    param("s", WEIR_PARAM_FLOAT64, "The exponent: number k is k^s times rarer than 1.").default_json("1"),
};
constexpr weir_param kSequence[] = {
    param("start", WEIR_PARAM_INT64, "The first number.").default_json("0"),
    param("step", WEIR_PARAM_INT64, "From a row to the next.").default_json("1"),
};
constexpr weir_param kTimestamp[] = {
    param("start", WEIR_PARAM_STRING, "The first time, as 2024-05-23T12:34:56Z, or `now`: when the stream begins.")
        .default_json("\"now\""),
    param("step", WEIR_PARAM_DURATION, "From a row to the next. By default the time that `rate` gives a row, or 1ms."),
    param("jitter", WEIR_PARAM_DURATION, "Each time is up to so much earlier, so that rows come out of order.")
        .default_json("0"),
};

constexpr weir_param kColumnFields[] = {
    param("range", WEIR_PARAM_LIST,
          "[lowest, highest]: numbers that are all alike frequent. Whole bounds make whole numbers, both included.")
        .fields(kAny),
    param("list", WEIR_PARAM_LIST, "One of these values, null too.").fields(kAny),
    param("weights", WEIR_PARAM_LIST, "How frequent the values of `list` are, relative to each other.").fields(kWeight),
    param("normal", WEIR_PARAM_OBJECT, "Numbers around a mean, normally distributed.").fields(kNormal),
    param("zipf", WEIR_PARAM_OBJECT, "Whole numbers where few are frequent and most are rare.").fields(kZipf),
    param("sequence", WEIR_PARAM_OBJECT, "Numbers that grow from row to row.").fields(kSequence),
    param("timestamp", WEIR_PARAM_OBJECT, "Times that advance from row to row.").fields(kTimestamp),
    param("template", WEIR_PARAM_STRING,
          "Text in which {NAME} stands for the value of a column before this one, {row} for the row's number, and {{ "
          "and }} for braces."),
    param("fake", WEIR_PARAM_STRING, "Texts that look real, some more frequent than others.")
        .one_of(R"(["first_name","last_name","name","email","city","country","company","word","sentence","uuid","ipv4"])"),
    param("constant", WEIR_PARAM_ANY, "The same value in every row."),
    param("type", WEIR_PARAM_STRING,
          "The column's type. By default what the values suggest: int64, float64, string, bool, timestamp."),
};
constexpr weir_param kColumn[] = {
    param("column", WEIR_PARAM_OBJECT, "What a column holds: exactly one of the ways below, and a type.")
        .fields(kColumnFields)};

constexpr weir_param kCorrupt[] = {
    param("share", WEIR_PARAM_FLOAT64, "The share of rows to replace, from 0 to 1.").required(),
    param("payloads", WEIR_PARAM_LIST, "What they are replaced with, one of these at random.")
        .fields(kText)
        .scalar_or_list()
        .required(),
};

constexpr weir_param kParams[] = {
    param("columns", WEIR_PARAM_MAP,
          "The columns by name, and what each holds. A column whose name begins with _ is made only for templates.")
        .fields(kColumn)
        .required()
        .primary(),
    param("rate", WEIR_PARAM_FLOAT64, "Rows per second over all splits. By default as many as are taken."),
    param("count", WEIR_PARAM_INT64, "Ends after so many rows. By default it never ends."),
    param("for", WEIR_PARAM_DURATION, "Ends after this time; with `rate`, after the rows that are due in it."),
    param("seed", WEIR_PARAM_INT64, "The same seed gives the same rows.").default_json("1"),
    param("splits", WEIR_PARAM_INT64, "How many splits share the rows, so that several workers can make them. Another number begins all rows anew.")
        .default_json("1"),
    param("format", WEIR_PARAM_CODEC,
          "Emits each row as one column `payload: string`, encoded so, in place of typed columns."),
    param("corrupt", WEIR_PARAM_OBJECT, "Replaces some payloads by others, to test what becomes of bad ones. Needs "
                                        "`format`.")
        .fields(kCorrupt),
};

}  // namespace

constexpr OperatorSpec kGenerateSpec =
    source_spec<Generate>("generate",
                          "Makes rows out of ranges, lists, distributions and templates. Each row depends on the seed "
                          "and its number alone: a run repeats, and goes on from any position with the same rows.")
        .params(kParams)
        .with(WEIR_SOURCE_REPLAYABLE);

}  // namespace weir::generate
