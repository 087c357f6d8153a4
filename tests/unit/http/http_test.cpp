#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/http/answer.hpp"
#include "host/http/origin.hpp"

namespace weir::host {
namespace {

using testing::HasSubstr;

TEST(OwnHost, IsLocalhostAnAddressOrAGivenName) {
    for (const char* host : {"localhost", "LOCALHOST:8502", "127.0.0.1", "127.0.0.1:8502", "192.168.1.5:80", "[::1]", "[::1]:8502"})
        EXPECT_TRUE(is_own_host(host, {})) << host;
    EXPECT_TRUE(is_own_host("Board.example:443", {"board.example"}));
}

// Whoever owns a name can let it mean this machine: a page of his would be of the same origin.
TEST(OwnHost, IsNoNameThatNobodyGave) {
    for (const char* host : {"", "evil.example", "evil.example:8502", "localhost.evil.example", "127.0.0.1.evil.example", "[::1", "[evil]:80", "0x7f000001"})
        EXPECT_FALSE(is_own_host(host, {"board.example"})) << host;
}

HttpRequest request_from(HttpRequest::Pairs headers, const char* method = "GET") { return {method, "/", {}, "", std::move(headers)}; }

TEST(ForeignRequest, IsRefusedWithTheNamesThatAreWelcome) {
    EXPECT_FALSE(refuse_foreign(request_from({{"host", "localhost:80"}}), {}, "`hosts`"));
    const auto named = refuse_foreign(request_from({{"Host", "evil.example"}}), {}, "`hosts`");
    ASSERT_TRUE(named);
    EXPECT_EQ(named->status, 421);
    EXPECT_THAT(named->body, HasSubstr("requests call this server by `localhost`, an address, or one of `hosts`"));
    EXPECT_TRUE(refuse_foreign(request_from({{"Host", "localhost"}, {"host", "localhost"}}), {}, "")) << "two of them";
}

TEST(ForeignRequest, MayFollowALinkAndAskForNothing) {
    const HttpRequest::Pairs link = {{"Host", "localhost"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "navigate"}};
    EXPECT_FALSE(refuse_foreign(request_from(link), {}, ""));
    EXPECT_EQ(refuse_foreign(request_from(link, "POST"), {}, "")->status, 403);
    EXPECT_EQ(refuse_foreign(request_from({{"Host", "localhost"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "cors"}}), {}, "")->status, 403);
}

TEST(Problem, IsAsRfc9457HasIt) {
    const Answer answer = problem(400, "`n` is no number", "n");
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.type, "application/problem+json");
    EXPECT_EQ(answer.body, R"({"title":"Bad Request","status":400,"detail":"`n` is no number","parameter":"n"})");
    EXPECT_GT(problem(503, "away").retry_after, 0);
}

}  // namespace
}  // namespace weir::host
