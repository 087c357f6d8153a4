#include "lines.hpp"

namespace weir::file {

Lines::Lines(std::shared_ptr<const std::string> path) : weir_origin{}, path_(std::move(path)) {
    weir_origin::size = sizeof(weir_origin);
    weir_origin::retain = [](weir_origin *o) {
        static_cast<Lines *>(o)->references_.fetch_add(1, std::memory_order_relaxed);
    };
    weir_origin::release = [](weir_origin *o) { static_cast<Lines *>(o)->release_one(); };
    weir_origin::get = [](weir_origin *o, int64_t row, weir_origin_record *out) {
        return static_cast<const Lines *>(o)->describe(row, out);
    };
}

void Lines::release_one() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

void Lines::add(std::string_view prefix, std::string_view line, uint64_t offset) {
    offsets_.push_back(static_cast<uint32_t>(bytes_.size()));
    prefixes_.push_back(static_cast<uint32_t>(prefix.size()));
    lengths_.push_back(static_cast<int32_t>(prefix.size() + line.size()));
    file_offsets_.push_back(offset);
    bytes_.append(prefix.data(), prefix.size());
    bytes_.append(line.data(), line.size());
}

int32_t Lines::describe(int64_t row, weir_origin_record *out) const {
    if (row < 0 || row >= size()) return WEIR_E_UNSUPPORTED;
    const auto i = static_cast<size_t>(row);
    out->partition = -1;
    out->offset = offset(i);
    out->timestamp = INT64_MIN;
    out->topic = to_abi(*path_);
    const char *bytes = bytes_.data() ? reinterpret_cast<const char *>(bytes_.data()) : "";
    out->payload = {bytes + offsets_[i] + prefixes_[i], static_cast<uint64_t>(lengths_[i]) - prefixes_[i]};
    out->key = {nullptr, 0};
    out->headers = nullptr;
    out->n_headers = 0;
    return WEIR_OK;
}

}  // namespace weir::file
