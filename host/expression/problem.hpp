// What is wrong with an expression, and where: the offset and length inside its text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace weir::host::expression {

// Bytes of the expression's text.
struct Span {
    uint32_t offset = 0, length = 0;

    uint32_t end() const { return offset + length; }
    // From the beginning of one to the end of the other.
    static Span join(Span a, Span b) {
        const uint32_t from = a.offset < b.offset ? a.offset : b.offset;
        const uint32_t to = a.end() > b.end() ? a.end() : b.end();
        return {from, to - from};
    }
};

struct Problem {
    Span span;
    std::string message;
    std::string expected;  // what would be right here; may be empty
    std::string nearest;   // the name that was probably meant; may be empty
    std::string hint;      // what to do; may be empty
};

// A value, or the Problem that says why there is none.
template <class T>
class [[nodiscard]] Outcome {
public:
    Outcome(T value) : content_(std::move(value)) {}
    Outcome(Problem problem) : content_(std::move(problem)) {}

    bool ok() const { return std::holds_alternative<T>(content_); }
    explicit operator bool() const { return ok(); }
    T& operator*() { return std::get<T>(content_); }
    const T& operator*() const { return std::get<T>(content_); }
    T* operator->() { return &std::get<T>(content_); }
    const Problem& problem() const { return std::get<Problem>(content_); }

private:
    std::variant<T, Problem> content_;
};

// `NAME: error: message`, the line of `text` with a caret, what was expected, the nearest name; ends in a newline.
// `name` may be empty.
std::string render(std::string_view name, std::string_view text, const Problem& problem);

}  // namespace weir::host::expression
