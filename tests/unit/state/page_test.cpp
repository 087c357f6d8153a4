#include "host/state/page.hpp"

#include <deque>
#include <memory>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <weir/abi.h>

#include "host/state/keys.hpp"
#include "host/state/merge.hpp"

namespace weir::host {
namespace {

std::string page_of(const std::vector<Entry>& entries, uint32_t version = 3) {
    PageWriter writer(version);
    for (const Entry& entry : entries) writer.add(entry);
    return writer.take();
}

std::string text_of(Merge& merge) {
    std::string text;
    for (Entry entry; merge.next(entry);) {
        text += entry.key;
        text += entry.deleted ? "-" : "=" + std::string(entry.value);
        text += ' ';
    }
    return merge.ok() ? text : text + "!";
}

// Gives copies of pages, and takes each away when that is allowed.
class Copies : public PageSource {
public:
    explicit Copies(const std::vector<std::string_view>& pages, size_t large_bytes = SIZE_MAX) : pages_(pages), large_bytes_(large_bytes) {}
    bool next(std::string_view& page) override {
        if (at_ == pages_.size()) return false;
        ++at_;
        return again(page);
    }
    bool again(std::string_view& page) override {
        ++reads;
        copy_ = std::make_unique<std::string>(pages_[at_ - 1]);
        page = *copy_;
        return true;
    }
    void let_go() override { copy_.reset(); }
    size_t large_bytes() const override { return large_bytes_; }
    bool has_page() const { return copy_ != nullptr; }

    int reads = 0;

private:
    std::vector<std::string_view> pages_;
    std::unique_ptr<std::string> copy_;
    size_t large_bytes_;
    size_t at_ = 0;
};

// "key=value" and "key-" for each entry; "!" at the end if the bytes are wrong. The same from memory, page by page, and where all pages
// are large.
std::string merged(const std::vector<std::vector<std::string_view>>& runs) {
    Merge loaded, read, read_twice;
    std::deque<Copies> copies;
    bool has_empty = false;
    for (const auto& run : runs) {
        loaded.add(run);
        for (const std::string_view page : run) has_empty = has_empty || PageReader(page).entries() == 0;
        read.add(copies.emplace_back(run));
        read_twice.add(copies.emplace_back(run, 0));
    }
    std::string text = text_of(loaded);
    if (!has_empty) {
        EXPECT_EQ(text_of(read), text);
        EXPECT_EQ(text_of(read_twice), text);
    }
    return text;
}

TEST(Page, HasTheBytesThatTheHeaderPromises) {
    const std::string page = page_of({{"a", "xy", false}, {"b", "", false}, {"bc", "", true}});
    EXPECT_EQ(page, std::string("\1\3\0\0\0\3\0\0\0" "\1\3axy" "\1\1b" "\2\0bc", 9 + 5 + 3 + 4));
    EXPECT_EQ(merged({{page}}), "a=xy b= bc- ");
}

TEST(Page, OfAnotherFormatOrLengthIsCorrupt) {
    const std::string page = page_of({{"a", "xy", false}, {"b", "z", false}});
    for (size_t n = 0; n < page.size(); ++n)
        EXPECT_THAT(merged({{std::string_view(page).substr(0, n)}}), testing::EndsWith("!"));
    const std::string longer = page + "x";
    EXPECT_EQ(merged({{longer}}), "a=xy b=z !");
    std::string newer = page;
    newer[0] = 2;
    EXPECT_EQ(merged({{newer}}), "!");
}

TEST(Page, OfRandomBytesNeverReadsBeyondItself) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 20'000; ++i) {
        std::string page = page_of({{"key", "value", false}, {"key2", "", true}, {"key3", "value3", false}});
        for (int flips = 0; flips < 3; ++flips) page[random() % page.size()] = static_cast<char>(random());
        const std::string copy(page);  // its end is the end of what may be read
        (void)merged({{copy}});
    }
}

