// Drives one codec through the ABI: payloads in, rows as JSON and failures out, and the way back.
#pragma once

#include <optional>
#include <string>
#include <vector>

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

    // The payloads of rows given as JSON arrays, or the error.
    Result<std::vector<std::string>> encode(const std::string &json) {
        ArrowArray rows = make_rows(rows_, Json::parse(json));
        weir_encoded encoded{sizeof(weir_encoded), 0, nullptr, nullptr};
        Status status = call([&](weir_error *e) { return api().encode(self_, &rows, &encoded, e); });
        int64_t n = rows.length;
        rows.release(&rows);
        if (!status.ok()) return status;
        std::vector<std::string> out;
        for (int64_t i = 0; i < n; ++i)
            out.emplace_back(reinterpret_cast<char *>(encoded.data) + encoded.offsets[i],
                             encoded.offsets[i + 1] - encoded.offsets[i]);
        plugin_host().free(encoded.data);
        plugin_host().free(encoded.offsets);
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
        export_schema(schema, &raw);
        Status status = call([&](weir_error *e) { return bind(self_, &raw, e); });
        raw.release(&raw);
        return status;
    }

    const weir_operator *op_ = nullptr;
    void *self_ = nullptr;
    Status created_;
    Schema record_, rows_;
    std::vector<FailedSpan> failed_;
};

using Rows = std::vector<std::string>;
using Failures = std::vector<FailedSpan>;

}  // namespace weir::testing
