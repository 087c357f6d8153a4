// The values that a request gives a view, and the `$name`s of its query. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::host {

// Why `text` is no value of the type `type` ("int32"), as a predicate: "is not an int32: …"; nullopt: it is one. A text that is
// one can be cast to the type by an expression's CAST.
std::optional<std::string> argument_fault(std::string_view type, const std::string& text);

// A `$name` in a query: its name, and where it stands, with the dollar sign.
struct QueryName {
    std::string name;
    std::size_t offset = 0, length = 0;
};

// In the order in which they stand there. Literals, quoted names and comments, as SQL has them, have none.
std::vector<QueryName> names_in_query(std::string_view sql);

}  // namespace weir::host
