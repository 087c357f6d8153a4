#include "host/engine/host_services.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <weir/ext/aggregation.h>
#include <weir/ext/combine.h>
#include <weir/ext/restored.h>
#include <weir/ext/expression.h>
#include <weir/ext/memory.h>
#include <weir/ext/rekey.h>
#include <weir/ext/start.h>
#include <weir/ext/transaction.h>
#include <weir/memory.hpp>

#include "host/aggregation/aggregation_api.hpp"
#include "host/engine/connections.hpp"
#include "host/engine/instance.hpp"
#include "host/engine/keyed_state_api.hpp"
#include "host/expression/expression_api.hpp"

namespace weir::host {
namespace {

void report_problem(weir_context* context, weir_str path, const weir_expression_problem* problem) {
    Instance::of(context).note_problem({std::string(view(path)), expression::problem_from_abi(*problem)});
}

const weir_expression_api& instances_expression_api() {
    static const weir_expression_api api = [] {
        weir_expression_api out = expression::expression_api();
        out.report = report_problem;
        return out;
    }();
    return api;
}

const weir_aggregation_api& instances_aggregation_api() {
    static const weir_aggregation_api api = [] {
        weir_aggregation_api out = aggregation::aggregation_api();
        out.compiler = [](weir_context* context, const ArrowSchema* rows, const ArrowSchema* group,
                          weir_aggregation_compiler** made, weir_error* error) {
            return aggregation::make_compiler(Instance::of(context).resolver(), rows, group, made, error);
        };
        out.report = report_problem;
        return out;
    }();
    return api;
}

}  // namespace

HostServices& HostServices::get() {
    static HostServices services;
    return services;
}

void HostServices::log(const LogLine& line) const {
    if (observer_) observer_(line);
    log_(line.level, std::string(line.node) + ": " + std::string(line.text));
}

HostServices::HostServices()
    : print_([](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }),
      log_([](uint32_t, std::string_view text) {
          std::fwrite(text.data(), 1, text.size(), stderr);
          std::fputc('\n', stderr);
      }) {
    abi_.size = sizeof abi_;
    abi_.abi_minor = WEIR_ABI_MINOR;
    abi_.data = this;
    abi_.alloc = [](uint64_t bytes) -> void* {
        constexpr uint64_t kAlignment = 64;
        uint64_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
        return std::aligned_alloc(kAlignment, rounded ? rounded : kAlignment);
    };
    abi_.free = [](void* memory) { std::free(memory); };
    abi_.log = [](const weir_host* host, uint32_t level, weir_str text) {
        static_cast<HostServices*>(host->data)->log(level, view(text));
    };
    abi_.print = [](const weir_host* host, weir_str text) {
        static_cast<HostServices*>(host->data)->print(view(text));
    };
    abi_.extension = [](const weir_host*, const char* name) -> const void* {
        static const weir_start_api start = {sizeof start, 0, Instance::outside_start, Instance::may_lose};
        static const weir_memory_api memory = {sizeof memory, 0, [](weir_context* context, uint64_t bytes) {
                                                   Instance::of(context).set_own_bytes(bytes);
                                               }};
        static const weir_rekey_api rekey = {sizeof rekey, 0, [](weir_context* context, uint64_t rows, uint64_t leaving) {
                                                 Instance::of(context).tell_rekeyed(rows, leaving);
                                             }};
        static const weir_combine_api combine = {sizeof combine, 0, [](weir_context* context, const weir_combiner* combiner) {
                                                     Instance::of(context).set_combiner(combiner);
                                                 }};
        static const weir_restored_api restored = {sizeof restored, 0, [](weir_context* context, const weir_restored_checker* checker) {
                                                       Instance::of(context).set_restored_checker(checker);
                                                   }};
        const std::string_view id = name ? name : "";
        static const weir_transaction_api transaction = {sizeof transaction, 0, ConnectionInstance::bound_transaction};
        if (id == WEIR_EXT_COMBINE) return &combine;
        if (id == WEIR_EXT_REKEY) return &rekey;
        if (id == WEIR_EXT_RESTORED) return &restored;
        if (id == WEIR_EXT_TRANSACTION) return &transaction;
        if (id == WEIR_EXT_MEMORY) return &memory;
        if (id == WEIR_EXT_EXPRESSION) return &instances_expression_api();
        if (id == WEIR_EXT_AGGREGATION) return &instances_aggregation_api();
        if (id == WEIR_STATE_EXTENSION) return &keyed_state_api();
        return id == WEIR_EXT_START ? &start : nullptr;
    };
    detail::module_host = &abi_;
}

}  // namespace weir::host
