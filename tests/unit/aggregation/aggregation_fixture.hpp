// Groups of rows of JSON, for the tests of host/aggregation and of the aggregates.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <weir/testing/rows.hpp>
#include <weir/testing/test_host.hpp>

#include "host/aggregation/evaluator.hpp"
#include "host/loader/describe.hpp"

namespace weir::host::aggregation {

// Aggregates of the built-in plugin and of modules in this process.
class TestAggregates : public OperatorResolver {
public:
    TestAggregates() {
        const char* folder = std::getenv("WEIR_PLUGIN_DIR");
        add(testing::Plugin(std::string(folder ? folder : ".") + "/aggregates.so"));
    }
    void add(const testing::Plugin& plugin) {
        catalog_.add(std::move(*describe(plugin.module())));
        plugins_.push_back(plugin);
    }
    Result<ResolvedOperator> resolve(const OperatorInfo& info) override {
        for (const testing::Plugin& plugin : plugins_)
            if (plugin.module().id == info.plugin) return ResolvedOperator{&plugin.find(info.name, WEIR_KIND_AGGREGATE), nullptr};
        return Status::config("", "no such plugin");
    }
    const Catalog& catalog() const override { return catalog_; }

    static TestAggregates& get() {
        static TestAggregates all;
        return all;
    }

private:
    Catalog catalog_;
    std::vector<testing::Plugin> plugins_;
};

inline std::string problem_text(const std::string& text, const Problem& problem) {
    std::string out = fmt::format("`{}`: {}", text.substr(problem.span.offset, problem.span.length), problem.message);
    if (!problem.expected.empty()) out += "; expected: " + problem.expected;
    if (!problem.nearest.empty()) out += "; nearest: " + problem.nearest;
    if (!problem.hint.empty()) out += "; hint: " + problem.hint;
    return out;
}

using Texts = std::vector<std::string>;

// The values of a column as JSON, with all digits.
inline Texts value_texts(const Type& type, const ArrowArray& column) {
    ArrowArray one = column, *children[] = {&one}, rows{};
    rows.length = column.length;
    rows.n_children = 1;
    rows.children = children;
    Texts out;
    for (const std::string& row : testing::json_rows(Schema{{{"v", type, true}}}, rows)) out.push_back(row.substr(5, row.size() - 6));
    return out;
}

// Expressions over a few groups, and the states of these.
class Groups {
public:
    // problem(): what is wrong with the first expression that does not compile.
    explicit Groups(const Texts& expressions, Schema rows = {}, Schema group = {}, size_t groups = 3)
        : rows_(std::move(rows)), group_(std::move(group)) {
        Compiler compiler(TestAggregates::get(), rows_, group_);
        for (const std::string& text : expressions) {
            auto added = compiler.add(testing::Json(text).dump());
            if (!added) {
                problem_ = problem_text(text, added.problem());
                return;
            }
            const auto& node = compiler.result(*added);
            out_.fields.push_back({std::to_string(out_.size()), node.type, node.nullable});
        }
        aggregation_ = compiler.finish();
        evaluator_ = std::make_unique<Evaluator>(aggregation_);
        for (size_t i = 0; i < groups; ++i) {
            const size_t bytes = std::max<size_t>(aggregation_->state_bytes, 16);
            states_.push_back(std::aligned_alloc(16, bytes));
            std::memset(states_.back(), 0, bytes);
        }
    }
    ~Groups() {
        for (void* state : states_) {
            aggregation_->drop(state);
            std::free(state);
        }
    }
    Groups(const Groups&) = delete;
    Groups& operator=(const Groups&) = delete;

    const std::string& problem() const { return problem_; }
    const Aggregation& aggregation() const { return *aggregation_; }
    const Schema& out() const { return out_; }
    void* state(size_t group) { return states_[group]; }

    // All rows into one group, or row i into groups[i]; what failed: `0 overflow: …`.
    Texts update(const char* rows, std::vector<size_t> groups = {0}, bool back = false) {
        ArrowArray batch = testing::make_rows(rows_, testing::Json::parse(rows));
        std::vector<void*> states;
        for (int64_t i = 0; i < batch.length; ++i)
            states.push_back(states_[groups.size() == 1 ? groups[0] : groups[static_cast<size_t>(i)]]);
        const Status status = back ? evaluator_->retract(batch, nullptr, batch.length, 0, states.data())
                                   : evaluator_->update(batch, nullptr, batch.length, 0, states.data());
        batch.release(&batch);
        if (!status.ok()) return {status.message()};
        return error_texts();
    }
    Texts retract(const char* rows) { return update(rows, {0}, true); }
    void merge(size_t into, size_t from) {
        void* to[] = {states_[into]};
        const void* parts[] = {states_[from]};
        const Status status = evaluator_->merge(to, parts, 1);
        if (!status.ok()) throw std::runtime_error(status.message());
    }
    // The values of one group as JSON, without brackets; of one that failed its code and message.
    std::string result(size_t group = 0, const char* columns = "[]") {
        testing::Json one = testing::Json::array({testing::Json::parse(columns)});
        ArrowArray group_columns = testing::make_rows(group_, one);
        group_columns.length = 1;
        const void* states[] = {states_[group]};
        ArrowArray out{};
        const Status status = evaluator_->results(states, group_columns, 1, 0, &out);
        group_columns.release(&group_columns);
        if (!status.ok()) return status.message();
        const auto errors = error_texts();
        std::string text;
        for (size_t i = 0; errors.empty() && i < out_.size(); ++i)
            text += (i ? " " : "") + value_texts(out_.fields[i].type, *out.children[i])[0];
        out.release(&out);
        return errors.empty() ? text : errors[0];
    }
    std::string save(size_t group = 0) {
        std::string out;
        const Status status = aggregation_->save(states_[group], out);
        return status.ok() ? out : throw std::runtime_error(status.message());
    }
    Status load(size_t group, std::string_view bytes) { return aggregation_->load(states_[group], bytes); }

private:
    Texts error_texts() {
        Texts out;
        for (const PlaceError& error : evaluator_->errors())
            out.push_back(fmt::format("{} {}: {}", error.place, error.code, error.message));
        return out;
    }

    Schema rows_, group_, out_;
    std::string problem_;
    std::shared_ptr<const Aggregation> aggregation_;
    std::unique_ptr<Evaluator> evaluator_;
    std::vector<void*> states_;
};

// An expression over all rows as one group.
inline std::string over(const std::string& expression, const Schema& schema, const char* rows) {
    Groups groups({expression}, schema);
    if (!groups.problem().empty()) return groups.problem();
    const Texts failed = groups.update(rows);
    return failed.empty() ? groups.result() : failed[0];
}

}  // namespace weir::host::aggregation
