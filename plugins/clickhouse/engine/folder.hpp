// The data folder of an embedded engine, and what it holds beside the engine's own `data`:
//
//   lock        locked (flock) by the process that runs the engine; says which that is
//   password    of the engine's one user, made at the first start, for the owner's eyes alone
//   ports       of HTTP and of the native protocol: taken again where they are free, so that addresses stay
//   config.xml, users.xml   written at each start; what is in config.d/ and users.d/ is merged into them, and is the user's
//   log/        clickhouse.log, and console.log: what the engine wrote to its standard output and error
//
// Failures are std::runtime_error with a whole message.
#pragma once

#include <string>

namespace weir_clickhouse {

inline constexpr const char *kUser = "weir";

// Thrown where another process has the folder.
struct Locked {
    std::string by;
};

class Folder {
public:
    // Makes what is missing, and locks it as long as this process lives.
    explicit Folder(const std::string &path);

    const std::string &path() const { return path_; }
    const std::string &password() const { return password_; }
    int http_port() const { return http_port_; }
    int native_port() const { return native_port_; }

    // Standard output and error go to log/console.log from now on.
    void redirect_output() const;
    // What console.log says of why the engine ended; empty: nothing.
    std::string last_words() const;

private:
    void lock();
    void say_who_has_it() const;
    void read_password();
    void choose_ports();
    void write_configuration() const;
    std::string at(const char *name) const { return path_ + "/" + name; }

    std::string path_, password_;
    int lock_ = -1, http_port_ = 0, native_port_ = 0;
};

}  // namespace weir_clickhouse
