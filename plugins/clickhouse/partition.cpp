#include "partition.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include <date/tz.h>

#include "text.hpp"

namespace weir::clickhouse {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000, kDaySeconds = 86'400;

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

void put(std::string &out, int64_t n) {
    out.append(reinterpret_cast<const char *>(&n), sizeof n);
}

class OnePartition final : public Partitioner {
public:
    void append(const BatchView &, std::vector<std::string> &) const override {}
    bool is_single() const override { return true; }
};

class Several final : public Partitioner {
public:
    explicit Several(std::vector<std::unique_ptr<Partitioner>> parts) : parts_(std::move(parts)) {}
    void append(const BatchView &batch, std::vector<std::string> &keys) const override {
        for (const auto &part : parts_) part->append(batch, keys);
    }

private:
    std::vector<std::unique_ptr<Partitioner>> parts_;
};

// The value itself; of numbers perhaps divided, or the rest of that.
class ByValue final : public Partitioner {
public:
    enum class What : uint8_t { kValue, kQuotient, kRest };
    ByValue(size_t column, What what, int64_t divisor) : column_(column), what_(what), divisor_(divisor) {}
    void append(const BatchView &batch, std::vector<std::string> &keys) const override {
        const Column column = batch.column(column_);
        for (int64_t row = 0; row < batch.rows(); ++row) {
            std::string &key = keys[static_cast<size_t>(row)];
            key.push_back(column.is_null(row));
            if (column.is_null(row)) continue;
            if (column.type().is_text()) {
                put(key, static_cast<int64_t>(column.text(row).size()));
                key.append(column.text(row));
                continue;
            }
            const int64_t n = column.integer(row);
            put(key, what_ == What::kValue ? n : what_ == What::kQuotient ? n / divisor_ : n % divisor_);
        }
    }

private:
    const size_t column_;
    const What what_;
    const int64_t divisor_;
};

enum class Unit : uint8_t { kYear, kQuarter, kMonth, kMonday, kSunday, kDay, kHour, kMinute };

struct TimeFunction {
    const char *name;
    Unit unit;
};
constexpr TimeFunction kTimeFunctions[] = {
    {"toYYYYMM", Unit::kMonth},         {"toYYYYMMDD", Unit::kDay},          {"toDate", Unit::kDay},          {"toDate32", Unit::kDay},
    {"toYear", Unit::kYear},            {"toStartOfYear", Unit::kYear},      {"toStartOfQuarter", Unit::kQuarter},
    {"toStartOfMonth", Unit::kMonth},   {"toMonday", Unit::kMonday},         {"toStartOfWeek", Unit::kSunday}, {"toStartOfDay", Unit::kDay},
    {"toStartOfHour", Unit::kHour},     {"toStartOfMinute", Unit::kMinute},  {"toRelativeMonthNum", Unit::kMonth},
    {"toRelativeDayNum", Unit::kDay},
};

// A date or time, down to a unit, in a time zone.
class ByTime final : public Partitioner {
public:
    ByTime(size_t column, Unit unit, const date::time_zone *zone) : column_(column), unit_(unit), zone_(zone) {}
    void append(const BatchView &batch, std::vector<std::string> &keys) const override {
        const Column column = batch.column(column_);
        const bool is_date = column.type().id == TypeId::kDate;
        for (int64_t row = 0; row < batch.rows(); ++row) {
            std::string &key = keys[static_cast<size_t>(row)];
            key.push_back(column.is_null(row));
            if (column.is_null(row)) continue;
            const int64_t n = column.integer(row);
            put(key, number_of(is_date ? n * kDaySeconds : local(floor_div(n, kMicrosPerSecond))));
        }
    }

private:
    int64_t local(int64_t seconds) const {
        if (!zone_) return seconds;
        if (seconds < begin_ || seconds >= end_) {
            const auto info = zone_->get_info(date::sys_seconds(std::chrono::seconds(seconds)));
            begin_ = info.begin.time_since_epoch().count();
            end_ = info.end.time_since_epoch().count();
            offset_ = info.offset.count();
        }
        return seconds + offset_;
    }
    int64_t number_of(int64_t seconds) const {
        if (unit_ == Unit::kMinute) return floor_div(seconds, 60);
        if (unit_ == Unit::kHour) return floor_div(seconds, 3'600);
        const int64_t day = floor_div(seconds, kDaySeconds);
        if (unit_ == Unit::kDay) return day;
        if (unit_ == Unit::kMonday) return floor_div(day + 3, 7);  // 1970-01-01 was a Thursday
        if (unit_ == Unit::kSunday) return floor_div(day + 4, 7);
        const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
        const int64_t year = static_cast<int>(date.year()), month = static_cast<unsigned>(date.month()) - 1;
        return unit_ == Unit::kYear ? year : unit_ == Unit::kQuarter ? year * 4 + month / 3 : year * 12 + month;
    }

    const size_t column_;
    const Unit unit_;
    const date::time_zone *const zone_;  // NULL: UTC
    mutable int64_t begin_ = 0, end_ = 0, offset_ = 0;  // of the zone's rule that was needed last
};

std::optional<int64_t> whole_number(std::string_view text) {
    int64_t n = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return n;
}

class Maker {
public:
    Maker(const Table &table, const Schema &schema, const std::string &zone) : table_(table), schema_(schema), zone_(zone) {}

