// Nullable, Array, Map and Tuple; and fit(), which chooses among all writers.
#include <algorithm>
#include <optional>

#include "fixed_writers.hpp"

namespace weir::clickhouse {
namespace {

// Calls `each(begin, end, is_null)` for the longest runs of null and of other rows.
template <class F>
void for_runs(const Column &column, int64_t begin, int64_t end, F &&each) {
    if (!column.has_nulls()) {
        if (begin < end) each(begin, end, false);
        return;
    }
    while (begin < end) {
        const bool is_null = column.is_null(begin);
        int64_t to = begin + 1;
        while (to < end && column.is_null(to) == is_null) ++to;
        each(begin, to, is_null);
        begin = to;
    }
}

// Null flags, then all values.
class NullableWriter final : public ColumnWriter {
public:
    explicit NullableWriter(std::unique_ptr<ColumnWriter> values) : values_(std::move(values)) {}

    bool can_fail() const override { return values_->can_fail(); }
    void check(const Column &column, int64_t begin, int64_t end, const Fault &fault) const override {
        for_runs(column, begin, end, [&](int64_t from, int64_t to, bool is_null) {
            if (!is_null) values_->check(column, from, to, fault);
        });
    }
    void append(const Column &column, int64_t begin, int64_t end) override {
        for_runs(column, begin, end, [&](int64_t from, int64_t to, bool is_null) {
            flag(to - from, is_null);
            if (is_null)
                values_->append_defaults(to - from);
            else
                values_->append(column, from, to);
        });
    }
    void append_defaults(int64_t n) override {
        flag(n, true);
        values_->append_defaults(n);
    }
    void write_prefix(Output &out) const override { values_->write_prefix(out); }
    void write(Output &out) const override {
        out.put(flags_.data(), flags_.size());
        values_->write(out);
    }
    size_t bytes() const override { return flags_.size() + values_->bytes(); }
    void clear() override {
        flags_.resize(0);
        values_->clear();
    }
    std::string type() const override { return "Nullable(" + values_->type() + ")"; }

private:
    void flag(int64_t n, bool is_null) {
        const size_t before = flags_.size();
        if (before + static_cast<size_t>(n) > flags_.capacity())
            flags_.reserve(std::max(before + static_cast<size_t>(n), 2 * flags_.capacity()));
        flags_.resize(before + static_cast<size_t>(n));
        std::memset(flags_.data() + before, is_null, static_cast<size_t>(n));
    }

    std::unique_ptr<ColumnWriter> values_;
    Buffer flags_;
};

// Finds the nulls of a column for which the table has none.
class NeverNull final : public ColumnWriter {
public:
    explicit NeverNull(std::unique_ptr<ColumnWriter> values) : values_(std::move(values)) {}

    bool can_fail() const override { return true; }
    void check(const Column &column, int64_t begin, int64_t end, const Fault &fault) const override {
        for_runs(column, begin, end, [&](int64_t from, int64_t to, bool is_null) {
            if (!is_null) return values_->check(column, from, to, fault);
            for (int64_t row = from; row < to; ++row) fault(row, "null, and " + values_->type() + " takes none");
        });
    }
    void append(const Column &column, int64_t begin, int64_t end) override { values_->append(column, begin, end); }
    void append_defaults(int64_t n) override { values_->append_defaults(n); }
    void write_prefix(Output &out) const override { values_->write_prefix(out); }
    void write(Output &out) const override { values_->write(out); }
    size_t bytes() const override { return values_->bytes(); }
    void clear() override { values_->clear(); }
    std::string type() const override { return values_->type(); }

private:
    std::unique_ptr<ColumnWriter> values_;
};

// Where each row's elements end, then all elements: an Array, and with two columns of elements a Map.
class ListWriter final : public ColumnWriter {
public:
    explicit ListWriter(std::vector<std::unique_ptr<ColumnWriter>> elements) : elements_(std::move(elements)) {}

