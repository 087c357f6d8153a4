#include "columns.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <weir/time_text.hpp>

#include "makers.hpp"

namespace weir::generate {
namespace {

using Json = Config::Json;

// Sequences and timestamps advance without overflow for so many rows.
constexpr int64_t kMaxRows = 1'000'000'000'000;

Status wrong(const std::string &path, const std::string &message) { return Status::config(path, message); }

bool is_exact_number(const Type &type) { return type.is_signed_integer() || type.is_unsigned_integer(); }
bool is_number(const Type &type) {
    return is_exact_number(type) || type.id == TypeId::kFloat32 || type.id == TypeId::kFloat64 ||
           type.id == TypeId::kDecimal128;
}

// One column's declaration while it is turned into a maker. Each kind_...() reads one way to say it.
class Reader {
public:
    Reader(const std::string &name, const Config &spec, const MakerContext &context,
           const std::vector<MadeColumn> &before)
        : path_("columns." + name), name_(name), spec_(spec), context_(context), before_(before),
          stream_(context.seed, name) {}

    Result<MadeColumn> read();

private:
    using MakerResult = Result<std::unique_ptr<Maker>>;

    Status use_type(Type by_default) {
        if (!type_) type_ = std::move(by_default);
        return {};
    }
    Status bad(const char *kind, const std::string &message) const {
        return wrong(path_ + "." + kind, message);
    }
    MakerResult range();
    MakerResult list(const Json &values, const char *kind);
    MakerResult normal();
    MakerResult zipf();
    MakerResult sequence();
    MakerResult timestamp();
    MakerResult text_template();
    MakerResult fake();

    std::string path_, name_;
    Config spec_;
    const MakerContext &context_;
    const std::vector<MadeColumn> &before_;
    Stream stream_;
    std::optional<Type> type_;
    bool nullable_ = false;
};

Result<MadeColumn> Reader::read() {
    if (spec_.has("type")) {
        auto type = parse_type(spec_.string("type"));
        if (!type) return wrong(path_ + ".type", type.status().message());
        if (type->is_nested()) return wrong(path_ + ".type", "generate makes no lists, structs or maps");
        type_ = *type;
    }
    constexpr std::array kKinds{"range", "list", "normal", "zipf", "sequence", "timestamp", "template", "fake",
                                "constant"};
    auto given = [&](const char *kind) { return spec_.json().is_object() && spec_.json().contains(kind) &&
                                                (spec_.has(kind) || std::string_view(kind) == "constant"); };
    auto kind = std::find_if(kKinds.begin(), kKinds.end(), given);
    if (kind == kKinds.end() || std::count_if(kKinds.begin(), kKinds.end(), given) != 1)
        return wrong(path_, "column `" + name_ + "` needs exactly one of range, list, normal, zipf, sequence, "
                            "timestamp, template, fake, constant");
    std::string_view what = *kind;
    MakerResult maker = what == "range"       ? range()
                        : what == "list"      ? list(spec_.json().at("list"), "list")
                        : what == "normal"    ? normal()
                        : what == "zipf"      ? zipf()
                        : what == "sequence"  ? sequence()
                        : what == "timestamp" ? timestamp()
                        : what == "template"  ? text_template()
                        : what == "fake"      ? fake()
                                              : list(Json::array({spec_.json().at("constant")}), "constant");
    if (!maker) return maker.status();
    return MadeColumn{Field{name_, *type_, nullable_}, std::move(maker).value()};
}

Reader::MakerResult Reader::range() {
    const Json &bounds = spec_.json().at("range");
    if (!bounds.is_array() || bounds.size() != 2 || !bounds[0].is_number() || !bounds[1].is_number())
        return bad("range", "range is [lowest, highest], two numbers");
    double low = bounds[0].get<double>(), high = bounds[1].get<double>();
    if (low > high) return bad("range", "the lowest value of the range is above the highest");
    bool whole = bounds[0].is_number_integer() && bounds[1].is_number_integer();
    if (Status s = use_type(type_of(whole ? TypeId::kInt64 : TypeId::kFloat64)); !s.ok()) return s;
    if (!is_number(*type_)) return bad("type", "a range makes numbers, not " + to_string(*type_));
    if (type_->id == TypeId::kFloat32 || type_->id == TypeId::kFloat64)
        return std::unique_ptr<Maker>(new RealMaker(stream_, low, high));
    auto does_not_fit = [&] { return bad("range", "the range does not fit " + to_string(*type_)); };
    if (type_->id == TypeId::kDecimal128) {
        double unit = std::pow(10, type_->scale), limit = std::min(std::pow(10, type_->precision), 9e18);
        if (std::fabs(low * unit) >= limit || std::fabs(high * unit) >= limit) return does_not_fit();
        return std::unique_ptr<Maker>(new RangeMaker(stream_, std::llround(low * unit), std::llround(high * unit)));
    }
    if (!whole || bounds[0].is_number_unsigned() != (bounds[0].get<uint64_t>() <= INT64_MAX && low >= 0) ||
        (high > 0 && bounds[1].get<uint64_t>() > INT64_MAX))
        return bad("range", "a range of whole numbers has two whole bounds within int64");
    auto first = bounds[0].get<int64_t>(), last = bounds[1].get<int64_t>();
    if (first < lowest_of(*type_) || last > highest_of(*type_)) return does_not_fit();
    return std::unique_ptr<Maker>(new RangeMaker(stream_, first, last));
}

// Appends a value of the configuration; false: it does not fit the type.
bool append_json(ColumnBuilder &to, const Json &value) {
    const Type &type = to.type();
    if (value.is_null()) return to.append_null(), true;
    if (type.is_text()) {
        if (!value.is_string()) return false;
        return to.append_text(value.get_ref<const std::string &>()), true;
    }
    if (type.id == TypeId::kBool) {
        if (!value.is_boolean()) return false;
        return to.append_bool(value.get<bool>()), true;
    }
    if (!is_number(type) || !value.is_number()) return false;
    if (!is_exact_number(type)) return append_real(to, value.get<double>()), true;
    if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX)) return false;
    auto number = value.get<int64_t>();
    if (number < lowest_of(type) || number > highest_of(type)) return false;
    return to.append_integer(number), true;
}

