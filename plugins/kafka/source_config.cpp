// kafka.source: its parameters, and its schemas.
#include <algorithm>

#include <weir/codec_call.hpp>

#include "source.hpp"
#include "topics.hpp"

namespace weir::kafka {
namespace {

constexpr weir_param kName[] = {param("", WEIR_PARAM_STRING, "")};
constexpr weir_param kNumber[] = {param("", WEIR_PARAM_INT64, "")};
constexpr weir_param kMetadataName[] = {
    param("", WEIR_PARAM_STRING, "").one_of(R"(["key","headers","topic","partition","offset","timestamp"])")};

constexpr weir_param kSourceParams[] = {
    param("topic", WEIR_PARAM_LIST, "The topic to read, or a list of them. New partitions are found within 30 s (the connection's property "
          "`topic.metadata.refresh.interval.ms`).").primary().scalar_or_list().fields(kName),
    param("pattern", WEIR_PARAM_STRING,
          "A regular expression, instead of `topic`: all topics that match, also new ones, which are found within 30 s."),
    param("group_id", WEIR_PARAM_STRING,
          "The consumer group that shares the partitions and holds the offsets. Default: weir.<topology>.<node>."),
    param("instance_id", WEIR_PARAM_STRING,
          "This host's name in the group. Needed only where host names change at every start, as in some "
          "containers: under the same name a host gets its partitions back at once after a crash."),
    param("partitions", WEIR_PARAM_LIST,
          "Reads these partitions and shares none with other hosts: no membership in the group, which then only "
          "holds the offsets.")
        .scalar_or_list()
        .fields(kNumber),
    param("start", WEIR_PARAM_ANY,
          "Where to begin when neither the state nor the group knows: `earliest`, `latest`, a time like "
          "\"2024-05-23T12:34:56Z\", `{ timestamp: … }`, or `{ offset: 5 }` in every partition.")
        .default_json("\"earliest\""),
    param("stop_at_end", WEIR_PARAM_BOOL,
          "Ends at the offsets that are the partitions' ends at the start. Reads all partitions itself, without a "
          "membership in the group.")
        .default_json("false"),
    param("format", WEIR_PARAM_CODEC, "The codec of the payloads.").default_json(R"({"codec":"text","config":{}})"),
    param("record", WEIR_PARAM_RECORD,
          "The columns. Without it, formats `text` and `raw` give one column `value`."),
    param("metadata", WEIR_PARAM_LIST,
          "Adds ordinary columns of what a record has besides its payload. Without it they are there as `_key`, "
          "`_headers`, `_topic`, `_partition`, `_offset` and `_timestamp`, for whoever names them.")
        .scalar_or_list()
        .fields(kMetadataName),
};

Result<Schema> default_record(const Config &config) {
    std::string codec = config.child("format").string("codec");
    if (codec != "text" && codec != "raw")
        return Status::config(
            "record", "is missing: `" + codec + "` needs to know the columns, as in `record: { n: int64 }`");
    Type type = type_of(codec == "text" ? TypeId::kString : TypeId::kBinary);
    return Schema{{{"value", type, true}}};
}

Status check(const ConsumerOptions &options) {
    if (options.topics.empty() == options.pattern.empty())
        return Status::config("topic", options.topics.empty() ? "is missing: name a topic, or a `pattern`"
                                                              : "and `pattern` exclude each other");
    for (const std::string &topic : options.topics)
        if (Status named = check_topic_name(topic); !named.ok()) return named;
    if (!options.partitions.empty() && !options.pattern.empty())
        return Status::config("partitions", "and `pattern` exclude each other");
    return {};
}

Result<std::vector<int32_t>> read_partitions(const Config &config) {
    std::vector<int32_t> partitions;
    for (const auto &p : config.json()) {
        const auto number = p.is_number_integer() ? p.get<int64_t>() : -1;
        if (number < 0 || number > INT32_MAX)
            return Status::config("partitions", p.dump() + " is no partition: they count from 0 to " +
                                                    std::to_string(INT32_MAX));
        partitions.push_back(static_cast<int32_t>(number));
    }
    return partitions;
}

}  // namespace

const OperatorSpec kSourceSpec =
    source_spec<Source>("kafka.source", "Reads Kafka topics.").params(kSourceParams).connection("kafka").with(
        WEIR_SOURCE_REPLAYABLE);

Result<std::unique_ptr<Instance>> Source::create(Context context, const Config &config) {
    ConsumerOptions options;
    options.node = context.node();
    options.topology = context.topology();
    options.topics = config.strings("topic");
    options.pattern = config.string("pattern");
    auto partitions = read_partitions(config.child("partitions"));
    if (!partitions) return partitions.status();
    options.partitions = std::move(*partitions);
    options.group_id = config.string("group_id");
    if (options.group_id.empty()) options.group_id = "weir." + options.topology + "." + options.node;
    options.instance_id = config.string("instance_id");
    options.stop_at_end = config.boolean("stop_at_end");
    auto start = Start::parse(config.child("start").json());
    if (!start) return start.status();
    options.start = *start;
    Status status = check(options);
    if (!status.ok()) return status;
    std::unique_ptr<Source> source(new Source(context, std::move(options)));
    status = source->read_config(config);
    if (!status.ok()) return status;
    return std::unique_ptr<Instance>(std::move(source));
}

Status Source::read_config(const Config &config) {
    auto record = config.has("record") ? config.record("record") : default_record(config);
    if (!record) return record.status();
    record_ = std::move(*record);
    for (const std::string &name : config.strings("metadata")) {
        for (const MetadataField &field : kMetadataFields)
            if (field.name == name) ordinary_.push_back(field.what);
        if (record_.find(name)) return Status::config("metadata", "the record has a column `" + name + "` already");
    }
    auto codec = context_.codec(config.text("format"));
    if (!codec) return codec.status();
    codec_ = *codec;
    bytes_metric_ = context_.metric("received_bytes", WEIR_METRIC_COUNTER, "Bytes of the payloads read.");
    lag_metric_ = context_.metric("lag", WEIR_METRIC_GAUGE, "Records in the partitions that are not read yet.");
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
    for (const MetadataField &field : kMetadataFields) {
        bool ordinary = std::find(ordinary_.begin(), ordinary_.end(), field.what) != ordinary_.end();
        for (const std::string &name : {std::string(field.name), "_" + std::string(field.name)}) {
            if ((name[0] != '_' && !ordinary) || !binding.wanted(0, name)) continue;
            out.fields.push_back(metadata_field(field.what, name));
            emitted_.push_back(field.what);
        }
    }
    binding.set_output(0, out);
    return bind_decode(codec_, record_);
}

}  // namespace weir::kafka
