#include "host/aggregation/aggregate_instance.hpp"

#include <cstring>

#include <fmt/format.h>
#include <weir/memory.hpp>

#include "host/loader/plugin_call.hpp"

namespace weir::host::aggregation {
namespace {

constexpr uint32_t kMaxStateBytes = 64 * 1024;

// The type of a column's schema, which is moved here.
Result<Field> field_from(ArrowSchema& column) {
    ArrowSchema* child = &column;
    ArrowSchema whole{};
    whole.format = "+s";
    whole.n_children = 1;
    whole.children = &child;
    auto schema = import_schema(whole);
    if (column.release) column.release(&column);
    if (!schema) return schema.status();
    return std::move(schema->fields.front());
}

}  // namespace

Result<std::shared_ptr<const AggregateInstance>> AggregateInstance::create(const OperatorInfo& info,
                                                                           OperatorResolver& resolver,
                                                                           const Schema& arguments,
                                                                           const std::string& config) {
    std::shared_ptr<AggregateInstance> out(new AggregateInstance);
    auto code = resolver.resolve(info);
    if (!code) return code.status();
    out->code_ = *code;
    out->info_.size = sizeof out->info_;
    ArrowSchema columns, result{};
    export_schema(arguments, &columns);
    Status made = call_plugin([&](weir_error* error) {
        return out->api().create(out->code_.descriptor, &plugin_host(), to_abi(config), &columns, &out->self_,
                                 &result, &out->info_, error);
    });
    columns.release(&columns);
    if (!made.ok()) return made;
    out->made_ = true;
    auto field = field_from(result);
    if (!field) return Status::fatal(fmt::format("has a result that weir does not know: {}", field.status().message()));
    out->result_ = std::move(*field);
    if (Status fits = out->check(info.name); !fits.ok()) return fits;
    return std::shared_ptr<const AggregateInstance>(out);
}

AggregateInstance::~AggregateInstance() {
    if (made_) call_plugin_void([&] { api().destroy(self_); });
}

Status AggregateInstance::check(const std::string& name) const {
    const auto wrong = [&](std::string_view what) { return Status::fatal(fmt::format("aggregate `{}`: {}", name, what)); };
    if (info_.state_bytes > kMaxStateBytes)
        return wrong(fmt::format("its state has {} bytes, and {} are the most", info_.state_bytes, kMaxStateBytes));
    if (retracts() && !api().retract) return wrong("it says that it retracts, and has no function retract");
    if (refuses() && !retracts()) return wrong("it refuses rows, which needs WEIR_AGGREGATE_RETRACTS");
    if (has_outside() && (!api().drop || !api().save))
        return wrong("it says that it has memory outside of its state, and has no function drop");
    return {};
}

Status AggregateInstance::update(const weir_aggregate_rows& rows) const {
    return call_plugin([&](weir_error* error) { return api().update(self_, &rows, error); });
}

Status AggregateInstance::retract(const weir_aggregate_rows& rows) const {
    return call_plugin([&](weir_error* error) { return api().retract(self_, &rows, error); });
}

Status AggregateInstance::merge(void* const* into, const void* const* from, uint64_t offset, uint64_t n) const {
    return call_plugin([&](weir_error* error) { return api().merge(self_, into, from, offset, n, error); });
}

Status AggregateInstance::result(const weir_aggregate_states& states, ArrowArray* out) const {
    Status status = call_plugin([&](weir_error* error) { return api().result(self_, &states, out, error); });
    if (status.ok() && out->length != static_cast<int64_t>(states.n))
        return Status::fatal(fmt::format("an aggregate gave {} results for {} states", out->length, states.n));
    return status;
}

Status AggregateInstance::save(const void* state, std::string& out) const {
    if (!api().save) {
        out.append(static_cast<const char*>(state), info_.state_bytes);
        return {};
    }
    const weir_bytes_out receiver{sizeof receiver, 0, &out, [](const weir_bytes_out* self, weir_str bytes) {
                                      static_cast<std::string*>(self->data)->append(view(bytes));
                                  }};
    return call_plugin([&](weir_error* error) { return api().save(self_, state, &receiver, error); });
}

Status AggregateInstance::load(void* state, std::string_view bytes) const {
    if (api().load) return call_plugin([&](weir_error* error) { return api().load(self_, state, to_abi(bytes), error); });
    if (bytes.size() != info_.state_bytes)
        return Status::state_version(fmt::format("a state of {} bytes where there are {}", info_.state_bytes, bytes.size()));
    std::memcpy(state, bytes.data(), bytes.size());
    return {};
}

void AggregateInstance::drop(void* state) const {
    if (has_outside()) call_plugin_void([&] { api().drop(self_, state); });
}

uint64_t AggregateInstance::outside_bytes(const void* state) const {
    uint64_t bytes = 0;
    if (has_outside() && api().outside_bytes) call_plugin_void([&] { bytes = api().outside_bytes(self_, state); });
    return bytes;
}

}  // namespace weir::host::aggregation
