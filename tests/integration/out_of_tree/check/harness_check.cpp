// The harness of the installed SDK, as a third party's test uses it: the plugin of README.md multiplies.
#include <cstdio>

#include <weir/testing/harness.hpp>

int main(int, char** arguments) {
    using namespace weir::testing;
    Plugin plugin(arguments[1]);
    Harness harness(plugin, "acme.multiply", R"({"by":3})", {schema_of({{"n", "int64"}})});
    if (const weir::Status status = harness.start(); !status.ok()) return std::puts(status.message().c_str()), 1;
    if (const weir::Status status = harness.process("[[5],[-7]]"); !status.ok()) return std::puts(status.message().c_str()), 1;
    if (harness.take() == std::vector<std::string>{R"({"n":15})", R"({"n":-21})"}) return 0;
    return std::puts("other rows than expected"), 1;
}
