#include "http_client.hpp"

#include <curl/curl.h>
#include <pthread.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "text.hpp"

namespace weir::clickhouse {
namespace {

constexpr std::chrono::milliseconds kPoll{1'000};  // a wake ends it sooner
constexpr size_t kMaxIdleHandles = 16;             // of libcurl, kept to use again
constexpr long kKeepAliveSeconds = 20;             // between probes of a connection that says nothing
constexpr const char *kCancelled = "cancelled";

void init_curl_once() {
    static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    static_cast<void>(code);  // a failure shows in curl_easy_init
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char &c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

}  // namespace

struct HttpClient::Transfer {
    HttpRequest request;
    Done done;
    HttpAnswer answer;
    curl_slist *headers = nullptr;
    size_t sent = 0;  // of the body, where it is sent once
    bool is_over = false;  // libcurl wants to begin again
    char error[CURL_ERROR_SIZE] = "";

    Transfer(HttpRequest r, Done d) : request(std::move(r)), done(std::move(d)) {}
    ~Transfer() { curl_slist_free_all(headers); }
    Transfer(const Transfer &) = delete;
    Transfer &operator=(const Transfer &) = delete;

    static size_t on_read(char *to, size_t, size_t n, void *self) {
        auto &t = *static_cast<Transfer *>(self);
        n = std::min(n, t.request.body->size() - t.sent);
        std::memcpy(to, t.request.body->data() + t.sent, n);
        t.sent += n;
        return n;
    }
    static int on_seek(void *self, curl_off_t, int) {
        static_cast<Transfer *>(self)->is_over = true;
        return CURL_SEEKFUNC_FAIL;
    }
    static size_t on_body(char *data, size_t, size_t n, void *self) {
        auto &t = *static_cast<Transfer *>(self);
        if (t.answer.body.size() + n > t.request.max_answer_bytes) {
            t.answer.too_long = true;
            return 0;
        }
        t.answer.body.append(data, n);
        return n;
    }
    static size_t on_header(char *data, size_t, size_t n, void *self) {
        const std::string_view line(data, n);
        auto &t = *static_cast<Transfer *>(self);
        if (line.starts_with("HTTP/")) t.answer.headers.clear();  // of an answer before it, such as 100
        if (const size_t colon = line.find(':'); colon != line.npos)
            t.answer.headers[lower(line.substr(0, colon))] = trim(line.substr(colon + 1));
        return n;
    }
};

HttpClient::HttpClient(TlsOptions tls) : tls_(std::move(tls)) {
    init_curl_once();
    multi_ = curl_multi_init();
}

HttpClient::~HttpClient() {
    {
        std::lock_guard lock(mutex_);
        cancelled_ = stopping_ = true;
    }
    if (multi_) curl_multi_wakeup(multi_);
    if (thread_.joinable()) thread_.join();
    for (void *easy : idle_) curl_easy_cleanup(easy);
    if (multi_) curl_multi_cleanup(multi_);
}

void HttpClient::start(HttpRequest request, Done done) {
    auto transfer = std::make_unique<Transfer>(std::move(request), std::move(done));
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(transfer));
    if (!thread_.joinable() && !stopping_) {
        thread_ = std::thread([this] { run(); });
        pthread_setname_np(thread_.native_handle(), "clickhouse-http");
    }
    curl_multi_wakeup(multi_);
}

void HttpClient::cancel() {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
    if (multi_) curl_multi_wakeup(multi_);
}

void HttpClient::give_up(Transfer &transfer) {
    transfer.answer.failure = kCancelled;
    transfer.answer.never_sent = transfer.answer.cancelled = true;
    transfer.done(std::move(transfer.answer));
}

void HttpClient::run() {
    for (;;) {
        std::vector<std::unique_ptr<Transfer>> fresh;
        bool cancelled, stopping;
        {
            std::lock_guard lock(mutex_);
            fresh.swap(waiting_);
            cancelled = cancelled_;
            stopping = stopping_;
        }
        if (stopping && fresh.empty() && delayed_.empty() && under_way_.empty()) return;
        for (auto &transfer : fresh) {
            const auto begin_at = Clock::now() + transfer->request.delay;
            delayed_.emplace(begin_at, std::move(transfer));
        }
        if (cancelled) {
            for (auto &[at, transfer] : std::exchange(delayed_, {})) give_up(*transfer);
            while (!under_way_.empty()) finish(under_way_.begin()->first, CURLE_ABORTED_BY_CALLBACK);
            if (stopping) continue;
        }
        const auto wait = begin_delayed();
        int running = 0, left = 0;
        curl_multi_perform(multi_, &running);
        while (CURLMsg *message = curl_multi_info_read(multi_, &left))
            if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result);
        curl_multi_poll(multi_, nullptr, 0, static_cast<int>(wait.count()), nullptr);
    }
}

std::chrono::milliseconds HttpClient::begin_delayed() {
    const auto now = Clock::now();
    while (!delayed_.empty() && delayed_.begin()->first <= now) {
        auto transfer = std::move(delayed_.begin()->second);
        delayed_.erase(delayed_.begin());
        begin(std::move(transfer));
    }
    if (delayed_.empty()) return kPoll;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(delayed_.begin()->first - now);
    return std::min(kPoll, left);
}

void HttpClient::begin(std::unique_ptr<Transfer> transfer) {
    CURL *easy = nullptr;
    if (idle_.empty()) {
        easy = curl_easy_init();
    } else {
        easy = idle_.back();
        idle_.pop_back();
    }
    if (!easy) {
        transfer->answer.failure = "libcurl has no memory";
        transfer->answer.never_sent = true;
        return transfer->done(std::move(transfer->answer));
    }
    Transfer &t = *transfer;
    curl_easy_setopt(easy, CURLOPT_URL, t.request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");  // what a database's address says is meant
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, kKeepAliveSeconds);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, kKeepAliveSeconds);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(t.request.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(t.request.timeout.count()));
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t.error);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    if (t.request.once && t.request.body) {
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, &Transfer::on_read);
        curl_easy_setopt(easy, CURLOPT_READDATA, &t);
        curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, &Transfer::on_seek);
        curl_easy_setopt(easy, CURLOPT_SEEKDATA, &t);
    } else {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, t.request.body ? t.request.body->data() : "");
    }
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(t.request.body ? t.request.body->size() : 0));
    t.headers = curl_slist_append(t.headers, "Expect:");  // no round trip before the body
    t.headers = curl_slist_append(t.headers, "Content-Type:");
    for (const std::string &header : t.request.headers) t.headers = curl_slist_append(t.headers, header.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t.headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &t);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &t);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls_.verify ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls_.verify ? 2L : 0L);
    if (!tls_.ca.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, tls_.ca.c_str());
    if (!tls_.certificate.empty()) curl_easy_setopt(easy, CURLOPT_SSLCERT, tls_.certificate.c_str());
    if (!tls_.key.empty()) curl_easy_setopt(easy, CURLOPT_SSLKEY, tls_.key.c_str());
    if (!tls_.key_password.empty()) curl_easy_setopt(easy, CURLOPT_KEYPASSWD, tls_.key_password.c_str());
    under_way_[easy] = std::move(transfer);
    curl_multi_add_handle(multi_, easy);
}

