#include "steps.hpp"

#include <algorithm>

namespace weir::clauses {
namespace {

using Json = Config::Json;

bool is_word_char(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80) != 0; }

// Of ASCII, as names in SQL are compared.
std::string lower(std::string text) {
    for (char &c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

// Whether a text has a word, be it within quotes.
bool has_word(const std::string &text, const std::string &word) {
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
        const bool begins = at == 0 || !is_word_char(text[at - 1]);
        const size_t end = at + word.size();
        if (begins && (end == text.size() || !is_word_char(text[end]))) return true;
    }
    return false;
}

class StepCompiler {
public:
    StepCompiler(ExpressionCompiler compiler, const Binding &binding)
        : compiler_(std::move(compiler)), binding_(binding), input_(binding.input(0)) {
        for (size_t i = 0; i < input_.size(); ++i) visible_.push_back({input_.fields[i].name, std::nullopt, i});
    }

    // One clause; all that is wrong in it is reported, but for what follows from a mistake that has been.
    void add(const std::string &path, const Json &step) {
        for (const auto &[clause, value] : step.items()) {
            if (clause == "tag") tag(value, path + ".tag");
            if (clause == "where") where(value, path + ".where");
            if (clause == "set") set(value, path + ".set");
            if (clause == "columns") keep(value, path + ".columns");
            if (clause == "select") select(value, path + ".select");
            if (clause == "check") check(value, path + ".check");
        }
    }

    const Status &status() const { return status_; }

    Steps finish() {
        Steps out;
        for (Visible &one : visible_) {
            if (!binding_.wanted(0, one.name)) continue;
            out.schema.fields.push_back(one.expression ? compiler_.field(*one.expression, one.name)
                                                       : input_.fields[one.column]);
            out.output.push_back(std::move(one));
        }
        out.program = compiler_.finish();
        out.steps = std::move(steps_);
        leave_out_unneeded(out);
        pass_event_time(out);
        tell_reads(out);
        return out;
    }

private:
    std::optional<uint32_t> accept(const Result<uint32_t> &added) {
        if (added) return added.value();
        if (status_.ok()) status_ = added.status();
        return std::nullopt;
    }
    std::optional<uint32_t> condition(const Json &expression, const std::string &path) {
        if (names_missing(expression)) return std::nullopt;
        return accept(compiler_.condition(expression, path));
    }
    // Of a column of the output. Once it is known what is read of the output, the columns of an expression that nobody needs
    // are not there; it is left out. What does need it lacks it, and says so.
    std::optional<uint32_t> value(const Json &expression, const std::string &path, const std::string &name) {
        if (names_missing(expression)) return std::nullopt;
        const auto added = compiler_.value(expression, path);
        if (!added && !binding_.wanted(0, name)) return std::nullopt;
        return accept(added);
    }

    // Whether an expression has the name of a column that is not there because of a mistake, which is told already.
    bool names_missing(const Json &expression) const {
        const std::string text = lower(expression_text(expression));
        return std::any_of(missing_.begin(), missing_.end(), [&](const std::string &name) { return has_word(text, lower(name)); });
    }

    void where(const Json &expression, const std::string &path) {
        if (const auto number = condition(expression, path))
            steps_.push_back({Step::Kind::kWhere, {{*number, "", "", 0}}});
    }

    // All see the columns as they were before the clause.
    std::vector<Visible> values(const Json &columns, const std::string &path) {
        Step step;
        std::vector<Visible> made;
        std::vector<std::string> lacking;
        for (const auto &[name, expression] : columns.items()) {
            const auto number = value(expression, path + "." + name, name);
            if (!number) {
                lacking.push_back(name);
                continue;
            }
            step.evaluations.push_back({*number, name, "", 0});
            made.push_back({name, *number, 0});
        }
        steps_.push_back(std::move(step));
        if (!status_.ok()) missing_.insert(missing_.end(), lacking.begin(), lacking.end());
        return made;
    }

    void set(const Json &columns, const std::string &path) {
        for (Visible &one : values(columns, path)) {
            compiler_.define(one.name, *one.expression);
            const auto old = find(one.name);
            if (old != visible_.end())
                *old = std::move(one);
            else
                visible_.push_back(std::move(one));
        }
    }

    void tag(const Json &step, const std::string &path) {
        const auto name = step.at("column").get<std::string>();
        if (find(name) != visible_.end()) {
            accept(Status::config(path, "`" + step.at("value").get<std::string>() + "` has a column `" + name +
                                            "` already, and `tag` adds one"));
            return;
        }
        Json columns = Json::object();
        columns[name]["text"] = "$from";
        columns[name]["parameters"]["from"] = {{"type", "string"}, {"value", step.at("value")}};
        set(columns, path);
    }

    void select(const Json &columns, const std::string &path) { show_only(values(columns, path)); }

    void keep(const Json &columns, const std::string &path) {
        std::vector<Visible> kept;
        for (size_t i = 0; i < columns.size(); ++i) {
            const auto name = columns[i].get<std::string>();
            const std::string at = path + "[" + std::to_string(i) + "]";
            const auto found = find(name);
            if (found == visible_.end()) {
                refuse_column(name, at);
            } else if (std::any_of(kept.begin(), kept.end(), [&](const Visible &one) { return one.name == name; })) {
                accept(Status::config(at, "`select` names `" + name + "` twice"));
            } else {
                kept.push_back(*found);
            }
        }
        // The column that is meant by a misspelt name is not there, either.
        for (const Visible &one : visible_)
            if (!status_.ok() && std::none_of(kept.begin(), kept.end(), [&](const Visible &other) { return other.name == one.name; }))
                missing_.push_back(one.name);
        show_only(std::move(kept));
    }

    void refuse_column(const std::string &name, const std::string &at) {
        const bool is_told = std::find(missing_.begin(), missing_.end(), name) != missing_.end();
        if (is_told) return;
        const auto added = compiler_.column(name, at);  // tells what there is
        if (!binding_.wanted(0, name)) return;
        missing_.push_back(name);
        accept(added);
    }

    // Metadata stays: it is no part of "all columns", and is there for those who name it.
    void show_only(std::vector<Visible> columns) {
        for (const Visible &one : visible_) {
            const auto same = [&](const Visible &other) { return other.name == one.name; };
            if (is_metadata_column(one.name) && std::none_of(columns.begin(), columns.end(), same)) columns.push_back(one);
        }
        std::vector<uint32_t> numbers;
        for (const Visible &one : columns)
            numbers.push_back(one.expression ? *one.expression : *compiler_.column(input_.fields[one.column].name, ""));
        compiler_.hide_columns();
        for (size_t i = 0; i < columns.size(); ++i) compiler_.define(columns[i].name, numbers[i]);
        visible_ = std::move(columns);
    }

    void check(const Json &rules, const std::string &path) {
        Step step{Step::Kind::kCheck, {}};
        for (const auto &[name, rule] : rules.items()) {
            if (const auto number = condition(rule, path + "." + name))
                step.evaluations.push_back({*number, name, expression_text(rule), n_rules_});
            ++n_rules_;
        }
        steps_.push_back(std::move(step));
    }

    std::vector<Visible>::iterator find(const std::string &name) {
        return std::find_if(visible_.begin(), visible_.end(), [&](const Visible &one) { return one.name == name; });
    }

    // What is evaluated: conditions, what the output has, and what these are made of.
    static std::vector<uint8_t> needed_by(const Steps &steps) {
        std::vector<uint8_t> needed(steps.program.expressions());
        for (const Step &step : steps.steps)
            for (const Evaluation &one : step.evaluations)
                if (step.kind != Step::Kind::kSet) steps.program.mark_uses(one.expression, needed);
        for (const Visible &one : steps.output)
            if (one.expression) steps.program.mark_uses(*one.expression, needed);
        return needed;
    }

    static void leave_out_unneeded(Steps &steps) {
        const std::vector<uint8_t> needed = needed_by(steps);
        const auto is_no_work = [&](const Evaluation &one) {
            return !needed[one.expression] || steps.program.column(one.expression);
        };
        for (Step &step : steps.steps)
            if (step.kind == Step::Kind::kSet) std::erase_if(step.evaluations, is_no_work);
        std::erase_if(steps.steps, [](const Step &step) { return step.evaluations.empty(); });
        for (Visible &one : steps.output) {  // renamed at most
            const auto column = one.expression ? steps.program.column(*one.expression) : std::nullopt;
            if (!column) continue;
            one.column = *column;
            one.expression.reset();
        }
    }

    // One column has it: under its own name where it has that, too.
    void pass_event_time(Steps &out) const {
        const auto has_it = input_.event_time();
        for (Field &field : out.schema.fields) field.event_time.reset();
        if (!has_it) return;
        const Field &from = input_.fields[*has_it];
        Field *to = nullptr;
        for (size_t i = 0; i < out.output.size(); ++i) {
            const Visible &one = out.output[i];
            if (!one.expression && one.column == *has_it && (!to || one.name == from.name)) to = &out.schema.fields[i];
        }
        if (to) to->event_time = from.event_time;
    }

    void tell_reads(const Steps &steps) {
        std::vector<uint8_t> columns(input_.size());
        for (const Step &step : steps.steps)
            for (const Evaluation &one : step.evaluations) steps.program.mark_reads(one.expression, columns);
        for (const Visible &one : steps.output)
            if (!one.expression) columns[one.column] = 1;
        binding_.reads_nothing(0);
        for (size_t i = 0; i < columns.size(); ++i)
            if (columns[i]) binding_.reads(0, input_.fields[i].name);
    }

    ExpressionCompiler compiler_;
    const Binding &binding_;
    const Schema &input_;
    std::vector<Visible> visible_;
    std::vector<Step> steps_;
    std::vector<std::string> missing_;  // columns that there would be but for a mistake
    uint32_t n_rules_ = 0;
    Status status_;
};

}  // namespace

std::string expression_text(const Json &expression) {
    return expression.is_string() ? expression.get<std::string>() : expression.value("text", "");
}

Result<Steps> compile_steps(Context context, const Json &steps, const Binding &binding) {
    auto compiler = ExpressionCompiler::create(context, binding.input(0));
    if (!compiler) return compiler.status();
    StepCompiler compile(std::move(*compiler), binding);
    for (size_t i = 0; i < steps.size(); ++i) compile.add("steps[" + std::to_string(i) + "]", steps[i]);
    if (!compile.status().ok()) return compile.status();
    return compile.finish();
}

}  // namespace weir::clauses
