// A source whose records come from the World: decoded by the codec that its plugin chose and bound, with the columns
// that the plugin offers.
#include <atomic>

#include <fmt/format.h>

#include <weir/row_json.hpp>
#include <weir/state.hpp>

#include "host/test/json_rows.hpp"
#include "host/test/plugin_instance.hpp"
#include "host/test/stand_in.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host::test {
namespace {

// The records of one batch, for whoever asks where a row came from.
struct SentOrigin : weir_origin {
    static SentOrigin* make(std::string topic, int32_t partition, std::vector<Message> messages) {
        auto* made = new SentOrigin;
        made->weir_origin::size = sizeof(weir_origin);
        made->topic = std::move(topic);
        made->partition = partition;
        made->messages = std::move(messages);
        for (const Message& message : made->messages) {
            auto& headers = made->headers.emplace_back();
            for (const auto& [name, value] : message.headers)
                headers.push_back({to_abi(name), value ? to_abi(*value) : weir_str{nullptr, 0}});
        }
        made->retain = [](weir_origin* self) { ++static_cast<SentOrigin*>(self)->references; };
        made->release = [](weir_origin* self) {
            if (--static_cast<SentOrigin*>(self)->references == 0) delete static_cast<SentOrigin*>(self);
        };
        made->get = [](weir_origin* self, int64_t row, weir_origin_record* out) -> int32_t {
            return static_cast<SentOrigin*>(self)->tell(static_cast<size_t>(row), out);
        };
        return made;
    }

    int32_t tell(size_t row, weir_origin_record* out) const {
        if (row >= messages.size()) return WEIR_E_UNSUPPORTED;
        const Message& message = messages[row];
        const auto optional = [](const std::optional<std::string>& text) {
            return text ? to_abi(*text) : weir_str{nullptr, 0};
        };
        out->partition = partition;
        out->offset = message.offset;
        out->timestamp = message.timestamp.value_or(INT64_MIN);
        out->topic = to_abi(topic);
        out->payload = optional(message.payload);
        out->key = optional(message.key);
        out->headers = headers[row].data();
        out->n_headers = headers[row].size();
        return WEIR_OK;
    }

    std::atomic<int> references{1};
    std::string topic;
    int32_t partition = 0;
    std::vector<Message> messages;
    std::vector<std::vector<weir_header>> headers;
};

// Metadata of a record as JSON, of those columns that the schema has; `_key` and `key` are one.
std::string metadata_json(const Schema& schema, const std::string& topic, int32_t partition, const Message& message) {
    const auto text = [](std::string_view bytes) {
        std::string out;
        const bool plain = is_utf8(bytes) && !bytes.starts_with("base64:");
        append_json_string(out, plain ? std::string(bytes) : "base64:" + base64(bytes));
        return out;
    };
    const auto value = [&](std::string_view name) -> std::string {
        if (name == "key" && message.key) return text(*message.key);
        if (name == "topic" || name == "path") return text(topic);
        if (name == "partition") return std::to_string(partition);
        if (name == "offset") return std::to_string(message.offset);
        if (name == "timestamp" && message.timestamp) return text(format_timestamp(*message.timestamp));
        if (name != "headers") return "null";
        std::string out = "{";
        for (const auto& [header, content] : message.headers)
            out += (out.size() > 1 ? "," : "") + text(header) + ":" + (content ? text(*content) : "null");
        return out + "}";
    };
    std::string out = "{";
    for (const Field& field : schema.fields) {
        const std::string_view name = field.name;
        out += (out.size() > 1 ? "," : "") + text(name) + ":" + value(is_metadata_column(name) ? name.substr(1) : name);
    }
    return out + "}";
}

class TestSource final : public StandInInstance {
public:
    static Result<std::unique_ptr<StandInInstance>> make(const StandIn& op, weir_context* context, weir_str config) {
        std::unique_ptr<TestSource> made(new TestSource(op, context));
        void* connection = op.connection ? plugin_connection(context->connection(context)) : nullptr;
        auto plugin = PluginInstance::create(*op.plugin, context, connection, config);
        if (!plugin) return plugin.status();
        made->plugin_ = std::move(*plugin);
        made->read_config(config);
        op.world->add_reader(made->name_, context);
        return std::unique_ptr<StandInInstance>(std::move(made));
    }
    ~TestSource() override { world_.remove_reader(name_, context_.raw()); }

