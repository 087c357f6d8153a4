// The encoder `template` with any text, over rows at the edges of every type. What it writes for a text is what it writes for
// each of the text's parts, one behind the other; and a row fails where one of them does, and nowhere else.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/testing/test_host.hpp>

#include "plugins/codecs/template.hpp"
#include "tests/fuzz/edge_rows.hpp"

namespace {

using namespace weir;
using Json = Config::Json;

void die(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::abort();
}

// A payload for each row, none for one that failed; nothing at all where the template is refused.
using Payloads = std::vector<std::optional<std::string>>;

constexpr size_t kKnownValues = 10'000;  // that are remembered

struct Failed {
    std::vector<int64_t> rows;
};

class Encoder {
public:
    // The settings besides the text.
    explicit Encoder(Json settings) : settings_(std::move(settings)), rows_(fuzz::edge_rows()) {}

    std::optional<Payloads> encode(const std::string& text) {
        Json config = settings_;
        config["text"] = text;
        auto codec = codecs::TemplateCodec::create(Config(config));
        const Status bound = codec ? (*codec)->bind_encode(schema_) : codec.status();
        if (!bound.ok()) {
            if (bound.message().empty() || !is_utf8(bound.message()) || bound.path() != "text") die("a refusal that says nothing");
            return std::nullopt;
        }
        return written(**codec);
    }

    // The same for a placeholder alone.
    const std::optional<Payloads>& value(const std::string& name) {
        if (values_.size() >= kKnownValues) values_.clear();
        const auto [at, fresh] = values_.try_emplace(name);
        if (fresh) at->second = encode("{" + name + "}");
        return at->second;
    }
    int64_t row_count() const { return rows_.length; }

private:
    Payloads written(Codec& codec) const {
        Failed failed;
        weir_encode call{sizeof(weir_encode), 0, &rows_, &failed, nullptr};
        call.fail = [](const weir_encode* self, int64_t row, weir_str, weir_str message) {
            if (message.size == 0 || !is_utf8(view(message))) die("a message that is none");
            static_cast<Failed*>(self->data)->rows.push_back(row);
        };
        EncodeOutput output(&call);
        if (Status s = codec.encode(rows_, output); !s.ok()) die(s.message());
        weir_encoded encoded{sizeof(weir_encoded), 0, nullptr, nullptr, nullptr};
        output.finish(&encoded);
        Payloads out;
        for (int64_t row = 0; row < rows_.length; ++row) {
            const auto* begin = reinterpret_cast<const char*>(encoded.data) + encoded.offsets[row];
            out.emplace_back(std::string(begin, encoded.offsets[row + 1] - encoded.offsets[row]));
        }
        for (const int64_t row : failed.rows) out.at(static_cast<size_t>(row)).reset();
        plugin_host().free(encoded.data);
        plugin_host().free(encoded.offsets);
        plugin_host().free(encoded.nulls);
        return out;
    }

    Json settings_;
    Schema schema_ = fuzz::edge_schema();
    ArrowArray rows_;
    std::map<std::string, std::optional<Payloads>> values_;
};

struct Part {
    std::string text;
    bool is_name = false;
};

// The text as the documentation says: {{ and }} are braces, {NAME} stands for a value. Nothing where it says neither.
std::optional<std::vector<Part>> parts_of(const std::string& text) {
    std::vector<Part> out{{}};
    for (size_t at = 0; at < text.size();) {
        const std::string two = text.substr(at, 2);
        if (two == "{{" || two == "}}") {
            out.back().text += two[0];
            at += 2;
        } else if (text[at] == '{') {
            const size_t end = text.find('}', at);
            if (end == std::string::npos || end == at + 1) return std::nullopt;
            out.push_back({text.substr(at + 1, end - at - 1), true});
            out.push_back({});
            at = end + 1;
        } else if (text[at] == '}') {
            return std::nullopt;
        } else {
            out.back().text += text[at++];
        }
    }
    return out;
}

// What the parts give, put together.
std::optional<Payloads> expected(Encoder& encoder, const std::string& text) {
    const auto parts = parts_of(text);
    if (!parts) return std::nullopt;
    Payloads out(static_cast<size_t>(encoder.row_count()), "");
    for (const Part& part : *parts) {
        if (part.is_name && !encoder.value(part.text)) return std::nullopt;
        for (size_t row = 0; row < out.size(); ++row) {
            const std::optional<std::string> piece = part.is_name ? (*encoder.value(part.text))[row] : part.text;
            if (!piece) out[row].reset();
            if (out[row]) *out[row] += *piece;
        }
    }
    return out;
}

std::vector<Encoder> encoders() {
    std::vector<Encoder> out;
    for (const char* settings : {R"({"timestamps":"iso"})", R"({"timestamps":"epoch_ms","null_text":""})",
                                 R"({"timestamps":"%A %d %B %Y %I:%M:%S.%f %p","null_text":"NULL {s}"})"})
        out.emplace_back(Json::parse(settings));
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    weir::testing::TestHost::get();
    static std::vector<Encoder>& all = *new std::vector<Encoder>(encoders());  // for as long as the process: they hold rows
    if (size == 0) return 0;
    const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (!is_utf8(text)) return 0;  // no configuration has such a text
    Encoder& encoder = all[data[0] % all.size()];
    if (encoder.encode(text) != expected(encoder, text)) die("the whole is not the sum of its parts");
    return 0;
}
