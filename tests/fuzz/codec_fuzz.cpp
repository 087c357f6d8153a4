// libFuzzer: any bytes into the decode of a codec, and what comes of it through encode and decode again, which must give
// the same rows. One executable; the codec is chosen by FUZZ_CODEC (json, csv, tsv, kv, text, pattern, raw).
//
// The first byte of an input chooses a configuration, the second the size of the first of two payloads: so that a failing
// payload can harm a good one beside it.
#include <cstdlib>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <weir/codec_call.hpp>
#include <weir/row_json.hpp>
#include <weir/testing/rows.hpp>
#include <weir/testing/test_host.hpp>

#include "plugins/codecs/csv.hpp"
#include "plugins/codecs/json.hpp"
#include "plugins/codecs/kv.hpp"
#include "plugins/codecs/raw.hpp"
#include "plugins/codecs/text.hpp"

namespace {

using namespace weir;
using weir::testing::schema_of;
using Json = Config::Json;

struct Setting {
    std::string config;
    Schema record;
};

Schema with_formats(Schema record) {
    for (Field& field : record.fields) {
        if (field.name == "p") field.path = "o.p";
        if (field.name == "j") field.format = "json";
        if (field.name == "t") field.format = "%d/%b/%Y:%H:%M:%S.%f %z";
        if (field.name == "day") field.format = "%-d.%-m.%Y";
    }
    return record;
}

const Schema kFlat = schema_of({{"i", "int64?"}, {"u", "uint8?"}, {"f", "float64?"}, {"g", "float32?"}, {"d", "decimal(20,4)?"},
                                {"s", "string?"}, {"y", "binary?"}, {"b", "bool?"}, {"t", "timestamp?"}, {"day", "date?"}});

std::vector<Setting> settings_of(const std::string& codec) {
    if (codec == "json")
        return {{"{}", schema_of({{"i", "int64?"}, {"u", "uint32?"}, {"f", "float64?"}, {"g", "float32?"}, {"d", "decimal(20,4)?"},
                                  {"s", "string?"}, {"y", "binary?"}, {"b", "bool?"}, {"t", "timestamp?"}, {"day", "date?"},
                                  {"l", "list<int16?>?"}, {"o", "struct<p: string?, q: struct<x: int64?, y: float64?>?>?"},
                                  {"m", "map<string, list<string?>?>?"}, {"k", "map<int32, bool>?"}})},
                {R"({"timestamps":"epoch_ms","rest":"more"})",
                 with_formats(schema_of({{"i", "int64"}, {"p", "string?"}, {"j", "string?"}, {"x", "timestamp?"}, {"t", "timestamp?"},
                                         {"more", "map<string, string>"}}))},
                {R"({"unknown":"refuse","timestamps":"%s.%6f","tombstones":"nulls"})", kFlat}};
    if (codec == "kv")
        return {{"{}", kFlat}, {R"({"pair_separator":"&","timestamps":"epoch_ns","tombstones":"nulls"})", with_formats(kFlat)}};
    if (codec == "csv" || codec == "tsv")
        return {{R"({"delimiter":","})", kFlat},
                {R"({"delimiter":";","header":true,"null_text":"NULL","timestamps":"epoch_us"})", with_formats(kFlat)},
                {R"({"delimiter":"\t","quote":"","columns":["s","i","-","d"]})", schema_of({{"i", "int64?"}, {"s", "string?"}, {"d", "decimal(9,2)"}})}};
    if (codec == "pattern")
        return {{R"re({"pattern":"(?P<i>-?[0-9]*) (?:(?P<s>[^ ]*) )?(?P<t>.*)"})re", with_formats(schema_of({{"i", "int64?"}, {"s", "string?"}, {"t", "timestamp"}}))}};
    if (codec == "raw") return {{"{}", schema_of({{"v", "binary?"}})}, {"{}", schema_of({{"v", "string"}})}};
    std::vector<Setting> out;
    for (const char* type : {"int64", "uint64?", "int8", "float64", "float32?", "decimal(38,10)", "string", "bool", "date", "timestamp"})
        for (const char* form : {"iso", "epoch_s", "%A %d %B %Y %I:%M:%S.%f %p"})
            out.push_back({std::string(R"({"timestamps":")") + form + "\"}", schema_of({{"v", type}})});
    return out;
}

// A codec with one configuration, bound both ways where it goes both ways.
struct Target {
    std::unique_ptr<Codec> codec;
    Schema record;
    bool writes = false;
};

void die(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::abort();
}

template <class T>
std::unique_ptr<Codec> make(const OperatorSpec& spec, const std::string& config) {
    Json complete = Json::parse(config);
    for (uint32_t i = 0; i < spec.n_params; ++i)
        if (const weir_param& p = spec.weir_operator::params[i]; p.default_json && !complete.contains(p.name))
            complete[p.name] = Json::parse(p.default_json);
    auto made = T::create(Config(complete));
    if (!made) die(made.status().message());
    return std::move(*made);
}

std::vector<Target> targets() {
    const char* chosen = std::getenv("FUZZ_CODEC");
    const std::string name = chosen ? chosen : "json";
    std::vector<Target> out;
    for (const Setting& setting : settings_of(name)) {
        Target target{name == "json"                     ? make<codecs::JsonCodec>(codecs::kJsonSpec, setting.config)
                      : name == "kv"                     ? make<codecs::KvCodec>(codecs::kKvSpec, setting.config)
                      : name == "csv" || name == "tsv"   ? make<codecs::CsvCodec>(codecs::kCsvSpec, setting.config)
                      : name == "raw"                    ? make<codecs::RawCodec>(codecs::kRawSpec, setting.config)
                                                         : make<codecs::TextCodec>(codecs::kTextSpec, setting.config),
                      setting.record, false};
        if (Status s = target.codec->bind_decode(target.record); !s.ok()) die(s.message());
        out.push_back(std::move(target));
    }
    return out;
}

struct Decoded {
    ArrowArray rows{};
    uint32_t failed = 0;
    Decoded() = default;
    Decoded(const Decoded&) = delete;
    Decoded& operator=(const Decoded&) = delete;
    ~Decoded() {
        if (rows.release) rows.release(&rows);
    }
};

using Payloads = std::vector<weir_str>;

void decode(Codec& codec, const Payloads& payloads, Decoded* out) {
    // Each byte exactly where it ends, for AddressSanitizer.
    size_t size = 0;
    for (const weir_str& p : payloads) size += p.data ? p.size : 0;
    std::unique_ptr<uint8_t[]> base(new uint8_t[size]);
    std::vector<uint32_t> offsets;
    std::vector<int32_t> lengths;
    size_t at = 0;
    for (const weir_str& p : payloads) {
        offsets.push_back(static_cast<uint32_t>(at));
        lengths.push_back(p.data ? static_cast<int32_t>(p.size) : -1);
        if (p.data && p.size) std::memcpy(base.get() + at, p.data, p.size);
        at += p.data ? p.size : 0;
    }
    weir_decode call{sizeof(weir_decode), static_cast<uint32_t>(payloads.size()), base.get(), offsets.data(), lengths.data(),
                     nullptr, out, nullptr};
    call.fail = [](const weir_decode* self, uint32_t index, weir_str, int64_t position, weir_str message) {
        ++static_cast<Decoded*>(self->data)->failed;
        if (position > self->lengths[index]) die("a position behind the end");
        if (!is_utf8(view(message)) || message.size == 0) die("a message that is none");
    };
    if (Status s = codec.decode(DecodeInput(&call), &out->rows); !s.ok()) die(s.message());
    if (static_cast<size_t>(out->rows.length) + out->failed != payloads.size()) die("a payload is not accounted for");
}

// Writes what was read and reads it again.
void there_and_back(Target& target, const Decoded& first) {
    if (Status s = target.codec->bind_encode(target.record); !s.ok()) return;
    struct Failed {
        std::vector<int64_t> rows;
    } failed;
    weir_encode call{sizeof(weir_encode), 0, &first.rows, &failed, nullptr};
    call.fail = [](const weir_encode* self, int64_t row, weir_str, weir_str) { static_cast<Failed*>(self->data)->rows.push_back(row); };
    EncodeOutput output(&call);
    if (Status s = target.codec->encode(first.rows, output); !s.ok()) die(s.message());
    weir_encoded encoded{sizeof(weir_encoded), 0, nullptr, nullptr, nullptr};
    output.finish(&encoded);
    Payloads payloads;
    std::vector<std::string> expected;
    size_t next = 0;
    for (int64_t i = 0; i < first.rows.length; ++i) {
        if (next < failed.rows.size() && failed.rows[next] == i) {
            ++next;
            continue;
        }
        const bool null = encoded.nulls && encoded.nulls[i];
        const auto* data = reinterpret_cast<const char*>(encoded.data) + encoded.offsets[i];
        payloads.push_back({null ? nullptr : data, null ? 0 : encoded.offsets[i + 1] - encoded.offsets[i]});
        append_json_row(expected.emplace_back(), target.record, first.rows, i, true);
    }
    // Written are the columns under their names and in the codec's forms.
    Schema plain = target.record;
    for (Field& field : plain.fields) field.path = field.format = "";
    const bool has_rest = plain.find("more").has_value();
    if (!has_rest) {
        if (Status s = target.codec->bind_decode(plain); !s.ok()) die(s.message());
        Decoded second;
        decode(*target.codec, payloads, &second);
        if (second.failed) die("what was written is not read: " + std::string(view(payloads[0])));
        for (size_t i = 0; i < expected.size(); ++i) {
            std::string again;
            append_json_row(again, target.record, second.rows, static_cast<int64_t>(i), true);
            if (again != expected[i]) die("read again it is another:\n" + expected[i] + "\n" + again);
        }
    }
    if (Status s = target.codec->bind_decode(target.record); !s.ok()) die(s.message());
    plugin_host().free(encoded.data);
    plugin_host().free(encoded.offsets);
    plugin_host().free(encoded.nulls);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    weir::testing::TestHost::get();
    static std::vector<Target> all = targets();
    if (size < 2) return 0;
    Target& target = all[data[0] % all.size()];
    const auto* text = reinterpret_cast<const char*>(data) + 2;
    const size_t left = size - 2, cut = std::min<size_t>(data[1], left);
    Decoded decoded;
    decode(*target.codec, {{text, cut}, {text + cut, left - cut}, {nullptr, 0}}, &decoded);
    there_and_back(target, decoded);
    return 0;
}
