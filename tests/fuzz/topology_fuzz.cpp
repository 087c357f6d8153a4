// The text of a topology on all its way: YAML, places, parameters, records, nodes and the graph. Whatever it is, there is a
// Topology or an error; each message has words, and a place that lies in the text; and a part of an expression is found where
// it is written. A first line `# --set a=b` gives arguments.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <weir/row_json.hpp>

#include "host/topology/topology.hpp"
#include "tests/unit/topology/test_catalog.hpp"

namespace weir::host {
namespace {

// What `include:` and `${file:}` name is looked for where these are, so that some is found.
constexpr const char* kPath = "tests/unit/topology/broken/fuzzed.yaml";
constexpr std::size_t kLooks = 64;  // at parts of one expression

void die(const std::string& why, const Place& place) {
    std::fprintf(stderr, "%s: line %d, column %d, length %d, offset %zu\n", why.c_str(), place.line, place.column, place.length,
                 place.offset);
    std::abort();
}

void check_place(const Place& place) {
    if (!place.file) die("a place in no file", place);
    if (place.line == 0) return;
    const SourceFile& file = *place.file;
    if (place.line < 1 || place.line > file.line_count()) die("a line that is not there", place);
    const std::string_view line = file.line(place.line);
    const std::size_t start = file.offset_of(place.line - 1, 0);
    if (place.offset < start || place.offset > file.text().size()) die("an offset on another line", place);
    const std::size_t in_line = std::min(place.offset - start, line.size());
    if (place.column != count_columns(line.substr(0, in_line)) + 1) die("a column beside its offset", place);
    if (place.length < 1 || place.column + place.length > std::max(count_columns(line), place.column) + 1)
        die("a place that goes on behind its line", place);
}

void check_diagnostics(const Diagnostics& diagnostics) {
    for (const Diagnostic* d : diagnostics.sorted()) {
        check_place(d->place);
        const bool is_of_all = d->code == Code::kNoNodes || d->code == Code::kYamlTooLarge || d->code == Code::kMissingParameter;
        if (!d->place.known() && !is_of_all) die("no place: " + d->message, d->place);
        if (d->message.empty()) die("no message", d->place);
        for (const Diagnostic::Related& related : d->related) {
            check_place(related.place);
            if (related.message.empty()) die("no message", related.place);
        }
        if (!is_utf8(render(*d)) || !is_utf8(to_github(*d)) || !is_utf8(to_json(*d).dump())) die("not UTF-8", d->place);
    }
}

// A letter or digit of an expression is that of the text where it is said to be written.
void check_expressions(const CheckedConfig& config) {
    for (const auto& [path, text] : config.expressions) {
        const Place whole = config.place_of(path);
        for (std::size_t i = 0; i < text.size(); i += text.size() / kLooks + 1) {
            const Place place = config.place_in(path, i, 1);
            check_place(place);
            if (place.offset == whole.offset) continue;
            const auto written = static_cast<unsigned char>(place.file->text()[place.offset]);
            const auto read = static_cast<unsigned char>(text[i]);
            if (std::isalnum(written) && std::isalnum(read) && written != read) die("a part of " + path + " is elsewhere", place);
        }
    }
}

void check_topology(const Topology& topology) {
    for (const NodeSpec& node : topology.nodes) {
        check_place(node.place);
        check_expressions(node.config);
        node.config.redacted().dump();
    }
    const int count = static_cast<int>(topology.nodes.size());
    for (const Edge& edge : topology.edges) {
        check_place(edge.place);
        if (edge.from_node < 0 || edge.to_node >= count || edge.from_node >= edge.to_node) die("an edge against the order", edge.place);
    }
    for (const ConnectionSpec& connection : topology.connections) connection.config.redacted().dump();
    for (const ResolvedParameter& parameter : topology.parameters) {
        parameter.shown();
        parameter.origin_text();
    }
}

LoadOptions options_of(std::string_view text) {
    LoadOptions options;
    options.environment = [](const std::string& name) { return name == "HOME" ? std::optional<std::string>("a: [b]") : std::nullopt; };
    constexpr std::string_view kSet = "# --set ";
    if (!text.starts_with(kSet)) return options;
    text.remove_prefix(kSet.size());
    options.sets.emplace_back(text.substr(0, text.find('\n')));
    return options;
}

void check(const std::string& text) {
    Diagnostics diagnostics;
    const auto topology = load_topology_text(kPath, text, options_of(text), test_catalog(), diagnostics);
    check_diagnostics(diagnostics);
    if (topology.has_value() == diagnostics.has_errors()) die("neither a topology nor an error, or both", {});
    if (topology) check_topology(*topology);
}

}  // namespace
}  // namespace weir::host

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    weir::host::check({reinterpret_cast<const char*>(data), size});
    return 0;
}
