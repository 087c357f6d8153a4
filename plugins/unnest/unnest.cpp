#include "unnest.hpp"

#include <algorithm>

namespace weir::unnest {
namespace {

constexpr weir_param kParams[] = {
    param("column", WEIR_PARAM_COLUMN, "The list. All other columns are repeated for each of its elements.").required().primary(),
    param("as", WEIR_PARAM_STRING, "The name of the element. By default that of the list."),
    param("flatten", WEIR_PARAM_BOOL, "Elements are structs, and their members become columns of their own, instead of the element.")
        .default_json("false"),
    param("position", WEIR_PARAM_STRING, "Adds a column of this name: the element's place in the list, from 1."),
    param("keep_empty", WEIR_PARAM_BOOL,
          "A list that is null or has no elements gives one row, with a null in the element's place. Otherwise it gives none.")
        .default_json("false"),
};

}  // namespace

constexpr OperatorSpec kUnnestSpec = operator_spec<Unnest>("unnest", "A row for each element of a list.").params(kParams).with(WEIR_OP_ONE_INPUT);

Result<std::unique_ptr<Instance>> Unnest::create(Context context, const Config &config) {
    if (config.boolean("flatten") && config.has("as")) return Status::config("as", "names the element, and `flatten` has its members instead");
    return std::unique_ptr<Instance>(new Unnest(context, config));
}

Unnest::Unnest(Context context, const Config &config)
    : Instance(context),
      column_(config.string("column")),
      as_(config.has("as") ? config.string("as") : column_),
      position_(config.string("position")),
      keep_empty_(config.boolean("keep_empty")),
      flatten_(config.boolean("flatten")),
      empty_metric_(context.metric("empty", WEIR_METRIC_COUNTER, "Rows whose list was null or had no elements.")) {}

Status Unnest::add_made(const Binding &binding, Field field, Made made) {
    if (!binding.wanted(0, field.name)) return {};
    if (out_.find(field.name))
        return Status::config(made.from == Made::From::kPosition ? "position" : flatten_ ? "flatten" : "as",
                              "there are two columns `" + field.name + "`");
    out_.fields.push_back(std::move(field));
    made_.push_back(made);
    return {};
}

Status Unnest::bind(const Binding &binding) {
    const Schema &in = binding.input(0);
    const auto found = in.find(column_);
    if (!found) return Status::config("column", "the input has no column `" + column_ + "`; it has " + to_string(in));
    list_ = *found;
    const Type &type = in.fields[list_].type;
    if (type.id != TypeId::kList) return Status::config("column", "`" + column_ + "` is " + to_string(type) + ", and must be a list");
    const Field &element = type.children[0];
    if (flatten_ && element.type.id != TypeId::kStruct)
        return Status::config("flatten", "the elements of `" + column_ + "` are " + to_string(element.type) + ", and only structs have members");
    out_ = {};
    made_.clear();
    binding.reads(0, column_);
    Status status;
    for (size_t i = 0; i < in.size() && status.ok(); ++i) {
        if (i != list_) {
            if (binding.wanted(0, in.fields[i].name)) binding.reads(0, in.fields[i].name);
            status = add_made(binding, in.fields[i], {Made::From::kRow, i});
        } else if (!flatten_) {
            status = add_made(binding, {as_, element.type, element.nullable || keep_empty_}, {Made::From::kElement, 0});
        }
        for (size_t m = 0; flatten_ && i == list_ && m < element.type.children.size() && status.ok(); ++m) {
            Field member = element.type.children[m];
            member.nullable = member.nullable || element.nullable || keep_empty_;
            status = add_made(binding, std::move(member), {Made::From::kMember, m});
        }
    }
    if (status.ok() && !position_.empty())
        status = add_made(binding, {position_, type_of(TypeId::kInt64), keep_empty_}, {Made::From::kPosition, 0});
    if (status.ok()) binding.set_output(0, out_);
    return status;
}

Status Unnest::process(const BatchView &batch, uint32_t) {
    waiting_ = context_.retain(batch);
    row_ = element_ = 0;
    return go_on();
}

Status Unnest::go_on() {
    if (!waiting_) return {};
    const BatchView batch = waiting_.view(input_schema(0));
    while (row_ < batch.rows())
        if (!emit_some(batch)) return Status::more();
    waiting_ = RetainedBatch();
    return {};
}

int64_t Unnest::elements_of(const Column &list, int64_t row) const {
    return list.is_null(row) ? 0 : list.end_of(row) - list.begin_of(row);
}

// At most a batch, of rows that take about as many bytes as one may.
bool Unnest::emit_some(const BatchView &batch) {
    const Column list = batch.column(list_);
    const int64_t bytes = batch.raw().bytes / std::max<int64_t>(batch.rows(), 1);
    const int64_t most = std::clamp<int64_t>(WEIR_BATCH_MAX_BYTES / std::max<int64_t>(bytes, 1), 1, WEIR_BATCH_MAX_ROWS);
    BatchBuilder out(out_);
    std::vector<int32_t> rows;
    for (; row_ < batch.rows() && static_cast<int64_t>(rows.size()) < most; ++row_, element_ = 0) {
        const int64_t n = elements_of(list, row_);
        if (n == 0) context_.metric_add(empty_metric_, 1);
        if (n == 0 && keep_empty_) {
            append(batch, list, row_, -1, out);
            rows.push_back(static_cast<int32_t>(row_));
        }
        for (; element_ < n && static_cast<int64_t>(rows.size()) < most; ++element_) {
            append(batch, list, row_, element_, out);
            rows.push_back(static_cast<int32_t>(row_));
        }
        if (element_ < n) break;
    }
    if (rows.empty()) return true;
    out.set_rows(static_cast<int64_t>(rows.size()));
    ArrowArray array;
    out.finish(&array);
    return context_.emit_derived(0, array, batch.raw(), rows);
}

void Unnest::append(const BatchView &batch, const Column &list, int64_t row, int64_t element, BatchBuilder &out) const {
    const int64_t at = element < 0 ? -1 : list.begin_of(row) + element;
    const Column elements = list.child(0);
    for (size_t i = 0; i < made_.size(); ++i) {
        ColumnBuilder &to = out.column(i);
        switch (made_[i].from) {
            case Made::From::kRow: to.append_from(batch.column(made_[i].column), row); break;
            case Made::From::kElement: at < 0 ? to.append_null() : to.append_from(elements, at); break;
            case Made::From::kMember:
                at < 0 || elements.is_null(at) ? to.append_null() : to.append_from(elements.child(made_[i].column), at);
                break;
            case Made::From::kPosition: at < 0 ? to.append_null() : to.append(element + 1); break;
        }
    }
}

}  // namespace weir::unnest
