#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "host/admin/metrics_text.hpp"

namespace weir::host {
namespace {

std::string text_of(const char* path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// The n-th field behind the command's name in /proc/self/stat, of which proc(5) calls the first `state`, 3.
double field_of_stat(int number) {
    const std::string stat = text_of("/proc/self/stat");
    std::istringstream fields(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
    std::string field;
    for (int i = 3; i <= number; ++i) fields >> field;
    return std::strtod(field.c_str(), nullptr);
}

double boot_seconds() {
    const std::string stat = text_of("/proc/stat");
    constexpr std::string_view kBoot = "btime ";
    const size_t at = stat.find(kBoot);
    return at == std::string::npos ? 0 : std::strtod(stat.c_str() + at + kBoot.size(), nullptr);
}

}  // namespace

ProcessStats ProcessStats::now() {
    constexpr int kStartTime = 22;  // ticks since boot
    static const double start = boot_seconds() + field_of_stat(kStartTime) / static_cast<double>(sysconf(_SC_CLK_TCK));
    ProcessStats out;
    out.start_seconds = start;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
    out.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    std::istringstream statm(text_of("/proc/self/statm"));
    int64_t size = 0, resident = 0;
    statm >> size >> resident;
    out.resident_bytes = resident * sysconf(_SC_PAGESIZE);
    std::error_code error;
    for (std::filesystem::directory_iterator fd("/proc/self/fd", error), end; !error && fd != end; fd.increment(error)) ++out.open_files;
    return out;
}

}  // namespace weir::host
