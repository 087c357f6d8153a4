#include "layout.hpp"

#include <algorithm>

namespace weir::window {
namespace {

constexpr const char *kStart = "window_start", *kEnd = "window_end", *kPane = "pane", *kOp = "_op";

Status find_time(const Schema &input, const Config &config, Layout &out) {
    const std::string name = config.string("time_column");
    if (name.empty()) {
        for (size_t i = 0; i < input.size(); ++i) {
            if (!input.fields[i].event_time) continue;
            out.time_column = static_cast<int64_t>(i);
            out.time_offset = *input.fields[i].event_time;
            return {};
        }
        return Status::config("time", "no column of the input is its event time: it is " + to_string(input) +
                                          ". Give the source `event_time: { column: … }`, or say `time: processing`");
    }
    const auto found = input.find(name);
    if (!found) return Status::config("time_column", "the input has no column `" + name + "`: it is " + to_string(input));
    const Type &type = input.fields[*found].type;
    if (type.id != TypeId::kTimestamp)
        return Status::config("time_column", "column `" + name + "` is " + to_string(type) + ", and a time is a timestamp");
    out.time_column = static_cast<int64_t>(*found);
    out.time_offset = input.fields[*found].event_time.value_or(0);
    return {};
}

Status find_key(const Binding &binding, Layout &out) {
    const weir_bind_input &info = binding.input_info(0);
    const Schema &input = binding.input(0);
    std::vector<std::string> names;
    for (uint64_t i = 0; i < info.n_key; ++i) {
        names.emplace_back(view(info.key[i]));
        const auto found = input.find(names.back());
        if (!found) return Status::config("", "the input has no column `" + names.back() + "` of the key");
        out.group.fields.push_back(input.fields[*found]);
        out.group.fields.back().event_time.reset();
        for (const char *taken : {kStart, kEnd, kPane})
            if (names.back() == taken)
                return Status::config("", "a column of the key cannot be called `" + names.back() +
                                              "`, as the window's own: rename it, `key: { name: " + names.back() + " }`");
    }
    out.keys = names.size();
    out.codec = KeyCodec(input, names);
    out.group.fields.push_back({kPane, type_of(TypeId::kString), false});
    if (out.bounded)
        for (const char *bound : {kStart, kEnd}) out.group.fields.push_back({bound, type_of(TypeId::kTimestamp), false});
    return {};
}

struct Expressions {
    AggregationCompiler compiler;
    std::vector<Field> fields;
    std::vector<std::optional<size_t>> group_columns;  // that they are, unchanged
};

// All are looked at, so that all that is wrong is told.
Status add_expressions(Expressions &to, const Config::Json &columns) {
    Status fault;
    for (const auto &[name, expression] : columns.items()) {
        const auto number = to.compiler.add(expression, "columns." + name);
        if (number) {
            to.fields.push_back(to.compiler.field(number.value(), name));
            to.group_columns.push_back(to.compiler.group_column(number.value()));
        } else if (fault.ok()) {
            fault = number.status();
        }
    }
    return fault;
}

// The key, the bounds that are no column of their own, then the columns as they are written.
Status list_columns(const Expressions &expressions, const Spec &spec, Layout &out) {
    using From = Layout::Column::From;
    auto put = [&](Field field, From from, size_t index) {
        out.all.fields.push_back(std::move(field));
        out.all_columns.push_back({from, index});
    };
    for (size_t i = 0; i < out.keys; ++i) put(out.group.fields[i], From::kGroup, i);
    for (size_t i = out.start(); out.bounded && i <= out.end(); ++i) {
        const auto &columns = expressions.group_columns;
        if (std::find(columns.begin(), columns.end(), std::optional(i)) == columns.end())
            put(out.group.fields[i], From::kGroup, i);
    }
    for (size_t i = 0; i < expressions.fields.size(); ++i) {
        const Field &field = expressions.fields[i];
        if (out.all.find(field.name))
            return Status::config("columns." + field.name, "the result has a column `" + field.name +
                                                               "` already: the key and the window's bounds are in it by themselves");
        put(field, From::kResult, i);
    }
    // A row of the result belongs to what its window was the last moment of.
    for (size_t i = 0; out.bounded && !spec.processing_time && i < out.all.size(); ++i) {
        const Layout::Column &column = out.all_columns[i];
        const bool is_end = column.from == From::kGroup ? column.index == out.end()
                                                        : expressions.group_columns[column.index] == out.end();
        if (is_end) out.all.fields[i].event_time = -1;
    }
    return {};
}

// FNV-1a (Fowler, Noll, Vo), 64 bits.
uint64_t hash_text(std::string_view text) {
    uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
    return hash;
}

// A condition over aggregates, of the group with the row; one over the row's columns is none of an aggregation's.
Status add_trigger(Context context, const Schema &input, const Spec &spec, const Config &config, Layout &out) {
    out.aggregation = out.columns_only;
    if (!spec.early_when) return {};
    auto compiler = AggregationCompiler::create(context, input, out.group);
    if (!compiler) return compiler.status();
    const Config columns = config.child("columns");
    for (const auto &[name, expression] : columns.json().items()) compiler->try_add(expression, out.trigger_problem);
    out.trigger = compiler->try_add(config.child("early").json().at("when"), out.trigger_problem);
    if (!out.trigger) return {};
    const Type type = compiler->field(*out.trigger, "").type;
    if (type.id != TypeId::kBool) return Status::config("early.when", "is " + to_string(type) + ", and a condition is true or false");
    out.aggregation = compiler->finish();
    return {};
}

Status check_changelog(const Layout &layout) {
    for (const Field &field : layout.all.fields)
        if (field.type.is_nested())
            return Status::config("output", "a changelog cannot have column `" + field.name + "`, which is " + to_string(field.type));
    return {};
}

}  // namespace

void Layout::add_to_fingerprint(std::string_view text) {
    if (!text.empty()) fingerprint = hash_text(std::to_string(fingerprint) + std::string(text));
}

Result<Layout> Layout::create(Context context, const Binding &binding, const Spec &spec, const Config &config) {
    Layout out;
    out.bounded = spec.timed();
    const Schema &input = binding.input(0);
    if (spec.timed() && !spec.processing_time)
        if (Status s = find_time(input, config, out); !s.ok()) return s;
    if (Status s = find_key(binding, out); !s.ok()) return s;
    auto compiler = AggregationCompiler::create(context, input, out.group);
    if (!compiler) return compiler.status();
    Expressions expressions{std::move(*compiler), {}, {}};
    Status s = add_expressions(expressions, config.child("columns").json());
    if (s.ok()) s = list_columns(expressions, spec, out);
    if (s.ok() && spec.output == Output::kChangelog) s = check_changelog(out);
    if (!s.ok()) return s;
    out.columns_only = expressions.compiler.finish();
    if (s = add_trigger(context, input, spec, config, out); !s.ok()) return s;
    out.fingerprint = hash_text(spec.identity() + "; " + std::string(out.aggregation.signature()));
    if (spec.output == Output::kChangelog) out.add_to_fingerprint(to_string(out.all) + config.child("columns").json().dump());

    out.aggregation.reads(binding, 0);
    for (size_t i = 0; i < out.keys; ++i) binding.reads(0, out.group.fields[i].name);
    if (out.time_column >= 0) binding.reads(0, input.fields[static_cast<size_t>(out.time_column)].name);
    for (size_t i = 0; i < out.all.size(); ++i) {
        if (!binding.wanted(0, out.all.fields[i].name)) continue;
        out.output.fields.push_back(out.all.fields[i]);
        out.columns.push_back(out.all_columns[i]);
    }
    out.changelog = spec.output == Output::kChangelog;
    out.has_op = out.changelog && binding.wanted(0, kOp);
    if (out.has_op) {
        out.output.fields.push_back({kOp, type_of(TypeId::kInt8), false});
        out.columns.push_back({Layout::Column::From::kOp, 0});
    }
    return out;
}

}  // namespace weir::window
