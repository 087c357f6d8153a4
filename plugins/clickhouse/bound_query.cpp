#include "bound_query.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>

#include <weir/time_text.hpp>

#include "data_type.hpp"

namespace weir::clickhouse {
namespace {

constexpr int64_t kMicrosPerDay = 86'400'000'000;

bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool in_name(char c) { return begins_name(c) || (c >= '0' && c <= '9'); }

// Finds the `$name`s of a query, and copies the rest.
class Scanner {
public:
    explicit Scanner(std::string_view sql) : sql_(sql) {}

    // Up to the next `$name`, whose name it gives; empty: there is none further.
    std::string_view next(std::string &out) {
        while (at_ < sql_.size()) {
            const size_t begin = at_;
            const std::string_view name = step();
            if (!name.empty()) return name;
            out.append(sql_.substr(begin, at_ - begin));
        }
        return {};
    }

private:
    bool starts(std::string_view text) const { return sql_.substr(at_).starts_with(text); }
    void skip_behind(std::string_view end, size_t from) {
        const size_t found = sql_.find(end, from);
        at_ = found == sql_.npos ? sql_.size() : found + end.size();
    }
    // Past one token, or a character of one.
    std::string_view step() {
        const char c = sql_[at_];
        if (c == '\'' || c == '"' || c == '`') {
            skip_quoted(c);
        } else if (starts("--") || starts("# ") || starts("#!")) {
            skip_behind("\n", at_);
        } else if (starts("/*")) {
            skip_behind("*/", at_ + 2);
        } else if (c == '$') {
            return dollar();
        } else if (begins_name(c)) {
            while (at_ < sql_.size() && (in_name(sql_[at_]) || sql_[at_] == '$')) ++at_;  // a name may have a `$` inside
        } else {
            ++at_;
        }
        return {};
    }
    void skip_quoted(char mark) {
        for (++at_; at_ < sql_.size() && sql_[at_] != mark; ++at_)
            if (sql_[at_] == '\\') ++at_;
        at_ = std::min(at_ + 1, sql_.size());  // a mark that is doubled begins another one at once
    }
    std::string_view dollar() {
        size_t end = at_ + 1;
        while (end < sql_.size() && in_name(sql_[end])) ++end;
        const std::string_view name = sql_.substr(at_ + 1, end - at_ - 1);
        if (end < sql_.size() && sql_[end] == '$') {  // $tag$ text $tag$
            const std::string_view tag = sql_.substr(at_, end + 1 - at_);
            if (sql_.find(tag, end + 1) != sql_.npos) {
                skip_behind(tag, end + 1);
                return {};
            }
        }
        if (name.empty() || !begins_name(name[0])) {
            ++at_;
            return {};
        }
        at_ = end;
        return name;
    }

    std::string_view sql_;
    size_t at_ = 0;
};

std::string names_of(std::span<const Argument> arguments) {
    std::string out;
    for (const Argument &argument : arguments) out += (out.empty() ? "`" : ", `") + argument.name + "`";
    return out.empty() ? "there are none" : "there are " + out;
}

// As the server reads a text: with its escapes.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '\\': out += "\\\\"; break;
            case '\t': out += "\\t"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\0': out += "\\0"; break;
            default: out += c;
        }
    }
    return out;
}

template <class T>
bool is_number(std::string_view text) {
    T value{};
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool is_decimal(std::string_view text, const Type &type) {
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    const size_t point = text.find('.');
    std::string_view whole = text.substr(0, point), fraction = point == text.npos ? "" : text.substr(point + 1);
    auto digits = [](std::string_view t) { return std::all_of(t.begin(), t.end(), [](char c) { return c >= '0' && c <= '9'; }); };
    if (!digits(whole) || !digits(fraction) || whole.size() + fraction.size() == 0) return false;
    whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));
    return fraction.size() <= type.scale && whole.size() + type.scale <= type.precision;
}

bool fits(std::string_view text, const Type &type) {
    int32_t days = 0;
    switch (type.id) {
        case TypeId::kBool: return text == "true" || text == "false";
        case TypeId::kInt8: return is_number<int8_t>(text);
        case TypeId::kInt16: return is_number<int16_t>(text);
        case TypeId::kInt32: return is_number<int32_t>(text);
        case TypeId::kInt64: return is_number<int64_t>(text);
        case TypeId::kUint8: return is_number<uint8_t>(text);
        case TypeId::kUint16: return is_number<uint16_t>(text);
        case TypeId::kUint32: return is_number<uint32_t>(text);
        case TypeId::kUint64: return is_number<uint64_t>(text);
        case TypeId::kFloat32: return is_number<float>(text);
        case TypeId::kFloat64: return is_number<double>(text);
        case TypeId::kDecimal128: return is_decimal(text, type);
        case TypeId::kDate: return parse_date(text, &days) == Parse::kOk;
        default: return true;
    }
}

Status row_error(const std::string &message) {
    weir_error error{};
    error.size = sizeof error;
    detail::copy_text(error.message, sizeof error.message, message);
    return Status::from_abi(WEIR_E_ROW, error);
}

}  // namespace

std::string timestamp_text(int64_t micros) {
    const std::chrono::sys_time<std::chrono::microseconds> time{std::chrono::microseconds(micros)};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    char out[64];
    std::snprintf(out, sizeof out, "%04d-%02u-%02u %02d:%02d:%02d.%06d", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
    return out;
}

std::string date_text(int64_t days) { return timestamp_text(days * kMicrosPerDay).substr(0, 10); }

Result<std::string> value_text(const Argument &argument) {
    if (!argument.text) return std::string("\\N");
    const std::string &text = *argument.text;
    const Type &type = argument.type.type;
    int64_t micros = 0;
    const bool is_time = type.id == TypeId::kTimestamp;
    if (is_time ? parse_timestamp(text, &micros) != Parse::kOk : !fits(text, type))
        return row_error("`" + argument.name + "` is `" + text + "`, which is no " + to_string(type));
    if (is_time) return timestamp_text(micros);
    return escaped(text.starts_with('+') && type.id != TypeId::kString ? text.substr(1) : text);
}

Result<BoundQuery> bind_query(std::string_view sql, std::span<const Argument> arguments) {
    BoundQuery out;
    Scanner scanner(sql);
    for (std::string_view name; !(name = scanner.next(out.sql)).empty();) {
        const auto found = std::find_if(arguments.begin(), arguments.end(), [&](const Argument &a) { return a.name == name; });
        if (found == arguments.end())
            return Status::config("", "`$" + std::string(name) + "` is no argument of the query; " + names_of(arguments));
        if (found->type.type.is_nested())
            return Status::config("", "the argument `" + found->name + "` is a " + to_string(found->type.type) + ", and only plain values can be bound");
        out.sql += "{" + found->name + ":" + clickhouse_type(found->type.type, found->type.nullable || !found->text) + "}";
        const std::string parameter = "param_" + found->name;
        if (std::any_of(out.parameters.begin(), out.parameters.end(), [&](const auto &p) { return p.first == parameter; })) continue;
        auto value = value_text(*found);
        if (!value) return value.status();
        out.parameters.emplace_back(parameter, std::move(*value));
    }
    return out;
}

std::string_view trimmed_query(std::string_view sql) {
    const size_t last = sql.find_last_not_of("; \t\r\n");
    return last == sql.npos ? std::string_view() : sql.substr(0, last + 1);
}

}  // namespace weir::clickhouse
