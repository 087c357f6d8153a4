#include "host/serve/server.hpp"

#include <gtest/gtest.h>

namespace weir::host {
namespace {

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

TEST(Problem, IsAsRfc9457HasIt) {
    const Answer answer = problem(400, "`n` is no number", "n");
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.type, "application/problem+json");
    EXPECT_EQ(answer.body, R"({"title":"Bad Request","status":400,"detail":"`n` is no number","parameter":"n"})");
    EXPECT_GT(problem(503, "away").retry_after, 0);
}

}  // namespace
}  // namespace weir::host
