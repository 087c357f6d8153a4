#include "host/aggregation/aggregation_api.hpp"

#include <weir/memory.hpp>

#include "host/aggregation/evaluator.hpp"
#include "host/expression/expression_api.hpp"

using weir::host::aggregation::Aggregation;
using weir::host::aggregation::Compiler;
using weir::host::aggregation::Evaluator;

struct weir_aggregation_compiler {
    Compiler compiler;
};

struct weir_aggregation {
    std::shared_ptr<const Aggregation> aggregation;
};

struct weir_aggregation_evaluator {
    explicit weir_aggregation_evaluator(std::shared_ptr<const Aggregation> aggregation) : evaluator(std::move(aggregation)) {}

    Evaluator evaluator;
    std::vector<weir_expression_error> errors;
};

namespace weir::host::aggregation {
namespace {

OperatorResolver* resolver_of_tests = nullptr;

int32_t add_aggregation(weir_aggregation_compiler* self, weir_str json, uint32_t* number, weir_expression_problem* problem) {
    const auto added = self->compiler.add(view(json));
    if (!added) {
        expression::problem_to_abi(added.problem(), problem);
        return WEIR_E_CONFIG;
    }
    *number = *added;
    return WEIR_OK;
}

void type_of_expression(const weir_aggregation_compiler* self, uint32_t number, ArrowSchema* out) {
    const expression::Node& node = self->compiler.result(number);
    export_schema(Schema{{{"", node.type, node.nullable}}}, out);
}

bool is_batch(const ArrowArray& array, int64_t n) {
    return n >= 0 && n <= WEIR_BATCH_MAX_ROWS && array.length <= WEIR_BATCH_MAX_ROWS;
}

Status too_many() { return Status::unsupported("more rows than a batch has"); }

int32_t update_states(weir_aggregation_evaluator* self, const ArrowArray* batch, const int32_t* rows, int64_t n, int64_t now,
                      void* const* states, weir_error* error) {
    if (!is_batch(*batch, n)) return too_many().to_abi(error);
    return self->evaluator.update(*batch, rows, n, now, states).to_abi(error);
}

int32_t retract_states(weir_aggregation_evaluator* self, const ArrowArray* batch, const int32_t* rows, int64_t n, int64_t now,
                       void* const* states, weir_error* error) {
    if (!is_batch(*batch, n)) return too_many().to_abi(error);
    return self->evaluator.retract(*batch, rows, n, now, states).to_abi(error);
}

int32_t results_of_states(weir_aggregation_evaluator* self, const void* const* states, const ArrowArray* group, int64_t n,
                          int64_t now, ArrowArray* out, weir_error* error) {
    if (!is_batch(*group, n)) return too_many().to_abi(error);
    return self->evaluator.results(states, *group, n, now, out).to_abi(error);
}

void list_place_errors(weir_aggregation_evaluator* self, const weir_expression_error** out, uint64_t* n) {
    self->errors.clear();
    for (const PlaceError& error : self->evaluator.errors())
        self->errors.push_back({sizeof(weir_expression_error), error.expression, static_cast<int64_t>(error.place),
                                to_abi(error.code), to_abi(error.message)});
    *out = self->errors.data();
    *n = self->errors.size();
}

int32_t save_state(const weir_aggregation* self, const void* state, const weir_bytes_out* out, weir_error* error) {
    std::string bytes;
    const Status status = self->aggregation->save(state, bytes);
    if (status.ok()) out->put(out, to_abi(bytes));
    return status.to_abi(error);
}

weir_aggregation_api make_table() {
    weir_aggregation_api api{};
    api.size = sizeof api;
    api.compiler = [](weir_context*, const ArrowSchema*, const ArrowSchema*, weir_aggregation_compiler**, weir_error* error) {
        return Status::unsupported("there are no aggregates here").to_abi(error);
    };
    api.discard = [](weir_aggregation_compiler* self) { delete self; };
    api.add = add_aggregation;
    api.type = type_of_expression;
    api.group_column = [](const weir_aggregation_compiler* self, uint32_t number) { return self->compiler.group_column(number); };
    api.finish = [](weir_aggregation_compiler* self) {
        auto* aggregation = new weir_aggregation{self->compiler.finish()};
        delete self;
        return aggregation;
    };
    api.release = [](weir_aggregation* self) { delete self; };
    api.reads = [](const weir_aggregation* self, uint8_t* rows, uint8_t* group) { self->aggregation->mark_reads(rows, group); };
    api.state_bytes = [](const weir_aggregation* self) { return self->aggregation->state_bytes; };
    api.signature = [](const weir_aggregation* self) { return to_abi(self->aggregation->signature); };
    api.retracts = [](const weir_aggregation* self) { return static_cast<uint8_t>(self->aggregation->retracts); };
    api.evaluator = [](const weir_aggregation* self) { return new weir_aggregation_evaluator(self->aggregation); };
    api.free = [](weir_aggregation_evaluator* self) { delete self; };
    api.update = update_states;
    api.retract = retract_states;
    api.merge = [](weir_aggregation_evaluator* self, void* const* into, const void* const* from, uint64_t n, weir_error* error) {
        return self->evaluator.merge(into, from, n).to_abi(error);
    };
    api.results = results_of_states;
    api.errors = list_place_errors;
    api.save = save_state;
    api.load = [](const weir_aggregation* self, void* state, weir_str bytes, weir_error* error) {
        return self->aggregation->load(state, view(bytes)).to_abi(error);
    };
    api.drop = [](const weir_aggregation* self, void* state) { self->aggregation->drop(state); };
    api.outside_bytes = [](const weir_aggregation* self, const void* state) { return self->aggregation->outside_bytes(state); };
    api.report = [](weir_context*, weir_str, const weir_expression_problem*) {};
    return api;
}

}  // namespace

const weir_aggregation_api& aggregation_api() {
    static const weir_aggregation_api api = make_table();
    return api;
}

int32_t make_compiler(OperatorResolver& resolver, const ArrowSchema* rows, const ArrowSchema* group,
                      weir_aggregation_compiler** out, weir_error* error) {
    auto columns = import_schema(*rows);
    if (!columns) return columns.status().to_abi(error);
    auto group_columns = import_schema(*group);
    if (!group_columns) return group_columns.status().to_abi(error);
    *out = new weir_aggregation_compiler{Compiler(resolver, std::move(*columns), std::move(*group_columns))};
    return WEIR_OK;
}

const weir_aggregation_api& aggregation_api_with(OperatorResolver& resolver) {
    static const weir_aggregation_api api = [] {
        weir_aggregation_api out = aggregation_api();
        out.compiler = [](weir_context*, const ArrowSchema* rows, const ArrowSchema* group, weir_aggregation_compiler** made,
                          weir_error* error) { return make_compiler(*resolver_of_tests, rows, group, made, error); };
        return out;
    }();
    resolver_of_tests = &resolver;
    return api;
}

}  // namespace weir::host::aggregation
