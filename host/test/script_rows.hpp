// Rows as a test file writes them: what is sent, and what is expected.
//
// Threads: one at a time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "host/test/json_rows.hpp"
#include "host/test/script.hpp"

namespace weir::host::test {

class ScriptRows {
public:
    ScriptRows(OperatorResolver& plugins, Diagnostics& diagnostics) : plugins_(plugins), diagnostics_(diagnostics) {}

    // Both: nullopt after an error.
    std::optional<Sending> sending(const std::string& source, const World::Shape& shape, const YamlNode& item);
    std::optional<ExpectedRow> expected(const std::string& name, const Output& output, const YamlNode& item);

private:
    bool read_envelope(const std::string& source, const World::Shape& shape, const YamlNode& item, Sending& out);
    bool read_member(const std::string& source, const World::Shape& shape, const YamlKey& key, const YamlNode& value,
                     Sending& out);
    bool read_content(const std::string& source, const World::Shape& shape, const YamlNode& value, Sending& out);
    bool read_headers(const YamlNode& value, Message& out);
    bool check_row(const Schema& schema, const YamlNode& row, const std::string& subject, bool all_nullable,
                   std::vector<std::string>* values);
    void refuse(const Place& place, const std::string& what, const std::string& expected);

    OperatorResolver& plugins_;
    Diagnostics& diagnostics_;
};

}  // namespace weir::host::test
