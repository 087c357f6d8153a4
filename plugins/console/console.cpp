#include "console.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include <weir/errors.hpp>
#include <weir/row_json.hpp>

#include "printable.hpp"

namespace weir::console {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr const char *kDim = "\033[2m", *kRed = "\033[31m", *kPlain = "\033[0m";

constexpr weir_param kParams[] = {
    param("format", WEIR_PARAM_STRING,
          "How rows are shown: `pretty` is a line a row for people, `json` an object a row, `table` columns under a "
          "header.")
        .default_json("\"pretty\"")
        .one_of(R"(["pretty","json","table"])")
        .primary(),
    param("payload", WEIR_PARAM_COLUMN,
          "Of `pretty`: a text or binary column that is shown last, without its name and quotes, so that JSON stays JSON; of "
          "the other columns those that are neither null nor empty. By default none."),
    param("title", WEIR_PARAM_STRING, "Stands before each line of `pretty` and `table`. By default nothing does."),
    param("limit_per_second", WEIR_PARAM_INT64,
          "Shows at most so many rows a second and tells how many more there were. By default all are shown."),
};
constexpr weir_port kInputs[] = {
    port("in", "Rows to show, of any schemas; streams of errors are shown as such.", WEIR_PORT_MANY)};

bool colours_wanted() {
    const char *no = std::getenv("NO_COLOR");
    return !(no && *no) && isatty(STDOUT_FILENO);
}

// 12345 as 12,345.
std::string with_commas(int64_t n) {
    std::string digits = std::to_string(n);
    for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
    return digits;
}

bool needs_quotes(std::string_view text) {
    return text.empty() || text.find_first_of(" =\"") != std::string_view::npos;
}

// Null, or a list or map without elements.
bool is_empty(const Column &column, int64_t row) {
    if (column.is_null(row)) return true;
    const TypeId id = column.type().id;
    if (id != TypeId::kMap && id != TypeId::kList) return false;
    std::string json;
    append_json_value(json, column, row);
    return json == "[]" || json == "{}";
}

void append_quoted(std::string &out, std::string_view text) {
    std::string safe;
    append_printable(safe, text);
    out += '"';
    for (char c : safe) {
        if (c == '"') out += '\\';
        out += c;
    }
    out += '"';
}

}  // namespace

constexpr OperatorSpec kConsoleSpec =
    sink_spec<Console>("console", "Shows rows in the terminal. Control characters in data are shown escaped.")
        .params(kParams)
        .inputs(kInputs);

Result<std::unique_ptr<Instance>> Console::create(Context context, const Config &config) {
    if (config.has("limit_per_second") && config.int64("limit_per_second") <= 0)
        return Status::config("limit_per_second", "limit_per_second is 1 or more");
    if (config.has("payload") && config.string("format") != "pretty")
        return Status::config("payload", "payload is for format pretty; of format json every column is a field");
    return std::unique_ptr<Instance>(new Console(context, config));
}

Console::Console(Context context, const Config &config)
    : Instance(context),
      limit_(config.int64("limit_per_second")),
      colours_(colours_wanted()),
      skipped_metric_(context.metric("skipped", WEIR_METRIC_COUNTER, "Rows that limit_per_second did not show.")) {
    std::string format = config.string("format");
    format_ = format == "json" ? Format::kJson : format == "table" ? Format::kTable : Format::kPretty;
    payload_ = config.string("payload");
    append_printable(title_, config.string("title"));
}

Status Console::bind(const Binding &binding) {
    inputs_.assign(binding.inputs(), Input());
    for (size_t i = 0; i < inputs_.size(); ++i) {
        const weir_bind_input &info = binding.input_info(i);
        inputs_[i].schema = binding.input(i);
        inputs_[i].errors = info.stream == WEIR_STREAM_ERRORS;
        if (!payload_.empty() && !inputs_[i].errors) {
            if (Status found = find_payload(inputs_[i]); !found.ok()) return found;
        }
        if (inputs_.size() > 1) append_printable(inputs_[i].tag, view(info.tag.size ? info.tag : info.node));
    }
    return {};
}

Status Console::find_payload(Input &input) const {
    input.payload = input.schema.find(payload_);
    if (input.payload && input.schema.fields[*input.payload].type.is_text()) return {};
    return Status::config("payload", "payload names a text or binary column; `" + payload_ + "` is none of " +
                                         to_string(input.schema));
}

// How many of `rows` may be shown now.
int64_t Console::allowed(int64_t rows) {
    if (!limit_) return rows;
    int64_t now = context_.now();
    if (now >= second_ + kSecond || second_ == INT64_MIN) {
        second_ = now;
        shown_ = 0;
    }
    int64_t n = std::min(rows, limit_ - shown_);
    shown_ += n;
    if (n < rows) {
        if (!skipped_) context_.wake_at(second_ + kSecond);
        skipped_ += rows - n;
        context_.metric_add(skipped_metric_, rows - n);
    }
    return n;
}

