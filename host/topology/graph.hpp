// From `from:` to edges: node references, ports, inputs that are missing, circles, and the order of the
// nodes.
//
// Threads: one, while loading.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/topology/diagnostic.hpp"
#include "host/topology/topology.hpp"
#include "host/topology/views.hpp"
#include "host/topology/yaml_tree.hpp"

namespace weir::host {

// A node before its edges are known.
// What unites the rows of several nodes.
inline constexpr std::string_view kUnionOperator = "union";

struct NodeDraft {
    NodeSpec spec;  // op is null where the operator is unknown: nothing is said about its ports
    const YamlNode* from = nullptr;  // null: none
    Place from_place;                // of the key `from`
    const OperatorInfo* tagger = nullptr;  // of a node with `tag` that reads others: what adds the column
    Place tag_place;
    bool alone = false;  // it has no operator but its clauses
    int fed_by = -1;   // the draft whose rows it takes instead: of the clauses before an operator, of the source before clauses
    int behind = -1;   // of a source: the draft of its clauses, whose rows are what others read
};

// What happens to errors ports that no node reads.
struct ErrorsRule {
    ErrorsPolicy policy = ErrorsPolicy::kStop;
    int node = -1;  // index of the draft that dead_letters made; for kDeadLetters
    Place place;    // of `dead_letters:`
    std::optional<StopAbove> stop_above;
};

// Nodes of one path. Rows pass from node to node by calls within calls: a path takes stack by its length.
inline constexpr std::size_t kMaxPathNodes = 512;

class GraphBuilder {
public:
    // `uniter` unites the rows of several nodes for an operator that takes those of one; null: there is none.
    GraphBuilder(std::vector<NodeDraft>& drafts, const ErrorsRule& rule, const OperatorInfo* uniter, Diagnostics& diagnostics)
        : drafts_(drafts), rule_(rule), uniter_(uniter), diagnostics_(diagnostics) {}

    // Connects the drafts, reports what does not fit, and puts them into their final order.
    // Returns the edges, whose indices are those of the reordered drafts.
    std::vector<Edge> build();

    // Warns of outputs that no node and no view reads. REQUIRES: build() was called, and the file has no errors.
    void report_unread(const std::vector<ViewSpec>& views);

private:
    void connect(int to);
    void connect_inputs(int to, const YamlNode& from);
    void connect_port(int to, const std::string& port, const YamlNode& from);
    void connect_one(int to, const std::string& port, const YamlNode& reference);
    bool find_output(int from, int to, const std::string& port, const YamlNode& reference, std::string& out);
    void report_no_port(int to, const NodeSpec& from, const YamlNode& reference);
    void report_missing_inputs(int to);
    void report_unread_port(const NodeSpec& spec, const std::string& port);
    void wire_errors();
    std::vector<int> order();
    void report_too_deep(const std::vector<int>& order);
    void report_cycles(const std::vector<bool>& ordered);
    void apply_order(const std::vector<int>& order);

    int find(std::string_view id) const;
    void add_edge(int from, const std::string& output, int to, const std::string& port, const Place& place);
    void feed(int to);
    void add_tags();
    void unite_inputs();
    void report_no_from(int to);
    std::string subject(int node) const;
    std::vector<std::string> readable_ids(int node, bool with_sinks) const;

    std::vector<NodeDraft>& drafts_;
    const ErrorsRule& rule_;
    const OperatorInfo* uniter_;
    Diagnostics& diagnostics_;
    std::vector<Edge> edges_;
};

}  // namespace weir::host
