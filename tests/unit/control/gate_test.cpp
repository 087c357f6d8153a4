#include "host/control/gate.hpp"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::host {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

constexpr const char* kToken = "0123456789abcdef";

int status_of(HttpRequest::Pairs headers) {
    static const Gate gate(kToken, {"weir.example"});
    headers.emplace_back("Host", "localhost:8600");
    const auto refusal = gate.refuse({"GET", "/", {}, "", std::move(headers)});
    return refusal ? refusal->status : 200;
}

TEST(Gate, LetsPassWhoHasTheToken) {
    EXPECT_EQ(status_of({{"Authorization", std::string("Bearer ") + kToken}}), 200);
    EXPECT_EQ(status_of({{"authorization", std::string("bearer ") + kToken}}), 200);
}

TEST(Gate, RefusesAllOthers) {
    EXPECT_EQ(status_of({}), 401);
    for (const char* given : {"", "Bearer", "Bearer ", "Bearer 0123456789abcde", "Bearer 0123456789abcdef0", "Bearer 0123456789abcdeF", "Basic 0123456789abcdef",
                              "0123456789abcdef", "Bearer  0123456789abcdef"})
        EXPECT_EQ(status_of({{"Authorization", given}}), 401) << given;
    const std::string right = std::string("Bearer ") + kToken;
    EXPECT_EQ(status_of({{"Authorization", right}, {"Authorization", right}}), 401) << "two of them";
}

TEST(Gate, RefusesPagesOfOtherSites) {
    const std::string right = std::string("Bearer ") + kToken;
    EXPECT_EQ(status_of({{"Authorization", right}, {"Origin", "http://localhost:8600"}}), 200);
    for (const char* origin : {"http://localhost:8601", "http://evil.example", "null", ""})
        EXPECT_EQ(status_of({{"Authorization", right}, {"origin", origin}}), 403) << origin;
}

TEST(Endpoint, IsAnAddressAndAPort) {
    EXPECT_EQ(parse_endpoint("127.0.0.1:8600")->port, 8600);
    EXPECT_EQ(parse_endpoint("localhost:0")->address, "127.0.0.1");
    EXPECT_EQ(parse_endpoint("[::1]:65535")->address, "::1");
    for (const char* wrong : {"", "8600", ":8600", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:80x", "::1:80", "example.org:80", "[::1:80"})
        EXPECT_FALSE(parse_endpoint(wrong).ok()) << wrong;
}

class TokenFile : public testing::Test {
protected:
    TokenFile() {
        char name[] = "/tmp/weir-token-XXXXXX";
        path_ = mkdtemp(name);
    }
    ~TokenFile() override { std::filesystem::remove_all(path_); }
    Result<std::string> read(const std::string& text, mode_t mode = 0600) {
        const auto file = path_ / "token";
        std::ofstream(file) << text;
        chmod(file.c_str(), mode);
        return read_token(file);
    }
    std::filesystem::path path_;
};

TEST_F(TokenFile, IsReadWithoutWhiteSpaceAroundIt) { EXPECT_EQ(*read("  0123456789abcdef\r\n"), "0123456789abcdef"); }

TEST_F(TokenFile, IsRefusedWhereItIsNoSecret) {
    EXPECT_THAT(read("0123456789abcde").status().message(), HasSubstr("a token of 15 bytes is easily guessed; expected: 16 at least"));
    EXPECT_THAT(read("0123456789abcdef", 0644).status().message(), HasSubstr("everybody on this machine can read or write it: chmod o="));
    EXPECT_TRUE(read("0123456789abcdef", 0640).ok());
    EXPECT_THAT(read_token(path_ / "none").status().message(), EndsWith("none: cannot be read: No such file or directory"));
}

}  // namespace
}  // namespace weir::host
