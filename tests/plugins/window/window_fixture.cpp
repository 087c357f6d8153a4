#include "window_fixture.hpp"

#include <weir/ext/aggregation.h>
#include <weir/ext/expression.h>
#include <weir/time_text.hpp>

#include "host/aggregation/aggregation_api.hpp"
#include "host/expression/expression_api.hpp"
#include "tests/unit/aggregation/aggregation_fixture.hpp"

namespace weir::testing {

namespace {

int64_t micros_of(const std::string &text) {
    int64_t micros = 0;
    if (parse_timestamp(text, &micros) != Parse::kOk) throw std::invalid_argument(text);
    return micros;
}

}  // namespace

Schema WindowTest::input() {
    Schema schema = schema_of({{"k", "string?"}, {"t", "timestamp?"}, {"v", "int64?"}});
    schema.fields[1].event_time = 0;
    return schema;
}

Status WindowTest::start(const std::string &config, HarnessOptions options) {
    static const Plugin plugin = built_plugin("window");
    TestHost::get().add_extension(WEIR_EXT_EXPRESSION, &host::expression::expression_api());
    static const weir_aggregation_api &aggregation =
        host::aggregation::aggregation_api_with(host::aggregation::TestAggregates::get());
    TestHost::get().add_extension(WEIR_EXT_AGGREGATION, &aggregation);
    config_ = config;
    if (options.key.empty()) options.key = {"k"};
    h_ = std::make_unique<Harness>(plugin, "window", "{" + config + "}", std::vector<Schema>{input()}, std::move(options));
    return h_->start();
}

void WindowTest::make(const std::string &config, HarnessOptions options) {
    ASSERT_EQ(start(config, std::move(options)).message(), "");
}

void WindowTest::send(const std::string &rows) {
    Json given = Json::parse(rows);
    for (Json &row : given)
        if (row[1].is_number()) row[1] = at(row[1].get<double>());
        else if (row[1].is_string()) row[1] = micros_of(row[1].get<std::string>());
    const Status status = h_->process(given.dump());
    ASSERT_TRUE(status.done()) << status.message();
}

WindowTest::Lines WindowTest::out(uint32_t port) {
    Lines lines;
    for (const std::string &json : h_->take(port)) {
        std::string line;
        const Json row = Json::parse(json);
        for (const auto &[name, value] : row.items()) {
            if (!line.empty()) line += " ";
            std::string text = value.is_string() ? value.get<std::string>() : value.dump();
            if (text.starts_with("1970-01-01T00:")) text = std::to_string(std::stoi(text.substr(14, 2)) * 60 + std::stoi(text.substr(17, 2)));
            line += text;
        }
        lines.push_back(line);
    }
    return lines;
}

void WindowTest::crash_and_restore(uint32_t mode) {
    std::vector<StateBlock> blocks = h_->snapshot(mode);
    if (mode == WEIR_SNAPSHOT_CHANGES) {
        if (!blocks.empty()) version_ = blocks.front().version;
        for (const StateBlock &block : blocks)
            for (const auto &[key, value] : block.entries) {
                if (value) kept_[{block.state, block.group, key}] = *value;
                else kept_.erase({block.state, block.group, key});
            }
        blocks.clear();
        for (const auto &[place, value] : kept_)
            blocks.push_back({std::get<0>(place), WEIR_STATE_KEYED, std::get<1>(place), version_, "", {{std::get<2>(place), value}}});
    }
    HarnessOptions options = h_->options();
    options.state = std::make_shared<KeptState>();
    static const Plugin plugin = built_plugin("window");
    h_ = std::make_unique<Harness>(plugin, "window", "{" + config_ + "}", std::vector<Schema>{input()}, std::move(options));
    ASSERT_EQ(h_->create().message(), "");
    ASSERT_EQ(h_->bind().message(), "");
    ASSERT_EQ(h_->restore(blocks).message(), "");
    ASSERT_EQ(h_->open().message(), "");
}

}  // namespace weir::testing
