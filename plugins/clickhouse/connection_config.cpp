// The connection `clickhouse`: its parameters.
#include <algorithm>

#include "connection.hpp"

namespace weir::clickhouse {
namespace {

constexpr weir_param kText[] = {param("", WEIR_PARAM_STRING, "")};
constexpr weir_param kSetting[] = {param("", WEIR_PARAM_ANY, "")};
constexpr weir_param kTls[] = {
    param("ca", WEIR_PARAM_STRING, "File of the certificate authority. Without it, the system's."),
    param("certificate", WEIR_PARAM_STRING, "File of this client's certificate."),
    param("key", WEIR_PARAM_STRING, "File of this client's private key."),
    param("key_password", WEIR_PARAM_STRING, "The private key's password.").secret(),
    param("verify", WEIR_PARAM_BOOL, "Whether to check the server's certificate and name.").default_json("true"),
};

constexpr weir_param kParams[] = {
    param("url", WEIR_PARAM_LIST,
          "Address of ClickHouse's HTTP interface, `http://host:8123` or `https://host:8443`; several are replicas of the same "
          "tables, of which the next is asked where one cannot be reached.")
        .primary()
        .scalar_or_list()
        .fields(kText),
    param("embedded", WEIR_PARAM_STRING,
          "Instead of `url`: a folder, in which a current ClickHouse keeps its tables that weir runs on this machine, in a process of "
          "its own and only for itself. `make embedded-clickhouse` obtains the engine. The log tells its address and user."),
    param("database", WEIR_PARAM_STRING, "The database of tables that are named without one.").default_json("\"default\""),
    param("user", WEIR_PARAM_STRING, "The user's name.").default_json("\"default\""),
    param("password", WEIR_PARAM_STRING, "The user's password.").default_json("\"\"").secret(),
    param("tls", WEIR_PARAM_OBJECT, "How servers at `https://` prove who they are. Without it by the system's authorities.").fields(kTls),
    param("connect_timeout", WEIR_PARAM_DURATION, "How long one attempt to connect may take.").default_json("5000000"),
    param("timeout", WEIR_PARAM_DURATION, "How long one request may take, its answer included.").default_json("60000000"),
    param("settings", WEIR_PARAM_MAP, "Settings of ClickHouse for every query: name to value.").fields(kSetting),
};

constexpr int64_t kMicrosPerMilli = 1'000;
constexpr const char *kDefaultUser = "default";
constexpr const char *kHttp = "http://", *kHttps = "https://";

// scheme://host:port, from what a user may write.
Result<std::string> server_of(std::string url) {
    const std::string given = url;
    auto wrong = [&](const std::string &why) {
        return Status::config("url", "`" + given + "` " + why + ": write http://host:8123, or https://host:8443 for TLS");
    };
    while (!url.empty() && url.back() == '/') url.pop_back();
    if (url.find("://") == url.npos) url.insert(0, kHttp);
    const bool tls = url.starts_with(kHttps);
    if (!tls && !url.starts_with(kHttp)) return wrong("is no address of an HTTP interface");
    const size_t host = tls ? 8 : 7;
    if (url.size() == host) return wrong("names no host");
    if (url.find_first_of("/?#@ ", host) != url.npos) return wrong("has more than host and port");
    const size_t bracket = url.find(']', host);  // of an IPv6 address
    if (url.find(':', bracket == url.npos ? host : bracket) == url.npos) url += tls ? ":8443" : ":8123";
    return url;
}

std::string setting_text(const Config::Json &value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean()) return value.get<bool>() ? "1" : "0";
    return value.dump();
}

}  // namespace

const OperatorSpec kConnectionSpec =
    connection_spec<ClickHouseConnection>("clickhouse", "A ClickHouse server, or several replicas, by the HTTP interface; or one that weir runs itself.").params(kParams);

Result<ConnectionSettings> ConnectionSettings::from(const Config &config) {
    ConnectionSettings out;
    for (const std::string &url : config.strings("url")) {
        auto server = server_of(url);
        if (!server) return server.status();
        out.servers.push_back(std::move(*server));
    }
    out.embedded = config.string("embedded");
    if (!out.embedded.empty() && !out.servers.empty())
        return Status::config("embedded", "stands beside `url`: either is the ClickHouse that is meant, so take one of them away");
    if (out.embedded.empty() && out.servers.empty())
        return Status::config("url", "is missing: name a server, such as http://localhost:8123, or a folder for one that weir runs: "
                                     "`embedded: PATH`");
    out.database = config.string("database");
    if (out.database.empty()) return Status::config("database", "is empty");
    out.user = config.string("user");
    out.password = config.string("password");
    if (!out.embedded.empty() && (out.user != kDefaultUser || !out.password.empty()))
        return Status::config(out.password.empty() ? "user" : "password", "is of no use beside `embedded`, which has a user of its own: leave it out");
    for (const auto &[name, text] : {std::pair("user", out.user), std::pair("password", out.password)})
        if (std::any_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }))
            return Status::config(name, "has a line break: a secret from a file ends before it");
    const Config tls = config.child("tls");
    out.tls = {tls.string("ca"), tls.string("certificate"), tls.string("key"), tls.string("key_password"),
               !tls.has("verify") || tls.boolean("verify")};
    for (const char *name : {"connect_timeout", "timeout"})
        if (config.int64(name) < kMicrosPerMilli) return Status::config(name, "is 1ms or more");
    out.connect_timeout = std::chrono::milliseconds(config.int64("connect_timeout") / kMicrosPerMilli);
    out.timeout = std::chrono::milliseconds(config.int64("timeout") / kMicrosPerMilli);
    const Config given = config.child("settings");
    for (const auto &[name, value] : given.json().items()) out.server_settings.emplace_back(name, setting_text(value));
    return out;
}

}  // namespace weir::clickhouse
