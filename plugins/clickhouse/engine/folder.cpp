#include "folder.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace weir_clickhouse {
namespace {

constexpr size_t kPasswordBytes = 16;
constexpr const char *kLogFile = "10M", *kLogFiles = "3";  // of clickhouse.log
constexpr size_t kMaxWords = 500;

[[noreturn]] void fail(const std::string &what) { throw std::runtime_error(what + ": " + std::strerror(errno)); }

std::string read(const std::string &file) {
    std::ifstream in(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

// Whole or not at all, readable for the owner alone.
void write(const std::string &file, const std::string &text) {
    const std::string part = file + ".part";
    const int fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) fail(part + " cannot be written");
    const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
    ::close(fd);
    if (!written || ::rename(part.c_str(), file.c_str()) != 0) fail(file + " cannot be written");
}

std::string in_xml(const std::string &text) {
    std::string out;
    for (const char c : text) out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string(1, c);
    return out;
}

// A loopback port that is free, held until this goes.
class FreePort {
public:
    // `wanted` if it is free, otherwise any.
    explicit FreePort(int wanted) {
        if (wanted <= 0 || wanted > UINT16_MAX || !bind(static_cast<uint16_t>(wanted))) bind(0);
        if (port_ == 0) fail("no port of 127.0.0.1 is free");
    }
    ~FreePort() { ::close(fd_); }
    FreePort(const FreePort &) = delete;
    FreePort &operator=(const FreePort &) = delete;
    int port() const { return port_; }

private:
    bool bind(uint16_t wanted) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int reuse = 1;  // as the engine has it: connections of an earlier run may linger
        ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(wanted);
        socklen_t size = sizeof address;
        auto *raw = reinterpret_cast<sockaddr *>(&address);
        if (::bind(fd_, raw, size) != 0 || ::listen(fd_, 1) != 0 || ::getsockname(fd_, raw, &size) != 0) return false;
        port_ = ntohs(address.sin_port);
        return true;
    }

    int fd_ = -1, port_ = 0;
};

}  // namespace

Folder::Folder(const std::string &path) : path_(path) {
    const bool is_new = !std::filesystem::exists(path_);
    std::error_code error;
    std::filesystem::create_directories(at("log"), error);
    if (error) throw std::runtime_error(path_ + " cannot be made: " + error.message());
    path_ = std::filesystem::canonical(path_).string();
    if (is_new) ::chmod(path_.c_str(), 0700);
    lock();
    read_password();
    choose_ports();
    write_configuration();
    say_who_has_it();
}

void Folder::lock() {
    lock_ = ::open(at("lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_ < 0) fail(at("lock") + " cannot be opened");
    if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) throw Locked{read(at("lock"))};
}

// In place: a file that took its name would not be the one that is locked.
void Folder::say_who_has_it() const {
    const std::string text = "process " + std::to_string(::getpid()) + ", of host " + std::to_string(::getppid()) +
                             ", at http://127.0.0.1:" + std::to_string(http_port_);
    if (::ftruncate(lock_, 0) != 0 || ::pwrite(lock_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
        fail(at("lock") + " cannot be written");
}

void Folder::read_password() {
    password_ = read(at("password"));
    if (!password_.empty()) return;
    unsigned char bytes[kPasswordBytes];
    if (::getrandom(bytes, sizeof bytes, 0) != sizeof bytes) fail("there are no random numbers for a password");
    static constexpr char kHex[] = "0123456789abcdef";
    for (const unsigned char byte : bytes) {
        password_ += kHex[byte >> 4];
        password_ += kHex[byte & 15];
    }
    write(at("password"), password_);
}

void Folder::choose_ports() {
    int http = 0, native = 0;
    std::istringstream(read(at("ports"))) >> http >> native;
    const FreePort first(http), second(native);  // both held, so that they differ
    http_port_ = first.port();
    native_port_ = second.port();
    write(at("ports"), std::to_string(http_port_) + "\n" + std::to_string(native_port_) + "\n");
}

// What is acknowledged is on the disk. Tables can tell an INSERT that comes again, but only who asks for that has it: others mean
// equal rows to be rows. `default` is the engine's own session, which must have no password: it may open ports and
// count, and nothing else, since a port of the loopback is open to every user of the machine and to every page in a browser.
void Folder::write_configuration() const {
    const std::string folder = in_xml(path_);
    write(at("config.xml"),
          "<clickhouse>\n"
          "  <path>" + folder + "/data/</path>\n"
          "  <users_config>" + folder + "/users.xml</users_config>\n"
          "  <log-level>information</log-level>\n"
          "  <logger><log>" + folder + "/log/clickhouse.log</log><size>" + kLogFile + "</size><count>" + kLogFiles + "</count></logger>\n"
          "  <listen_host>127.0.0.1</listen_host>\n"
          "  <http_port>" + std::to_string(http_port_) + "</http_port>\n"
          "  <tcp_port>" + std::to_string(native_port_) + "</tcp_port>\n"
          "  <mark_cache_size>67108864</mark_cache_size>\n"
          "  <max_server_memory_usage_to_ram_ratio>0.5</max_server_memory_usage_to_ram_ratio>\n"
          "  <merge_tree>\n"
          "    <fsync_after_insert>1</fsync_after_insert>\n"
          "    <fsync_part_directory>1</fsync_part_directory>\n"
          "    <non_replicated_deduplication_window>10000</non_replicated_deduplication_window>\n"
          "  </merge_tree>\n"
          "</clickhouse>\n");
    const std::string closed =
        "<networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>";
    write(at("users.xml"),
          "<clickhouse>\n"
          "  <profiles><default><deduplicate_insert>disable</deduplicate_insert></default></profiles>\n"
          "  <quotas><default/></quotas>\n"
          "  <users>\n"
          "    <default><password/>" + closed + "<grants>"
          "<query>GRANT SYSTEM LISTEN ON *.*</query><query>GRANT SELECT ON system.numbers</query></grants></default>\n"
          "    <" + kUser + "><password>" + password_ + "</password>" + closed + "</" + kUser + ">\n"
          "  </users>\n"
          "</clickhouse>\n");
}

void Folder::redirect_output() const {
    const int fd = ::open(at("log/console.log").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || ::dup2(fd, STDOUT_FILENO) < 0 || ::dup2(fd, STDERR_FILENO) < 0) fail(at("log/console.log") + " cannot be written");
    ::close(fd);
}

std::string Folder::last_words() const {
    std::istringstream lines(read(at("log/console.log")));
    std::string words;
    for (std::string line; std::getline(lines, line);)
        if (line.find("DB::Exception") != line.npos || words.empty()) words = line;
    return words.substr(0, kMaxWords);
}

}  // namespace weir_clickhouse
