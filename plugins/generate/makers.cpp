#include "makers.hpp"

#include <weir/row_json.hpp>

namespace weir::generate {
namespace {

int64_t round_within(double value, int64_t lowest, int64_t highest) {
    double rounded = std::nearbyint(value);
    if (!(rounded > static_cast<double>(lowest))) return lowest;
    return rounded >= static_cast<double>(highest) ? highest : static_cast<int64_t>(rounded);
}

}  // namespace

int64_t highest_of(const Type &type) {
    auto bits = static_cast<int>(8 * value_width(type.id)) - (type.is_signed_integer() ? 1 : 0);
    return bits >= 63 ? INT64_MAX : (int64_t{1} << bits) - 1;
}

int64_t lowest_of(const Type &type) { return type.is_signed_integer() ? -highest_of(type) - 1 : 0; }

void append_real(ColumnBuilder &to, double value) {
    const Type &type = to.type();
    switch (type.id) {
        case TypeId::kFloat64: return to.append(value);
        case TypeId::kFloat32: return to.append(static_cast<float>(value));
        case TypeId::kDecimal128: {
            int64_t highest = 1;
            for (int i = 0; i < std::min<int>(type.precision, 18); ++i) highest *= 10;
            return to.append_integer(round_within(value * std::pow(10, type.scale), 1 - highest, highest - 1));
        }
        default: return to.append_integer(round_within(value, lowest_of(type), highest_of(type)));
    }
}

ChoiceMaker::ChoiceMaker(Stream stream, Type type, ArrowArray values, const std::vector<double> &weights)
    : stream_(stream), type_(std::move(type)), values_(values) {
    double total = 0, sum = 0;
    for (double w : weights) total += w;
    for (double w : weights) cumulative_.push_back((sum += w) / total);
    Column column(&values_, &type_);
    for (int64_t i = 0; type_.is_text() && i < values_.length; ++i)
        row_bytes_ = std::max(row_bytes_, column.text(i).size());
}

void ChoiceMaker::fill(const Rows &rows, const std::vector<Column> &, ColumnBuilder &to) const {
    Column values(&values_, &type_);
    auto size = static_cast<uint64_t>(values_.length);
    for (int64_t i = 0; i < rows.n; ++i) {
        uint64_t pick = 0;
        if (cumulative_.empty()) {
            pick = stream_.below(size, rows.number(i));
        } else {
            auto at = std::upper_bound(cumulative_.begin(), cumulative_.end(), stream_.unit(rows.number(i)));
            pick = std::min<uint64_t>(static_cast<uint64_t>(at - cumulative_.begin()), size - 1);
        }
        to.append_from(values, static_cast<int64_t>(pick));
    }
}

void TemplateMaker::fill(const Rows &rows, const std::vector<Column> &before, ColumnBuilder &to) const {
    std::string text, value;
    for (int64_t i = 0; i < rows.n; ++i) {
        text.clear();
        for (const Piece &piece : pieces_) {
            text += piece.text;
            if (!piece.column) continue;
            if (*piece.column == kRow) {
                text += std::to_string(rows.number(i));
                continue;
            }
            const Column &column = before[*piece.column];
            if (column.type().is_text() && !column.is_null(i)) {
                text += column.text(i);
                continue;
            }
            value.clear();
            append_json_value(value, column, i);
            bool quoted = value.starts_with('"');  // dates and timestamps
            text.append(value, quoted, value.size() - 2 * quoted);
        }
        to.append_text(text);
    }
}

std::vector<size_t> TemplateMaker::needs() const {
    std::vector<size_t> out;
    for (const Piece &piece : pieces_)
        if (piece.column && *piece.column != kRow) out.push_back(*piece.column);
    return out;
}

}  // namespace weir::generate
