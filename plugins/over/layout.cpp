#include "layout.hpp"

namespace weir::over {
namespace {

Status find_event_time(const Schema &input, const Config &config, Layout &out) {
    const std::string name = config.string("time_column");
    if (name.empty()) {
        const auto found = input.event_time();
        if (!found)
            return Status::config("time", "no column of the input is its event time: it is " + to_string(input) +
                                              ". Give the source `event_time: { column: … }`, or say `time: processing`");
        out.time_column = static_cast<int64_t>(*found);
        out.time_offset = *input.fields[*found].event_time;
        return {};
    }
    const auto found = input.find(name);
    if (!found) return Status::config("time_column", "the input has no column `" + name + "`; it has " + to_string(input));
    const Type &type = input.fields[*found].type;
    if (type.id != TypeId::kTimestamp)
        return Status::config("time_column", "`" + name + "` is " + to_string(type) + ", and a time is a timestamp");
    out.time_column = static_cast<int64_t>(*found);
    out.time_offset = input.fields[*found].event_time.value_or(0);
    return {};
}

// Without the marks, which are no part of what aggregates see.
Schema plain(Schema schema) {
    for (Field &field : schema.fields) field.event_time.reset();
    return schema;
}

// All expressions are looked at, so that all that is wrong is told.
Result<Aggregation> compile(Context context, const Schema &rows, const Schema &group, const Config &config,
                            std::vector<Field> &results) {
    auto compiler = AggregationCompiler::create(context, rows, group);
    if (!compiler) return compiler.status();
    Status fault;
    results.clear();
    const Config columns = config.child("columns");
    for (const auto &[name, expression] : columns.json().items()) {
        const auto number = compiler->add(expression, "columns." + name);
        if (number) results.push_back(compiler->field(number.value(), name));
        else if (fault.ok()) fault = number.status();
    }
    if (!fault.ok()) return fault;
    return compiler->finish();
}

Schema choose(const Schema &from, const std::vector<uint8_t> &marked, std::vector<size_t> &columns) {
    Schema out;
    columns.clear();
    for (size_t i = 0; i < marked.size(); ++i) {
        if (!marked[i]) continue;
        columns.push_back(i);
        out.fields.push_back(from.fields[i]);
    }
    return out;
}

Status list_output(const Binding &binding, Layout &out) {
    const Schema &input = binding.input(0);
    for (size_t i = 0; i < input.size(); ++i) {
        if (!binding.wanted(0, input.fields[i].name)) continue;
        binding.reads(0, input.fields[i].name);
        out.output.fields.push_back(input.fields[i]);
        out.columns.push_back({true, i});
    }
    for (size_t i = 0; i < out.results.size(); ++i) {
        const Field &field = out.results[i];
        if (input.find(field.name))
            return Status::config("columns." + field.name, "the input has a column `" + field.name + "`, which goes out as well: give it "
                                                           "another name");
        if (!binding.wanted(0, field.name)) continue;
        out.output.fields.push_back(field);
        out.columns.push_back({false, i});
    }
    binding.set_output(0, out.output);
    return {};
}

}  // namespace

Result<Spec> Spec::parse(const Config &config) {
    Spec out;
    out.exclude_current = config.boolean("exclude_current");
    out.processing_time = config.string("time") == "processing";
    if (config.has("last") == config.has("rows"))
        return Status::config("", "the frame is `last`, a time such as 10m, or `rows`, a number of rows: give one of them");
    if (config.has("last") && (out.last = config.int64("last")) <= 0)
        return Status::config("last", "is a time above 0, such as 10m");
    if (config.has("rows") && (out.rows = config.int64("rows")) <= 0)
        return Status::config("rows", "is a number of rows above 0");
    out.allowed_lateness = config.int64("allowed_lateness");
    if (out.allowed_lateness != 0 && (out.rows || out.processing_time || out.allowed_lateness < 0))
        return Status::config("allowed_lateness", "is a time above 0 that belongs to `last` on event time");
    if (config.has("ttl") && (out.ttl = config.int64("ttl")) <= 0) return Status::config("ttl", "is a time above 0, such as 1d");
    if (out.ttl && out.last) return Status::config("ttl", "belongs to `rows`: with `last` what is older goes by itself");
    return out;
}

Result<Layout> Layout::create(Context context, const Binding &binding, const Spec &spec, const Config &config) {
    Layout out;
    const Schema &input = binding.input(0);
    if (spec.last && !spec.processing_time)
        if (Status s = find_event_time(input, config, out); !s.ok()) return s;
    const weir_bind_input &info = binding.input_info(0);
    std::vector<std::string> names;
    for (uint64_t i = 0; i < info.n_key; ++i) names.emplace_back(view(info.key[i]));
    for (const std::string &name : names) {
        if (!input.find(name)) return Status::config("", "the input has no column `" + name + "` of the key");
        binding.reads(0, name);
    }
    out.key = KeyCodec(input, names);
    // Once to see what is read, and again over that alone: of nothing else are rows kept.
    const Schema all = plain(input);
    auto whole = compile(context, all, all, config, out.results);
    if (!whole) return whole.status();
    out.rows = choose(all, whole->row_columns(), out.row_columns);
    out.group = choose(all, whole->group_columns(), out.group_columns);
    auto aggregation = compile(context, out.rows, out.group, config, out.results);
    if (!aggregation) return aggregation.status();
    out.aggregation = std::move(*aggregation);
    out.codec = RowCodec(out.rows);
    for (const Schema *read : {&out.rows, &out.group})
        for (const Field &field : read->fields) binding.reads(0, field.name);
    if (out.time_column >= 0) binding.reads(0, input.fields[static_cast<size_t>(out.time_column)].name);
    if (Status s = list_output(binding, out); !s.ok()) return s;
    return out;
}

}  // namespace weir::over