    Result<std::unique_ptr<Partitioner>> make(std::string_view key) const {
        key = trim(key);
        if (key.empty() || key == "tuple()") return std::unique_ptr<Partitioner>(new OnePartition);
        if (key.front() == '(' && key.back() == ')') return several(key.substr(1, key.size() - 2));
        const size_t open = key.find('(');
        if (open == key.npos && key.find(' ') == key.npos) return by_value(key, ByValue::What::kValue, 1);
        if (const size_t mark = key.find(" % "); open == key.npos && mark != key.npos && whole_number(trim(key.substr(mark + 3))).value_or(0) > 0)
            return by_value(trim(key.substr(0, mark)), ByValue::What::kRest, *whole_number(trim(key.substr(mark + 3))));
        if (open == key.npos || key.back() != ')') return unknown(key);
        const std::string_view name = key.substr(0, open);
        const auto arguments = split(key.substr(open + 1, key.size() - open - 2));
        if (name == "tuple") return several(key.substr(open + 1, key.size() - open - 2));
        const bool divides = name == "intDiv" || name == "modulo" || name == "moduloLegacy";
        if (divides && arguments.size() == 2 && whole_number(arguments[1]).value_or(0) > 0)
            return by_value(arguments[0], name == "intDiv" ? ByValue::What::kQuotient : ByValue::What::kRest, *whole_number(arguments[1]));
        for (const TimeFunction &function : kTimeFunctions)
            if (name == function.name && arguments.size() == 1) return by_time(arguments[0], function.unit);
        return unknown(key);
    }

private:
    Status unknown(std::string_view part) const {
        return Status::config("table", "table `" + table_.name.text() + "`: exactly_once needs to know the partition of each row, and `" +
                                           std::string(part) +
                                           "` in its key is not understood: columns, dates and times (toYYYYMM, toDate, toStartOf...), intDiv and "
                                           "% by a number are. Use another PARTITION BY, or `delivery: at_least_once`");
    }
    Result<std::unique_ptr<Partitioner>> several(std::string_view inside) const {
        std::vector<std::unique_ptr<Partitioner>> parts;
        for (const std::string_view part : split(inside)) {
            auto made = make(part);
            if (!made) return made.status();
            parts.push_back(std::move(*made));
        }
        return std::unique_ptr<Partitioner>(new Several(std::move(parts)));
    }
    Result<size_t> column(std::string_view name) const {
        if (name.size() > 2 && name.front() == '`' && name.back() == '`') name = name.substr(1, name.size() - 2);
        if (const auto found = schema_.find(name)) return *found;
        if (table_.find(name))
            return Status::config("table", "table `" + table_.name.text() + "`: its partitions are by `" + std::string(name) +
                                               "`, which the rows do not have: exactly_once needs to know it. Add the column, or use `delivery: "
                                               "at_least_once`");
        return unknown(name);
    }
    Result<std::unique_ptr<Partitioner>> by_value(std::string_view name, ByValue::What what, int64_t divisor) const {
        auto at = column(name);
        if (!at) return at.status();
        const Type &type = schema_.fields[*at].type;
        const bool is_number = type.is_signed_integer() || type.is_unsigned_integer() || type.id == TypeId::kBool || type.id == TypeId::kDate;
        const bool fits = is_number || (what == ByValue::What::kValue && (type.is_text() || type.id == TypeId::kTimestamp));
        if (!fits) return unknown(name);
        return std::unique_ptr<Partitioner>(new ByValue(*at, what, divisor));
    }
    Result<std::unique_ptr<Partitioner>> by_time(std::string_view name, Unit unit) const {
        auto at = column(name);
        if (!at) return at.status();
        const TypeId type = schema_.fields[*at].type.id;
        if (type != TypeId::kDate && type != TypeId::kTimestamp) return unknown(name);
        return std::unique_ptr<Partitioner>(new ByTime(*at, unit, zone_of(*table_.find(schema_.fields[*at].name))));
    }
    // The column's own time zone, or the server's. NULL: UTC, or one that this machine does not know.
    const date::time_zone *zone_of(const TableColumn &column) const {
        std::string name = zone_;
        const std::string &type = column.type.text;
        if (const size_t begin = type.find('\''), end = type.rfind('\''); begin != type.npos && end > begin)
            name = type.substr(begin + 1, end - begin - 1);
        if (name == "UTC" || name == "Etc/UTC") return nullptr;
        try {
            return date::locate_zone(name);
        } catch (const std::runtime_error &) {
            return nullptr;  // the server divides what is wrong
        }
    }

    const Table &table_;
    const Schema &schema_;
    const std::string &zone_;
};

}  // namespace

Result<std::unique_ptr<Partitioner>> make_partitioner(const Table &table, const Schema &schema, const std::string &zone) {
    return Maker(table, schema, zone).make(table.partition_key);
}

}  // namespace weir::clickhouse
