#include "host/aggregation/aggregation.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <weir/state_vector.hpp>

#include "host/aggregation/call_splitter.hpp"
#include "host/aggregation/distinct_set.hpp"
#include "host/expression/expression_api.hpp"
#include "host/expression/parser.hpp"

namespace weir::host::aggregation {
namespace {

constexpr uint8_t kSavedVersion = 1;

uint64_t rounded_up(uint64_t bytes, uint64_t to) { return (bytes + to - 1) / to * to; }

DistinctSet*& set_of(void* state, const AggregateCall& call) {
    return *reinterpret_cast<DistinctSet**>(static_cast<char*>(state) + call.set_offset);
}
const DistinctSet* set_of(const void* state, const AggregateCall& call) {
    return *reinterpret_cast<DistinctSet* const*>(static_cast<const char*>(state) + call.set_offset);
}

void lay_out(Aggregation& out) {
    uint64_t at = 0;
    for (AggregateCall& call : out.calls) {
        if (call.distinct) call.set_offset = std::exchange(at, at + sizeof(DistinctSet*));
        call.offset = at;
        at = rounded_up(at + call.aggregate->state_bytes(), alignof(void*));
        out.retracts = out.retracts && call.aggregate->retracts();
        out.has_outside = out.has_outside || call.distinct || call.aggregate->has_outside();
        out.signature += call.text + "\n";
    }
    out.state_bytes = rounded_up(at, 16);
    for (const bool refusing : {true, false})
        for (size_t i = 0; i < out.calls.size(); ++i)
            if (out.calls[i].aggregate->refuses() == refusing) out.order.push_back(i);
}

// Calls f with the column of each operation that results need.
template <class F>
void each_column(const Program& program, F&& f) {
    std::vector<bool> needed(program.nodes.size(), false);
    for (const expression::NodeId id : program.results) needed[id] = true;
    for (size_t i = program.nodes.size(); i-- > 0;) {
        if (!needed[i]) continue;
        for (const expression::NodeId arg : program.nodes[i].args) needed[arg] = true;
        if (program.nodes[i].op == expression::Op::kColumn) f(program.nodes[i].column);
    }
}

Status no_state(std::string_view why) {
    return Status::state_version(fmt::format("these bytes are no state of this aggregation: {}", why));
}

Status load_call(const AggregateCall& call, void* state, std::string_view bytes) {
    if (call.distinct) {
        uint8_t there = 0;
        if (!saved::take(bytes, there) || there > 1) return no_state("a set of DISTINCT begins wrongly");
        if (there) {
            set_of(state, call) = new DistinctSet;
            if (!set_of(state, call)->load(bytes)) return no_state("a set of DISTINCT is damaged");
        }
    }
    return call.aggregate->load(static_cast<char*>(state) + call.offset, bytes);
}

}  // namespace

Status Aggregation::save(const void* state, std::string& out) const {
    out.push_back(static_cast<char>(kSavedVersion));
    std::string one;
    for (const AggregateCall& call : calls) {
        one.clear();
        if (call.distinct) {
            const DistinctSet* set = set_of(state, call);
            one.push_back(set ? '\1' : '\0');
            if (set) set->save(one);
        }
        Status status = call.aggregate->save(static_cast<const char*>(state) + call.offset, one);
        if (!status.ok()) return status;
        saved::put_text(out, one);
    }
    return {};
}

Status Aggregation::load(void* state, std::string_view bytes) const {
    const auto read = [&]() -> Status {
        uint8_t version = 0;
        if (!saved::take(bytes, version)) return no_state("there are none");
        if (version != kSavedVersion) return no_state(fmt::format("version {}, and this is {}", version, kSavedVersion));
        for (const AggregateCall& call : calls) {
            std::string_view one;
            if (!saved::take_text(bytes, one)) return no_state("they end too early");
            if (Status status = load_call(call, state, one); !status.ok()) return status;
        }
        return bytes.empty() ? Status() : no_state("more follows");
    };
    Status status = read();
    if (!status.ok()) drop(state);
    return status;
}

void Aggregation::drop(void* state) const {
    if (has_outside)
        for (const AggregateCall& call : calls) {
            if (call.distinct) delete set_of(state, call);
            call.aggregate->drop(static_cast<char*>(state) + call.offset);
        }
    if (state_bytes) std::memset(state, 0, state_bytes);
}

uint64_t Aggregation::outside_bytes(const void* state) const {
    uint64_t bytes = 0;
    if (!has_outside) return bytes;
    for (const AggregateCall& call : calls) {
        if (call.distinct)
            if (const DistinctSet* set = set_of(state, call)) bytes += set->bytes();
        bytes += call.aggregate->outside_bytes(static_cast<const char*>(state) + call.offset);
    }
    return bytes;
}

void Aggregation::mark_reads(uint8_t* row_columns, uint8_t* columns_of_group) const {
    if (row_columns) each_column(*rows, [&](size_t column) { row_columns[column] = 1; });
    if (!columns_of_group) return;
    each_column(*groups, [&](size_t column) {
        if (column < group_columns) columns_of_group[column] = 1;
    });
}

Compiler::Compiler(OperatorResolver& resolver, Schema rows, Schema group)
    : resolver_(resolver),
      row_schema_(std::move(rows)),
      group_schema_(std::move(group)),
      rows_(row_schema_, {}),
      groups_(group_schema_, {}) {}

Outcome<uint32_t> Compiler::add(std::string_view json) {
    auto read = expression::read_expression_json(json);
    if (!read) return read.problem();
    const auto numbered = [&](const Outcome<size_t>& added) -> Outcome<uint32_t> {
        if (!added) return added.problem();
        return expressions_++;
    };
    if (!read->column.empty()) return numbered(groups_.add_column(read->column));
    auto ast = expression::parse(read->text);
    if (!ast) return ast.problem();
    auto outer = CallSplitter(*this, read->parameters).split(*ast);
    if (!outer) return outer.problem();
    return numbered(groups_.add(*outer, expression::ResultKind::kColumn, std::move(read->parameters)));
}

int64_t Compiler::group_column(uint32_t number) const {
    const expression::Node& node = result(number);
    const bool is_column = node.op == expression::Op::kColumn && node.column < group_schema_.size();
    return is_column ? static_cast<int64_t>(node.column) : -1;
}

std::shared_ptr<const Aggregation> Compiler::finish() {
    auto out = std::make_shared<Aggregation>();
    out->rows = rows_.finish();
    out->groups = groups_.finish();
    out->group_columns = group_schema_.size();
    out->calls = std::move(calls_);
    lay_out(*out);
    return out;
}

}  // namespace weir::host::aggregation
