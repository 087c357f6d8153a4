// What only the embedded broker does.
#include "support.hpp"

namespace weir::testing {
namespace {

TEST(KafkaEmbedded, SaysWhereItIs) {
    TestConnection connection(config());
    ASSERT_EQ(connection.open().message(), "");
    EXPECT_TRUE(connection.logs().starts_with("embedded broker at 127.0.0.1:")) << connection.logs();
}

TEST(KafkaEmbedded, IsOneForAllConnections) {
    auto address = [](TestConnection &connection) {
        EXPECT_EQ(connection.open().message(), "");
        return connection.logs();
    };
    TestConnection first(config()), second(config());
    EXPECT_NE(address(first), "");
    EXPECT_EQ(address(second), "");  // it runs already, and was told of
    ASSERT_EQ(first.create_topic("shared", 2).message(), "");
    EXPECT_EQ(second.create_topic("shared", 2).message(), "topic `shared` exists");
}

TEST(KafkaEmbedded, CreatesWhatIsAskedFor) {
    TestCodecs codecs;
    TestConnection connection(config());
    ASSERT_EQ(connection.open().message(), "");
    EXPECT_EQ(open_sink(connection, codecs, unique_name("wanted")).message(), "");
}

TEST(KafkaEmbedded, StaysAsLongAsItIsHeld) {
    const auto &api =
        *static_cast<const weir_broker_api *>(kafka_plugin().module().extension(WEIR_EXT_BROKER));
    std::string address;
    weir_bytes_out out{sizeof out, 0, &address, [](const weir_bytes_out *to, weir_str bytes) {
                           *static_cast<std::string *>(to->data) = view(bytes);
                       }};
    weir_error error{};
    error.size = sizeof error;
    ASSERT_EQ(api.start(&out, &error), WEIR_OK) << error.message;
    std::string first = address;
    EXPECT_TRUE(first.starts_with("127.0.0.1:")) << first;
    {
        TestConnection connection(config());
        ASSERT_EQ(connection.open().message(), "");
        ASSERT_EQ(connection.create_topic("kept", 1).message(), "");
    }
    TestConnection connection(config());
    ASSERT_EQ(connection.open().message(), "");
    EXPECT_EQ(connection.create_topic("kept", 1).message(), "topic `kept` exists");
    api.stop();
}

}  // namespace
}  // namespace weir::testing