    Status bind_as(const weir_bind& request) override;

    Status discover(const weir_bytes_out& ids) override {
        for (const auto& [number, partition] : world_.partitions(name_)) {
            const std::string id = std::to_string(number);
            ids.put(&ids, to_abi(id));
        }
        return {};
    }
    Status assign(uint64_t split, std::string_view id, const weir_str& position) override {
        Reading reading;
        reading.partition = static_cast<int32_t>(parse_int64(id).value_or(0));
        if (position.data) reading.next = static_cast<size_t>(parse_int64(view(position)).value_or(0));
        const auto& log = world_.partition(name_, reading.partition).log;
        for (size_t i = 0; i < std::min(reading.next, log.size()); ++i)
            reading.watermark = std::max(reading.watermark, log[i].watermark.value_or(INT64_MIN));
        readings_[split] = reading;
        return {};
    }
    Status revoke(uint64_t split) override {
        readings_.erase(split);
        return {};
    }
    Status position(uint64_t split, const weir_bytes_out& out) override {
        const std::string text = std::to_string(readings_.at(split).next);
        out.put(&out, to_abi(text));
        return {};
    }
    Status poll(uint64_t split, uint64_t max_rows, uint64_t) override;
    Status on_wake() override { return {}; }

private:
    struct Reading {
        int32_t partition = 0;
        size_t next = 0;  // in the log
        int64_t watermark = INT64_MIN;
    };
    struct Place {
        bool is_metadata = false;
        size_t column = 0;  // of the record's, or of the metadata
    };

    TestSource(const StandIn& op, weir_context* context)
        : StandInInstance(Context(context)),
          world_(*op.world),
          resolver_(*op.resolver),
          is_lines_((op.flags & WEIR_OP_LINES) != 0),
          name_(view(context->node)),
          topic_(name_) {}
    void read_config(weir_str config);
    void keep_record(const Schema& offered);
    Status lay_out(const Schema& out);
    Status emit(uint64_t split, const Reading& reading, std::vector<Message> messages);
    const Message* header_of(int32_t partition) const;
    Status decode(int32_t partition, const std::vector<Message>& messages, std::vector<RowError>& failed, ArrowArray* out);
    Status make_metadata(int32_t partition, const std::vector<Message>& messages, const std::vector<int32_t>& good,
                         ArrowArray* out);
    Status add_metadata(int32_t partition, const std::vector<Message>& messages, const std::vector<int32_t>& good,
                        ArrowArray* decoded);
    void advance();

