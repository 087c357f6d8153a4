#include "assert.hpp"

#include <algorithm>

#include <weir/row_json.hpp>

namespace weir::asserting {
namespace {

constexpr size_t kShownRowBytes = 512;

constexpr weir_param kColumnName[] = {param("", WEIR_PARAM_COLUMN, "")};
constexpr weir_param kRangeFields[] = {
    param("min", WEIR_PARAM_FLOAT64, "The least value that is allowed."),
    param("max", WEIR_PARAM_FLOAT64, "The greatest value that is allowed."),
};
constexpr weir_param kRange[] = {param("range", WEIR_PARAM_OBJECT, "The values that are allowed.").fields(kRangeFields)};
constexpr weir_param kCondition[] = {param("", WEIR_PARAM_EXPRESSION, "")};
constexpr weir_param kParams[] = {
    param("that", WEIR_PARAM_MAP, "Conditions by name, in SQL: `{ paid: amount > 0 }`. Null is not true.").fields(kCondition),
    param("not_null", WEIR_PARAM_LIST, "Columns that are never null.").scalar_or_list().fields(kColumnName),
    param("in_range", WEIR_PARAM_MAP, "Columns of numbers, and the values they may have. A null is in every range.").fields(kRange),
};

bool is_number(const Type &type) {
    return type.is_signed_integer() || type.is_unsigned_integer() || type.id == TypeId::kFloat32 ||
           type.id == TypeId::kFloat64 || type.id == TypeId::kDecimal128;
}

long double number_at(const Column &column, int64_t row) {
    switch (column.type().id) {
        case TypeId::kFloat32: return column.value<float>(row);
        case TypeId::kFloat64: return column.value<double>(row);
        case TypeId::kUint64: return static_cast<long double>(column.value<uint64_t>(row));
        case TypeId::kDecimal128: {
            auto value = static_cast<long double>(column.decimal(row));
            for (int i = 0; i < column.type().scale; ++i) value /= 10;
            return value;
        }
        default: return static_cast<long double>(column.integer(row));
    }
}

}  // namespace

constexpr OperatorSpec kAssertSpec =
    operator_spec<Assert>("assert", "Ends the run at the first row of which something is not true that must be. Others pass unchanged.")
        .params(kParams);

Result<std::unique_ptr<Instance>> Assert::create(Context context, const Config &config) {
    auto made = std::make_unique<Assert>(context);
    made->not_null_ = config.strings("not_null");
    const Config ranges = config.child("in_range");
    for (const auto &[column, given] : ranges.json().items()) {
        const Config range(given);
        Range &added = made->ranges_.emplace_back();
        added.column = column;
        if (range.has("min")) added.min = range.float64("min");
        if (range.has("max")) added.max = range.float64("max");
        if (!added.min && !added.max) return Status::config("in_range." + column, "needs `min`, `max` or both");
    }
    if (config.has("that")) made->that_ = config.child("that").json();
    if (made->not_null_.empty() && made->ranges_.empty() && made->that_.empty())
        return Status::config("", "asserts nothing: it needs `that`, `not_null` or `in_range`");
    return std::unique_ptr<Instance>(std::move(made));
}

Status Assert::bind(const Binding &binding) {
    if (Status s = pass_.bind(binding); !s.ok()) return s;
    inputs_.clear();
    inputs_.resize(binding.inputs());
    for (uint32_t i = 0; i < binding.inputs(); ++i) {
        if (Status s = bind_columns(binding, i); !s.ok()) return s;
        if (Status s = bind_conditions(binding, i); !s.ok()) return s;
    }
    return {};
}

Status Assert::bind_columns(const Binding &binding, uint32_t input) {
    const Schema &in = binding.input(input);
    auto find = [&](const std::string &path, const std::string &name) -> Result<size_t> {
        const auto found = in.find(name);
        if (!found) return Status::config(path, "the input has no column `" + name + "`; it has " + to_string(in));
        binding.reads(input, name);
        return *found;
    };
    for (const std::string &name : not_null_) {
        auto column = find("not_null", name);
        if (!column) return column.status();
        inputs_[input].not_null.push_back(*column);
    }
    for (const Range &range : ranges_) {
        auto column = find("in_range." + range.column, range.column);
        if (!column) return column.status();
        if (!is_number(in.fields[*column].type))
            return Status::config("in_range." + range.column,
                                  "`" + range.column + "` is " + to_string(in.fields[*column].type) + ", and no number");
        inputs_[input].ranges.push_back(*column);
    }
    return {};
}

Status Assert::bind_conditions(const Binding &binding, uint32_t input) {
    if (that_.empty()) return {};
    auto compiler = ExpressionCompiler::create(context_, binding.input(input));
    if (!compiler) return compiler.status();
    Bound &bound = inputs_[input];
    Status fault;  // of the first; all are reported
    for (const auto &[name, condition] : that_.items()) {
        const auto number = compiler->condition(condition, "that." + name);
        if (number)
            bound.conditions.push_back(number.value());
        else if (fault.ok())
            fault = number.status();
    }
    if (!fault.ok()) return fault;
    bound.program = compiler->finish();
    bound.evaluator = ExpressionEvaluator(bound.program);
    bound.program.reads(binding, input);
    return {};
}

Status Assert::fail_at(const BatchView &batch, int64_t row, const std::string &why) const {
    std::string text;
    append_json_row(text, batch.schema(), *batch.raw().array, row);
    if (text.size() > kShownRowBytes) {
        size_t end = kShownRowBytes;
        while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not within a character
        text = text.substr(0, end) + "...";
    }
    weir_origin_record record{};
    record.size = sizeof record;
    const weir_batch &raw = batch.raw();
    std::string from;
    if (raw.origin && raw.origin->get(raw.origin, raw.origin_rows ? raw.origin_rows[row] : row, &record) == WEIR_OK && record.topic.size)
        from = ", from `" + std::string(view(record.topic)) + "`" +
               (record.partition >= 0 ? " partition " + std::to_string(record.partition) : "") +
               (record.offset >= 0 ? " at " + std::to_string(record.offset) : "");
    return Status::fatal("a row breaks what is asserted: " + why + from + ". The row, as far as it is read: " + text);
}

Status Assert::check_range(const BatchView &batch, const Range &range, const Column &column) const {
    for (int64_t row = 0; row < batch.rows(); ++row) {
        if (column.is_null(row)) continue;
        const long double value = number_at(column, row);
        // Written so that NaN is in no range.
        if ((!range.min || value >= *range.min) && (!range.max || value <= *range.max)) continue;
        std::string text;
        append_json_value(text, column, row);
        auto bound = [](const std::optional<long double> &limit) {
            std::string out = Config::Json(static_cast<double>(*limit)).dump();
            return out.ends_with(".0") ? out.substr(0, out.size() - 2) : out;
        };
        const std::string allowed = !range.max   ? "at least " + bound(range.min)
                                    : !range.min ? "at most " + bound(range.max)
                                                 : "from " + bound(range.min) + " to " + bound(range.max);
        return fail_at(batch, row, "`" + range.column + "` is " + text + ", and must be " + allowed);
    }
    return {};
}

Status Assert::check_conditions(const BatchView &batch, Bound &bound) {
    if (bound.conditions.empty()) return {};
    outcomes_.resize(static_cast<size_t>(batch.rows()));
    bound.evaluator.begin(batch, 0, batch.rows(), context_.now());
    auto condition = that_.begin();
    for (uint32_t number : bound.conditions) {
        bound.evaluator.evaluate(number, {}, batch.rows(), outcomes_.data());
        const auto bad = std::find_if(outcomes_.begin(), outcomes_.end(), [](uint8_t o) { return o != WEIR_OUTCOME_TRUE; });
        if (bad != outcomes_.end()) {
            const auto row = static_cast<int32_t>(bad - outcomes_.begin());
            const Config::Json &written = condition.value();
            std::string why = "`" + condition.key() + "` (" + (written.is_string() ? written.get<std::string>() : written.value("text", "")) + ")";
            why += *bad == WEIR_OUTCOME_FALSE ? " is false" : *bad == WEIR_OUTCOME_NULL ? " is null" : " fails";
            for (const weir_expression_error &error : bound.evaluator.errors())
                if (*bad == WEIR_OUTCOME_FAILED && error.row == row) why += ": " + std::string(view(error.code)) + ": " + std::string(view(error.message));
            return fail_at(batch, row, why);
        }
        ++condition;
    }
    return {};
}

Status Assert::process(const BatchView &batch, uint32_t input) {
    Bound &bound = inputs_[input];
    for (size_t i = 0; i < not_null_.size(); ++i) {
        const Column column = batch.column(bound.not_null[i]);
        for (int64_t row = 0; column.has_nulls() && row < batch.rows(); ++row)
            if (column.is_null(row)) return fail_at(batch, row, "`" + not_null_[i] + "` is null");
    }
    for (size_t i = 0; i < ranges_.size(); ++i)
        if (Status s = check_range(batch, ranges_[i], batch.column(bound.ranges[i])); !s.ok()) return s;
    if (Status s = check_conditions(batch, bound); !s.ok()) return s;
    return pass_.emit(context_, batch, input) ? Status() : Status::more();
}

}  // namespace weir::asserting