Type type_for(const Json &values) {
    bool all_int = true, all_number = true, all_bool = true;
    for (const Json &v : values) {
        if (v.is_null()) continue;
        all_int &= v.is_number_integer();
        all_number &= v.is_number();
        all_bool &= v.is_boolean();
    }
    return type_of(all_int      ? TypeId::kInt64
                   : all_number ? TypeId::kFloat64
                   : all_bool   ? TypeId::kBool
                                : TypeId::kString);
}

Reader::MakerResult Reader::list(const Json &values, const char *kind) {
    if (!values.is_array() || values.empty()) return bad(kind, "list needs at least one value");
    if (Status s = use_type(type_for(values)); !s.ok()) return s;
    std::vector<double> weights;
    const Config given = spec_.child("weights");
    for (const Json &w : given.json())
        if (w.is_number()) weights.push_back(w.get<double>());
    if (spec_.has("weights") && (weights.size() != values.size() || std::string_view(kind) != "list"))
        return bad("weights", "weights go with list: one for each of its " + std::to_string(values.size()) + " values");
    double total = 0;
    for (double w : weights) total = w < 0 ? -1e300 : total + w;
    if (!weights.empty() && !(total > 0)) return bad("weights", "weights are 0 or more, and one is above 0");
    ColumnBuilder builder(*type_);
    for (const Json &v : values) {
        nullable_ |= v.is_null();
        if (!append_json(builder, v)) return bad(kind, "`" + v.dump() + "` is no " + to_string(*type_));
    }
    ArrowArray array;
    builder.finish(&array);
    return std::unique_ptr<Maker>(new ChoiceMaker(stream_, *type_, array, weights));
}

Reader::MakerResult Reader::normal() {
    Config normal = spec_.child("normal");
    if (Status s = use_type(type_of(TypeId::kFloat64)); !s.ok()) return s;
    if (!is_number(*type_)) return bad("type", "normal makes numbers, not " + to_string(*type_));
    if (normal.float64("stddev") < 0) return bad("normal.stddev", "a standard deviation is 0 or more");
    return std::unique_ptr<Maker>(new NormalMaker(stream_, normal.float64("mean"), normal.float64("stddev")));
}

Reader::MakerResult Reader::zipf() {
    Config zipf = spec_.child("zipf");
    if (Status s = use_type(type_of(TypeId::kInt64)); !s.ok()) return s;
    int64_t n = zipf.int64("n");
    double s = zipf.has("s") ? zipf.float64("s") : 1;
    if (!is_exact_number(*type_)) return bad("type", "zipf makes whole numbers, not " + to_string(*type_));
    if (n < 1 || n > (int64_t{1} << 50) || n > highest_of(*type_))
        return bad("zipf.n", "zipf needs n from 1 to 2^50, within " + to_string(*type_));
    if (!(s > 0 && s <= 20)) return bad("zipf.s", "the exponent s is above 0 and at most 20");
    return std::unique_ptr<Maker>(new ZipfMaker(stream_, Zipf(static_cast<double>(n), s)));
}