    bool can_fail() const override {
        return std::any_of(elements_.begin(), elements_.end(), [](const auto &e) { return e->can_fail(); });
    }
    void check(const Column &column, int64_t begin, int64_t end, const Fault &fault) const override {
        for (size_t i = 0; i < elements_.size(); ++i) {
            if (!elements_[i]->can_fail()) continue;
            for (int64_t row = begin; row < end; ++row)
                elements_[i]->check(column.child(i), column.begin_of(row), column.end_of(row),
                                    [&](int64_t, const std::string &message) { fault(row, "an element: " + message); });
        }
    }
    void append(const Column &column, int64_t begin, int64_t end) override {
        const uint64_t before = total_;
        const int32_t first = column.begin_of(begin);
        for (int64_t row = begin; row < end; ++row) ends_.push_back(before + static_cast<uint64_t>(column.end_of(row) - first));
        total_ = ends_.empty() ? 0 : ends_.back();
        for (size_t i = 0; i < elements_.size(); ++i)
            if (column.end_of(end - 1) > first) elements_[i]->append(column.child(i), first, column.end_of(end - 1));
    }
    void append_defaults(int64_t n) override { ends_.insert(ends_.end(), static_cast<size_t>(n), total_); }
    void write_prefix(Output &out) const override {
        for (const auto &element : elements_) element->write_prefix(out);
    }
    void write(Output &out) const override {
        out.put(ends_.data(), ends_.size() * sizeof(uint64_t));
        for (const auto &element : elements_) element->write(out);
    }
    size_t bytes() const override {
        size_t sum = ends_.size() * sizeof(uint64_t);
        for (const auto &element : elements_) sum += element->bytes();
        return sum;
    }
    void clear() override {
        total_ = 0;
        ends_.clear();
        for (const auto &element : elements_) element->clear();
    }
    std::string type() const override {
        return elements_.size() == 1 ? "Array(" + elements_[0]->type() + ")" : "Map(" + elements_[0]->type() + ", " + elements_[1]->type() + ")";
    }

private:
    std::vector<std::unique_ptr<ColumnWriter>> elements_;
    std::vector<uint64_t> ends_;
    uint64_t total_ = 0;
};

// One column behind the other. Without any there is a byte a row.
class TupleWriter final : public ColumnWriter {
public:
    // members[i]: the struct's member that is element i.
    TupleWriter(std::vector<std::string> names, std::vector<size_t> members, std::vector<std::unique_ptr<ColumnWriter>> elements)
        : names_(std::move(names)), members_(std::move(members)), elements_(std::move(elements)) {}

