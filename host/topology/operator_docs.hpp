// What operators, codecs and connections declare of themselves, and the words of the topology language, as pages to
// read: `weir topology docs` and docs/operators.md.
//
// Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "host/loader/manifest.hpp"

namespace weir::host {

// It stands alone in a table.
std::string first_sentence(const std::string& doc);

// All of that name, of whatever kind; the codec and the operator `json` may both be there.
std::vector<const OperatorInfo*> find_documented(const Catalog& catalog, const std::string& name);
// All names that find_documented knows, sorted.
std::vector<std::string> documented_names(const Catalog& catalog);

// One operator for a terminal, in lines of about 100 columns; the same as a section of Markdown.
std::string operator_text(const OperatorInfo& op);
std::string operator_markdown(const OperatorInfo& op);

// The whole page: the language, then all operators by kind.
std::string operators_markdown(const Catalog& catalog);
// The same of aggregates: docs/aggregates.md.
std::string aggregates_markdown(const Catalog& catalog);

}  // namespace weir::host
