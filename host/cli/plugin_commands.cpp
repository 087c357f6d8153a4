// `weir plugin …`: what there is, by what the plugins say of themselves.
#include <fmt/format.h>

#include "host/cli/commands.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/plugins.hpp"
#include "host/cli/table.hpp"
#include "host/cli/terminal.hpp"
#include "host/engine/host_services.hpp"
#include "host/exit_codes.hpp"
#include "host/loader/elf.hpp"
#include "host/loader/manifest_json.hpp"
#include "host/loader/module.hpp"
#include "host/loader/write_manifest.hpp"
#include "host/topology/operator_docs.hpp"

namespace weir::host {
namespace {

int refuse(const Status& status, Terminal& terminal) {
    terminal.message("refused: " + status.message());
    return kExitPluginRefused;
}

std::string operators_table(const SearchResult& found) {
    Table table({"PLUGIN", "VERSION", "OPERATORS"});
    for (const auto& [id, plugin] : found.catalog.plugins()) {
        std::string names;
        for (const OperatorInfo& op : plugin.operators) names += (names.empty() ? "" : ", ") + op.name;
        table.add({id, plugin.version, names});
    }
    return table.text();
}

std::string param_text(const ParamInfo& param) {
    std::string out = to_text(param.type);
    if (param.required) out += ", required";
    if (param.primary) out += ", primary";
    if (param.secret) out += ", secret";
    if (param.default_value) out += fmt::format(", default {}", param.default_value->dump());
    if (!param.one_of.empty()) {
        out += ", one of";
        for (size_t i = 0; i < param.one_of.size(); ++i) out += (i > 0 ? ", " : " ") + param.one_of[i].dump();
    }
    return out;
}

std::string verbose_text(const SearchResult& found) {
    std::string out;
    for (const auto& [id, plugin] : found.catalog.plugins()) {
        out += fmt::format("{}{} {} ({})\n", out.empty() ? "" : "\n", id, plugin.version, plugin.path.string());
        for (const OperatorInfo& op : plugin.operators) {
            out += fmt::format("  {} {}: {}\n", to_text(op.kind), op.name, op.doc);
            for (const ParamInfo& param : op.params)
                out += fmt::format("      {} ({}): {}\n", param.name, param_text(param), first_sentence(param.doc));
        }
    }
    return out;
}

bool is_built_in(const std::filesystem::path& file) {
    std::error_code error;
    const auto folder = std::filesystem::weakly_canonical(file, error).parent_path();
    return !error && folder == std::filesystem::weakly_canonical(built_in_plugin_dir(), error);
}

// A line for each operator whose name another plugin, or a later weir, may have as well.
std::string undotted_text(const std::string& file, const PluginInfo& plugin) {
    std::string out;
    for (const OperatorInfo& op : plugin.operators)
        if (op.name.find('.') == std::string::npos)
            out += fmt::format("{}: warning: names without a dot are those of weir's own operators; call `{}` `{}.{}`\n",
                               file, op.name, plugin.id, op.name);
    return out;
}

Json plugins_json(const SearchResult& found) {
    Json out = Json::array();
    for (const auto& [id, plugin] : found.catalog.plugins()) {
        Json& entry = out.emplace_back(to_json(plugin));
        entry["path"] = plugin.path.string();
    }
    return out;
}

}  // namespace

int plugin_ls_command(const PluginLsArguments& arguments, Terminal& terminal) {
    auto plugins = open_plugins(arguments.plugin_dirs);
    if (!plugins) {
        terminal.message("weir: " + plugins.status().message());
        return kExitUsage;
    }
    const SearchResult& found = plugins->found();
    if (arguments.format == Format::kJson) terminal.print(json_text(plugins_json(found)));
    else terminal.print(arguments.verbose ? verbose_text(found) : operators_table(found));
    terminal.message(problem_text(found));
    return kExitOk;
}

int plugin_manifest_command(const PluginFileArguments& arguments, Terminal& terminal) {
    auto plugin = arguments.write ? write_manifest(arguments.file) : describe_file(arguments.file);
    if (!plugin) return refuse(plugin.status(), terminal);
    if (arguments.write)
        terminal.print(fmt::format("{}: plugin `{}` {} described in its section .weir.manifest",
                                   arguments.file.string(), plugin->id, plugin->version));
    else
        terminal.print(json_text(to_json(*plugin)));
    return kExitOk;
}

int plugin_check_command(const PluginFileArguments& arguments, Terminal& terminal) {
    ModuleLoader loader(default_staging_dir(), &HostServices::get().abi());
    auto module = loader.load(arguments.file);
    if (!module) return refuse(module.status(), terminal);
    const PluginInfo& plugin = (*module)->info();
    const std::string file = arguments.file.string();

    auto elf = read_elf(arguments.file);
    if (!elf) return refuse(elf.status(), terminal);
    if (!elf->manifest)
        terminal.message(fmt::format("{}: warning: has no section .weir.manifest, so it is loaded wherever plugins "
                                     "are listed; `weir plugin manifest {} --write` adds it", file, file));
    if (!is_built_in(arguments.file)) terminal.message(undotted_text(file, plugin));
    const size_t n = plugin.operators.size();
    terminal.print(fmt::format("{}: ok: plugin `{}` {}, ABI {}.{}, {} {}", file, plugin.id, plugin.version,
                               plugin.abi_major, plugin.abi_minor, n, n == 1 ? "operator" : "operators"));
    return kExitOk;
}

}  // namespace weir::host
