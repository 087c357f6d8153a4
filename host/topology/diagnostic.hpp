// What is wrong in a topology file, told so that the reader can mend it: place, line, caret, what was
// expected, the nearest name.
//
// Ownership: plain values. Threads: a Diagnostics belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "host/topology/diagnostic_codes.hpp"
#include "host/topology/source_file.hpp"

namespace weir::host {

enum class Severity { kError, kWarning, kNote };

struct Diagnostic {
    // A second place that explains the first: where a name was first used, where a parameter comes from.
    struct Related {
        Place place;
        std::string message;
    };

    Severity severity = Severity::kError;
    Code code = Code::kYamlSyntax;
    Place place;
    std::string message;
    std::string expected;  // what would be right here; may be empty
    std::string nearest;   // the name that was probably meant; may be empty
    std::string hint;      // what to do; may be empty
    std::vector<Related> related;
};

// Collects. Bounded: beyond kMaxDiagnostics of a file they are only counted.
class Diagnostics {
public:
    static constexpr std::size_t kMaxDiagnostics = 200;

    // The new diagnostic, to add expected, nearest and hint to. Valid as long as this object.
    Diagnostic& error(Code code, Place place, std::string message);
    Diagnostic& warning(Code code, Place place, std::string message);
    Diagnostic& note(Code code, Place place, std::string message);

    bool has_errors() const { return errors_ > 0; }
    std::size_t error_count() const { return errors_; }
    bool empty() const { return all_.empty(); }

    // By file (in the order of first mention), line and column.
    std::vector<const Diagnostic*> sorted() const;

    // All of them as text, each ending in a newline; notes only if asked for.
    std::string text(bool with_notes = true) const;

    // A JSON array of objects; see to_json(Diagnostic).
    nlohmann::ordered_json json() const;

private:
    Diagnostic& add(Severity severity, Code code, Place place, std::string message);

    std::deque<Diagnostic> all_;
    std::map<const SourceFile*, std::size_t> by_file_;
    Diagnostic overflow_;
    std::size_t errors_ = 0;
    std::size_t left_out_ = 0;
};

// As
//   topologies/x.yaml:12:5: error[unknown-operator]: node `pairs`: there is no operator `pair_mach`
//      12 |   pair_mach: { value: n }
//         |   ^~~~~~~~~
//      expected: a source, operator or sink of the plugins present; nearest: `pair_match`
// with a final newline. Long lines are cut around the caret.
std::string render(const Diagnostic& diagnostic);

// {"file","line","column","end_line","end_column","severity","code","message","expected","nearest","hint"};
// columns from 1, end exclusive; members without a value are left out.
nlohmann::ordered_json to_json(const Diagnostic& diagnostic);

// A line that GitHub shows beside the code: `::error file=t.yaml,line=3,endLine=3,col=14,endColumn=20,title=CODE::…`,
// without a newline.
std::string to_github(const Diagnostic& diagnostic);

const char* to_text(Severity severity);

}  // namespace weir::host