Status Console::process(const BatchView &batch, uint32_t number) {
    Input &input = inputs_[number];
    std::string out;
    if (skipped_ && context_.now() >= second_ + kSecond) append_skipped(out);
    int64_t rows = allowed(batch.rows());
    if (rows > 0) {
        if (last_input_ != number) input.table.repeat_header();
        last_input_ = number;
        append_rows(input, batch, rows, out);
    }
    if (!out.empty()) context_.print(out);
    return {};
}

Status Console::on_wake() {
    if (!skipped_) return {};
    if (context_.now() < second_ + kSecond) {
        context_.wake_at(second_ + kSecond);
        return {};
    }
    std::string out;
    append_skipped(out);
    context_.print(out);
    return {};
}

Status Console::finish() {
    std::string out;
    append_skipped(out);
    if (!out.empty()) context_.print(out);
    return {};
}

// A line of its own in every format but JSON, whose reader wants rows alone.
void Console::append_skipped(std::string &out) {
    if (skipped_ && format_ != Format::kJson) {
        paint(kDim, out);
        if (!title_.empty()) out += title_ + "  ";
        out += "\xE2\x80\xA6 " + with_commas(skipped_) + " more";
        paint(kPlain, out);
        out += '\n';
    }
    skipped_ = 0;
}

void Console::append_rows(Input &input, const BatchView &batch, int64_t rows, std::string &out) {
    if (format_ == Format::kTable) {
        std::string prefix;
        append_prefix(input, prefix);
        return input.table.append(batch, rows, prefix, out);
    }
    std::string json;
    for (int64_t row = 0; row < rows; ++row) {
        if (format_ == Format::kPretty) {
            append_pretty(input, batch, row, out);
        } else {
            json.clear();
            append_json_row(json, batch.schema(), *batch.raw().array, row);
            append_printable_json(out, json);
        }
        out += '\n';
    }
}

void Console::append_prefix(const Input &input, std::string &out) const {
    if (title_.empty() && input.tag.empty()) return;
    paint(kDim, out);
    out += title_;
    if (!title_.empty() && !input.tag.empty()) out += ' ';
    out += input.tag;
    paint(kPlain, out);
    out += "  ";
}

void Console::append_name(std::string_view name, std::string &out) const {
    paint(kDim, out);
    append_printable(out, name);
    out += '=';
    paint(kPlain, out);
}

void Console::append_pretty(const Input &input, const BatchView &batch, int64_t row, std::string &out) const {
    append_prefix(input, out);
    if (input.errors) return append_error(batch, row, out);
    bool first = true;
    for (size_t i = 0; i < batch.schema().size(); ++i) {
        const Field &field = batch.schema().fields[i];
        if (is_metadata_column(field.name)) continue;
        if (input.payload && (i == *input.payload || is_empty(batch.column(i), row))) continue;
        if (!first) out += "  ";
        first = false;
        append_name(field.name, out);
        append_value(batch.column(i), row, out);
    }
    if (input.payload) append_payload(batch.column(*input.payload), row, first, out);
}

void Console::append_payload(const Column &column, int64_t row, bool is_alone, std::string &out) const {
    if (!is_alone) out += "  ";
    if (column.is_null(row)) out += "null";
    else append_plain(out, column.text(row));
}

void Console::append_value(const Column &column, int64_t row, std::string &out) const {
    bool text = column.type().is_text() && !column.is_null(row);
    if (text && needs_quotes(column.text(row)))
        append_quoted(out, column.text(row));
    else
        append_cell(column, row, out);
}

// node: code: message (field), then the record: where it came from and its payload, or the row.
void Console::append_error(const BatchView &batch, int64_t row, std::string &out) const {
    auto has = [&](size_t column) { return !batch.column(column).is_null(row); };
    append_printable(out, batch.column(kErrorNode).text(row));
    out += ": ";
    paint(kRed, out);
    append_printable(out, batch.column(kErrorCode).text(row));
    paint(kPlain, out);
    out += ": ";
    append_printable(out, batch.column(kErrorMessage).text(row));
    auto show = [&](const char *name, size_t column) {
        if (!has(column)) return;
        out += "  ";
        append_name(name, out);
        append_value(batch.column(column), row, out);
    };
    show("field", kErrorField);
    show("payload", kErrorPayload);
    show("row", kErrorRow);
    show("topic", kErrorTopic);
    show("partition", kErrorPartition);
    show("offset", kErrorOffset);
}

}  // namespace weir::console
