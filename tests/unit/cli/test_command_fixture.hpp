// A topology and a test of it, for `weir test` from outside.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "process.hpp"

namespace weir::test {

// Numbers as JSON in, their pairs out; as a file that a broker would be needed for.
inline constexpr const char* kTested =
    "name: pairs\n"
    "parameters: { brokers: \"nowhere:1\", sum: 12 }\n"
    "connections: { kafka: { brokers: $brokers } }\n"
    "dead_letters: { kafka.sink: dlq }\n"
    "nodes:\n"
    "  raw: { kafka.source: { topic: numbers, format: json, record: { n: int64 } } }\n"
    "  pairs: { from: raw, pair_match: { value: n, sum: $sum } }\n"
    "  out: { from: pairs, kafka.sink: { topic: pairs, format: { template: \"{left}+{right}\" } } }\n";

class Test : public ::testing::Test {
protected:
    void SetUp() override { folder_.write("pairs.yaml", kTested); }

    // The output of a test of pairs.yaml with one case of such steps.
    Outcome steps(const std::string& steps, const std::vector<std::string>& options = {}) {
        return file("topology: pairs.yaml\ncases:\n  a case:\n    steps:\n" + steps, options);
    }
    Outcome file(const std::string& text, const std::vector<std::string>& options = {}) {
        folder_.write("pairs.test.yaml", text);
        std::vector<std::string> arguments = {"test", "pairs.test.yaml", "--seed", "7"};
        arguments.insert(arguments.end(), options.begin(), options.end());
        return weir(arguments, folder_.path());
    }
    // The output that is all right.
    static std::string good() { return "ok    pairs.test.yaml: a case\n1 case, all ok; seed 7\n"; }

    Folder folder_;
};

}  // namespace weir::test
