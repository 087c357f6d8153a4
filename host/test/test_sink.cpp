// A sink that writes to the World, with payloads by the codec that its plugin chose and bound; and the tap.
#include <fmt/format.h>

#include <weir/codec_call.hpp>
#include <weir/errors.hpp>
#include <weir/row_json.hpp>

#include "host/test/json_rows.hpp"
#include "host/test/plugin_instance.hpp"
#include "host/test/stand_in.hpp"

namespace weir::host::test {
namespace {

// The columns of failed rows, and the record or row that failed as `value`.
Schema dead_letter_schema() {
    Schema schema = error_schema();
    schema.fields.push_back({"value", type_of(TypeId::kString), true});
    return schema;
}

// What an input's rows become.
struct Input {
    Schema schema;  // as rows are noted
    bool is_errors = false;
    std::optional<weir_codec> codec;
    std::vector<size_t> encoded;    // columns that the codec writes
    std::optional<size_t> payload;  // without a codec: the column that is the payload, where one is
};

// The chosen columns of a batch as a struct array that owns nothing.
class ChosenColumns {
public:
    ChosenColumns(const weir_batch& batch, const std::vector<size_t>& columns) {
        for (size_t column : columns) children_.push_back(batch.array->children[column]);
        array_.length = batch.rows;
        array_.n_buffers = 1;
        array_.buffers = &no_nulls_;
        array_.n_children = static_cast<int64_t>(children_.size());
        array_.children = children_.data();
    }
    const ArrowArray& array() const { return array_; }

private:
    std::vector<ArrowArray*> children_;
    const void* no_nulls_ = nullptr;
    ArrowArray array_{};
};

std::optional<std::string> text_of(const Column& column, int64_t row) {
    if (column.is_null(row)) return std::nullopt;
    if (column.type().is_text()) return std::string(column.text(row));
    std::string text;
    append_json_value(text, column, row);
    return text;
}

// The record as it entered weir, or the row where none is known.
std::optional<std::string> failed_record(const BatchView& batch, int64_t row) {
    const bool is_record = !batch.column(kErrorPayload).is_null(row) || !batch.column(kErrorTopic).is_null(row) ||
                           !batch.column(kErrorOffset).is_null(row);
    return text_of(batch.column(is_record ? kErrorPayload : kErrorRow), row);
}

Row noted_row(const Input& input, size_t number, const BatchView& batch, int64_t row) {
    Row out;
    out.input = number;
    out.values = values_of(batch.schema(), *batch.raw().array, row);
    if (!input.is_errors) return out;
    const auto record = failed_record(batch, row);
    std::string value = "null";
    if (record) {
        value.clear();
        append_json_string(value, is_utf8(*record) ? *record : "base64:" + base64(*record));
    }
    out.values.push_back(std::move(value));
    return out;
}

class TestSink final : public StandInInstance {
public:
    static Result<std::unique_ptr<StandInInstance>> make(const StandIn& op, weir_context* context, weir_str config) {
        std::unique_ptr<TestSink> made(new TestSink(op, context));
        void* connection = op.connection ? plugin_connection(context->connection(context)) : nullptr;
        auto plugin = PluginInstance::create(*op.plugin, context, connection, config);
        if (!plugin) return plugin.status();
        made->plugin_ = std::move(*plugin);
        if (auto parsed = Config::parse(view(config))) {
            made->value_column_ = parsed->string("value");
            made->has_header_ = (op.flags & WEIR_OP_LINES) != 0 && parsed->child("format").child("config").boolean("header");
        }
        return std::unique_ptr<StandInInstance>(std::move(made));
    }

    Status bind_as(const weir_bind& request) override {
        auto bound = plugin_->bind(request);
        if (!bound) return bound.status();
        inputs_.clear();
        auto codec = bound->codecs.begin();
        Output& output = world_.output(std::string(context_.node()));
        output.schemas.clear();
        for (uint32_t i = 0; i < request.n_inputs; ++i) {
            Input& input = inputs_.emplace_back();
            input.is_errors = request.inputs[i].stream == WEIR_STREAM_ERRORS;
            input.schema = input.is_errors ? dead_letter_schema() : input_schema(i);
            while (codec != bound->codecs.end() && !codec->encodes) ++codec;
            if (!input.is_errors && codec != bound->codecs.end() && take(*codec, input)) ++codec;
            if (!input.is_errors && !input.codec && !value_column_.empty())
                input.payload = input.schema.find(value_column_);
            output.schemas.push_back(input.schema);
        }
        return {};
    }