    bool can_fail() const override {
        return std::any_of(elements_.begin(), elements_.end(), [](const auto &e) { return e->can_fail(); });
    }
    void check(const Column &column, int64_t begin, int64_t end, const Fault &fault) const override {
        for (size_t i = 0; i < elements_.size(); ++i)
            elements_[i]->check(column.child(members_[i]), begin, end, [&](int64_t row, const std::string &message) {
                fault(row, "element `" + column.type().children[members_[i]].name + "`: " + message);
            });
    }
    void append(const Column &column, int64_t begin, int64_t end) override {
        for (size_t i = 0; i < elements_.size(); ++i) elements_[i]->append(column.child(members_[i]), begin, end);
    }
    void append_defaults(int64_t n) override {
        for (const auto &element : elements_) element->append_defaults(n);
    }
    void write_prefix(Output &out) const override {
        for (const auto &element : elements_) element->write_prefix(out);
    }
    void write(Output &out) const override {
        for (const auto &element : elements_) element->write(out);
    }
    size_t bytes() const override {
        size_t sum = 0;
        for (const auto &element : elements_) sum += element->bytes();
        return sum;
    }
    void clear() override {
        for (const auto &element : elements_) element->clear();
    }
    std::string type() const override {
        std::string out = "Tuple(";
        for (size_t i = 0; i < elements_.size(); ++i) {
            if (i > 0) out += ", ";
            if (!names_.empty()) out += quote_name(names_[i]) + " ";
            out += elements_[i]->type();
        }
        return out + ")";
    }

private:
    const std::vector<std::string> names_;
    const std::vector<size_t> members_;
    std::vector<std::unique_ptr<ColumnWriter>> elements_;
};

Fit misfit(const DataType &to, std::string why = {}) { return {nullptr, {std::move(why), weir_type(to)}}; }

Fit fit_list(const Type &from, const DataType &to) {
    if (from.id != (to.is(Kind::kArray) ? TypeId::kList : TypeId::kMap)) return misfit(to);
    std::vector<std::unique_ptr<ColumnWriter>> elements;
    for (size_t i = 0; i < from.children.size(); ++i) {
        Fit element = fit(from.children[i].type, from.children[i].nullable, to.children[i]);
        if (!element.writer) return misfit(to, "elements are " + to_string(from.children[i].type) + ", and " + to.children[i].text + " is needed");
        elements.push_back(std::move(element.writer));
    }
    return {std::make_unique<ListWriter>(std::move(elements)), {}};
}

// By name where the Tuple has names, else by position.
Fit fit_tuple(const Type &from, const DataType &to) {
    if (from.id != TypeId::kStruct) return misfit(to);
    if (from.children.size() != to.children.size())
        return misfit(to, "it has " + std::to_string(from.children.size()) + " members, and " + std::to_string(to.children.size()) + " are needed");
    std::vector<std::unique_ptr<ColumnWriter>> elements;
    std::vector<size_t> members;
    for (size_t i = 0; i < to.children.size(); ++i) {
        size_t member = i;
        if (!to.names.empty()) {
            const auto found = std::find_if(from.children.begin(), from.children.end(), [&](const Field &f) { return f.name == to.names[i]; });
            if (found == from.children.end()) return misfit(to, "it has no member `" + to.names[i] + "`");
            member = static_cast<size_t>(found - from.children.begin());
        }
        const Field &field = from.children[member];
        Fit element = fit(field.type, field.nullable, to.children[i]);
        if (!element.writer)
            return misfit(to, "member `" + field.name + "` is " + to_string(field.type) + ", and " + to.children[i].text + " is needed");
        members.push_back(member);
        elements.push_back(std::move(element.writer));
    }
    return {std::make_unique<TupleWriter>(to.names, std::move(members), std::move(elements)), {}};
}

Fit fit_plain(const Type &from, const DataType &to) {
    switch (to.kind) {
        case Kind::kBool:
        case Kind::kInt:
        case Kind::kUint:
        case Kind::kFloat:
        case Kind::kDecimal: return fit_number(from, to);
        case Kind::kDate:
        case Kind::kDate32:
        case Kind::kDateTime:
        case Kind::kDateTime64: return fit_time(from, to);
        case Kind::kArray:
        case Kind::kMap: return fit_list(from, to);
        case Kind::kTuple: return fit_tuple(from, to);
        case Kind::kOther: return misfit(to, "the sink does not write this type");
        default: return fit_text(from, to);
    }
}

}  // namespace

Fit fit(const Type &from, bool nullable, const DataType &to) {
    if (to.is(Kind::kLowCardinality)) {
        const DataType &inside = to.children[0];
        const bool takes_null = inside.is(Kind::kNullable);
        const DataType &values = takes_null ? inside.children[0] : inside;
        if (!values.is(Kind::kString) || !from.is_text()) return fit(from, nullable, inside);  // the server makes the dictionary
        auto writer = make_dictionary_writer(takes_null);
        if (nullable && !takes_null) return {std::make_unique<NeverNull>(std::move(writer)), {}};
        return {std::move(writer), {}};
    }
    const bool takes_null = to.is(Kind::kNullable);
    Fit plain = fit_plain(from, takes_null ? to.children[0] : to);
    if (!plain.writer) return plain;
    if (takes_null) return {std::make_unique<NullableWriter>(std::move(plain.writer)), {}};
    if (nullable) return {std::make_unique<NeverNull>(std::move(plain.writer)), {}};
    return plain;
}

}  // namespace weir::clickhouse
