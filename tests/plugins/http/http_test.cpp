// http.source: what senders are told, and when.
#include <gtest/gtest.h>

#include <thread>

#include <httplib.h>

#include "../built_codec.hpp"

namespace weir::testing {
namespace {

using Rows = std::vector<std::string>;

class Listening {
public:
    explicit Listening(Json config = Json::object()) {
        static const Plugin plugin = built_plugin("http");
        config["port"] = 0;
        config["record"] = {{"fields", {{{"name", "n"}, {"type", "int64"}}}}};
        HarnessOptions options;
        options.codec = make_codec;
        harness = std::make_unique<Harness>(plugin, "http.source", config.dump(), std::vector<Schema>{}, options);
        const size_t seen = TestHost::get().logs().size();
        if (Status s = harness->start(); !s.ok()) throw std::runtime_error(s.message());
        const std::string log = TestHost::get().logs().substr(seen), begin = "listens on http://127.0.0.1:";
        if (!log.starts_with(begin)) throw std::runtime_error(log);
        port = std::stoi(log.substr(begin.size()));
        if (harness->discover() != Rows{"http"} || !harness->assign(0, "http").ok()) throw std::runtime_error("no split");
    }
    // Polls once something has come.
    Status poll_next(uint64_t max_rows = WEIR_BATCH_MAX_ROWS) {
        while (!harness->take_wake()) std::this_thread::yield();
        return harness->poll(0, max_rows);
    }
    void commit() {
        const std::string at = harness->position(0);
        const weir_position position{0, to_abi(at)};
        weir_error error{};
        error.size = sizeof error;
        EXPECT_EQ(harness->api().on_epoch_committed(harness->self(), 1, &position, 1, &error), WEIR_OK);
    }

