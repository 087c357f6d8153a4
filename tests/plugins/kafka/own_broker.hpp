// A broker of the test's own, which it may kill.
#pragma once

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "decider.hpp"

namespace weir::testing {

class OwnBroker {
public:
    OwnBroker() {
        char pattern[] = "/tmp/weir-kafka-XXXXXX";
        dir_ = mkdtemp(pattern);
        start(" --set broker.session.timeout.ms=2000 --set broker.heartbeat.interval.ms=500"
              " --set transaction.abort.timed.out.transaction.cleanup.interval.ms=200");
    }
    ~OwnBroker() {
        kill();
        std::filesystem::remove_all(dir_);
    }
    // Comes back on the same port, with its data.
    void start(const std::string &options = "") {
        auto said = lines_of(script("start") + " --owner " + std::to_string(getpid()) + options);
        ASSERT_EQ(said.size(), 1u);
        address_ = said[0];
    }
    void kill() {
        signal(SIGKILL);  // at once; what is left of it the script clears away
        lines_of(script("stop") + " --kill");
    }
    void signal(int number) {
        std::ifstream file(dir_ + "/broker1/broker.pid");
        pid_t pid = 0;
        if (file >> pid) ::kill(pid, number);
    }
    const std::string &address() const { return address_; }

private:
    std::string script(const std::string &name) const {
        return std::string(std::getenv("WEIR_SOURCE_DIR")) + "/tests/servers/kafka/" + name + " " + dir_;
    }
    std::string dir_, address_;
};

}  // namespace weir::testing
