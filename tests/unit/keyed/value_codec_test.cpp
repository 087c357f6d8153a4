// Slots as bytes, and what one layout wrote read by another.
#include <cstring>
#include <optional>

#include <gtest/gtest.h>

#include <weir/state.hpp>

#include "host/keyed/value_codec.hpp"

namespace weir::host {
namespace {

struct Narrow {
    int16_t a = 0;
    std::optional<float> b;
    bool c = false;
    uint8_t d = 0;
    static auto fields() {
        return weir::fields(field("a", &Narrow::a), field("b", &Narrow::b), field("c", &Narrow::c), field("d", &Narrow::d));
    }
};
struct Wide {
    std::optional<bool> c;
    std::optional<int64_t> fresh;
    int64_t a = 0;
    std::optional<double> b;
    int32_t d = 0;
    static auto fields() {
        return weir::fields(field("c", &Wide::c), field("fresh", &Wide::fresh), field("a", &Wide::a), field("b", &Wide::b),
                            field("d", &Wide::d));
    }
};

template <class T>
SlotLayout layout() {
    const auto fields = weir::detail::Layout<T>::fields();
    return *SlotLayout::create(weir::detail::layout_of(1, sizeof(T), fields));
}

template <class From, class To>
Result<To> through(const From& from) {
    const SlotLayout written = layout<From>(), read = layout<To>();
    auto reader = SlotReader::create(written.schema(), read);
    if (!reader) return reader.status();
    std::string bytes;
    encode_slot(written, reinterpret_cast<const char*>(&from), 77, bytes);
    BytesPool pool;
    alignas(To) char slot[sizeof(To)] = {};
    std::optional<int64_t> expiry;
    EXPECT_TRUE(reader->read(bytes, slot, expiry, pool));
    EXPECT_EQ(expiry, 77);
    for (size_t n = 0; n < bytes.size(); ++n) {
        char scratch[sizeof(To)] = {};
        EXPECT_FALSE(reader->read(std::string_view(bytes).substr(0, n), scratch, expiry, pool)) << n;
    }
    To out;
    std::memcpy(&out, slot, sizeof out);
    return out;
}

TEST(ValueCodec, ReadsWhatItWrote) {
    const auto same = through<Narrow, Narrow>({-7, 1.5f, true, 200});
    ASSERT_TRUE(same.ok());
    EXPECT_EQ(same.value().a, -7);
    EXPECT_EQ(same.value().b, 1.5f);
    EXPECT_TRUE(same.value().c);
    EXPECT_EQ(same.value().d, 200);
    EXPECT_EQ((through<Narrow, Narrow>({1, std::nullopt, false, 0}).value().b), std::nullopt);
}

TEST(ValueCodec, ReadsNarrowerFieldsInAnyOrderAndNewNullableOnes) {
    const auto wide = through<Narrow, Wide>({-7, 1.5f, true, 200});
    ASSERT_TRUE(wide.ok()) << wide.status().message();
    EXPECT_EQ(wide.value().a, -7);
    EXPECT_EQ(wide.value().b, 1.5);
    EXPECT_EQ(wide.value().c, true);
    EXPECT_EQ(wide.value().d, 200);
    EXPECT_EQ(wide.value().fresh, std::nullopt);
}

TEST(ValueCodec, RefusesWhatWouldLoseSomething) {
    EXPECT_EQ((through<Wide, Narrow>({})).status().code(), WEIR_E_STATE_VERSION);
    EXPECT_EQ((through<Wide, Narrow>({})).status().message(),
              "field `c` was a bool? and is now a bool, which is not wider");
    EXPECT_EQ((through<int64_t, uint64_t>(1)).status().message(),
              "field `value` was a int64 and is now a uint64, which is not wider");
    EXPECT_EQ((through<float, double>(0.5f)).value(), 0.5);
    EXPECT_EQ((through<uint32_t, int64_t>(0xFFFFFFFFu)).value(), 0xFFFFFFFF);
    EXPECT_EQ((through<int8_t, int64_t>(-1)).value(), -1);
}

TEST(ValueCodec, RefusesALayoutThatCannotBe) {
    const weir_state_field outside{sizeof outside, 4, WEIR_NEVER_NULL, 0, "n", "l"};
    const weir_state_field list{sizeof list, 0, WEIR_NEVER_NULL, 0, "n", "+l"};
    const auto text_of = [](const weir_state_field& one, uint32_t bytes) {
        return SlotLayout::create(weir::detail::layout_of(1, bytes, {one})).status().message();
    };
    EXPECT_EQ(text_of(outside, 8), "field `n` lies outside of the slot's 8 bytes");
    EXPECT_NE(text_of(list, 8), "");
    EXPECT_EQ(text_of(outside, 0), "a slot has 0 bytes; 1 to 4,096 are possible");
}

}  // namespace
}  // namespace weir::host
