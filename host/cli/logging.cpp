#include "host/cli/logging.hpp"

#include <memory>
#include <mutex>
#include <string_view>

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include <weir/abi.h>

#include "host/admin/log_ring.hpp"
#include "host/cli/terminal.hpp"
#include "host/engine/host_services.hpp"

namespace weir::host {
namespace {

class TerminalSink : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit TerminalSink(Terminal& terminal) : terminal_(terminal) {}

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        terminal_.message(std::string_view(line.data(), line.size()));
    }
    void flush_() override {}

private:
    Terminal& terminal_;
};

spdlog::level::level_enum level_of(uint32_t level) {
    switch (level) {
        case WEIR_LOG_DEBUG: return spdlog::level::debug;
        case WEIR_LOG_INFO: return spdlog::level::info;
        case WEIR_LOG_WARNING: return spdlog::level::warn;
        default: return spdlog::level::err;
    }
}

}  // namespace

const std::vector<std::string>& log_level_names() {
    static const std::vector<std::string> names = {"debug", "info", "warning", "error"};
    return names;
}

void set_up_host_output(Terminal& terminal, const std::string& level) {
    auto logger = std::make_shared<spdlog::logger>("weir", std::make_shared<TerminalSink>(terminal));
    logger->set_pattern("%H:%M:%S.%e %l: %v");
    logger->set_level(spdlog::level::from_str(level));
    HostServices& services = HostServices::get();
    services.set_log([logger](uint32_t text_level, std::string_view text) { logger->log(level_of(text_level), text); });
    services.set_log_observer([logger](const HostServices::LogLine& line) {
        if (!logger->should_log(level_of(line.level))) return;
        LogRing::of_process().add({0, 0, line.level, std::string(line.topology), std::string(line.node), std::string(line.text)});
    });
    services.set_print([&terminal](std::string_view text) { terminal.print(text); });
}

}  // namespace weir::host
