// Status and Result: what a call can come to, for everything that can happen outside of our own bugs.
//
// The code of a Status is the ABI's: it names what the host does about it (weir/abi.h, "results").
// Plain values, no thread of their own.
#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include <weir/abi.h>

namespace weir {

class [[nodiscard]] Status {
public:
    Status() = default;  // WEIR_OK

    static Status more() { return Status(WEIR_MORE); }
    static Status pending() { return Status(WEIR_PENDING); }
    static Status full() { return Status(WEIR_FULL); }
    static Status end() { return Status(WEIR_END); }

    // The configuration does not fit. `path`: the parameter at fault ("record.n"), or empty.
    static Status config(std::string path, std::string message) {
        return {WEIR_E_CONFIG, std::move(path), std::move(message)};
    }
    static Status retryable(std::string message) { return {WEIR_E_RETRYABLE, {}, std::move(message)}; }
    static Status fatal(std::string message) { return {WEIR_E_FATAL, {}, std::move(message)}; }
    static Status state_version(std::string message) {
        return {WEIR_E_STATE_VERSION, {}, std::move(message)};
    }
    static Status unsupported(std::string message) { return {WEIR_E_UNSUPPORTED, {}, std::move(message)}; }

    // What a call across the ABI returned.
    static Status from_abi(int32_t code, const weir_error &error) {
        if (code >= 0) return Status(code);
        return {code, error.path, error.message};
    }

    // Fills the caller's buffer, cutting what is too long, and returns the code.
    int32_t to_abi(weir_error *error) const;

    int32_t code() const { return code_; }
    bool ok() const { return code_ >= 0; }  // done, more, pending, ...: not an error
    bool done() const { return code_ == WEIR_OK; }
    bool is_more() const { return code_ == WEIR_MORE; }
    bool is_pending() const { return code_ == WEIR_PENDING; }
    bool is_end() const { return code_ == WEIR_END; }
    const std::string &message() const { return text_ ? text_->message : empty(); }
    const std::string &path() const { return text_ ? text_->path : empty(); }

private:
    struct Text {
        std::string path, message;
    };
    explicit Status(int32_t code) : code_(code) {}
    Status(int32_t code, std::string path, std::string message)
        : code_(code), text_(std::make_shared<Text>(Text{std::move(path), std::move(message)})) {}
    static const std::string &empty() {
        static const std::string none;
        return none;
    }

    int32_t code_ = WEIR_OK;
    std::shared_ptr<const Text> text_;
};

namespace detail {
inline void copy_text(char *to, size_t capacity, const std::string &from) {
    size_t n = from.size() < capacity ? from.size() : capacity - 1;
    while (n < from.size() && n > 0 && (static_cast<unsigned char>(from[n]) & 0xC0) == 0x80) --n;
    from.copy(to, n);
    to[n] = '\0';
}
}  // namespace detail

inline int32_t Status::to_abi(weir_error *error) const {
    if (text_ && error) {
        detail::copy_text(error->path, sizeof error->path, text_->path);
        detail::copy_text(error->message, sizeof error->message, text_->message);
    }
    return code_;
}

// A value, or the Status that says why there is none.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : content_(std::move(value)) {}
    Result(Status error) : content_(std::move(error)) { assert(!std::get<Status>(content_).ok()); }

    bool ok() const { return std::holds_alternative<T>(content_); }
    explicit operator bool() const { return ok(); }
    T &value() & { return std::get<T>(content_); }
    const T &value() const & { return std::get<T>(content_); }
    T &&value() && { return std::get<T>(std::move(content_)); }
    T *operator->() { return &value(); }
    T &operator*() { return value(); }
    Status status() const { return ok() ? Status() : std::get<Status>(content_); }

private:
    std::variant<T, Status> content_;
};

}  // namespace weir
