// Drives one codec through the ABI: payloads in, rows as JSON and failures out, and the way back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <weir/codec_call.hpp>

#include "../built_plugin.hpp"

namespace weir::testing {

struct FailedSpan {
    uint32_t index;
    std::string field;
    int64_t position;
    std::string message;
    bool operator==(const FailedSpan &) const = default;
};

inline std::ostream &operator<<(std::ostream &out, const FailedSpan &f) {
    return out << f.index << " [" << f.field << "] at " << f.position << ": " << f.message;
}

using Rows = std::vector<std::string>;
using Failures = std::vector<FailedSpan>;
using Payloads = std::vector<std::optional<std::string>>;  // none: a tombstone

class CodecDriver {
public:
    CodecDriver(const std::string &name, const std::string &config = "{}") {
        static const Plugin plugin = built_plugin("codecs");
        op_ = &plugin.find(name, WEIR_KIND_CODEC);
        std::string complete = with_defaults(op_->params, op_->n_params, Json::parse(config)).dump();
        created_ = call([&](weir_error *e) {
            return api().create(op_, &TestHost::get().abi(), to_abi(complete), &self_, e);
        });
    }
    ~CodecDriver() {
        if (self_) api().destroy(self_);
    }
    CodecDriver(const CodecDriver &) = delete;
    CodecDriver &operator=(const CodecDriver &) = delete;

    const Status &created() const { return created_; }
    Status bind_decode(const Schema &record) {
        record_ = record;
        return with_schema(record, api().bind_decode);
    }
    Status bind_encode(const Schema &rows) {
        rows_ = rows;
        return with_schema(rows, api().bind_encode);
    }

    // The rows as JSON; failures go to failed(). Spans lie in one buffer, each right behind the other.
    std::vector<std::string> decode(const Payloads &payloads, std::vector<uint8_t> wanted = {}) {
        std::string base;
        std::vector<uint32_t> offsets;
        std::vector<int32_t> lengths;
        for (const auto &p : payloads) {
            offsets.push_back(static_cast<uint32_t>(base.size()));
            lengths.push_back(p ? static_cast<int32_t>(p->size()) : -1);
            if (p) base += *p;
        }
        std::vector<uint8_t> exact(base.begin(), base.end());  // no byte behind the end, for sanitizers
        weir_decode in{};
        in.size = sizeof in;
        in.n = static_cast<uint32_t>(payloads.size());
        in.base = exact.data();
        in.offsets = offsets.data();
        in.lengths = lengths.data();
        in.wanted = wanted.empty() ? nullptr : wanted.data();
        failed_.clear();
        in.data = &failed_;
        in.fail = [](const weir_decode *d, uint32_t i, weir_str field, int64_t position, weir_str message) {
            static_cast<std::vector<FailedSpan> *>(d->data)->push_back(
                {i, std::string(view(field)), position, std::string(view(message))});
        };
        ArrowArray out{};
        Status status = call([&](weir_error *e) { return api().decode(self_, &in, &out, e); });
        if (!status.ok()) throw std::runtime_error(status.message());
        Schema schema;
        for (size_t i = 0; i < record_.size(); ++i)
            if (wanted.empty() || wanted[i]) schema.fields.push_back(record_.fields[i]);
        if (out.length + static_cast<int64_t>(failed_.size()) != static_cast<int64_t>(payloads.size()))
            throw std::runtime_error("rows and failures do not add up to the payloads");
        auto rows = json_rows(schema, out);
        out.release(&out);
        return rows;
    }
    const std::vector<FailedSpan> &failed() const { return failed_; }

    // The payloads of rows given as JSON arrays: `null` a tombstone, none for those in refused().
    std::vector<std::optional<std::string>> encode_all(const std::string &json) {
        return encode_rows(make_rows(rows_, Json::parse(json)));
    }
    // The same of a struct array, which it takes over.
    std::vector<std::optional<std::string>> encode_rows(ArrowArray rows) {
        auto encoded = weir::encode(weir_codec{sizeof(weir_codec), 0, &api(), self_}, rows);
        const int64_t n = rows.length;
        rows.release(&rows);
        if (!encoded) throw std::runtime_error(encoded.status().message());
        refused_ = encoded->failed();
        std::vector<std::optional<std::string>> out;
        size_t next = 0;
        for (int64_t i = 0; i < n; ++i) {
            if (next < refused_.size() && refused_[next].row == i) {
                if (encoded->payload(i).size) throw std::runtime_error("a row that failed has bytes");
                ++next;
                continue;
            }
            const weir_str payload = encoded->payload(i);
            out.push_back(payload.data ? std::optional(std::string(view(payload))) : std::nullopt);
        }
        return out;
    }
    // The same where all rows have a payload.
    Rows encode(const std::string &json) {
        Rows out;
        for (auto &payload : encode_all(json)) out.push_back(payload.value());
        if (!refused_.empty()) throw std::runtime_error(refused_[0].message);
        return out;
    }
    // `row [field]: message` of each row that the last encode refused.
    Rows refused() const {
        Rows out;
        for (const RowError &e : refused_) out.push_back(std::to_string(e.row) + " [" + e.field + "]: " + e.message);
        return out;
    }

private:
    const weir_codec_api &api() const { return *static_cast<const weir_codec_api *>(op_->api); }
    template <class F>
    static Status call(F &&f) {
        weir_error error{};
        error.size = sizeof error;
        return Status::from_abi(f(&error), error);
    }
    template <class F>
    Status with_schema(const Schema &schema, F bind) {
        ArrowSchema raw;
        export_record(schema, &raw);
        Status status = call([&](weir_error *e) { return bind(self_, &raw, e); });
        raw.release(&raw);
        return status;
    }

    const weir_operator *op_ = nullptr;
    void *self_ = nullptr;
    Status created_;
    Schema record_, rows_;
    std::vector<FailedSpan> failed_;
    std::vector<RowError> refused_;
};

}  // namespace weir::testing
