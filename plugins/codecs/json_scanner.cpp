#include "json_scanner.hpp"

#include <charconv>

#include "json_reader.hpp"
#include "json_scan.hpp"

namespace weir::codecs {
namespace {

constexpr size_t kMaxGuesses = 256;  // places of an object whose names are remembered
constexpr size_t kMaxKeys = 32;      // of a map that is looked through one by one
constexpr double kExactPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// -?digits[.digits] whose digits a double holds exactly, and its power of ten too: then one division rounds as it
// should (Clinger). False: another number.
bool exact_double(const char *p, const char *end, double *out) {
    const bool negative = *p == '-';
    p += negative;
    if (end - p > 16) return false;
    uint64_t digits = 0;
    const char *point = nullptr;
    for (; p != end; ++p) {
        if (*p == '.') point = p;
        else if (is_digit(*p)) digits = digits * 10 + static_cast<uint64_t>(*p - '0');
        else return false;
    }
    if (digits > uint64_t{1} << 53) return false;
    const double value = static_cast<double>(digits) / kExactPowers[point ? end - point - 1 : 0];
    *out = negative ? -value : value;
    return true;
}

const char *append_double(const char *p, ColumnBuilder &to) {
    bool whole = false;
    const char *end = over_number(p, &whole);
    if (!end) return nullptr;
    if (double value = 0; to.type().id == TypeId::kFloat64) {
        if (!exact_double(p, end, &value) && std::from_chars(p, end, value).ec != std::errc()) return nullptr;
        to.append(value);
    } else {
        float narrow = 0;
        if (std::from_chars(p, end, narrow).ec != std::errc()) return nullptr;
        to.append(narrow);
    }
    return end;
}

}  // namespace

void JsonScanner::bind(const Schema &record, const JsonShape &shape) {
    record_ = &record;
    shape_ = &shape;
    guesses_.assign(shape.objects, {});
    seen_.assign(shape.objects, 0);
    row_ = 0;
}

bool JsonScanner::read(const char *begin, const char *end, RecordBuilder &row) {
    end_ = end;
    ++row_;
    const char *p = over_blanks(begin);
    if (*p != '{') return false;
    if (shape_->rest != JsonNode::kNone) rest_.clear();
    p = read_object(p, shape_->root, row, 0);
    if (!p || over_blanks(p) != end) return false;
    if (shape_->rest != JsonNode::kNone) {
        ColumnBuilder *to = row.column(shape_->rest);
        if (to && to->type().id == TypeId::kMap && rest_.twin()) return false;
        row.mark(shape_->rest);
        if (to) rest_.append(*to);
    }
    std::string field;
    return row.end_row(&field);
}

const char *JsonScanner::read_object(const char *p, const JsonNode &node, RecordBuilder &row, int depth) {
    std::vector<Guess> &guesses = guesses_[node.object];
    p = over_blanks(p + 1);
    if (*p == '}') return p + 1;
    for (size_t place = 0;; ++place) {
        if (*p++ != '"') return nullptr;
        std::string_view name;
        const JsonNode *member = nullptr;
        const Guess *guess = place < guesses.size() ? &guesses[place] : nullptr;
        if (guess && static_cast<size_t>(end_ - p) >= guess->key.size() &&
            std::memcmp(p, guess->key.data(), guess->key.size()) == 0) {
            name = {p, guess->key.size() - 1};
            member = guess->node;
        } else {
            bool escaped = false;
            const char *quote = end_of_string(p, &escaped);
            if (!quote || escaped) return nullptr;
            name = {p, static_cast<size_t>(quote - p)};
            member = node.find(name);
            if (place == guesses.size() && place < kMaxGuesses) guesses.emplace_back();
            if (place < guesses.size()) guesses[place] = {std::string(p, name.size() + 1), member};
        }
        p = over_blanks(p + name.size() + 1);
        if (*p != ':') return nullptr;
        p = over_blanks(p + 1);
        if (!(p = read_member(p, member, name, row, depth + 1))) return nullptr;
        p = over_blanks(p);
        if (*p == '}') return p + 1;
        if (*p != ',') return nullptr;
        p = over_blanks(p + 1);
    }
}

const char *JsonScanner::read_member(const char *p, const JsonNode *node, std::string_view name, RecordBuilder &row,
                                     int depth) {
    if (!node) {
        if (shape_->refuse_unknown) return nullptr;
        const char *end = over_value(p, depth, JsonReader::kMaxDepth);
        if (end && depth == 1 && shape_->rest != JsonNode::kNone)
            rest_.add({name.data() - 1, name.size() + 2}, name, {p, static_cast<size_t>(end - p)});
        return end;
    }
    if (node->column != JsonNode::kNone) return row.mark(node->column) ? read_column(p, node->column, row, depth) : nullptr;
    if (seen_[node->object] == row_) return nullptr;
    seen_[node->object] = row_;
    if (*p == '{') return read_object(p, *node, row, depth);
    return std::memcmp(p, "null", 4) == 0 ? p + 4 : nullptr;
}

const char *JsonScanner::read_column(const char *p, size_t column, RecordBuilder &row, int depth) {
    ColumnBuilder *to = row.column(column);
    if (!to) return over_value(p, depth, JsonReader::kMaxDepth);
    if (shape_->as_text[column] && *p != 'n') {
        const char *end = over_value(p, depth, JsonReader::kMaxDepth);
        if (end) to->append_text({p, static_cast<size_t>(end - p)});
        return end;
    }
    form_ = &shape_->forms[column];
    return append(p, *to, row.field(column), depth);
}

const char *JsonScanner::append(const char *p, ColumnBuilder &to, const Field &field, int depth) {
    if (depth > JsonReader::kMaxDepth) return nullptr;
    if (*p == 'n') {
        if (!field.nullable || std::memcmp(p, "null", 4) != 0) return nullptr;
        to.append_null();
        return p + 4;
    }
    switch (to.type().id) {
        case TypeId::kBool: {
            const bool value = *p == 't';
            if (std::memcmp(p, value ? "true" : "false", value ? 4 : 5) != 0) return nullptr;
            to.append_bool(value);
            return p + (value ? 4 : 5);
        }
        case TypeId::kList: return append_list(p, to, depth);
        case TypeId::kStruct: return append_struct(p, to, depth);
        case TypeId::kMap: return append_map(p, to, depth);
        case TypeId::kString:
        case TypeId::kBinary:
        case TypeId::kDate: return append_text(p, to);
        case TypeId::kTimestamp: return form_->is_number() ? append_number(p, to) : append_text(p, to);
        case TypeId::kDecimal128: return *p == '"' ? append_text(p, to) : append_number(p, to);
        case TypeId::kFloat32:
        case TypeId::kFloat64: return append_double(p, to);
        default: return append_number(p, to);
    }
}

const char *JsonScanner::append_text(const char *p, ColumnBuilder &to) {
    if (*p++ != '"') return nullptr;
    bool escaped = false;
    const char *end = end_of_string(p, &escaped);
    if (!end) return nullptr;
    std::string_view text(p, static_cast<size_t>(end - p));
    if (escaped) {
        scratch_.clear();
        if (!unescape(text, &scratch_)) return nullptr;
        text = scratch_;
    }
    if (to.type().id == TypeId::kString) {
        to.append_text(text);
        return end + 1;
    }
    Fault fault;
    if (to.type().id == TypeId::kBinary && text.starts_with(kBase64Mark)) return nullptr;
    return append_scalar(to, text, *form_, &fault) ? end + 1 : nullptr;
}

const char *JsonScanner::append_number(const char *p, ColumnBuilder &to) {
    bool whole = false;
    const char *end = over_number(p, &whole);
    if (!end) return nullptr;
    const std::string_view text(p, static_cast<size_t>(end - p));
    int64_t value = 0;
    if (to.type().is_signed_integer()) {
        if (!whole || parse_int64(text, &value) != Parse::kOk || !integer_fits(to.type().id, value)) return nullptr;
        if (to.type().id == TypeId::kInt64) to.append(value);
        else to.append_integer(value);
        return end;
    }
    if (!whole && to.type().is_unsigned_integer()) return nullptr;
    Fault fault;
    return append_scalar(to, text, *form_, &fault) ? end : nullptr;
}

const char *JsonScanner::append_list(const char *p, ColumnBuilder &to, int depth) {
    if (*p != '[') return nullptr;
    p = over_blanks(p + 1);
    if (*p == ']') {
        to.end_row();
        return p + 1;
    }
    for (;;) {
        if (!(p = append(p, to.child(0), to.type().children[0], depth + 1))) return nullptr;
        p = over_blanks(p);
        if (*p == ']') break;
        if (*p != ',') return nullptr;
        p = over_blanks(p + 1);
    }
    to.end_row();
    return p + 1;
}

const char *JsonScanner::append_struct(const char *p, ColumnBuilder &to, int depth) {
    const auto &fields = to.type().children;
    if (*p != '{' || fields.size() > 64) return nullptr;
    uint64_t seen = 0;
    size_t next = 0;
    p = over_blanks(p + 1);
    for (bool first = true; *p != '}'; first = false) {
        if (!first) {
            if (*p != ',') return nullptr;
            p = over_blanks(p + 1);
        }
        bool escaped = false;
        const char *name = p + 1, *quote = *p == '"' ? end_of_string(name, &escaped) : nullptr;
        if (!quote || escaped) return nullptr;
        const std::string_view key(name, static_cast<size_t>(quote - name));
        size_t i = next < fields.size() && fields[next].name == key ? next : 0;
        while (i < fields.size() && fields[i].name != key) ++i;
        p = over_blanks(quote + 1);
        if (*p != ':') return nullptr;
        p = over_blanks(p + 1);
        if (i < fields.size()) {
            if (seen >> i & 1) return nullptr;
            seen |= uint64_t{1} << i;
            next = i + 1;
            p = append(p, to.child(i), fields[i], depth + 1);
        } else {
            p = shape_->refuse_unknown ? nullptr : over_value(p, depth + 1, JsonReader::kMaxDepth);
        }
        if (!p) return nullptr;
        p = over_blanks(p);
    }
    for (size_t i = 0; i < fields.size(); ++i) {
        if (seen >> i & 1) continue;
        if (!fields[i].nullable) return nullptr;
        to.child(i).append_null();
    }
    to.end_row();
    return p + 1;
}

const char *JsonScanner::append_map(const char *p, ColumnBuilder &to, int depth) {
    if (*p != '{') return nullptr;
    std::string_view keys[kMaxKeys];
    size_t n = 0;
    Fault fault;
    p = over_blanks(p + 1);
    for (; *p != '}'; ++n) {
        if (n > 0) {
            if (*p != ',') return nullptr;
            p = over_blanks(p + 1);
        }
        bool escaped = false;
        const char *name = p + 1, *quote = *p == '"' ? end_of_string(name, &escaped) : nullptr;
        if (!quote || escaped || n == kMaxKeys) return nullptr;
        keys[n] = {name, static_cast<size_t>(quote - name)};
        for (size_t i = 0; i < n; ++i)
            if (keys[i] == keys[n]) return nullptr;
        if (!append_scalar(to.child(0), keys[n], *form_, &fault)) return nullptr;
        p = over_blanks(quote + 1);
        if (*p != ':') return nullptr;
        p = append(over_blanks(p + 1), to.child(1), to.type().children[1], depth + 1);
        if (!p) return nullptr;
        p = over_blanks(p);
    }
    to.end_row();
    return p + 1;
}

}  // namespace weir::codecs
