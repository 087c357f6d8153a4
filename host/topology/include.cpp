#include "host/topology/include.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "host/topology/language.hpp"

namespace weir::host {
namespace {

constexpr const char* kKey = "include";
constexpr const char* kIncludeExpected = "the path of a file, or a list of them, relative to this one";

class Includer {
public:
    Includer(Diagnostics& diagnostics, SourceTexts* texts) : diagnostics_(diagnostics), texts_(texts) {}

    // Puts into `root`, the content of `file`, what it includes.
    void follow(YamlNode& root, const SourceFile& file) {
        const YamlKey* key = root.find_key(kKey);
        if (!root.is_map() || key == nullptr) return;
        const auto index = static_cast<std::size_t>(key - root.keys.data());
        const YamlNode value = root.items[index];
        root.keys.erase(root.keys.begin() + static_cast<std::ptrdiff_t>(index));
        root.items.erase(root.items.begin() + static_cast<std::ptrdiff_t>(index));
        const std::vector<YamlNode> files = value.is_sequence() ? value.items : std::vector<YamlNode>{value};
        open_.push_back(normal(file.path()));
        YamlNode included;
        included.kind = YamlNode::Kind::kMap;
        for (const YamlNode& path : files) include_one(path, included);
        open_.pop_back();
        take_over(root, included);
    }

private:
    static std::string normal(const std::filesystem::path& path) { return path.lexically_normal().string(); }

    Diagnostic& refuse(const YamlNode& path, const std::string& what) { return diagnostics_.error(Code::kBadInclude, path.place, what); }

    void include_one(const YamlNode& path, YamlNode& into) {
        if (!path.is_scalar() || path.text.empty()) {
            refuse(path, fmt::format("`include` has {} where a path should be", kind_text(path))).expected = kIncludeExpected;
            return;
        }
        if (path.text.find('$') != std::string::npos) {
            refuse(path, "`include` names files; a parameter cannot stand there").hint =
                "parameters are values; the structure of a topology is fixed";
            return;
        }
        const std::string name = normal(std::filesystem::path(open_.back()).parent_path() / path.text);
        if (std::find(open_.begin(), open_.end(), name) != open_.end()) {
            refuse(path, fmt::format("{} includes itself", ticked(name)));
            return;
        }
        if (open_.size() >= kMaxIncludeDepth) {
            refuse(path, fmt::format("files include others more than {} deep", kMaxIncludeDepth));
            return;
        }
        std::string problem;
        auto text = read_source(texts_, name, kMaxYamlBytes, problem);
        if (!text) {
            refuse(path, fmt::format("{} cannot be read: {}", ticked(name), problem)).expected = kIncludeExpected;
            return;
        }
        const auto file = SourceFile::create(name, std::move(*text));
        auto root = parse_yaml(file, diagnostics_);
        if (!root || root->is_null()) return;
        if (!root->is_map()) {
            diagnostics_.error(Code::kWrongType, root->place, fmt::format("an included file is a mapping, not {}", kind_text(*root)))
                .expected = "`parameters:`, `connections:`, `records:` and other keys of a topology";
            return;
        }
        follow(*root, *file);
        add(into, *root);
    }

    // The keys of one included file, beside those of the files before it.
    void add(YamlNode& into, const YamlNode& root) {
        for (std::size_t i = 0; i < root.keys.size(); ++i) {
            const YamlKey& key = root.keys[i];
            if (key.text == "name") {
                diagnostics_.error(Code::kUnknownKey, key.place, "an included file has no `name`").hint =
                    "the topology that includes it has one";
                continue;
            }
            const YamlNode* there = into.find(key.text);
            if (there == nullptr) {
                into.keys.push_back(key);
                into.items.push_back(root.items[i]);
            } else if (is_section(key.text) && there->is_map() && root.items[i].is_map()) {
                add_members(into.items[static_cast<std::size_t>(there - into.items.data())], root.items[i]);
            } else {
                report_twice(key, *into.find_key(key.text));
            }
        }
    }

    void add_members(YamlNode& into, const YamlNode& from) {
        for (std::size_t i = 0; i < from.keys.size(); ++i) {
            if (const YamlKey* there = into.find_key(from.keys[i].text)) {
                report_twice(from.keys[i], *there);
            } else {
                into.keys.push_back(from.keys[i]);
                into.items.push_back(from.items[i]);
            }
        }
    }

    void report_twice(const YamlKey& key, const YamlKey& first) {
        // The same line, by two ways: a file that two others include.
        if (key.place.text() == first.place.text()) return;
        diagnostics_.error(Code::kDuplicateKey, key.place, fmt::format("{} is in two included files", ticked(key.text)))
            .related.push_back({first.place, "first written here"});
    }

    // What `root` lacks.
    static void take_over(YamlNode& root, const YamlNode& included) {
        for (std::size_t i = 0; i < included.keys.size(); ++i) {
            const YamlKey& key = included.keys[i];
            const YamlKey* own = root.find_key(key.text);
            if (own == nullptr) {
                root.keys.push_back(key);
                root.items.push_back(included.items[i]);
                continue;
            }
            YamlNode& into = root.items[static_cast<std::size_t>(own - root.keys.data())];
            const YamlNode& from = included.items[i];
            if (into.is_null()) into = from;
            if (!is_section(key.text) || !into.is_map() || !from.is_map()) continue;
            for (std::size_t k = 0; k < from.keys.size(); ++k) {
                if (into.find_key(from.keys[k].text) != nullptr) continue;
                into.keys.push_back(from.keys[k]);
                into.items.push_back(from.items[k]);
            }
        }
    }

    // A mapping of names, of which each stands for itself; others are taken whole.
    static bool is_section(const std::string& key) {
        return key != "dead_letters" && find_word(top_level_sections(), key) != nullptr;
    }

    Diagnostics& diagnostics_;
    SourceTexts* const texts_;
    std::vector<std::string> open_;  // the files that are being read, the outermost first
};

}  // namespace

std::optional<YamlNode> parse_topology(const std::shared_ptr<SourceFile>& file, Diagnostics& diagnostics, SourceTexts* texts) {
    auto root = parse_yaml(file, diagnostics);
    if (root) Includer(diagnostics, texts).follow(*root, *file);
    return root;
}

}  // namespace weir::host