Reader::MakerResult Reader::sequence() {
    Config sequence = spec_.child("sequence");
    int64_t start = sequence.int64("start"), step = sequence.has("step") ? sequence.int64("step") : 1;
    if (Status s = use_type(type_of(TypeId::kInt64)); !s.ok()) return s;
    if (type_->id != TypeId::kInt64) return bad("type", "a sequence is int64");
    int64_t end = 0;
    if (__builtin_mul_overflow(step, kMaxRows, &end) || __builtin_add_overflow(start, end, &end))
        return bad("sequence", "start and step are so large that the sequence would overflow");
    return std::unique_ptr<Maker>(new SequenceMaker(start, step));
}

// A time as ISO 8601 has it, or the date alone.
std::optional<int64_t> parse_time(std::string_view text) {
    int64_t micros = 0;
    int32_t days = 0;
    if (parse_timestamp(text, &micros) == Parse::kOk) return micros;
    if (parse_date(text, &days) == Parse::kOk) return int64_t{days} * 86'400'000'000;
    return std::nullopt;
}

Reader::MakerResult Reader::timestamp() {
    Config timestamp = spec_.child("timestamp");
    if (Status s = use_type(type_of(TypeId::kTimestamp)); !s.ok()) return s;
    if (type_->id != TypeId::kTimestamp) return bad("type", "timestamp makes timestamps, not " + to_string(*type_));
    std::optional<int64_t> start;
    std::string text = timestamp.has("start") ? timestamp.string("start") : "now";
    if (text != "now" && !(start = parse_time(text)))
        return bad("timestamp.start", "`" + text + "` is neither `now` nor a time such as 2024-05-23T12:34:56Z");
    int64_t step = timestamp.has("step") ? timestamp.int64("step") : context_.row_time;
    int64_t jitter = timestamp.int64("jitter"), end = 0;
    if (jitter < 0) return bad("timestamp.jitter", "jitter is 0 or more");
    if (__builtin_mul_overflow(step, kMaxRows, &end)) return bad("timestamp.step", "the step is too long");
    return std::unique_ptr<Maker>(new TimestampMaker(stream_, start, step, jitter));
}

Reader::MakerResult Reader::text_template() {
    if (Status s = use_type(type_of(TypeId::kString)); !s.ok()) return s;
    if (type_->id != TypeId::kString) return bad("type", "a template is string");
    std::string text = spec_.string("template");
    std::vector<TemplateMaker::Piece> pieces(1);
    size_t bytes = text.size();
    for (size_t i = 0; i < text.size(); ++i) {
        bool doubled = i + 1 < text.size() && text[i + 1] == text[i];
        if (text[i] != '{' && text[i] != '}') {
            pieces.back().text += text[i];
        } else if (doubled) {
            pieces.back().text += text[i++];
        } else {
            size_t close = text.find('}', i);
            if (text[i] == '}' || close == std::string::npos)
                return bad("template", "`" + text + "` has a brace without its other one; {{ and }} stand for braces");
            std::string name = text.substr(i + 1, close - i - 1);
            auto found = std::find_if(before_.begin(), before_.end(), [&](auto &c) { return c.field.name == name; });
            if (found == before_.end() && name != "row")
                return bad("template", "`{" + name + "}` is neither {row} nor a column that stands before this one");
            pieces.back().column = found == before_.end() ? TemplateMaker::kRow
                                                          : static_cast<size_t>(found - before_.begin());
            bytes += found == before_.end() ? 20 : 48 + found->maker->row_bytes();
            pieces.emplace_back();
            i = close;
        }
    }
    return std::unique_ptr<Maker>(new TemplateMaker(std::move(pieces), bytes));
}

Reader::MakerResult Reader::fake() {
    if (Status s = use_type(type_of(TypeId::kString)); !s.ok()) return s;
    if (type_->id != TypeId::kString) return bad("type", "a name or a word is string");
    const auto kinds = fake_kinds();
    const auto kind = std::find(kinds.begin(), kinds.end(), spec_.string("fake")) - kinds.begin();
    return std::unique_ptr<Maker>(new FakeMaker(stream_, static_cast<Fake>(kind)));
}

}  // namespace

Result<std::vector<MadeColumn>> make_columns(const Config &columns, const MakerContext &context) {
    std::vector<MadeColumn> out;
    for (const auto &[name, spec] : columns.json().items()) {
        auto made = Reader(name, Config(spec), context, out).read();
        if (!made) return made.status();
        out.push_back(std::move(made).value());
    }
    if (out.empty()) return wrong("columns", "generate needs at least one column");
    return out;
}

}  // namespace weir::generate
