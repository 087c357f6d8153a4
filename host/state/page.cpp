#include "host/state/page.hpp"

#include <algorithm>
#include <utility>

namespace weir::host {

namespace {

constexpr char kPageFormat = 1;

uint32_t read_u32(const char* from) {
    uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i) value |= static_cast<uint32_t>(static_cast<unsigned char>(from[i])) << (8 * i);
    return value;
}

}  // namespace

void PageWriter::add(const Entry& entry) {
    if (entries_ == 0) first_key_ = entry.key;
    const size_t most = used_ + kMaxEntryHeaderBytes + entry.key.size() + entry.value.size();
    if (page_.size() < most) page_.resize(std::max(most, 2 * page_.size()));
    const char* end = put_entry(page_.data() + used_, entry.key.data(), static_cast<uint32_t>(entry.key.size()),
                                entry.value.data(), static_cast<uint32_t>(entry.value.size()), entry.deleted);
    used_ = static_cast<size_t>(end - page_.data());
    ++entries_;
}

std::string PageWriter::take() {
    put_page_header(page_.data(), version_, entries_);
    page_.resize(used_);
    entries_ = 0;
    used_ = kPageHeaderBytes;
    return std::exchange(page_, std::string(kPageHeaderBytes, '\0'));
}

PageReader::PageReader(std::string_view page) {
    ok_ = page.size() >= kPageHeaderBytes && page[0] == kPageFormat;
    if (!ok_) return;
    version_ = read_u32(page.data() + 1);
    entries_ = left_ = read_u32(page.data() + 5);
    at_ = page.data() + kPageHeaderBytes;
    end_ = page.data() + page.size();
}

bool find_entry(PageReader& page, std::string_view key, std::optional<Entry>& found) {
    found.reset();
    const uint64_t prefix = key_prefix(key.data(), key.size());
    for (Entry entry; page.next(entry);) {
        const uint64_t own = key_prefix(entry.key.data(), entry.key.size());
        if (own < prefix || (own == prefix && entry.key < key)) continue;
        if (entry.key == key) found = entry;
        return true;
    }
    return page.ok();
}

}  // namespace weir::host
