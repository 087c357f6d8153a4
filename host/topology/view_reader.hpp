// `views:` and `dashboard:` as they are written, against the nodes and connections of the file.
//
// Threads: one, while loading.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/topology/config_checker.hpp"
#include "host/topology/graph.hpp"
#include "host/topology/parameters.hpp"
#include "host/topology/views.hpp"

namespace weir::host {

class ViewReader {
public:
    // `drafts`: in their final order; `connections`: all that are named. REQUIRES: all of them outlive this object.
    ViewReader(const std::vector<NodeDraft>& drafts, std::vector<std::string> connections, Parameters& parameters,
               ConfigChecker& checker, Diagnostics& diagnostics)
        : drafts_(drafts), connections_(std::move(connections)), parameters_(parameters), checker_(checker), diagnostics_(diagnostics) {}

    void read(const YamlNode& section);
    std::vector<ViewSpec>& views() { return views_; }

private:
    void read_view(const YamlKey& key, const YamlNode& value);
    bool check_name(const YamlKey& key);
    std::optional<LatestSpec> read_latest(const std::string& subject, const YamlKey& key, const YamlNode& value);
    bool find_taps(const std::string& subject, const YamlNode& reference, LatestSpec& out);
    void add_taps(std::size_t node, const std::string& port, LatestSpec& out) const;
    std::optional<QuerySpec> read_query(const std::string& subject, const YamlKey& key, const YamlNode& value);
    bool read_arguments(const std::string& subject, const YamlNode& section, QuerySpec& out);
    std::optional<ViewArgument> read_argument(const std::string& subject, const YamlKey& key, const YamlNode& value);
    bool check_argument(const std::string& subject, const ViewArgument& argument, const Place& type_place, const Place& default_place);
    bool read_sql(const std::string& subject, const YamlNode& sql, QuerySpec& out);
    bool bind_parameter(const std::string& subject, const std::string& name, const Place& place, QuerySpec& out);
    bool check_connection(const std::string& subject, const QuerySpec& query);

    const std::vector<NodeDraft>& drafts_;
    std::vector<std::string> connections_;
    Parameters& parameters_;
    ConfigChecker& checker_;
    Diagnostics& diagnostics_;
    std::vector<ViewSpec> views_;
    std::vector<std::string> declared_;  // arguments of the query that is being read, also those with errors
};

// `views`: those that were read, also where others had errors, whose names are in `failed`. nullopt after an error.
std::optional<DashboardSpec> read_dashboard(const YamlNode& section, const Place& place, const std::vector<ViewSpec>& views,
                                            const std::vector<std::string>& failed, ConfigChecker& checker,
                                            Diagnostics& diagnostics);

}  // namespace weir::host