void HttpClient::finish(void *easy, int code) {
    const auto found = under_way_.find(easy);
    std::unique_ptr<Transfer> t = std::move(found->second);
    under_way_.erase(found);
    HttpAnswer &answer = t->answer;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer.status);
    if (code != CURLE_OK) {
        curl_off_t sent = 0;
        curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &sent);
        long request_bytes = 0;
        curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_bytes);
        answer.never_sent = request_bytes == 0 && sent == 0;
        answer.cancelled = code == CURLE_ABORTED_BY_CALLBACK;
        answer.failure = answer.cancelled   ? kCancelled
                         : answer.too_long ? "the answer is longer than " + std::to_string(t->request.max_answer_bytes) + " bytes"
                         : t->is_over      ? "the connection ended before the answer came"
                         : t->error[0]     ? t->error
                                           : curl_easy_strerror(static_cast<CURLcode>(code));
    }
    curl_multi_remove_handle(multi_, easy);
    curl_easy_reset(easy);
    if (idle_.size() < kMaxIdleHandles)
        idle_.push_back(easy);
    else
        curl_easy_cleanup(easy);
    t->done(std::move(answer));
}

std::string url_encode(std::string_view text) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size() * 3 / 2);
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '_' || c == '.' || c == '~';
        if (plain) {
            out.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out.push_back('%');
        out.push_back(kHex[byte >> 4]);
        out.push_back(kHex[byte & 15]);
    }
    return out;
}

}  // namespace weir::clickhouse
