#include "host/test/test_file.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <weir/time_text.hpp>

#include "host/text/nearest.hpp"
#include "host/topology/read_file.hpp"
#include "host/topology/scalar.hpp"

namespace weir::host::test {
namespace {

struct StepWord {
    const char* text;
    StepKind kind;
    const char* example;
};

constexpr StepWord kSteps[] = {
    {"send", StepKind::kSend, "`send: { source: [\"a payload\", { column: 1 }] }`"},
    {"advance", StepKind::kAdvance, "`advance: 30s`"},
    {"watermark", StepKind::kWatermark, "`watermark: 2024-05-23T12:35:00Z`, or one for each source"},
    {"crash_and_restore", StepKind::kCrash, "`crash_and_restore`, or `crash_and_restore: before_commit`"},
    {"end_of_input", StepKind::kEndOfInput, "`end_of_input`"},
    {"expect", StepKind::kExpect, "`expect: { node: [row, row] }`"},
};

std::vector<std::string> step_names() {
    std::vector<std::string> names;
    for (const StepWord& word : kSteps) names.emplace_back(word.text);
    return names;
}

class Reader {
public:
    Reader(TestFile& out, Diagnostics& diagnostics) : out_(out), diagnostics_(diagnostics) {}

    void read(const YamlNode& root) {
        if (!is_map(root, "a test", "`topology:` and `cases:`")) return;
        check_keys(root, "a test", {"topology", "cases"});
        read_topology(root);
        const YamlNode* cases = root.find("cases");
        if (cases == nullptr)
            return missing(out_.file->whole(), "a test", "cases", "`cases: { name: { steps: [ … ] } }`");
        if (!is_map(*cases, "`cases`", "a mapping of names to cases")) return;
        if (cases->keys.empty()) return missing(cases->place, "`cases`", "case", "`cases: { name: { steps: [ … ] } }`");
        for (size_t i = 0; i < cases->keys.size(); ++i) read_case(cases->keys[i], cases->items[i]);
    }

private:
    void read_topology(const YamlNode& root) {
        const YamlNode* name = root.find("topology");
        if (name == nullptr) return missing(out_.file->whole(), "a test", "topology", "`topology: orders.yaml`");
        if (!name->is_scalar() || name->text.empty())
            return wrong_type(name->place, "`topology`", *name, "the path of a topology, relative to this file");
        out_.topology = (out_.path.parent_path() / name->text).lexically_normal();
        out_.topology_place = name->place;
    }

    void read_case(const YamlKey& key, const YamlNode& value) {
        FileCase& out = out_.cases.emplace_back();
        out.name = key.text;
        out.place = key.place;
        out.start = kDefaultStart;
        const std::string subject = fmt::format("case {}", ticked(key.text));
        if (!is_map(value, subject, "`steps:`, and `set:`, `now:`, `real:` or `partitions:`")) return;
        check_keys(value, subject, {"set", "now", "real", "partitions", "steps"});
        if (const YamlNode* settings = value.find("set")) read_settings(*settings, out);
        if (const YamlNode* start = value.find("now"))
            if (auto time = read_time(*start, "`now`", diagnostics_)) out.start = *time;
        if (const YamlNode* real = value.find("real")) read_real(*real, out);
        if (const YamlNode* partitions = value.find("partitions")) read_partitions(*partitions, out);
        const YamlNode* steps = value.find("steps");
        if (steps == nullptr) return missing(key.place, subject, "steps", "`steps: [ send: { … }, expect: { … } ]`");
        if (!steps->is_sequence()) return wrong_type(steps->place, "`steps`", *steps, "a list of steps");
        for (const YamlNode& step : steps->items) read_step(step, out);
        if (value.find("now") == nullptr) out.start = std::max(out.start, first_watermark(out));
    }

    // That the first step with one sets; its rows are not to be far in the future.
    static int64_t first_watermark(const FileCase& of) {
        const auto time_of = [](const YamlNode& node) {
            int64_t time = 0;
            return node.is_scalar() && parse_timestamp(node.text, &time) == Parse::kOk ? time : INT64_MIN;
        };
        for (const FileStep& step : of.steps) {
            if (step.kind != StepKind::kWatermark) continue;
            int64_t latest = time_of(step.value);
            for (const YamlNode& item : step.value.items) latest = std::max(latest, time_of(item));
            return latest;
        }
        return INT64_MIN;
    }

    void read_settings(const YamlNode& node, FileCase& out) {
        if (!is_map(node, "`set`", "a mapping of parameters to values")) return;
        for (size_t i = 0; i < node.keys.size(); ++i) {
            const YamlNode& value = node.items[i];
            if (value.is_scalar()) {
                out.settings.push_back({node.keys[i].text, value.text, node.keys[i].place});
            } else if (value.is_sequence()) {
                out.settings.push_back({node.keys[i].text, read_any(value).dump(), node.keys[i].place});
            } else {
                wrong_type(value.place, fmt::format("`set`: {}", ticked(node.keys[i].text)), value,
                           "a value, or a list");
            }
        }
    }

    void read_real(const YamlNode& node, FileCase& out) {
        if (!node.is_sequence())
            return wrong_type(node.place, "`real`", node, "a list of sources, such as `[numbers]`");
        for (const YamlNode& item : node.items) {
            if (item.is_scalar())
                out.real.emplace_back(item.text, item.place);
            else
                wrong_type(item.place, "`real`", item, "the name of a source");
        }
    }

