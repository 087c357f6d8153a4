// The weir executable of this build as a child process: its arguments, its output, its end.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace weir::test {

// A folder that is gone with the object, with the files that a test writes into it.
class Folder {
public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    void write(const std::string& name, const std::string& text) const;
    std::string read(const std::string& name) const;

private:
    std::filesystem::path path_;
};

struct Outcome {
    int code = -1;  // of exit; 128 + n after signal n
    std::chrono::microseconds cpu{0};
    std::string out, err;
};

enum class ErrorOutput { kPipe, kTerminal };

// Started in a folder, with pipes; standard error may be a terminal of 80 columns. Whoever waits for it waits at
// most kPatience for more output: then it is killed, and the test fails by what is missing.
class Process {
public:
    Process(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
            const std::string& input = "", ErrorOutput error_output = ErrorOutput::kPipe,
            const std::vector<std::string>& environment = {});
    // A script of sh, in which "$WEIR_BIN" is the executable.
    static Process shell(const std::string& script, const std::filesystem::path& folder);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    // Until `text` was written to standard output or error. False if it ends before that.
    bool wait_for(const std::string& text);
    void send(int signal) const;
    // Nobody reads its standard output from now on, and it stays open.
    void leave_output() { is_output_left_ = true; }
    // Nobody reads its standard output any more.
    void close_output();
    // What has been read of its standard output.
    const std::string& output() const { return outcome_.out; }
    Outcome wait();

private:
    struct Words {
        std::vector<std::string> all;
    };
    Process(Words words, const std::filesystem::path& folder) {
        start(std::move(words.all), folder, "", ErrorOutput::kPipe, {});
    }
    void start(std::vector<std::string> words, const std::filesystem::path& folder, const std::string& input,
               ErrorOutput error_output, const std::vector<std::string>& environment);
    bool read_some();

    const Folder state_;  // where it keeps its topologies' state
    pid_t pid_ = -1;
    int out_ = -1, err_ = -1;
    bool is_output_left_ = false;
    Outcome outcome_;
};

// Runs it to its end.
Outcome weir(const std::vector<std::string>& arguments, const std::filesystem::path& folder = ".",
             const std::string& input = "");

// The same for a script of sh, in which "$WEIR_BIN" is the executable.
Outcome shell(const std::string& script, const std::filesystem::path& folder = ".");

}  // namespace weir::test
