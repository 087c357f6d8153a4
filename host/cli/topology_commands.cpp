// `weir topology schema`, `docs` and `new`.
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "host/cli/commands.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/plugins.hpp"
#include "host/cli/table.hpp"
#include "host/cli/terminal.hpp"
#include "host/exit_codes.hpp"
#include "host/loader/manifest_json.hpp"
#include "host/text/nearest.hpp"
#include "host/topology/operator_docs.hpp"
#include "host/topology/scalar.hpp"
#include "host/topology/schema.hpp"
#include "host/topology/starter.hpp"

namespace weir::host {
namespace {

constexpr const char* kSchemaFile = "topology.schema.json";

// Does `tell` with the plugins, or says why there are none.
template <class Tell>
int with_plugins(const PluginDirs& dirs, Terminal& terminal, Tell tell) {
    auto plugins = open_plugins(dirs);
    if (!plugins) {
        terminal.message("weir: " + plugins.status().message());
        return kExitUsage;
    }
    const int code = tell(plugins->catalog());
    terminal.message(problem_text(plugins->found()));
    return code;
}

std::string list_text(const Catalog& catalog) {
    Table table({"OPERATOR", "KIND", "PLUGIN", ""});
    for (const auto& [id, plugin] : catalog.plugins())
        for (const OperatorInfo& op : plugin.operators) table.add({op.name, to_text(op.kind), id, first_sentence(op.doc)});
    return table.text();
}

int unknown_operator(const std::string& command, const std::string& name, const std::vector<std::string>& names, Terminal& terminal) {
    const std::string nearest = nearest_name(name, names);
    terminal.message(fmt::format("{}: there is no operator {}; expected: {}{}", command, ticked(name), one_of_text(names),
                                 nearest.empty() ? "" : "; nearest: " + ticked(nearest)));
    return kExitUsage;
}

// A source or sink by its name; null after a message.
const OperatorInfo* end_of(const Catalog& catalog, const std::string& name, OperatorKind kind, Terminal& terminal) {
    const OperatorInfo* op = catalog.find(name);
    if (op != nullptr && op->is_a(kind)) return op;
    std::vector<std::string> names;
    for (const std::string& other : catalog.operator_names())
        if (catalog.find(other)->is_a(kind)) names.push_back(other);
    const char* option = kind == OperatorKind::kSource ? "--from" : "--to";
    if (op == nullptr) {
        unknown_operator(std::string("weir topology new: ") + option, name, names, terminal);
    } else {
        terminal.message(fmt::format("weir topology new: {}: `{}` is no {}; expected: {}", option, name, to_text(kind), one_of_text(names)));
    }
    return nullptr;
}

// Where the schema lies that comes with weir; else a file beside the topology.
std::string schema_path() {
    std::error_code error;
    const auto executable = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) return kSchemaFile;
    const auto installed = executable.parent_path().parent_path() / "share/weir/schemas" / kSchemaFile;
    return std::filesystem::exists(installed, error) ? installed.string() : kSchemaFile;
}

// A new file; errno of why not, or 0.
int write_new(const std::string& path, const std::string& text) {
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) return errno;
    const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const int error = written ? 0 : errno != 0 ? errno : EIO;
    close(fd);
    return error;
}

int write_starter(const TopologyNewArguments& arguments, const Catalog& catalog, Terminal& terminal) {
    const OperatorInfo* from = end_of(catalog, arguments.from, OperatorKind::kSource, terminal);
    const OperatorInfo* to = end_of(catalog, arguments.to, OperatorKind::kSink, terminal);
    if (from == nullptr || to == nullptr) return kExitUsage;
    const std::string path = arguments.name + ".yaml";
    const std::string schema = schema_path();
    if (const int error = write_new(path, starter_topology({arguments.name, from, to, schema}, catalog)); error != 0) {
        terminal.message(fmt::format("weir topology new: cannot write {}: {}", path, std::strerror(error)));
        return kExitUsage;
    }
    terminal.print(fmt::format("{0} is written; next: weir lint {0}, and weir run {0} --for 10s", path));
    if (schema == kSchemaFile) terminal.print(fmt::format("for an editor: weir topology schema >{}", kSchemaFile));
    return kExitOk;
}

}  // namespace

int topology_schema_command(const TopologySchemaArguments& arguments, Terminal& terminal) {
    return with_plugins(arguments.plugin_dirs, terminal, [&](const Catalog& catalog) {
        terminal.print(json_text(topology_schema(catalog)));
        return kExitOk;
    });
}

int topology_docs_command(const TopologyDocsArguments& arguments, Terminal& terminal) {
    return with_plugins(arguments.plugin_dirs, terminal, [&](const Catalog& catalog) {
        if (arguments.aggregates) {
            terminal.print(aggregates_markdown(catalog));
            return kExitOk;
        }
        if (arguments.name.empty()) {
            terminal.print(arguments.markdown ? operators_markdown(catalog) : list_text(catalog));
            return kExitOk;
        }
        const auto found = find_documented(catalog, arguments.name);
        if (found.empty()) return unknown_operator("weir topology docs", arguments.name, documented_names(catalog), terminal);
        std::string out;
        for (const OperatorInfo* op : found) out += (out.empty() ? "" : "\n") + (arguments.markdown ? operator_markdown(*op) : operator_text(*op));
        terminal.print(out);
        return kExitOk;
    });
}

int topology_new_command(const TopologyNewArguments& arguments, Terminal& terminal) {
    return with_plugins(arguments.plugin_dirs, terminal,
                        [&](const Catalog& catalog) { return write_starter(arguments, catalog, terminal); });
}

}  // namespace weir::host
