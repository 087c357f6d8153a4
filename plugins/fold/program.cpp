#include "program.hpp"

namespace weir::fold {
namespace {

std::string path_of(const std::string &name, const char *member) { return "columns." + name + "." + member; }

std::string text_of(const Field &field) { return to_string(field.type) + (field.nullable ? "?" : ""); }

bool is_number(const Type &type) {
    return type.is_signed_integer() || type.is_unsigned_integer() || type.id == TypeId::kFloat32 ||
           type.id == TypeId::kFloat64 || type.id == TypeId::kDecimal128;
}

Status compile_init(Context context, const Schema &input, const Config::Json &columns, Program &out) {
    auto compiler = ExpressionCompiler::create(context, input);
    if (!compiler) return compiler.status();
    Status fault;
    for (const auto &[name, column] : columns.items()) {
        if (input.find(name))
            return Status::config("columns." + name, "the input has a column `" + name + "`, too, so that `next` could not tell them "
                                                     "apart: call the state's column otherwise");
        const auto number = compiler->value(column.at("init"), path_of(name, "init"));
        if (number) {
            out.init_of.push_back(number.value());
            out.state.fields.push_back(compiler->field(number.value(), name));
        } else if (fault.ok()) {
            fault = number.status();
        }
    }
    out.init = compiler->finish();
    return fault;
}

// The number of `next` in the type that the state has.
Result<uint32_t> compile_column(ExpressionCompiler &compiler, const Config::Json &next, Field &state) {
    const std::string path = path_of(state.name, "next");
    auto number = compiler.value(next, path);
    if (!number) return number;
    const Field field = compiler.field(number.value(), state.name);
    state.nullable = state.nullable || field.nullable;
    if (field.type == state.type) return number;
    if (!is_number(field.type) || !is_number(state.type))
        return Status::config(path, "`next` is " + text_of(field) + " and `init` is " + text_of(state) +
                                        ": both are of one type; cast one of them, such as `init: \"NULL::" + to_string(field.type) + "\"`");
    compiler.define("_next", number.value());
    return compiler.value("CAST(_next AS " + to_string(state.type) + ")", path);
}

// Whether a column of the state may be null depends on the others: until nothing changes.
Status compile_next(Context context, const Schema &input, const Config::Json &columns, Program &out) {
    for (;;) {
        Schema all = input;
        for (const Field &field : out.state.fields) all.fields.push_back(field);
        auto compiler = ExpressionCompiler::create(context, all);
        if (!compiler) return compiler.status();
        Status fault;
        const Schema before = out.state;
        out.next_of.clear();
        size_t c = 0;
        for (const auto &[name, column] : columns.items()) {
            const auto number = compile_column(*compiler, column.at("next"), out.state.fields[c++]);
            if (number) out.next_of.push_back(number.value());
            else if (fault.ok()) fault = number.status();
        }
        if (!fault.ok()) return fault;
        out.next = compiler->finish();
        if (out.state == before) return {};
    }
}

}  // namespace

Result<Program> Program::compile(Context context, const Schema &input, const Config::Json &columns) {
    Program out;
    Schema plain = input;
    for (Field &field : plain.fields) field.event_time.reset();
    if (Status s = compile_init(context, plain, columns, out); !s.ok()) return s;
    if (Status s = compile_next(context, plain, columns, out); !s.ok()) return s;
    for (Field &field : out.state.fields) field.event_time.reset();
    for (uint32_t i = 0; i < out.init.expressions(); ++i) out.init.mark_reads(i, out.reads);
    std::vector<uint8_t> both;
    for (uint32_t i = 0; i < out.next.expressions(); ++i) out.next.mark_reads(i, both);
    both.resize(input.size());
    out.reads.resize(input.size());
    for (size_t i = 0; i < input.size(); ++i) out.reads[i] = out.reads[i] | both[i];
    return out;
}

}  // namespace weir::fold
