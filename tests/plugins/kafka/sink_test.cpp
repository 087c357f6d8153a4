// kafka.sink, driven through the ABI, read back by kafka.source.
#include "sink_fixture.hpp"

namespace weir::testing {
namespace {

TEST_F(KafkaSink, WritesValuesKeysAndHeaders) {
    Harness h = sink({{"value", "v"}, {"key", "k"}, {"headers", {{"number", "n"}}}},
                     {schema_of({{"k", "string?"}, {"v", "binary?"}, {"n", "int64"}})});
    ASSERT_EQ(start(h).message(), "");
    ASSERT_EQ(h.process(R"([["a","1",5],[null,"2",6],["c",null,7]])").message(), "");
    ASSERT_EQ(drain(h).message(), "");
    EXPECT_EQ(read_back({"value", "_key", "_headers"}),
              (std::vector<std::string>{R"({"value":"1","_key":"a","_headers":{"number":"5"}})",
                                        R"({"value":"2","_key":null,"_headers":{"number":"6"}})",
                                        R"({"value":null,"_key":"c","_headers":{"number":"7"}})"}));
}

TEST_F(KafkaSink, KeepsHeadersApartFromRecordsWithoutThem) {
    const std::vector<Schema> rows = {schema_of({{"v", "binary"}, {"n", "int64"}})};
    Harness with = sink({{"value", "v"}, {"headers", {{"number", "n"}}}}, rows);
    Harness without = sink({{"value", "v"}}, rows);
    ASSERT_EQ(start(with).message(), "");
    ASSERT_EQ(start(without).message(), "");
    for (const char *batch : {R"([["",1]])", R"([["a",2]])"}) {
        ASSERT_EQ(with.process(batch).message(), "");
        ASSERT_EQ(without.process(batch).message(), "");
    }
    ASSERT_EQ(drain(with).message(), "");
    ASSERT_EQ(drain(without).message(), "");
    EXPECT_EQ(read_back({"value", "_headers"}),
              (std::vector<std::string>{R"({"value":"","_headers":{"number":"1"}})", R"({"value":"","_headers":{}})",
                                        R"({"value":"a","_headers":{"number":"2"}})", R"({"value":"a","_headers":{}})"}));
}

TEST_F(KafkaSink, EncodesWithTheCodecAndLeavesMetadataOut) {
    Harness h = sink({{"format", {{"codec", "text"}, {"config", Json::object()}}}, {"key", "_key"}},
                     {schema_of({{"n", "int64?"}, {"_key", "binary?"}})});
    ASSERT_EQ(start(h).message(), "");
    ASSERT_EQ(h.process(R"([[1,"a"],[null,"b"],[3,null]])").message(), "");
    ASSERT_EQ(drain(h).message(), "");
    EXPECT_EQ(read_back({"value", "_key"}),
              (std::vector<std::string>{R"({"value":"1","_key":"a"})", R"({"value":"3","_key":null})",
                                        R"({"value":null,"_key":"b"})"}));
    EXPECT_TRUE(h.take_failed().empty());
}

TEST_F(KafkaSink, FailsTheRowsThatTheCodecCannotWriteAndSendsTheOthers) {
    Harness h = sink({{"format", {{"codec", "kv"}, {"config", Json::object()}}}, {"key", "k"}},
                     {schema_of({{"k", "string"}, {"s", "string?"}})});
    ASSERT_EQ(start(h).message(), "");
    ASSERT_EQ(h.process(R"([["a","x"],["b","x,y"],["c",null],["d,","z"],["e",""]])").message(), "");
    ASSERT_EQ(drain(h).message(), "");
    EXPECT_EQ(read_back({"value", "_key"}),
              (std::vector<std::string>{R"({"value":"k=a,s=x","_key":"a"})", R"({"value":"k=c","_key":"c"})",
                                        R"({"value":"k=e,s=","_key":"e"})"}));
    auto failed = h.take_failed();
    ASSERT_EQ(failed.size(), 2u);
    EXPECT_EQ(failed[0], (FailedRow{"encode", "s", "`x,y` has the separator `,` in it", R"({"k":"b","s":"x,y"})"}));
    EXPECT_EQ(failed[1], (FailedRow{"encode", "k", "`d,` has the separator `,` in it", R"({"k":"d,","s":"z"})"}));
}

TEST_F(KafkaSink, WritesDeadLetters) {
    options.input_stream = WEIR_STREAM_ERRORS;
    Harness h = sink(Json::object(), {error_schema()});
    ASSERT_EQ(start(h).message(), "");
    ASSERT_EQ(h.process(R"([
        ["pairs","out-of-range","n","13 is above 12","13","k",{"trace":"t1"},"raw",3,42,1716467696000000,null],
        ["raw","decode",null,"no payload",null,null,{},"raw",0,7,null,null],
        ["pairs","failed",null,"no source",null,null,null,null,null,null,null,"{\"a\":1}"]])")
                  .message(),
              "");
    ASSERT_EQ(drain(h).message(), "");
    EXPECT_EQ(read_back({"value", "_key", "_headers"}),
              (std::vector<std::string>{
                  R"({"value":"13","_key":"k","_headers":{"trace":"t1","weir.topology":"test","weir.node":"pairs",)"
                  R"("weir.code":"out-of-range","weir.field":"n","weir.message":"13 is above 12","weir.topic":"raw",)"
                  R"("weir.partition":"3","weir.offset":"42","weir.timestamp":"2024-05-23T12:34:56Z"}})",
                  R"({"value":"{\"a\":1}","_key":null,"_headers":{"weir.topology":"test","weir.node":"pairs",)"
                  R"("weir.code":"failed","weir.message":"no source"}})",
                  R"({"value":null,"_key":null,"_headers":{"weir.topology":"test","weir.node":"raw",)"
                  R"("weir.code":"decode","weir.message":"no payload","weir.topic":"raw","weir.partition":"0",)"
                  R"("weir.offset":"7"}})",
              }));
}

TEST_F(KafkaSink, WritesManyBatchesAndWaitsForRoom) {
    Harness h = sink({{"format", {{"codec", "text"}, {"config", Json::object()}}}}, {schema_of({{"n", "int64"}})});
    ASSERT_EQ(start(h).message(), "");
    int next = 0;
    for (int batch = 0; batch < 200; ++batch) {
        Json rows = Json::array();
        for (int i = 0; i < 500; ++i) rows.push_back(Json::array({next++}));
        Status status = h.process(make_rows(schema_of({{"n", "int64"}}), rows));
        until([&] { return !status.is_pending(); }, [&] { status = h.resume(); });
        ASSERT_EQ(status.message(), "");
    }
    ASSERT_EQ(drain(h).message(), "");
    auto rows = read_back({"value"});
    EXPECT_EQ(rows.size(), 100'000u);
    EXPECT_EQ(std::set<std::string>(rows.begin(), rows.end()).size(), 100'000u);
}

TEST_F(KafkaSink, RefusesColumnsThatAreNotThere) {
    Harness h = sink({{"key", "id"}}, {schema_of({{"n", "int64"}})});
    ASSERT_EQ(h.create().message(), "");
    Status status = h.bind();
    EXPECT_EQ(status.path(), "key");
    EXPECT_EQ(status.message(), "the input has no column `id`; it has { n: int64 }");
}

}  // namespace
}  // namespace weir::testing
