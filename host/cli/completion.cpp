#include "host/cli/completion.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "host/loader/search.hpp"
#include "host/topology/diagnostic_codes.hpp"
#include "host/topology/operator_docs.hpp"
#include "host/topology/read_file.hpp"
#include "host/topology/yaml_tree.hpp"

namespace weir::host {
namespace {

constexpr const char* kBash = R"sh(# Completion for bash; in ~/.bashrc: source <(weir completion bash)
_weir() {
    local line=${COMP_LINE:0:COMP_POINT}
    local -a words
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    local IFS=$'\n'
    COMPREPLY=($("${words[0]}" __complete "${words[@]:1}" 2>/dev/null))
    # To readline a word begins behind its `=`.
    [[ ${words[-1]} == *=* && $COMP_WORDBREAKS == *=* ]] && COMPREPLY=("${COMPREPLY[@]#*=}")
    [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace 2>/dev/null
    return 0
}
complete -o default -F _weir weir
)sh";

constexpr const char* kZsh = R"sh(#compdef weir
# Completion for zsh; in a folder of fpath: weir completion zsh >~/.zfunc/_weir
_weir() {
    local -a found
    found=(${(f)"$($words[1] __complete "${(@)words[2,CURRENT]}" 2>/dev/null)"})
    if (( ! $#found )); then
        _files
    elif [[ $found[1] == *= ]]; then
        compadd -S '' -- $found
    else
        compadd -- $found
    fi
}
if [[ $funcstack[1] == _weir ]]; then _weir "$@"; else compdef _weir weir; fi
)sh";

using Names = std::vector<std::string>;

Names split(const std::string& text, char separator) {
    Names out;
    for (size_t at = 0; at <= text.size();) {
        const size_t end = std::min(text.find(separator, at), text.size());
        out.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

// The words up to the last one, understood as far as the command line goes.
struct Position {
    CLI::App* app = nullptr;
    const CLI::Option* option = nullptr;  // whose value is wanted; null: none
    size_t positionals = 0;               // before the last word
};

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

Position position_of(CLI::App& app, const Names& words) {
    Position at{&app, nullptr, 0};
    for (size_t i = 0; i + 1 < words.size(); ++i) {
        const std::string& word = words[i];
        at.option = nullptr;
        if (word.starts_with('-')) {
            const CLI::Option* option = at.app->get_option_no_throw(word);
            if (option == nullptr || !takes_value(*option)) continue;
            at.option = i + 2 == words.size() ? option : nullptr;
            ++i;
            continue;
        }
        CLI::App* next = nullptr;
        for (CLI::App* sub : at.app->get_subcommands([](CLI::App*) { return true; }))
            if (sub->get_name() == word) next = sub;
        if (next != nullptr) at.app = next;
        else ++at.positionals;
    }
    return at;
}

class Completer {
public:
    explicit Completer(const Names& words) : words_(words) {}

    // Values by what help calls them; nothing for what is not known here, such as files.
    Names values(const std::string& option, const std::string& type) {
        if (type.find('|') != std::string::npos) return split(type, '|');
        if (type == "CODE") return codes();
        if (type == "NAME=VALUE") return parameters();
        if (type != "OPERATOR") return {};
        if (option == "--from") return operators(OperatorKind::kSource);
        if (option == "--to") return operators(OperatorKind::kSink);
        return documented_names(catalog());
    }

private:
    static Names codes() {
        Names out;
        for (const CodeInfo& code : all_codes()) out.emplace_back(code.text);
        return out;
    }

    Catalog catalog() const {
        std::vector<std::filesystem::path> dirs;
        for (size_t i = 0; i + 2 < words_.size(); ++i)
            if (words_[i] == "--plugin-dir") dirs.emplace_back(words_[i + 1]);
        return find_plugins(plugin_dirs(dirs)).catalog;
    }

    Names operators(OperatorKind kind) const {
        const Catalog all = catalog();
        Names out;
        for (const std::string& name : all.operator_names())
            if (all.find(name)->is_a(kind)) out.push_back(name);
        return out;
    }

    // `name=`, or `name=value` where the values are declared and the name is already there.
    Names parameters() const {
        Names out;
        const size_t equals = words_.back().find('=');
        for (size_t i = 0; i + 1 < words_.size(); ++i) {
            if (!words_[i].ends_with(".yaml") && !words_[i].ends_with(".yml")) continue;
            std::string problem;
            auto text = read_file(words_[i], kMaxYamlBytes, problem);
            if (!text) continue;
            Diagnostics ignored;
            const auto root = parse_yaml(SourceFile::create(words_[i], std::move(*text)), ignored);
            const YamlNode* section = root ? root->find("parameters") : nullptr;
            if (section == nullptr) continue;
            for (size_t k = 0; k < section->keys.size(); ++k) {
                const std::string name = section->keys[k].text + "=";
                const YamlNode* values = section->items[k].find("one_of");
                if (equals == std::string::npos) out.push_back(name);
                else if (values != nullptr && words_.back().starts_with(name))
                    for (const YamlNode& value : values->items) out.push_back(name + value.text);
            }
        }
        return out;
    }

    const Names& words_;
};

std::string type_of(const CLI::Option& option) {
    return option.get_positional() && option.get_type_name().empty() ? option.get_name(true) : option.get_type_name();
}

void add_options(CLI::App& app, Names& out) {
    for (const CLI::Option* option : app.get_options())
        for (const std::string& name : option->get_lnames()) out.push_back("--" + name);
}

// Of the commands and options on `at`, and of what may stand there by itself.
Names candidates(const Position& at, const Names& words) {
    Completer completer(words);
    const std::string& last = words.back();
    Names out;
    if (at.option != nullptr) return completer.values(at.option->get_name(), type_of(*at.option));
    if (const size_t equals = last.find('='); last.starts_with("--") && equals != std::string::npos) {
        const CLI::Option* option = at.app->get_option_no_throw(last.substr(0, equals));
        if (option == nullptr) return {};
        for (const std::string& value : completer.values(option->get_name(), type_of(*option)))
            out.push_back(last.substr(0, equals + 1) + value);
        return out;
    }
    if (last.starts_with('-')) {
        add_options(*at.app, out);
        return out;
    }
    for (const CLI::App* sub : at.app->get_subcommands([](CLI::App*) { return true; })) out.push_back(sub->get_name());
    const auto positionals = at.app->get_options([](const CLI::Option* one) { return one->get_positional(); });
    if (at.positionals < positionals.size()) {
        const CLI::Option& option = *positionals[at.positionals];
        for (const std::string& value : completer.values("", type_of(option))) out.push_back(value);
    }
    return out;
}

}  // namespace

std::string completion_script(const std::string& shell) { return shell == "zsh" ? kZsh : kBash; }

std::vector<std::string> complete(CLI::App& app, const std::vector<std::string>& words) {
    if (words.empty()) return {};
    Names out;
    for (const std::string& name : candidates(position_of(app, words), words))
        if (name.starts_with(words.back())) out.push_back(name);
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

}  // namespace weir::host
