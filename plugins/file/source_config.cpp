// file.source: its parameters, and its schemas.
#include <weir/codec_call.hpp>

#include "source.hpp"

namespace weir::file {
namespace {

constexpr weir_param kPathElement[] = {param("", WEIR_PARAM_STRING, "")};
constexpr weir_param kMetadataElement[] = {param("", WEIR_PARAM_STRING, "").one_of(R"(["path","offset"])")};

constexpr weir_param kSourceParams[] = {
    param("path", WEIR_PARAM_LIST,
          "The file to read, a pattern (`logs/*.json`), or a list of them. A relative one begins where weir was started.")
        .required()
        .primary()
        .scalar_or_list()
        .fields(kPathElement),
    param("follow", WEIR_PARAM_BOOL,
          "Goes on with what is written to the files, and with new ones, like `tail -F`: through rotations and "
          "truncations. Otherwise it ends with the files.")
        .default_json("false"),
    param("start", WEIR_PARAM_STRING,
          "Where files begin that are there at the first start: `beginning`, or `end`. Others begin at their beginning.")
        .default_json("\"beginning\"")
        .one_of(R"(["beginning","end"])"),
    param("format", WEIR_PARAM_CODEC,
          "The codec of a line. `csv` and `tsv` with `header: true` read the first line of each file as its header.")
        .default_json(R"({"codec":"text","config":{}})"),
    param("record", WEIR_PARAM_RECORD,
          "The columns. Without it, formats `text` and `raw` give one column `value`."),
    param("metadata", WEIR_PARAM_LIST,
          "Adds ordinary columns: the file's `path`, and the `offset` of the line in it, in bytes. Without it they are "
          "there as `_path` and `_offset`, for whoever names them.")
        .scalar_or_list()
        .fields(kMetadataElement),
    param("max_line", WEIR_PARAM_BYTES, "A longer line goes to `errors`, with its first 64 KiB.").default_json("16777216"),
    param("poll_interval", WEIR_PARAM_DURATION, "With `follow`: how often files and patterns are looked at.")
        .default_json("250000"),
    param("rotate_wait", WEIR_PARAM_DURATION,
          "With `follow`: a file that was renamed counts as read once it has not grown for so long.")
        .default_json("2000000"),
    param("lost", WEIR_PARAM_STRING,
          "What if the state goes on in a file that does not hold any more what was read: `fail` refuses the start, "
          "`skip` reads what is there now.")
        .default_json("\"fail\"")
        .one_of(R"(["fail","skip"])"),
};

constexpr uint64_t kMaxLineBytes = uint64_t{64} << 20;
constexpr int64_t kMinPollInterval = 1'000;

Result<Schema> record_of(const Config &config) {
    if (config.has("record")) return config.record("record");
    const std::string codec = config.child("format").string("codec");
    if (codec != "text" && codec != "raw")
        return Status::config("record", "is missing: `" + codec + "` needs to know the columns, as in `record: { n: int64 }`");
    return Schema{{{"value", type_of(codec == "text" ? TypeId::kString : TypeId::kBinary), false}}};
}

}  // namespace

constexpr OperatorSpec kSourceSpec =
    source_spec<Source>("file.source", "Reads files line by line: JSON, CSV, or any codec, a record a line.")
        .params(kSourceParams)
        .with(WEIR_SOURCE_REPLAYABLE | WEIR_OP_LINES);

Result<std::unique_ptr<Instance>> Source::create(Context context, const Config &config) {
    SourceOptions options;
    options.paths = config.strings("path");
    if (options.paths.empty()) return Status::config("path", "is empty: name a file, or a pattern such as `logs/*.json`");
    for (const std::string &path : options.paths)
        if (path.empty()) return Status::config("path", "is empty: name a file, or a pattern such as `logs/*.json`");
    options.at_end = config.string("start") == "end";
    options.poll_interval = config.int64("poll_interval");
    if (options.poll_interval < kMinPollInterval) return Status::config("poll_interval", "is 1ms at least");
    options.reader.follow = config.boolean("follow");
    options.reader.header = config.child("format").child("config").boolean("header");
    options.reader.skip_lost = config.string("lost") == "skip";
    options.reader.max_line_bytes = static_cast<uint64_t>(config.int64("max_line"));
    options.reader.rotate_wait = config.int64("rotate_wait");
    if (config.int64("max_line") < 1 || options.reader.max_line_bytes > kMaxLineBytes)
        return Status::config("max_line", "is 1 to 64MiB");
    std::unique_ptr<Source> source(new Source(context, std::move(options)));
    if (Status s = source->read_config(config); !s.ok()) return s;
    return std::unique_ptr<Instance>(std::move(source));
}

Status Source::read_config(const Config &config) {
    auto record = record_of(config);
    if (!record) return record.status();
    record_ = std::move(*record);
    for (const std::string &name : config.strings("metadata")) {
        if (record_.find(name)) return Status::config("metadata", "the record has a column `" + name + "` already");
        ordinary_.insert(name == "path" ? Metadata::kPath : Metadata::kOffset);
    }
    auto codec = context_.codec(config.text("format"));
    if (!codec) return codec.status();
    codec_ = *codec;
    bytes_metric_ = context_.metric("read_bytes", WEIR_METRIC_COUNTER, "Bytes of the lines read.");
    blank_metric_ = context_.metric("blank_lines", WEIR_METRIC_COUNTER, "Blank lines, which are passed over.");
    truncated_metric_ = context_.metric("truncated", WEIR_METRIC_COUNTER, "Files that were truncated or replaced while they were read.");
    return {};
}

Status Source::bind(const Binding &binding) {
    Schema out;
    wanted_.clear();
    emitted_.clear();
    for (const Field &field : record_.fields) {
        wanted_.push_back(binding.wanted(0, field.name));
        if (wanted_.back()) out.fields.push_back(field);
    }
    for (Metadata what : {Metadata::kPath, Metadata::kOffset}) {
        const std::string ordinary = what == Metadata::kPath ? "path" : "offset";
        for (const std::string &name : {ordinary, "_" + ordinary}) {
            if ((name[0] != '_' && !ordinary_.contains(what)) || !binding.wanted(0, name)) continue;
            out.fields.push_back({name, type_of(what == Metadata::kPath ? TypeId::kString : TypeId::kInt64), false});
            emitted_.push_back(what);
        }
    }
    binding.set_output(0, out);
    return bind_decode(codec_, record_);
}

}  // namespace weir::file
