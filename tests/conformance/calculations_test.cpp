// The shapes that are called with columns: aggregate and codec.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <weir/codec_call.hpp>

#include "tests/conformance/skeleton.hpp"

namespace weir::host {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using weir::testing::Json;
using weir::testing::json_rows;
using weir::testing::make_rows;
using weir::testing::schema_of;

struct MeanState {
    int64_t sum, count, overflowed;
};

class MeanTest : public ::testing::Test {
protected:
    MeanTest() {
        export_schema(schema_, &arguments_);
        weir_error error = empty_error();
        EXPECT_EQ(api_.create(&op_, &weir::testing::TestHost::get().abi(), to_abi("{}"), &arguments_, &self_, &result_,
                              &info_, &error),
                  WEIR_OK)
            << error.message;
    }
    ~MeanTest() override {
        api_.destroy(self_);
        arguments_.release(&arguments_);
        result_.release(&result_);
    }
    // Row i of `rows` to states[i]; gives what was refused.
    std::vector<std::string> call(decltype(weir_aggregate_api::update) function, const char* rows, std::vector<void*> states) {
        ArrowArray array = make_rows(schema_, Json::parse(rows));
        std::vector<std::string> refused;
        const weir_aggregate_rows in{sizeof in, 0, &array, nullptr, states.data(), 0, states.size(), &refused,
                                     [](const weir_aggregate_rows* self, uint64_t i, weir_str code, weir_str) {
                                         static_cast<std::vector<std::string>*>(self->data)->push_back(
                                             std::to_string(i) + " " + std::string(view(code)));
                                     }};
        EXPECT_EQ(function(self_, &in, nullptr), WEIR_OK);
        array.release(&array);
        return refused;
    }
    // A state that fails is `null` and its code.
    std::vector<std::string> results(std::vector<const void*> states) {
        ArrowArray column{};
        std::vector<std::string> out, failed(states.size());
        const weir_aggregate_states in{sizeof in, 0, states.data(), 0, states.size(), &failed,
                                       [](const weir_aggregate_states* self, uint64_t i, weir_str code, weir_str) {
                                           (*static_cast<std::vector<std::string>*>(self->data))[i] = view(code);
                                       }};
        EXPECT_EQ(api_.result(self_, &in, &column, nullptr), WEIR_OK);
        Type type = type_of(TypeId::kFloat64);
        Column values(&column, &type);
        for (int64_t i = 0; i < column.length; ++i) {
            const std::string value = values.is_null(i) ? "null" : std::to_string(values.value<double>(i));
            out.push_back(value + failed[static_cast<size_t>(i)]);
        }
        column.release(&column);
        return out;
    }

