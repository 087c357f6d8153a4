// http.source: its parameters.
#include <weir/codec_call.hpp>

#include "source.hpp"

namespace weir::http {
namespace {

constexpr weir_param kParams[] = {
    param("port", WEIR_PARAM_INT64, "The port to listen on; 0: a free one, which the log names.").required().primary(),
    param("host", WEIR_PARAM_STRING, "The address to listen on. Beyond this machine (0.0.0.0, say) a `token` is needed.")
        .default_json("\"127.0.0.1\""),
    param("path", WEIR_PARAM_STRING, "Where records are posted to.").default_json("\"/\""),
    param("token", WEIR_PARAM_STRING, "Requests must have the header `Authorization: Bearer TOKEN`.").secret(),
    param("format", WEIR_PARAM_CODEC, "The codec of a record.").default_json(R"({"codec":"json","config":{}})"),
    param("record", WEIR_PARAM_RECORD, "The columns.").required(),
    param("records", WEIR_PARAM_STRING,
          "What is a record: the whole `body`, or each of its `lines`. By default the content type decides: lines for "
          "application/x-ndjson, application/jsonl, text/csv and text/plain, the body for all else.")
        .default_json("\"auto\"")
        .one_of(R"(["auto","body","lines"])"),
    param("answer", WEIR_PARAM_STRING,
          "When a sender is told 200: once its records are `committed`, with the next epoch, or at once when they are `taken`; a "
          "crash may then lose them.")
        .default_json("\"committed\"")
        .one_of(R"(["committed","taken"])"),
    param("max_body", WEIR_PARAM_BYTES, "A longer body is answered with 413.").default_json("16777216"),
    param("max_waiting", WEIR_PARAM_BYTES, "Where bodies of so many bytes wait to be answered, others are told 429.").default_json("67108864"),
    param("max_connections", WEIR_PARAM_INT64, "So many senders may wait at a time; others are told 429.").default_json("64"),
};

constexpr int64_t kMaxBody = 256 << 20;

bool is_loopback(const std::string &host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

}  // namespace

constexpr OperatorSpec kSourceSpec =
    source_spec<Source>("http.source",
                        "Takes records that are posted to it by HTTP. A body is taken whole or refused with reasons, and answered "
                        "once it is committed.")
        .params(kParams)
        .with(WEIR_SOURCE_LOSSY);

Result<std::unique_ptr<Instance>> Source::create(Context context, const Config &config) {
    ServerOptions options;
    options.host = config.string("host");
    options.path = config.string("path");
    options.token = config.string("token");
    options.max_body = static_cast<uint64_t>(config.int64("max_body"));
    options.max_waiting = static_cast<uint64_t>(config.int64("max_waiting"));
    if (config.int64("port") < 0 || config.int64("port") > 65535) return Status::config("port", "is 0 to 65535");
    if (!options.path.starts_with("/")) return Status::config("path", "begins with `/`");
    if (!is_loopback(options.host) && options.token.empty())
        return Status::config("token", "is missing: whoever reaches `" + options.host + "` could post. Give a token, or listen on 127.0.0.1");
    if (config.int64("max_body") < 1 || config.int64("max_body") > kMaxBody) return Status::config("max_body", "is 1 to 256MiB");
    if (options.max_waiting < options.max_body) return Status::config("max_waiting", "is `max_body` at least");
    if (config.int64("max_connections") < 1 || config.int64("max_connections") > 1024)
        return Status::config("max_connections", "is 1 to 1024");
    options.port = static_cast<int>(config.int64("port"));
    options.connections = static_cast<int>(config.int64("max_connections"));
    const std::string records = config.string("records");
    options.framing = records == "body" ? Framing::kBody : records == "lines" ? Framing::kLines : Framing::kAuto;
    std::unique_ptr<Source> source(new Source(context, std::move(options), config.string("answer") == "taken"));
    auto record = config.record("record");
    if (!record) return record.status();
    source->record_ = *record;
    auto codec = context.codec(config.text("format"));
    if (!codec) return codec.status();
    source->codec_ = *codec;
    source->bodies_metric_ = context.metric("bodies", WEIR_METRIC_COUNTER, "Bodies that were taken.");
    source->refused_metric_ = context.metric("refused", WEIR_METRIC_COUNTER, "Bodies with records that do not decode: answered with 400.");
    source->bytes_metric_ = context.metric("received_bytes", WEIR_METRIC_COUNTER, "Bytes of the bodies that were taken.");
    return std::unique_ptr<Instance>(std::move(source));
}

Status Source::bind(const Binding &binding) {
    out_ = {};
    wanted_.clear();
    for (const Field &field : record_.fields) {
        wanted_.push_back(binding.wanted(0, field.name));
        if (wanted_.back()) out_.fields.push_back(field);
    }
    binding.set_output(0, out_);
    return bind_decode(codec_, record_);
}

}  // namespace weir::http