    std::unique_ptr<Harness> harness;
    int port = 0;
};

// A request on a thread of its own.
class Request {
public:
    Request(int port, const std::string &body, const std::string &type = "application/json", const httplib::Headers &headers = {})
        : thread_([=, this] {
              httplib::Client client("127.0.0.1", port);
              client.set_read_timeout(60);
              auto result = client.Post("/", headers, body, type);
              answer_ = result ? std::to_string(result->status) + " " + result->body : httplib::to_string(result.error());
          }) {}
    ~Request() {
        if (thread_.joinable()) thread_.join();
    }
    std::string answer() {
        thread_.join();
        return answer_;
    }

private:
    std::string answer_;
    std::thread thread_;
};

TEST(HttpSource, AnswersOnceRecordsAreCommitted) {
    Listening http;
    Request one(http.port, "{\"n\":\n1}");
    EXPECT_TRUE(http.poll_next().done());
    EXPECT_EQ(http.harness->take(), Rows{R"({"n":1})"});
    const std::string before = http.harness->position(0);
    Request two(http.port, "{\"n\":2}\n\n{\"n\":3}\r\n", "application/x-ndjson");
    EXPECT_TRUE(http.poll_next().done());
    EXPECT_EQ(http.harness->take(), (Rows{R"({"n":2})", R"({"n":3})"}));
    EXPECT_EQ(before, "1");
    http.commit();
    EXPECT_EQ(one.answer(), R"(200 {"taken":true})");
    EXPECT_EQ(two.answer(), R"(200 {"taken":true})");
    EXPECT_EQ(http.harness->metric("bodies"), 2);
}

TEST(HttpSource, AnswersAtOnceWhereToldSo) {
    Listening http(Json{{"answer", "taken"}, {"records", "lines"}});
    Request one(http.port, "{\"n\":1}\n{\"n\":2}");
    EXPECT_TRUE(http.poll_next().done());
    EXPECT_EQ(one.answer(), R"(200 {"taken":true})");
}

TEST(HttpSource, TakesABodyWholeOrNotAtAll) {
    Listening http;
    Request bad(http.port, "{\"n\":1}\nx\n{\"n\":\"2\"}\n", "text/plain; charset=utf-8");
    EXPECT_TRUE(http.poll_next().done());
    EXPECT_EQ(http.harness->take(), Rows());
    EXPECT_EQ(http.harness->take_failed(), std::vector<FailedRow>());
    const std::string answer = bad.answer();
    EXPECT_TRUE(answer.starts_with(R"(400 {"error":"nothing was taken: 2 records do not decode","records":[{"record":2,"field":"","message":")")) << answer;
    EXPECT_TRUE(answer.ends_with(R"x({"record":3,"field":"n","message":"`\"2\"` is not an int64 (at byte 5)"}]})x")) << answer;
    EXPECT_EQ(http.harness->metric("refused"), 1);
    Request empty(http.port, "\n\n", "text/csv");
    EXPECT_EQ(empty.answer(), R"(400 {"error":"the body has no record"})");
}

TEST(HttpSource, EmitsALargeBodyInBatches) {
    Listening http(Json{{"answer", "taken"}});
    std::string body;
    for (int i = 0; i < 2500; ++i) body += "{\"n\":" + std::to_string(i) + "}\n";
    Request large(http.port, body, "application/jsonl");
    Rows rows;
    Status status = http.poll_next(700);
    for (;; status = http.harness->poll(0, 700)) {
        const Rows some = http.harness->take();
        EXPECT_LE(some.size(), 700u);
        rows.insert(rows.end(), some.begin(), some.end());
        if (!status.is_more()) break;
    }
    ASSERT_EQ(rows.size(), 2500u);
    EXPECT_EQ(rows[2499], R"({"n":2499})");
    EXPECT_EQ(large.answer(), R"(200 {"taken":true})");
}

TEST(HttpSource, Tells429WhenItCannotKeepUp) {
    Listening http(Json{{"max_body", 20}, {"max_waiting", 20}});
    Request first(http.port, "{\"n\":1111111}");
    while (!http.harness->take_wake()) std::this_thread::yield();
    EXPECT_EQ(Request(http.port, "{\"n\":2222222}").answer(), R"(429 {"error":"weir cannot keep up; nothing of this was taken. Send it again later"})");
    EXPECT_EQ(Request(http.port, std::string(21, 'x')).answer(), R"(413 {"error":"the body is longer than `max_body`, 20 bytes; send it in parts"})");
    EXPECT_TRUE(http.harness->poll(0).done());
    http.commit();
    EXPECT_EQ(first.answer(), R"(200 {"taken":true})");
}

TEST(HttpSource, TellsThoseWhoWaitWhenItEnds) {
    Listening http;
    Request waiting(http.port, "{\"n\":1}");
    EXPECT_TRUE(http.poll_next().done());
    EXPECT_TRUE(http.harness->close().done());
    EXPECT_EQ(waiting.answer(), R"(503 {"error":"weir is stopping or begins again; nothing of this was taken. Send it again later"})");
}

TEST(HttpSource, TakesOnlyWhatIsPostedToItWithItsToken) {
    Listening http(Json{{"token", "secret"}, {"answer", "taken"}});
    EXPECT_TRUE(Request(http.port, "{\"n\":1}").answer().starts_with("401 "));
    EXPECT_TRUE(Request(http.port, "{\"n\":1}", "application/json", {{"Authorization", "Bearer secre"}}).answer().starts_with("401 "));
    Request good(http.port, "{\"n\":1}", "application/json", {{"Authorization", "Bearer secret"}});
    EXPECT_TRUE(http.poll_next().done());
    EXPECT_EQ(good.answer(), R"(200 {"taken":true})");
    httplib::Client client("127.0.0.1", http.port);
    EXPECT_EQ(client.Get("/")->body, R"({"error":"records come by POST /, and not by GET"})");
    EXPECT_EQ(client.Post("/x", "{}", "application/json")->body, R"({"error":"records are posted to /"})");
    EXPECT_EQ(client.Post("/", {{"Authorization", "Bearer secret"}, {"Content-Encoding", "gzip"}}, "x", "text/plain")->status, 415);
}

TEST(HttpSource, RefusesAPortThatIsTakenAndAnOpenDoor) {
    static const Plugin plugin = built_plugin("http");
    Listening http;
    HarnessOptions options;
    options.codec = make_codec;
    auto fault = [&](Json config) {
        config["record"] = {{"fields", {{{"name", "n"}, {"type", "int64"}}}}};
        Harness h(plugin, "http.source", config.dump(), {}, options);
        Status s = h.create();
        if (s.ok()) s = h.bind();
        return s.path() + ": " + s.message();
    };
    EXPECT_EQ(fault({{"port", 1}, {"host", "0.0.0.0"}}), "token: is missing: whoever reaches `0.0.0.0` could post. Give a token, or listen on 127.0.0.1");
    EXPECT_EQ(fault({{"port", 70000}}), "port: is 0 to 65535");
    EXPECT_EQ(fault({{"port", 1}, {"path", "x"}}), "path: begins with `/`");
}

}  // namespace
}  // namespace weir::testing