    Skeleton skeleton_{"aggregate"};
    const weir_operator& op_ = skeleton_.descriptor("mean", OperatorKind::kAggregate);
    const weir_aggregate_api& api_ = *static_cast<const weir_aggregate_api*>(op_.api);
    Schema schema_ = schema_of({{"n", "int64?"}});
    ArrowSchema arguments_{}, result_{};
    weir_aggregate_info info_{sizeof info_, 0, 0, 0};
    void* self_ = nullptr;
};

TEST_F(MeanTest, UpdatesRetractsAndMergesStates) {
    ASSERT_EQ(info_.state_bytes, sizeof(MeanState));
    EXPECT_STREQ(result_.format, "g");
    MeanState a{}, b{}, empty{};
    call(api_.update, "[[1],[5],[null],[12]]", {&a, &a, &a, &b});
    call(api_.update, "[[100]]", {&a});
    call(api_.retract, "[[100]]", {&a});
    EXPECT_THAT(results({&a, &b, &empty}), ElementsAre("3.000000", "12.000000", "null"));
    std::vector<void*> into{&a};
    std::vector<const void*> from{&b};
    ASSERT_EQ(api_.merge(self_, into.data(), from.data(), 0, 1, nullptr), WEIR_OK);
    EXPECT_THAT(results({&a}), ElementsAre("6.000000"));
}

TEST_F(MeanTest, RefusesTheRowThatDoesNotFit) {
    MeanState a{}, b{};
    EXPECT_THAT(call(api_.update, "[[9223372036854775807],[1],[4]]", {&a, &a, &b}), ElementsAre("1 overflow"));
    EXPECT_THAT(results({&a, &b}), ElementsAre("9223372036854775808.000000", "4.000000"));
}

TEST_F(MeanTest, ReportsAnOverflowOfMergeAsAFailedState) {
    MeanState a{}, b{};
    call(api_.update, "[[9223372036854775807],[1]]", {&a, &b});
    std::vector<void*> into{&a};
    std::vector<const void*> from{&b};
    ASSERT_EQ(api_.merge(self_, into.data(), from.data(), 0, 1, nullptr), WEIR_OK);
    EXPECT_THAT(results({&a, &b}), ElementsAre("nulloverflow", "1.000000"));
}

TEST_F(MeanTest, RefusesArgumentsThatItDoesNotTake) {
    ArrowSchema text, none{};
    export_schema(schema_of({{"s", "string"}}), &text);
    void* self = nullptr;
    weir_aggregate_info info{sizeof info, 0, 0, 0};
    weir_error error = empty_error();
    EXPECT_EQ(api_.create(&op_, &weir::testing::TestHost::get().abi(), to_abi("{}"), &text, &self, &none, &info, &error),
              WEIR_E_CONFIG);
    EXPECT_STREQ(error.message, "mean takes one int64");
    text.release(&text);
}

class NumbersTest : public ::testing::Test {
protected:
    NumbersTest() {
        export_schema(record_, &schema_);
        EXPECT_EQ(api_.create(&op_, &weir::testing::TestHost::get().abi(), to_abi("{}"), &self_, nullptr), WEIR_OK);
        EXPECT_EQ(api_.bind_decode(self_, &schema_, nullptr), WEIR_OK);
        EXPECT_EQ(api_.bind_encode(self_, &schema_, nullptr), WEIR_OK);
    }
    ~NumbersTest() override {
        api_.destroy(self_);
        schema_.release(&schema_);
    }
    // Rows as JSON; a payload of "-" is a tombstone. Failures are kept in failed_.
    std::vector<std::string> decode(const std::vector<std::string>& payloads, const uint8_t* wanted, const Schema& rows) {
        std::string bytes;
        std::vector<uint32_t> offsets;
        std::vector<int32_t> lengths;
        for (const std::string& payload : payloads) {
            offsets.push_back(static_cast<uint32_t>(bytes.size()));
            lengths.push_back(payload == "-" ? -1 : static_cast<int32_t>(payload.size()));
            bytes += payload;
        }
        weir_decode in{sizeof in, static_cast<uint32_t>(payloads.size()), reinterpret_cast<const uint8_t*>(bytes.data()),
                       offsets.data(), lengths.data(), wanted, this,
                       [](const weir_decode* d, uint32_t index, weir_str, int64_t position, weir_str message) {
                           static_cast<NumbersTest*>(d->data)->failed_.push_back(
                               std::to_string(index) + "@" + std::to_string(position) + ": " + std::string(view(message)));
                       }};
        ArrowArray out{};
        failed_.clear();
        EXPECT_EQ(api_.decode(self_, &in, &out, nullptr), WEIR_OK);
        auto text = json_rows(rows, out);
        out.release(&out);
        return text;
    }

    Skeleton skeleton_{"codec"};
    const weir_operator& op_ = skeleton_.descriptor("numbers", OperatorKind::kCodec);
    const weir_codec_api& api_ = *static_cast<const weir_codec_api*>(op_.api);
    Schema record_ = schema_of({{"a", "int64"}, {"b", "int64"}});
    ArrowSchema schema_{};
    void* self_ = nullptr;
    std::vector<std::string> failed_;
};

TEST_F(NumbersTest, DecodesWhatFitsAndFailsTheRest) {
    EXPECT_THAT(decode({"1,2", "x", "-3,-9223372036854775808", "-", "5", "6,7,8", "9,99999999999999999999", ""}, nullptr,
                       record_),
                ElementsAre(R"({"a":1,"b":2})", R"({"a":-3,"b":-9223372036854775808})"));
    EXPECT_THAT(failed_, ElementsAre("1@0: an int64 is expected", "3@-1: a payload is expected",
                                     "4@1: a comma is expected", "5@3: nothing more is expected",
                                     "6@20: an int64 is expected", "7@0: an int64 is expected"));
}

TEST_F(NumbersTest, LeavesOutColumnsThatNobodyWants) {
    const uint8_t wanted[] = {0, 1};
    EXPECT_THAT(decode({"1,2", "3,4"}, wanted, schema_of({{"b", "int64"}})),
                ElementsAre(R"({"b":2})", R"({"b":4})"));
    EXPECT_THAT(failed_, IsEmpty());
}

TEST_F(NumbersTest, EncodesRowsOneBehindTheOtherAndTellsThoseThatFailOrHaveNoPayload) {
    const Schema nullable = schema_of({{"a", "int64?"}, {"b", "int64?"}});
    ArrowArray rows = make_rows(
        nullable, Json::parse("[[1,-2],[null,3],[null,null],[9223372036854775807,-9223372036854775808]]"));
    auto out = encode(weir_codec{sizeof(weir_codec), 0, &api_, self_}, rows);
    rows.release(&rows);
    ASSERT_TRUE(out.ok());
    EXPECT_EQ(view(out->payload(0)), "1,-2");
    EXPECT_EQ(out->payload(2).data, nullptr);
    EXPECT_EQ(view(out->payload(3)), "9223372036854775807,-9223372036854775808");
    ASSERT_EQ(out->failed().size(), 1u);
    EXPECT_EQ(out->failed()[0].row, 1);
    EXPECT_EQ(out->failed()[0].code, "encode");
    EXPECT_EQ(out->failed()[0].message, "some values are null");
}

}  // namespace
}  // namespace weir::host