    void read_partitions(const YamlNode& node, FileCase& out) {
        if (!is_map(node, "`partitions`", "a mapping of sources to how many they have, such as `{ orders: 4 }`")) return;
        for (size_t i = 0; i < node.keys.size(); ++i) {
            const YamlNode& value = node.items[i];
            const auto count = value.is_scalar() && !value.quoted ? parse_int64(value.text) : std::nullopt;
            if (count && *count >= 1 && *count <= kMaxPartitions) {
                out.partitions.push_back({node.keys[i].text, node.keys[i].place, static_cast<int32_t>(*count)});
                continue;
            }
            const std::string what = value.is_scalar() ? ticked(value.text) : kind_text(value);
            diagnostics_.error(Code::kNotAllowedValue, value.place, fmt::format("`partitions`: {} is {}", ticked(node.keys[i].text), what)).expected =
                fmt::format("a number from 1 to {}", kMaxPartitions);
        }
    }

    void read_step(const YamlNode& node, FileCase& out) {
        FileStep step;
        std::string word;
        if (node.is_scalar()) {
            word = node.text;
            step.place = node.place;
        } else if (node.is_map() && node.keys.size() == 1) {
            word = node.keys[0].text;
            step.place = node.keys[0].place;
            step.value = node.items[0];
        } else {
            return wrong_type(node.place, "a step", node, one_of_text(step_names()) + ", one a step");
        }
        const auto* known = std::find_if(std::begin(kSteps), std::end(kSteps), [&](auto& s) { return s.text == word; });
        if (known == std::end(kSteps)) {
            auto& d = diagnostics_.error(Code::kUnknownKey, step.place,
                                         fmt::format("there is no step {}", ticked(word)));
            d.expected = one_of_text(step_names());
            d.nearest = nearest_name(word, step_names());
            return;
        }
        step.kind = known->kind;
        if (read_value(step, *known)) out.steps.push_back(std::move(step));
    }

    bool read_value(FileStep& step, const StepWord& word) {
        const YamlNode& value = step.value;
        switch (step.kind) {
            case StepKind::kSend:
            case StepKind::kExpect: return value.is_map() || refuse(step, word);
            case StepKind::kWatermark: return value.is_map() || value.is_scalar() || refuse(step, word);
            case StepKind::kEndOfInput: return value.is_null() || refuse(step, word);
            case StepKind::kCrash:
                step.before_commit = value.is_scalar() && value.text == "before_commit";
                return value.is_null() || step.before_commit || refuse(step, word);
            case StepKind::kAdvance: break;
        }
        const auto parsed = value.is_scalar() ? parse_duration(value.text) : std::variant<int64_t, ScalarError>();
        if (!value.is_scalar()) return refuse(step, word);
        if (const auto* error = std::get_if<ScalarError>(&parsed)) {
            diagnostics_.error(error->code, value.place, "`advance` " + error->what).expected = error->expected;
            return false;
        }
        step.time = std::get<int64_t>(parsed);
        return true;
    }

    bool refuse(const FileStep& step, const StepWord& word) {
        const Place& place = step.value.is_null() ? step.place : step.value.place;
        const std::string what = step.value.is_scalar() ? ticked(step.value.text) : kind_text(step.value);
        diagnostics_.error(Code::kWrongType, place, fmt::format("`{}` is {}", word.text, what)).expected = word.example;
        return false;
    }

    bool is_map(const YamlNode& node, const std::string& subject, const std::string& expected) {
        if (node.is_map()) return true;
        wrong_type(node.place, subject, node, expected);
        return false;
    }

    void wrong_type(const Place& place, const std::string& subject, const YamlNode& node, const std::string& expected) {
        diagnostics_.error(Code::kWrongType, place.known() ? place : out_.file->whole(),
                           fmt::format("{} is {}", subject, kind_text(node)))
            .expected = expected;
    }

    void missing(const Place& place, const std::string& subject, const char* key, const std::string& expected) {
        diagnostics_.error(Code::kMissingKey, place, fmt::format("{} has no `{}`", subject, key)).expected = expected;
    }

    void check_keys(const YamlNode& node, const std::string& subject, const std::vector<std::string>& known) {
        for (const YamlKey& key : node.keys) {
            if (std::find(known.begin(), known.end(), key.text) != known.end()) continue;
            auto& d = diagnostics_.error(Code::kUnknownKey, key.place,
                                         fmt::format("{} has no key {}", subject, ticked(key.text)));
            d.expected = one_of_text(known);
            d.nearest = nearest_name(key.text, known);
        }
    }

    TestFile& out_;
    Diagnostics& diagnostics_;
};

}  // namespace

std::optional<int64_t> read_time(const YamlNode& node, const std::string& subject, Diagnostics& diagnostics) {
    int64_t time = 0;
    if (node.is_scalar() && parse_timestamp(node.text, &time) == Parse::kOk) return time;
    const std::string what = node.is_scalar() ? ticked(node.text) : kind_text(node);
    diagnostics.error(Code::kWrongType, node.place, fmt::format("{} is {}", subject, what)).expected =
        "a time, such as `2024-05-23T12:35:00Z`";
    return std::nullopt;
}

std::optional<TestFile> read_test_text(const std::filesystem::path& path, std::string text, Diagnostics& diagnostics) {
    TestFile out;
    out.path = path;
    out.file = SourceFile::create(path.string(), std::move(text));
    const size_t before = diagnostics.error_count();
    if (const auto root = parse_yaml(out.file, diagnostics)) Reader(out, diagnostics).read(*root);
    if (diagnostics.error_count() > before) return std::nullopt;
    return out;
}

std::optional<TestFile> read_test_file(const std::filesystem::path& path, Diagnostics& diagnostics) {
    std::string problem;
    auto text = read_file(path, kMaxYamlBytes, problem);
    if (text) return read_test_text(path, std::move(*text), diagnostics);
    const Place place = SourceFile::create(path.string(), "")->whole();
    diagnostics.error(Code::kFileUnreadable, place, "cannot be read: " + problem);
    return std::nullopt;
}

}  // namespace weir::host::test
