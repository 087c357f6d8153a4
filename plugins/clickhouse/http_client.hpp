// Requests over HTTP(S), many at once, on one thread of their own: libcurl's multi interface, which keeps connections open and
// uses them again. Knows nothing of ClickHouse.
//
// Threads: [any]. The thread begins with the first request and ends with the client.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <weir/result.hpp>

namespace weir::clickhouse {

// How servers prove who they are, and we to them. Paths of PEM files; empty: the system's authorities, no certificate.
struct TlsOptions {
    std::string ca, certificate, key, key_password;
    bool verify = true;
};

struct HttpRequest {
    std::string url;
    std::shared_ptr<const std::string> body;  // NULL: an empty one. The method is always POST
    std::vector<std::string> headers;         // `Name: value`
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds timeout{60'000};  // of the whole request
    uint64_t max_answer_bytes = UINT64_MAX;     // a longer answer is a failure
    std::chrono::milliseconds delay{0};         // to wait before it begins
    // It is not sent again where a connection that was used before ends without an answer, as libcurl does: the server may have
    // done what was asked.
    bool once = false;
};

struct HttpAnswer {
    // Why there is no whole answer; empty: there is one. The server may have done what was asked, unless `never_sent`.
    std::string failure;
    bool never_sent = false;
    bool cancelled = false;  // the failure is HttpClient::cancel
    bool too_long = false;  // the failure is max_answer_bytes
    long status = 0;        // 0: none came
    std::map<std::string, std::string, std::less<>> headers;  // names in small letters
    std::string body;

    bool complete() const { return failure.empty(); }
    // Empty where it did not come.
    std::string_view header(std::string_view name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string_view() : std::string_view(found->second);
    }
};

class HttpClient {
public:
    using Done = std::function<void(HttpAnswer)>;

    explicit HttpClient(TlsOptions tls);
    // Requests under way end with a failure first.
    ~HttpClient();
    HttpClient(const HttpClient &) = delete;
    HttpClient &operator=(const HttpClient &) = delete;

    // `done` is called once, on the client's thread, which it must not hold up; it may start another request.
    void start(HttpRequest request, Done done);
    // All requests under way, and all later ones, fail at once.
    void cancel();

private:
    using Clock = std::chrono::steady_clock;
    struct Transfer;
    void run();
    // Begins those whose time has come; how long until the next one's.
    std::chrono::milliseconds begin_delayed();
    static void give_up(Transfer &transfer);
    void begin(std::unique_ptr<Transfer> transfer);
    void finish(void *easy, int code);

    const TlsOptions tls_;
    void *multi_ = nullptr;  // CURLM
    std::mutex mutex_;       // guards what follows
    std::vector<std::unique_ptr<Transfer>> waiting_;
    bool cancelled_ = false, stopping_ = false;
    std::thread thread_;
    // The thread's own.
    std::multimap<Clock::time_point, std::unique_ptr<Transfer>> delayed_;
    std::map<void *, std::unique_ptr<Transfer>> under_way_;  // by CURL
    std::vector<void *> idle_;                               // CURL handles to use again
};

// Percent-encoding of everything but what RFC 3986 leaves unreserved.
std::string url_encode(std::string_view text);

}  // namespace weir::clickhouse