TEST(Merge, GivesTheNewestEntryOfEachKey) {
    const std::string newest = page_of({{"b", "2", false}, {"c", "", true}});
    const std::string middle = page_of({{"a", "1", false}, {"b", "1", false}}, 2);
    const std::string last = page_of({{"c", "1", false}, {"long key of many bytes", "1", false}});
    const std::string empty = page_of({});
    EXPECT_EQ(merged({{newest}, {middle}, {}, {empty, last}}), "a=1 b=2 c- long key of many bytes=1 ");
}

TEST(Merge, RefusesPagesOutOfOrder) {
    const std::string first = page_of({{"a", "1", false}, {"c", "1", false}});
    const std::string second = page_of({{"b", "1", false}});
    EXPECT_EQ(merged({{first, second}}), "a=1 c=1 !");
    const std::string other = page_of({{"d", "1", false}}, 4);
    EXPECT_EQ(merged({{first, other}}), "a=1 c=1 !");
}

TEST(Merge, ReadsPagesOneByOne) {
    std::vector<std::string> pages;
    std::vector<std::vector<std::string_view>> runs(2);
    for (const char* key : {"a", "b", "c", "d", "e"}) pages.push_back(page_of({{key, "old", false}}));
    for (const char* key : {"b", "d", "f"}) pages.push_back(page_of({{key, "", true}}));
    runs[1].assign(pages.begin(), pages.begin() + 5);
    runs[0].assign(pages.begin() + 5, pages.end());
    EXPECT_EQ(merged(runs), "a=old b- c=old d- e=old f- ");
}

TEST(Merge, HasOneLargePageAtATimeAndReadsThoseThatAreReplacedOnce) {
    const std::string deletion = page_of({{"b", "", true}}), a = page_of({{"a", "large", false}}), b = page_of({{"b", "large", false}}),
                      c = page_of({{"c", "large", false}}), d = page_of({{"d", "large", false}});
    Copies newest({deletion}, 15), first({a, c}, 15), second({b, d}, 15);
    Merge merge;
    for (Copies* run : {&newest, &first, &second}) merge.add(*run);
    std::string keys;
    for (Entry entry; merge.next(entry); keys += entry.key) {
        EXPECT_FALSE(first.has_page() && second.has_page());
        EXPECT_EQ(entry.value, entry.deleted ? "" : "large");
    }
    EXPECT_TRUE(merge.ok());
    EXPECT_EQ(keys, "abcd");
    EXPECT_EQ(newest.reads, 1);
    EXPECT_EQ(first.reads, 4);
    EXPECT_EQ(second.reads, 3);
}

TEST(Merge, RefusesAPageWithoutEntriesWherePagesAreRead) {
    const std::string first = page_of({{"a", "1", false}}), empty = page_of({});
    Copies copies({first, empty, first});
    Merge merge;
    merge.add(copies);
    EXPECT_EQ(text_of(merge), "a=1 !");
}

TEST(Keys, ComeBackAsTheyWere) {
    std::string id;
    append_u32(id, 9);
    append_id_tail(id, 70'000, WEIR_STATE_SPLIT, 0, std::string_view("p\0-1", 4));
    const auto parts = parse_id(id);
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->node, 9u);
    EXPECT_EQ(parts->state, 70'000u);
    EXPECT_EQ(parts->split, std::string("p\0-1", 4));
    EXPECT_FALSE(parse_id(id.substr(0, id.size() - 1)));
    EXPECT_FALSE(parse_id(id + "x"));

    host::Run run;
    run.newest = 12;
    run.oldest = 7;
    run.bytes = 1u << 20;
    run.entries = 5;
    run.deletions = 1;
    run.version = 4;
    run.pages = 3;
    run.full = true;
    host::Run back;
    std::vector<std::string> first_keys;
    const std::string value = encode_run(run, {"a", "", "longer"});
    ASSERT_TRUE(parse_run(run_key(id, run).substr(1 + id.size()), value, back, &first_keys));
    EXPECT_TRUE(back.same_place(run));
    EXPECT_EQ(encode_run(back, first_keys), value);
    EXPECT_THAT(first_keys, testing::ElementsAre("", "", "longer"));
    EXPECT_LT(run_key(id, run), run_key(id, host::Run{11, 3, 0, 0, 0, 0, 0, false, 0, {}}));  // the newer one stands first
}

}  // namespace
}  // namespace weir::host
