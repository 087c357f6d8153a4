#include "connection.hpp"

#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace weir::clickhouse {
namespace {

constexpr std::chrono::milliseconds kOpenPause{300};  // between attempts to reach a server
constexpr uint64_t kMaxVersionBytes = 1'024;
constexpr const char *kNobody = "http://127.0.0.1:0";

std::string text_of(const Query &query, const std::string &database) {
    std::string out = "?";
    auto add = [&](std::string_view name, std::string_view value) {
        if (out.size() > 1) out += '&';
        out += url_encode(name) + '=' + url_encode(value);
    };
    if (query.data) add("query", query.sql);
    if (query.in_database) add("database", database);
    for (const auto &[name, value] : query.settings) add(name, value);
    return out;
}

}  // namespace

// A query on its way through the servers.
struct ClickHouseConnection::Asking {
    Query query;
    Done done;
    size_t server = 0;  // that is asked now
    size_t asked = 0;   // servers that were, in this attempt
};

Result<std::unique_ptr<ClickHouseConnection>> ClickHouseConnection::create(ConnectionContext context, const Config &config) {
    auto settings = ConnectionSettings::from(config);
    if (!settings) return settings.status();
    return std::unique_ptr<ClickHouseConnection>(new ClickHouseConnection(context, std::move(*settings)));
}

ClickHouseConnection::ClickHouseConnection(ConnectionContext context, ConnectionSettings settings)
    : context_(context), settings_(std::move(settings)), client_(std::make_unique<HttpClient>(settings_.tls)) {}

ClickHouseConnection::~ClickHouseConnection() {
    cancelled_ = true;
    client_.reset();
    engine_ = {};
    std::error_code error;  // of a folder of ours among the temporary ones
    if (!scratch_.empty()) std::filesystem::remove_all(scratch_, error);
}

size_t ClickHouseConnection::servers() const { return engine_ ? 1 : settings_.servers.size(); }

EngineAddress ClickHouseConnection::server(size_t i) const {
    if (!engine_) return {settings_.servers[i % settings_.servers.size()], settings_.user, settings_.password};
    auto address = engine_->address();
    return address ? *address : EngineAddress{kNobody, {}, {}};
}

Status ClickHouseConnection::start_engine() {
    std::string folder = settings_.embedded;
    std::error_code error;
    if (context_.check_only() && !std::filesystem::exists(folder, error)) {  // lint makes nothing: it looks at an empty engine
        scratch_ = (std::filesystem::temp_directory_path(error) / "weir-clickhouse-XXXXXX").native();
        if (!::mkdtemp(scratch_.data())) return Status::fatal(scratch_ + " cannot be made: " + std::strerror(errno));
        folder = scratch_;
    }
    auto engine = Engine::acquire(folder, [this](uint32_t level, const std::string &text) { context_.log(level, text); });
    if (!engine) return engine.status();
    engine_ = std::move(*engine);
    return {};
}

void ClickHouseConnection::cancel() {
    cancelled_ = true;
    client_->cancel();
    context_.wake();
}

Status ClickHouseConnection::open() {
    std::unique_lock lock(mutex_);
    if (opening_ == Opening::kDone) return opened_;
    if (opening_ == Opening::kAsking) return Status::pending();
    if (!settings_.embedded.empty()) {
        Status started = start_engine();
        if (!started.ok()) return started;
    }
    opening_ = Opening::kAsking;
    give_up_at_ = context_.now() + context_.connect_timeout().count();
    lock.unlock();
    reach({});
    return Status::pending();
}

void ClickHouseConnection::reach(std::chrono::milliseconds delay) {
    Query query{"SELECT version()"};
    query.delay = delay;
    query.in_database = false;
    query.max_answer_bytes = kMaxVersionBytes;
    start(std::move(query), [this](Answer answer) { on_reached(std::move(answer)); });
}

