// Definitions for weir/testing/harness.hpp.
#pragma once

#include <functional>

#include <weir/detail/linkage.hpp>
#include <weir/testing/harness.hpp>

namespace weir::testing {

WEIR_INLINE Json with_defaults(const weir_param *params, uint32_t n, Json given) {
    for (uint32_t i = 0; i < n; ++i) {
        const weir_param &p = params[i];
        if (!given.contains(p.name) && p.default_json) given[p.name] = Json::parse(p.default_json);
        if (p.type == WEIR_PARAM_OBJECT && given.contains(p.name) && given[p.name].is_object())
            given[p.name] = with_defaults(p.fields, p.n_fields, given[p.name]);
    }
    return given;
}

WEIR_INLINE Harness::Harness(const Plugin &plugin, std::string_view name, const std::string &config,
                        std::vector<Schema> inputs, HarnessOptions options)
    : op_([&]() -> const weir_operator & {
          for (uint32_t kind : {WEIR_KIND_OPERATOR, WEIR_KIND_SOURCE, WEIR_KIND_SINK})
              for (uint32_t i = 0; i < plugin.module().n_operators; ++i)
                  if (plugin.module().operators[i]->name == name && plugin.module().operators[i]->kind == kind)
                      return *plugin.module().operators[i];
          throw std::runtime_error("the plugin has no operator " + std::string(name));
      }()),
      config_(with_defaults(op_.params, op_.n_params, Json::parse(config)).dump()),
      inputs_(std::move(inputs)),
      options_(std::move(options)) {
    for (const Schema &schema : inputs_) export_schema(schema, &input_schemas_.emplace_back());
    kept().declared_.clear();
    kept().call_ = {};
    TestHost::get().add_extension(WEIR_STATE_EXTENSION, &state_api());
    fill_context();
}

WEIR_INLINE void Harness::fill_context() {
    context_.size = sizeof(weir_context);
    context_.worker = options_.worker;
    context_.workers = options_.workers;
    context_.flags = options_.flags;
    context_.host = &TestHost::get().abi();
    context_.topology = to_abi("test");
    context_.node = to_abi("node");
    context_.owner = this;
    context_.emit = [](weir_context *c, uint32_t port, weir_batch *batch) -> int32_t {
        of(c).on_emit(port, batch);
        return of(c).options_.full_outbox ? WEIR_FULL : WEIR_OK;
    };
    context_.fail_rows = [](weir_context *c, const weir_batch *batch, const weir_row_error *errors, uint64_t n) {
        of(c).on_fail(batch, errors, n);
    };
    // A retained batch is a copy: simple, and it shows whoever keeps borrowed memory under a sanitizer.
    context_.retain = [](weir_context *c, const weir_batch *batch, weir_batch *out) {
        *out = *batch;
        const Schema *schema = nullptr;
        for (size_t i = 0; i < of(c).inputs_.size(); ++i)
            if (batch->schema == &of(c).input_schemas_[i]) schema = &of(c).inputs_[i];
        std::vector<int32_t> all(static_cast<size_t>(batch->rows));
        for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int32_t>(i);
        out->array = new ArrowArray;
        gather(*schema, *batch->array, all.data(), batch->rows, out->array);
        if (out->origin) out->origin->retain(out->origin);
        if (batch->origin_rows) {
            Buffer rows;
            rows.append(batch->origin_rows, all.size() * sizeof(int32_t));
            out->origin_rows = reinterpret_cast<const int32_t *>(rows.release());
        }
        out->handle = out->array;
    };
    context_.release = [](weir_context *, weir_batch *batch) {
        if (!batch->handle) return;
        batch->array->release(batch->array);
        delete batch->array;
        if (batch->origin) batch->origin->release(batch->origin);
        plugin_host().free(const_cast<int32_t *>(batch->origin_rows));
        *batch = weir_batch{};
    };
    context_.retain_column = [](weir_context *c, const weir_batch *batch, int64_t column, ArrowArray *out) {
        const Schema &schema = of(c).inputs_[0];
        ColumnBuilder copy(schema.fields[static_cast<size_t>(column)].type);
        for (int64_t i = 0; i < batch->rows; ++i)
            copy.append_from(Column(batch->array->children[column], &copy.type()), i);
        copy.finish(out);
    };
    context_.connection = [](weir_context *c) { return of(c).options_.connection; };
    context_.codec = [](weir_context *c, weir_str json, weir_codec *out, weir_error *error) -> int32_t {
        if (of(c).options_.codec) return of(c).options_.codec(json, out, error);
        return Status::config("", "this harness has no codecs").to_abi(error);
    };
    context_.now = [](weir_context *c) { return of(c).options_.now; };
    context_.wake_at = [](weir_context *c, int64_t time) {
        auto &at = of(c).wake_at_;
        at = at ? std::min(*at, time) : time;
    };
    context_.wake = [](weir_context *c) { of(c).woken_ = true; };
    context_.log = [](weir_context *, uint32_t, weir_str text) { TestHost::get().add_log(view(text)); };
    context_.metric = [](weir_context *c, const char *name, uint32_t, const char *) {
        of(c).metric_names_.push_back(name);
        of(c).metric_values_.push_back(0);
        return static_cast<uint32_t>(of(c).metric_names_.size() - 1);
    };
    context_.metric_add = [](weir_context *c, uint32_t m, int64_t d) { of(c).metric_values_[m] += d; };
    context_.metric_set = [](weir_context *c, uint32_t m, int64_t v) { of(c).metric_values_[m] = v; };
}

WEIR_INLINE void Harness::on_emit(uint32_t port, weir_batch *batch) {
    for (auto &row : json_rows(schemas_[port], *batch->array)) outputs_[port].push_back(std::move(row));
    ++batches_;
    if (batch->handle) {
        context_.release(&context_, batch);
        return;
    }
    batch->array->release(batch->array);
    if (batch->origin) batch->origin->release(batch->origin);
    plugin_host().free(const_cast<int32_t *>(batch->origin_rows));
    batch->array = nullptr;
    batch->origin = nullptr;
    batch->origin_rows = nullptr;
}

WEIR_INLINE void Harness::on_fail(const weir_batch *batch, const weir_row_error *errors, uint64_t n) {
    for (uint64_t i = 0; i < n; ++i) {
        FailedRow failed{std::string(view(errors[i].code)), std::string(view(errors[i].field)),
                         std::string(view(errors[i].message)), {}};
        weir_origin_record record{};
        record.size = sizeof record;
        int64_t row = errors[i].row;
        if (batch->origin) {
            int64_t at = batch->origin_rows ? batch->origin_rows[row] : row;
            if (batch->origin->get(batch->origin, at, &record) == WEIR_OK)
                failed.payload = record.payload.data ? std::string(view(record.payload)) : "(tombstone)";
        } else if (batch->array && batch->schema) {
            auto schema = import_schema(*batch->schema);
            append_json_row(failed.payload, *schema, *batch->array, row, false);
        }
        failed_.push_back(std::move(failed));
    }
}

WEIR_INLINE Status Harness::create() {
    return call([&](weir_error *e) { return api().create(&op_, &context_, to_abi(config_), &self_, e); });
}

WEIR_INLINE uint32_t Harness::output_ports() const {
    size_t n = 0;
    for (uint32_t port = 0; port < op_.n_outputs; ++port)
        n += op_.outputs[port].flags & WEIR_PORT_BY_KEYS ? Json::parse(config_).at(op_.outputs[port].name).size() : 1;
    return static_cast<uint32_t>(n);
}

WEIR_INLINE Status Harness::bind() {
    std::vector<weir_bind_input> inputs;
    std::vector<weir_str> key;
    for (const auto &name : options_.key) key.push_back(to_abi(name));
    for (const auto &schema : input_schemas_) {
        uint32_t edge = static_cast<uint32_t>(inputs.size());
        uint32_t port = op_.n_inputs ? std::min(edge, op_.n_inputs - 1) : 0;
        inputs.push_back({sizeof(weir_bind_input), port, options_.input_stream, 0, &schema, {}, {}, key.size(), key.data()});
    }
    std::vector<weir_bind_output> outputs;
    std::map<uint32_t, std::vector<weir_str>> names;
    for (uint32_t port = 0; port < output_ports(); ++port) {
        outputs.push_back({sizeof(weir_bind_output), 0, WEIR_ALL_COLUMNS, nullptr});
        if (!options_.wanted.contains(port)) continue;
        for (const auto &name : options_.wanted[port]) names[port].push_back(to_abi(name));
        outputs.back().n_columns = names[port].size();
        outputs.back().columns = names[port].data();
    }
    weir_bind raw{};
    raw.size = sizeof raw;
    raw.n_inputs = static_cast<uint32_t>(inputs.size());
    raw.n_outputs = output_ports();
    raw.inputs = inputs.data();
    raw.outputs = outputs.data();
    raw.data = this;
    raw.set_output = [](const weir_bind *b, uint32_t port, ArrowSchema *schema) {
        static_cast<Harness *>(b->data)->schemas_[port] = *import_schema(*schema);
        schema->release(schema);
    };
    raw.reads = [](const weir_bind *b, uint32_t input, weir_str column) {
        static_cast<Harness *>(b->data)->reads_[input].emplace_back(view(column));
    };
    raw.reads_nothing = [](const weir_bind *b, uint32_t input) {
        static_cast<Harness *>(b->data)->reads_[input];
    };
    reads_.clear();
    return call([&](weir_error *e) { return api().bind(self_, &raw, e); });
}

WEIR_INLINE Status Harness::settle(int32_t code) {
    Status status = Status::more();
    for (int rounds = 0; code == WEIR_MORE; ++rounds) {
        if (rounds > 1'000'000) return Status::fatal("resume never ends");
        status = call([&](weir_error *e) { return api().resume(self_, WEIR_BATCH_MAX_ROWS, e); });
        code = status.code();
    }
    return status;
}

WEIR_INLINE Status Harness::process(const std::string &json, uint32_t input, weir_origin *origin) {
    return process(make_rows(inputs_[input], Json::parse(json)), input, origin);
}

WEIR_INLINE Status Harness::process(ArrowArray rows, uint32_t input, weir_origin *origin) {
    weir_batch batch{};
    batch.size = sizeof batch;
    batch.rows = rows.length;
    batch.split = WEIR_NO_SPLIT;
    batch.schema = &input_schemas_[input];
    batch.array = &rows;
    batch.origin = origin;
    begin_call(&batch, inputs_[input],
               op_.n_inputs && (op_.inputs[std::min(input, op_.n_inputs - 1)].flags & WEIR_PORT_BROADCAST));
    Status status = call([&](weir_error *e) { return api().process(self_, &batch, input, e); });
    if (status.is_more()) status = settle(WEIR_MORE);  // states are still asked for by the batch
    kept().call_.batch = nullptr;
    rows.release(&rows);  // borrowed until return: whoever still reads it is caught by a sanitizer
    return status;
}

WEIR_INLINE Status Harness::advance_to(int64_t time) {
    options_.now = time;
    if (Status status = fire_timers(WEIR_CLOCK_PROCESSING, time); !status.ok()) return status;
    if (!wake_at_ || *wake_at_ > time) return {};
    wake_at_.reset();
    return wake();
}

WEIR_INLINE std::vector<StateBlock> Harness::snapshot(uint32_t mode, uint64_t epoch) {
    std::vector<StateBlock> blocks;
    weir_snapshot out{sizeof(weir_snapshot), mode, epoch, &blocks,
                      [](const weir_snapshot *to, const weir_state_block *b) -> int32_t {
                          StateBlock block{b->state, b->kind, b->group, b->version, std::string(view(b->split)), {}};
                          for (uint64_t i = 0; i < b->n; ++i) {
                              std::optional<std::string> value;
                              if (b->values[i].data) value = std::string(view(b->values[i]));
                              block.entries.emplace_back(view(b->keys[i]), std::move(value));
                          }
                          static_cast<std::vector<StateBlock> *>(to->data)->push_back(std::move(block));
                          return WEIR_OK;
                      }};
    Status status = call([&](weir_error *e) { return api().snapshot(self_, &out, e); });
    if (!status.ok()) throw std::runtime_error(status.message());
    return blocks;
}

WEIR_INLINE Status Harness::restore(const std::vector<StateBlock> &blocks) {
    for (const auto &block : blocks) {
        std::vector<weir_str> keys, values;
        for (const auto &[key, value] : block.entries) {
            keys.push_back(to_abi(key));
            values.push_back(value ? to_abi(*value) : weir_str{nullptr, 0});
        }
        weir_state_block raw{sizeof raw, block.state, block.kind, block.group, block.version, 0,
                             to_abi(block.split), keys.size(), keys.data(), values.data()};
        Status status = call([&](weir_error *e) { return api().restore(self_, &raw, e); });
        if (!status.ok()) return status;
    }
    return {};
}

WEIR_INLINE Status Harness::prepare(uint64_t epoch, std::vector<std::string> *committables) {
    weir_bytes_out out{sizeof out, 0, committables, [](const weir_bytes_out *o, weir_str bytes) {
                           if (o->data) static_cast<std::vector<std::string> *>(o->data)->emplace_back(view(bytes));
                       }};
    return call([&](weir_error *e) { return api().prepare(self_, epoch, &out, e); });
}

WEIR_INLINE Status Harness::commit(uint64_t epoch, const std::string &committable, std::vector<std::string> *instead) {
    weir_bytes_out out{sizeof out, 0, instead, [](const weir_bytes_out *o, weir_str bytes) {
                           if (o->data) static_cast<std::vector<std::string> *>(o->data)->emplace_back(view(bytes));
                       }};
    return call([&](weir_error *e) { return api().commit(self_, epoch, to_abi(committable), &out, e); });
}

WEIR_INLINE std::vector<std::string> Harness::discover() {
    std::vector<std::string> ids;
    weir_bytes_out out{sizeof out, 0, &ids, [](const weir_bytes_out *o, weir_str bytes) {
                           static_cast<std::vector<std::string> *>(o->data)->emplace_back(view(bytes));
                       }};
    Status status = call([&](weir_error *e) { return api().discover(self_, &out, e); });
    if (!status.ok()) throw std::runtime_error(status.message());
    return ids;
}

WEIR_INLINE Status Harness::assign(uint64_t split, const std::string &id, std::optional<std::string> position) {
    weir_str at = position ? to_abi(*position) : weir_str{nullptr, 0};
    return call([&](weir_error *e) { return api().assign(self_, split, to_abi(id), at, e); });
}

WEIR_INLINE std::string Harness::position(uint64_t split) {
    std::string text;
    weir_bytes_out out{sizeof out, 0, &text, [](const weir_bytes_out *o, weir_str bytes) {
                           *static_cast<std::string *>(o->data) = view(bytes);
                       }};
    Status status = call([&](weir_error *e) { return api().position(self_, split, &out, e); });
    if (!status.ok()) throw std::runtime_error(status.message());
    return text;
}

}  // namespace weir::testing