    Status process(const BatchView& batch, uint32_t number) override {
        const Input& input = inputs_[number];
        Encoded encoded;
        if (input.codec) {
            auto made = encode(*input.codec, ChosenColumns(batch.raw(), input.encoded).array());
            if (!made) return made.status();
            encoded = std::move(*made);
            context_.fail(batch, encoded.failed());
        }
        auto failed = encoded.failed().begin();
        for (int64_t row = 0; row < batch.rows(); ++row) {
            if (failed != encoded.failed().end() && failed->row == row) {
                ++failed;
                continue;
            }
            Row noted = noted_row(input, number, batch, row);
            noted.has_payload = true;
            noted.payload = payload_of(input, batch, row, encoded);
            world_.add(std::string(context_.node()), std::move(noted));
        }
        return {};
    }

private:
    TestSink(const StandIn& op, weir_context* context) : StandInInstance(Context(context)), world_(*op.world) {}

    // Whether the codec was bound to columns of this input.
    static bool take(const PluginInstance::Codec& codec, Input& input) {
        std::vector<size_t> columns;
        for (const Field& field : codec.encodes->fields) {
            const auto column = input.schema.find(field.name);
            if (!column || !(input.schema.fields[*column] == field)) return false;
            columns.push_back(*column);
        }
        input.codec = codec.codec;
        input.encoded = std::move(columns);
        return true;
    }

    std::optional<std::string> payload_of(const Input& input, const BatchView& batch, int64_t row, const Encoded& encoded) const {
        if (input.is_errors) return failed_record(batch, row);
        if (input.payload) return text_of(batch.column(*input.payload), row);
        if (input.codec) {
            const weir_str payload = encoded.payload(row);
            if (!payload.data) return std::nullopt;
            // Of lines the header is before all, and no part of one.
            return std::string(view(payload).substr(has_header_ ? view(payload).find('\n') + 1 : 0));
        }
        std::string json;
        append_json_row(json, batch.schema(), *batch.raw().array, row);
        return json;
    }

    World& world_;
    std::string value_column_;
    bool has_header_ = false;
    std::unique_ptr<PluginInstance> plugin_;
    std::vector<Input> inputs_;
};

class TapSink final : public StandInInstance {
public:
    static Result<std::unique_ptr<StandInInstance>> make(const StandIn& op, weir_context* context, weir_str) {
        return std::unique_ptr<StandInInstance>(new TapSink(op, context));
    }

    // Where it is not alone, it must not make columns that would not be there without it.
    Status bind_as(const weir_bind& request) override {
        inputs_.clear();
        for (uint32_t i = 0; i < request.n_inputs; ++i) {
            Input& input = inputs_.emplace_back();
            input.is_errors = request.inputs[i].stream == WEIR_STREAM_ERRORS;
            input.schema = input.is_errors ? dead_letter_schema() : input_schema(i);
            if (!taps_[i].is_alone && !input.is_errors) request.reads_nothing(&request, i);
            auto& schemas = world_.output(taps_[i].output).schemas;
            const size_t number = number_of(i);
            schemas.resize(std::max(schemas.size(), number + 1));
            schemas[number] = input.schema;
        }
        return {};
    }

    Status process(const BatchView& batch, uint32_t input) override {
        for (int64_t row = 0; row < batch.rows(); ++row)
            world_.add(taps_[input].output, noted_row(inputs_[input], number_of(input), batch, row));
        return {};
    }

private:
    TapSink(const StandIn& op, weir_context* context)
        : StandInInstance(Context(context)), world_(*op.world), taps_(*op.taps) {}

    // Among the inputs of one output: dead letters come from several ports.
    size_t number_of(size_t input) const {
        size_t number = 0;
        for (size_t i = 0; i < input; ++i) number += taps_[i].output == taps_[input].output;
        return number;
    }

    World& world_;
    const std::vector<Tap>& taps_;
    std::vector<Input> inputs_;
};

}  // namespace

const weir_instance_api& test_sink_api() {
    static const weir_instance_api api = make_stand_in_api<&TestSink::make>();
    return api;
}

const weir_instance_api& tap_api() {
    static const weir_instance_api api = make_stand_in_api<&TapSink::make>();
    return api;
}

}  // namespace weir::host::test
