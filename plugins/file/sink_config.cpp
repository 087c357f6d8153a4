// file.sink: its parameters and its inputs.
#include <filesystem>

#include <weir/row_json.hpp>

#include "sink.hpp"

namespace weir::file {
namespace {

constexpr weir_param kSinkParams[] = {
    param("path", WEIR_PARAM_STRING,
          "The file to write to; its folder is made. With `max_bytes`, `max_age` or `exactly_once` there are several, with "
          "time, worker and number in their names: out.jsonl becomes out-20240523T123456.789Z-0-1.jsonl.")
        .required()
        .primary(),
    param("format", WEIR_PARAM_CODEC,
          "The codec of a line: of all columns but metadata. `csv` and `tsv` with `header: true` write the header once a file.")
        .default_json(R"({"codec":"json","config":{}})"),
    param("max_bytes", WEIR_PARAM_BYTES, "Begins another file before one gets longer than this. By default none is too long."),
    param("max_age", WEIR_PARAM_DURATION,
          "Begins another file when one is so old. Not with `exactly_once`, where each `checkpoint` begins another."),
};

constexpr weir_port kSinkInputs[] = {
    port("in", "Rows; several edges of unlike columns are encoded each with its own. Also failed rows.", WEIR_PORT_MANY)};

}  // namespace

constexpr OperatorSpec kSinkSpec =
    sink_spec<Sink>("file.sink",
                    "Writes rows to files, a line each. With exactly_once each epoch's rows are files of their own, which "
                    "appear whole once the epoch is committed.")
        .params(kSinkParams)
        .inputs(kSinkInputs)
        .with(WEIR_OP_OUTBOX | WEIR_OP_LINES);

Result<std::unique_ptr<Instance>> Sink::create(Context context, const Config &config) {
    SinkOptions options;
    if (config.string("path").empty()) return Status::config("path", "is empty: name a file, such as out/orders.jsonl");
    std::error_code failed;
    options.path = std::filesystem::absolute(config.string("path"), failed).lexically_normal().string();
    if (failed || std::filesystem::path(options.path).filename().empty() || !is_utf8(options.path))
        return Status::config("path", "`" + config.string("path") + "` is no name of a file");
    if (config.has("max_bytes") && config.int64("max_bytes") < 1) return Status::config("max_bytes", "is 1 or more");
    if (config.has("max_age") && config.int64("max_age") < 1) return Status::config("max_age", "is a time above 0");
    options.max_bytes = static_cast<uint64_t>(config.int64("max_bytes"));
    options.max_age = config.int64("max_age");
    if (options.max_age && context.exactly_once())
        return Status::config("max_age", "is not for `exactly_once`: there each epoch has files of its own. `checkpoint` at the top "
                                         "of the topology says how long an epoch is");
    options.format = config.text("format");
    const std::string codec = config.child("format").string("codec");
    options.line_breaks = codec == "csv" || codec == "tsv";
    options.header = options.line_breaks && config.child("format").child("config").boolean("header");
    return std::unique_ptr<Instance>(new Sink(context, std::move(options)));
}

Status Sink::bind(const Binding &binding) {
    inputs_.clear();
    Schema first;
    for (uint32_t i = 0; i < binding.inputs(); ++i) {
        const Schema &schema = binding.input(i);
        Schema payload;
        Input &input = inputs_.emplace_back();
        for (size_t c = 0; c < schema.size(); ++c) {
            if (is_metadata_column(schema.fields[c].name)) continue;
            binding.reads(i, schema.fields[c].name);
            input.columns.push_back(c);
            payload.fields.push_back(schema.fields[c]);
        }
        if (i == 0) first = payload;
        if (options_.header && payload != first)
            return Status::config("format", "a file with a header has rows of one kind, and the inputs have " + to_string(first) +
                                                " and " + to_string(payload));
        auto codec = context_.codec(options_.format);
        if (!codec) return codec.status();
        input.codec = *codec;
        if (Status s = bind_encode(*codec, payload); !s.ok()) return s;
    }
    return {};
}

}  // namespace weir::file