void ClickHouseConnection::on_reached(Answer answer) {
    std::unique_lock lock(mutex_);
    const Status engine = engine_ ? engine_->address().status() : Status();
    const bool is_hopeless = engine.code() == WEIR_E_CONFIG || engine.code() == WEIR_E_FATAL;
    if (answer.reaction == Reaction::kRetry && !answer.cancelled && !is_hopeless && context_.now() < give_up_at_) {
        if (!engine_ && !std::exchange(told_, true)) context_.log(WEIR_LOG_WARNING, answer.message + "; trying again");
        lock.unlock();
        return reach(kOpenPause);
    }
    if (answer.ok()) {
        const char *at = answer.body.data(), *end = at + answer.body.size();
        at = std::from_chars(at, end, version_.first).ptr;
        if (at < end && *at == '.') std::from_chars(at + 1, end, version_.second);
        if (version_.first == 0)
            opened_ = Status::config("url", answer.server + " does not answer as ClickHouse's HTTP interface does; its port is 8123 as a "
                                                            "rule, or 8443 with TLS");
    } else if (is_hopeless) {
        opened_ = engine;
    } else if (answer.reaction == Reaction::kDenied) {
        opened_ = Status::config(settings_.password.empty() ? "user" : "password", answer.message);
    } else if (answer.reaction == Reaction::kStop) {
        opened_ = Status::config("url", answer.message);
    } else {
        opened_ = Status::retryable(answer.message);
    }
    opening_ = Opening::kDone;
    lock.unlock();
    context_.wake();
}

HttpRequest ClickHouseConnection::request_for(const Query &query, const EngineAddress &server) const {
    HttpRequest request;
    Query full = query;
    full.settings.insert(full.settings.begin(), settings_.server_settings.begin(), settings_.server_settings.end());
    request.url = server.url + "/" + text_of(full, settings_.database);
    request.body = query.data ? query.data : std::make_shared<const std::string>(query.sql);
    request.headers = {"X-ClickHouse-User: " + server.user};
    if (!server.password.empty()) request.headers.push_back("X-ClickHouse-Key: " + server.password);
    if (!query.content_type.empty()) request.headers.push_back("Content-Type: " + query.content_type);
    request.connect_timeout = settings_.connect_timeout;
    request.timeout = query.timeout.count() > 0 ? query.timeout : settings_.timeout;
    request.once = query.data != nullptr;  // rows; a statement alone may be done twice
    request.max_answer_bytes = query.max_answer_bytes;
    return request;
}

void ClickHouseConnection::start(Query query, Done done) {
    auto asking = std::make_shared<Asking>(Asking{std::move(query), std::move(done)});
    asking->server = current_;
    attempt(std::move(asking));
}

void ClickHouseConnection::attempt(std::shared_ptr<Asking> asking) {
    HttpRequest request = request_for(asking->query, server(asking->server));
    request.delay = asking->query.delay;
    client_->start(std::move(request), [this, asking](HttpAnswer answer) { on_answer(asking, std::move(answer)); });
}

void ClickHouseConnection::on_answer(std::shared_ptr<Asking> asking, HttpAnswer raw) {
    Answer answer = read_answer(std::move(raw), server(asking->server).url);
    if (engine_ && !answer.sent) {  // what the engine is at tells more than that nobody listens
        const auto address = engine_->address();
        if (!address) answer.message = address.status().message();
    }
    if (answer.reaction == Reaction::kRetry && !answer.cancelled) {
        size_t expected = asking->server;
        current_.compare_exchange_strong(expected, (asking->server + 1) % servers());
        ++asking->asked;
        if (!answer.sent && asking->asked < servers()) {
            asking->server = (asking->server + 1) % servers();
            asking->query.delay = {};
            return attempt(std::move(asking));
        }
    } else if (answer.ok()) {
        current_ = asking->server;
    }
    asking->done(std::move(answer));
}

Answer ClickHouseConnection::ask(Query query) {
    std::mutex mutex;
    std::condition_variable there;
    bool done = false;
    Answer answer;
    start(std::move(query), [&](Answer a) {
        std::lock_guard lock(mutex);
        answer = std::move(a);
        done = true;
        there.notify_one();
    });
    std::unique_lock lock(mutex);
    there.wait(lock, [&] { return done; });
    return answer;
}

Answer ClickHouseConnection::ask_patiently(Query query) {
    const int64_t give_up_at = context_.now() + context_.connect_timeout().count();
    for (;;) {
        Answer answer = ask(query);
        if (answer.reaction != Reaction::kRetry || answer.cancelled || context_.now() >= give_up_at) return answer;
        query.delay = kOpenPause;
    }
}

Result<std::string> ClickHouseConnection::post(const std::string &sql, std::shared_ptr<const std::string> data) {
    const bool may_be_done_twice = !data;
    Query query{sql, std::move(data)};
    query.settings = {{"wait_end_of_query", "1"}};
    Answer answer = may_be_done_twice ? ask_patiently(std::move(query)) : ask(std::move(query));
    if (answer.ok()) return std::move(answer.body);
    return answer.as_status("ClickHouse");
}

}  // namespace weir::clickhouse
