// kafka.sink: its parameters and its inputs.
#include "sink.hpp"
#include "topics.hpp"

namespace weir::kafka {
namespace {

constexpr weir_param kHeaderColumn[] = {param("", WEIR_PARAM_COLUMN, "")};

constexpr weir_param kSinkParams[] = {
    param("topic", WEIR_PARAM_STRING, "The topic to write to.").required().primary(),
    param("format", WEIR_PARAM_CODEC, "The codec of the payloads: of all columns but metadata.")
        .default_json(R"({"codec":"json","config":{}})"),
    param("key", WEIR_PARAM_COLUMN,
          "The column that is the record's key; it chooses the partition. It stays in the payload, too, unless it is "
          "a metadata column."),
    param("value", WEIR_PARAM_COLUMN,
          "The column that is the payload as it stands, instead of `format`; null is a tombstone."),
    param("headers", WEIR_PARAM_MAP, "Headers of the record: name to column.").fields(kHeaderColumn),
    param("partitioner", WEIR_PARAM_STRING,
          "How a key chooses the partition: murmur2 is what Java clients do, consistent what librdkafka does, fnv1a "
          "what Sarama does. Records without a key are spread batch by batch.")
        .default_json("\"murmur2\"")
        .one_of(R"(["murmur2","consistent","fnv1a","round_robin"])"),
    param("compression", WEIR_PARAM_STRING,
          "How batches are compressed. Default: none, or what the connection's properties say.")
        .one_of(R"(["none","lz4","zstd","gzip","snappy"])"),
    param("on_delivery_failure", WEIR_PARAM_STRING,
          "What becomes of a row that the broker refuses for good, such as one that is too large: it goes to "
          "`errors`, or stops the topology. A dead letter that is refused always stops it.")
        .default_json("\"dead_letter\"")
        .one_of(R"(["dead_letter","fail"])"),
};

constexpr weir_port kInputs[] = {
    port("in", "Rows; several edges of unlike columns are encoded each with its own. Failed rows become dead letters.",
         WEIR_PORT_MANY)};

}  // namespace

const OperatorSpec kSinkSpec =
    sink_spec<Sink>("kafka.sink", "Writes to a Kafka topic.")
        .params(kSinkParams)
        .inputs(kInputs)
        .connection("kafka")
        .with(WEIR_OP_TRANSACTIONAL);

Result<std::unique_ptr<Instance>> Sink::create(Context context, const Config &config) {
    SinkOptions options;
    options.topic = config.string("topic");
    if (Status named = check_topic_name(options.topic); !named.ok()) return named;
    options.encoder.format = config.text("format");
    options.encoder.key = config.string("key");
    options.encoder.value = config.string("value");
    const Config headers = config.child("headers");
    for (const auto &[name, column] : headers.json().items())
        if (column.is_string()) options.encoder.headers.emplace_back(name, column.get<std::string>());
    std::string partitioner = config.string("partitioner");
    options.partitioner = partitioner == "consistent"    ? Partitioner::kConsistent
                          : partitioner == "fnv1a"       ? Partitioner::kFnv1a
                          : partitioner == "round_robin" ? Partitioner::kRoundRobin
                                                         : Partitioner::kMurmur2;
    if (config.has("compression"))
        options.topic_properties.emplace_back("compression.codec", config.string("compression"));
    options.dead_letters = config.string("on_delivery_failure") != "fail";
    std::unique_ptr<Sink> sink(new Sink(context, std::move(options)));
    sink->bytes_metric_ =
        context.metric("sent_bytes", WEIR_METRIC_COUNTER, "Bytes of the payloads handed to the producer.");
    sink->under_way_metric_ = context.metric("batches_under_way", WEIR_METRIC_GAUGE,
                                             "Batches that the broker has not acknowledged yet.");
    return std::unique_ptr<Instance>(std::move(sink));
}

Status Sink::bind(const Binding &binding) {
    encoders_.clear();
    for (uint32_t i = 0; i < binding.inputs(); ++i) {
        if (binding.input_info(i).stream == WEIR_STREAM_ERRORS) {
            encoders_.push_back(make_dead_letter_encoder(std::string(context_.topology())));
            continue;
        }
        auto encoder = make_row_encoder(context_, options_.encoder, binding, i);
        if (!encoder) return encoder.status();
        encoders_.push_back(std::move(*encoder));
    }
    return {};
}

}  // namespace weir::kafka