    World& world_;
    OperatorResolver& resolver_;
    const bool is_lines_;
    const std::string name_;
    std::string topic_;
    bool has_header_ = false;  // in front of the records of a partition, as in a file
    std::vector<std::string> ordinary_;  // metadata that the configuration asked for as columns
    std::unique_ptr<PluginInstance> plugin_;
    std::optional<weir_codec> codec_;
    bool has_record_ = false;  // that record_ is what the source offered
    Schema record_, metadata_;
    std::vector<uint8_t> wanted_;  // of the record's columns
    std::vector<Place> places_;    // of the columns that are emitted
    std::unique_ptr<JsonRows> rows_, metadata_rows_;
    std::map<uint64_t, Reading> readings_;
    int64_t told_ = INT64_MIN;  // the watermark
};

// What dead letters are to say of where a record came from, and which of the columns are no part of a payload.
void TestSource::read_config(weir_str config) {
    auto parsed = Config::parse(view(config));
    if (!parsed) return;
    for (const char* where : {"path", "topic"}) {
        const auto several = parsed->strings(where);
        if (!several.empty()) topic_ = several.front();
        if (const std::string one = parsed->string(where); !one.empty()) topic_ = one;
    }
    has_header_ = is_lines_ && parsed->child("format").child("config").boolean("header");
    ordinary_ = parsed->strings("metadata");
}

// Without a codec, what a record may have is what the source offers; only the first of a node's instances is asked that
// by the host.
Status TestSource::bind_as(const weir_bind& request) {
    const bool is_offer = request.n_outputs > 0 && request.outputs[0].n_columns == WEIR_OFFERED_COLUMNS;
    if (request.n_outputs > 0 && !is_offer && !has_record_) {
        std::vector<weir_bind_output> outputs(request.outputs, request.outputs + request.n_outputs);
        for (weir_bind_output& output : outputs) output.n_columns = WEIR_OFFERED_COLUMNS;
        weir_bind offer = request;
        offer.outputs = outputs.data();
        auto offered = plugin_->bind(offer);
        if (!offered) return offered.status();
        if (offered->outputs[0]) keep_record(*offered->outputs[0]);
    }
    auto bound = plugin_->bind(request);
    if (!bound) return bound.status();
    codec_.reset();
    std::optional<Schema> record;
    for (const auto& codec : bound->codecs) {
        if (!codec.decodes) continue;
        codec_ = codec.codec;
        record = codec.decodes;
    }
    if (request.n_outputs == 0 || !bound->outputs[0]) return {};
    if (record) record_ = std::move(*record);
    else if (is_offer) keep_record(*bound->outputs[0]);
    return lay_out(*bound->outputs[0]);
}

void TestSource::keep_record(const Schema& offered) {
    has_record_ = true;
    record_.fields.clear();
    for (const Field& field : offered.fields) {
        const bool is_ordinary = std::find(ordinary_.begin(), ordinary_.end(), field.name) != ordinary_.end();
        if (!is_metadata_column(field.name) && !is_ordinary) record_.fields.push_back(field);
    }
}

Status TestSource::lay_out(const Schema& out) {
    metadata_.fields.clear();
    places_.clear();
    wanted_.assign(record_.size(), 0);
    for (const Field& field : out.fields) {
        const auto column = record_.find(field.name);
        if (column) wanted_[*column] = 1;
        places_.push_back({!column, column ? *column : metadata_.size()});
        if (!column) metadata_.fields.push_back(field);
    }
    Schema plain = record_;
    for (Field& field : plain.fields) field.path = field.format = "";
    auto rows = JsonRows::open(resolver_, plain);
    if (!rows) return rows.status();
    rows_ = std::move(*rows);
    if (metadata_.size() > 0) {
        auto metadata = JsonRows::open(resolver_, metadata_);
        if (!metadata) return metadata.status();
        metadata_rows_ = std::move(*metadata);
    }
    world_.shape(name_) = {plain, codec_.has_value()};
    return {};
}

Status TestSource::poll(uint64_t split, uint64_t max_rows, uint64_t) {
    Reading& reading = readings_.at(split);
    const auto& log = world_.partition(name_, reading.partition).log;
    const uint64_t most = std::min(max_rows, world_.draw_rows());
    const Message* header = header_of(reading.partition);
    std::vector<Message> messages;
    size_t at = reading.next;
    for (; at < log.size() && messages.size() < most && !log[at].watermark &&
           (messages.empty() || messages[0].is_row == log[at].is_row);
         ++at)
        if (&log[at] != header) messages.push_back(log[at]);
    reading.next = at;
    if (!messages.empty())
        if (Status s = emit(split, reading, std::move(messages)); !s.ok()) return s;
    for (; reading.next < log.size() && log[reading.next].watermark; ++reading.next)
        reading.watermark = std::max(reading.watermark, *log[reading.next].watermark);
    advance();
    return reading.next < log.size() ? Status::more() : Status();
}

// Event time is where the latest of this instance's partitions are.
void TestSource::advance() {
    int64_t lowest = INT64_MAX;
    for (const auto& [split, reading] : readings_) lowest = std::min(lowest, reading.watermark);
    if (lowest == INT64_MAX || lowest <= told_) return;
    told_ = lowest;
    advance_watermark(context_, lowest);
}

// The first payload of a file with a header; null where there is none.
const Message* TestSource::header_of(int32_t partition) const {
    if (!has_header_) return nullptr;
    const auto& log = world_.partition(name_, partition).log;
    const auto first = std::find_if(log.begin(), log.end(), [](const Message& m) { return m.payload && !m.is_row && !m.watermark; });
    return first == log.end() ? nullptr : &*first;
}

Status TestSource::decode(int32_t partition, const std::vector<Message>& messages, std::vector<RowError>& failed, ArrowArray* out) {
    if (messages[0].is_row) {
        std::vector<std::string> rows;
        for (const Message& message : messages) rows.push_back(message.payload.value_or("null"));
        return rows_->decode(rows, failed, out);
    }
    if (!codec_) return Status::fatal("text was sent to a source that has no codec");
    Buffer bytes;
    bytes.reserve(1);
    std::vector<uint32_t> offsets;
    std::vector<int32_t> lengths;
    const Message* first = header_of(partition);
    const std::string header = first ? *first->payload + "\n" : "";
    for (const Message& message : messages) {
        offsets.push_back(static_cast<uint32_t>(bytes.size()));
        lengths.push_back(message.payload ? static_cast<int32_t>(header.size() + message.payload->size()) : -1);
        if (!message.payload) continue;
        bytes.append(header.data(), header.size());
        bytes.append(message.payload->data(), message.payload->size());
    }
    return weir::decode(*codec_, static_cast<uint32_t>(messages.size()), bytes.data(), offsets.data(), lengths.data(),
                        wanted_.data(), failed, out);
}

Status TestSource::emit(uint64_t split, const Reading& reading, std::vector<Message> messages) {
    std::vector<RowError> failed;
    ArrowArray decoded{};
    if (Status s = decode(reading.partition, messages, failed, &decoded); !s.ok()) return s;
    std::vector<int32_t> good;
    auto next = failed.begin();
    for (size_t i = 0; i < messages.size(); ++i) {
        if (next != failed.end() && next->row == static_cast<int64_t>(i)) ++next;
        else good.push_back(static_cast<int32_t>(i));
    }
    if (Status s = add_metadata(reading.partition, messages, good, &decoded); !s.ok()) {
        decoded.release(&decoded);
        return s;
    }
    const std::string topic = messages.front().topic.value_or(topic_);
    SentOrigin* origin = SentOrigin::make(topic, reading.partition, std::move(messages));
    context_.fail(origin, failed);
    if (good.empty()) {
        decoded.release(&decoded);
        origin->release(origin);
        return {};
    }
    context_.emit_with_origin(0, decoded, split, origin, good);
    return {};
}

Status TestSource::make_metadata(int32_t partition, const std::vector<Message>& messages,
                                 const std::vector<int32_t>& good, ArrowArray* out) {
    std::vector<std::string> texts;
    for (int32_t row : good)
        texts.push_back(metadata_json(metadata_, messages[static_cast<size_t>(row)].topic.value_or(topic_), partition, messages[static_cast<size_t>(row)]));
    std::vector<RowError> failed;
    if (Status s = metadata_rows_->decode(texts, failed, out); !s.ok()) return s;
    if (failed.empty()) return {};
    out->release(out);
    return Status::fatal(fmt::format("a test cannot give the column `{}`: {}", failed[0].field, failed[0].message));
}

// From the columns that were decoded to those that are emitted.
Status TestSource::add_metadata(int32_t partition, const std::vector<Message>& messages,
                                const std::vector<int32_t>& good, ArrowArray* decoded) {
    ArrowArray metadata{};
    if (metadata_.size() > 0)
        if (Status s = make_metadata(partition, messages, good, &metadata); !s.ok()) return s;
    const auto of_record = [&](size_t column) {
        if (messages[0].is_row) return column;
        const auto end = wanted_.begin() + static_cast<std::ptrdiff_t>(column);
        return static_cast<size_t>(std::count(wanted_.begin(), end, 1));
    };
    std::vector<ArrowArray> columns;
    for (const Place& place : places_) {
        ArrowArray& from = place.is_metadata ? *metadata.children[place.column]
                                             : *decoded->children[of_record(place.column)];
        columns.push_back(from);
        from.release = nullptr;  // moved, as the Arrow C interface has it
    }
    decoded->release(decoded);
    if (metadata.release) metadata.release(&metadata);
    make_struct(std::move(columns), static_cast<int64_t>(good.size()), decoded);
    return {};
}

}  // namespace

const weir_instance_api& test_source_api() {
    static const weir_instance_api api = make_stand_in_api<&TestSource::make>();
    return api;
}

}  // namespace weir::host::test
