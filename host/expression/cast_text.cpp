// Conversions to texts and from them.
#include <weir/row_json.hpp>

#include "host/expression/cast.hpp"
#include "host/expression/kernel.hpp"
#include "host/expression/number_text.hpp"
#include "host/expression/time_text.hpp"

namespace weir::host::expression {
namespace {

using Text = std::string_view;

// Write(to, value, type of the value) gives the end, at most Most bytes behind.
template <class T, size_t Most, auto Write>
void write_texts(const Call& call) {
    const Vector& from = *call.args[0];
    auto* out = call.out.mutable_values<Text>();
    Arena& arena = call.scope.arena;
    call.rows.for_each([&](int row) {
        if (!arena.fits(Most)) return call.scope.fail(call.out, row, ErrorCode::kTooLarge, "no room for more texts");
        char* const begin = arena.take(Most);
        const auto size = static_cast<size_t>(Write(begin, from.at<T>(row), from.type()) - begin);
        arena.give_back(Most - size);
        out[row] = {begin, size};
    });
}

template <class T>
char* put_signed(char* to, T value, const Type&) {
    return write_int64(to, value);
}
char* put_unsigned(char* to, uint64_t value, const Type&) { return write_uint64(to, value); }
char* put_float32(char* to, float value, const Type&) { return write_float32(to, value); }
char* put_float64(char* to, double value, const Type&) { return write_float64(to, value); }
char* put_decimal(char* to, Int128 value, const Type& type) { return write_decimal(to, value, type.scale); }
char* put_bool(char* to, uint8_t value, const Type&) { return to + (value ? Text("true") : Text("false")).copy(to, 5); }
char* put_date(char* to, int32_t value, const Type&) { return write_date(to, value); }
char* put_timestamp(char* to, int64_t value, const Type&) { return write_timestamp(to, value); }
char* put_local(char* to, int64_t value, const Type&) { return write_local_timestamp(to, value); }
char* put_interval(char* to, const Interval& value, const Type&) { return write_interval(to, value); }

template <class T>
Cast writer() {
    return {write_texts<T, kMaxNumberText, put_signed<T>>, false, false};
}

std::optional<Cast> to_text(TypeId from) {
    if (from == kLocalTimestamp) return Cast{write_texts<int64_t, kMaxTimeText, put_local>};
    if (from == kInterval) return Cast{write_texts<Interval, kMaxTimeText, put_interval>};
    switch (from) {
        case TypeId::kBool: return Cast{write_texts<uint8_t, kMaxNumberText, put_bool>};
        case TypeId::kInt8: return writer<int8_t>();
        case TypeId::kInt16: return writer<int16_t>();
        case TypeId::kInt32: return writer<int32_t>();
        case TypeId::kInt64: return writer<int64_t>();
        case TypeId::kUint8: return writer<uint8_t>();
        case TypeId::kUint16: return writer<uint16_t>();
        case TypeId::kUint32: return writer<uint32_t>();
        case TypeId::kUint64: return Cast{write_texts<uint64_t, kMaxNumberText, put_unsigned>};
        case TypeId::kFloat32: return Cast{write_texts<float, kMaxNumberText, put_float32>};
        case TypeId::kFloat64: return Cast{write_texts<double, kMaxNumberText, put_float64>};
        case TypeId::kDecimal128: return Cast{write_texts<Int128, kMaxNumberText, put_decimal>};
        case TypeId::kDate: return Cast{write_texts<int32_t, kMaxTimeText, put_date>};
        case TypeId::kTimestamp: return Cast{write_texts<int64_t, kMaxTimeText, put_timestamp>};
        default: return std::nullopt;
    }
}

void fail_text(Row& row, ReadResult result, Text text) {
    if (result == ReadResult::kOutOfRange)
        row.fail(ErrorCode::kOverflow, "`{}` is outside of {}", shown(text), type_name(row.result_type()));
    else
        row.fail(ErrorCode::kBadCast, "`{}` is not {}", shown(text), type_name(row.result_type()));
}

template <class T, ReadResult (*Read)(Text, T&)>
T read_text(Row& row, Text text) {
    T out{};
    if (const ReadResult result = Read(text, out); result != ReadResult::kOk) fail_text(row, result, text);
    return out;
}

template <class T>
T read_signed(Row& row, Text text) {
    int64_t out = 0;
    ReadResult result = read_int64(text, out);
    if (result == ReadResult::kOk && !std::in_range<T>(out)) result = ReadResult::kOutOfRange;
    if (result != ReadResult::kOk) fail_text(row, result, text);
    return static_cast<T>(out);
}

template <class T>
T read_unsigned(Row& row, Text text) {
    uint64_t out = 0;
    ReadResult result = read_uint64(text, out);
    if (result == ReadResult::kOk && !std::in_range<T>(out)) result = ReadResult::kOutOfRange;
    if (result != ReadResult::kOk) fail_text(row, result, text);
    return static_cast<T>(out);
}

Int128 read_decimal_of(Row& row, Text text) {
    Int128 out = 0;
    const ReadResult result = read_decimal(text, row.result_type().precision, row.result_type().scale, out);
    if (result != ReadResult::kOk) fail_text(row, result, text);
    return out;
}

bool read_bool_of(Row& row, Text text) {
    const auto out = read_bool(text);
    if (!out) fail_text(row, ReadResult::kNoNumber, text);
    return out.value_or(false);
}

Text to_binary(Row&, Text text) { return text; }
Text from_binary(Row& row, Text bytes) {
    if (!is_utf8(bytes)) row.fail(ErrorCode::kBadCast, "the bytes `{}` are not UTF-8", shown(bytes));
    return bytes;
}

std::optional<Cast> from_text(TypeId to) {
    if (to == kLocalTimestamp) return Cast{map<&read_text<int64_t, read_local_timestamp>>};
    if (to == kInterval) return Cast{map<&read_text<Interval, read_interval>>};
    switch (to) {
        case TypeId::kBool: return Cast{map<&read_bool_of>};
        case TypeId::kInt8: return Cast{map<&read_signed<int8_t>>};
        case TypeId::kInt16: return Cast{map<&read_signed<int16_t>>};
        case TypeId::kInt32: return Cast{map<&read_signed<int32_t>>};
        case TypeId::kInt64: return Cast{map<&read_text<int64_t, read_int64>>};
        case TypeId::kUint8: return Cast{map<&read_unsigned<uint8_t>>};
        case TypeId::kUint16: return Cast{map<&read_unsigned<uint16_t>>};
        case TypeId::kUint32: return Cast{map<&read_unsigned<uint32_t>>};
        case TypeId::kUint64: return Cast{map<&read_text<uint64_t, read_uint64>>};
        case TypeId::kFloat32: return Cast{map<&read_text<float, read_float32>>};
        case TypeId::kFloat64: return Cast{map<&read_text<double, read_float64>>};
        case TypeId::kDecimal128: return Cast{map<&read_decimal_of>};
        case TypeId::kDate: return Cast{map<&read_text<int32_t, read_date>>};
        case TypeId::kTimestamp: return Cast{map<&read_text<int64_t, read_timestamp>>};
        case TypeId::kBinary: return Cast{map<&to_binary>, false, true};
        default: return std::nullopt;
    }
}

}  // namespace

std::optional<Cast> text_cast(TypeId from, TypeId to) {
    if (from == TypeId::kBinary && to == TypeId::kString) return Cast{map<&from_binary>};
    if (from == TypeId::kString) return from_text(to);
    return to == TypeId::kString ? to_text(from) : std::nullopt;
}

}  // namespace weir::host::expression
