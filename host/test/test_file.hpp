// FILE.test.yaml as it is written: which topology, and the cases with their steps.
//
//   topology: orders.yaml
//   cases:
//     counts per status:
//       set: { time: event }
//       steps:
//         - send: { orders: ["status=SHIPPED"] }
//         - advance: 30s
//         - expect: { out: ["status=SHIPPED,count=1"] }
//
// What steps say of nodes and rows is checked against the topology later (script.hpp).
//
// Ownership: plain values; nodes and places share the file. Threads: const access from any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/topology/diagnostic.hpp"
#include "host/topology/yaml_tree.hpp"

namespace weir::host::test {

enum class StepKind {
    kSend,       // value: by source, records
    kAdvance,    // time: by so many microseconds
    kWatermark,  // value: a time, or times by source
    kCrash,
    kEndOfInput,
    kExpect,  // value: by output, rows
};

struct FileStep {
    StepKind kind = StepKind::kSend;
    Place place;  // of its word
    YamlNode value;
    int64_t time = 0;
    bool before_commit = false;  // kCrash: the epoch of the step before is not committed
};

struct FileSetting {
    std::string name;
    std::string text;  // as --set takes it
    Place place;       // of the name
};

struct FilePartitions {
    std::string source;
    Place place;  // of the source's name
    int32_t count = 0;
};

// A partition's number is below it.
inline constexpr int32_t kMaxPartitions = 1024;

struct FileCase {
    std::string name;
    Place place;
    std::vector<FileSetting> settings;
    int64_t start = 0;                               // what the clock shows at the beginning
    std::vector<std::pair<std::string, Place>> real;  // sources that run as they are
    std::vector<FilePartitions> partitions;          // that sources have, besides those that are sent to
    std::vector<FileStep> steps;
};

struct TestFile {
    std::filesystem::path path;
    std::shared_ptr<SourceFile> file;
    std::filesystem::path topology;  // as from the current folder
    Place topology_place;
    std::vector<FileCase> cases;
};

// 2024-01-01T00:00:00Z: what a case's clock shows at its beginning where neither `now:` nor a first watermark behind it says so.
inline constexpr int64_t kDefaultStart = 1'704'067'200'000'000;

// All errors of the file are in `diagnostics` afterwards; nullopt if and only if there is one.
std::optional<TestFile> read_test_file(const std::filesystem::path& path, Diagnostics& diagnostics);

// The same for a text already read; `path` is its name in messages and the base of relative paths.
std::optional<TestFile> read_test_text(const std::filesystem::path& path, std::string text, Diagnostics& diagnostics);

// A time as ISO 8601 writes it, as microseconds; nullopt after an error.
std::optional<int64_t> read_time(const YamlNode& node, const std::string& subject, Diagnostics& diagnostics);

}  // namespace weir::host::test
