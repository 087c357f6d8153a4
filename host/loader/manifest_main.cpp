// weir-manifest FILE.so: describes a plugin in its section .weir.manifest. A tool of the build (weir_add_plugin);
// the installed program does the same with `weir plugin manifest FILE.so --write`.
#include <cstdio>

#include "host/exit_codes.hpp"
#include "host/loader/write_manifest.hpp"

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: weir-manifest FILE.so\n", stderr);
        return weir::host::kExitUsage;
    }
    auto written = weir::host::write_manifest(argv[1]);
    if (written) return weir::host::kExitOk;
    std::fprintf(stderr, "weir-manifest: %s\n", written.status().message().c_str());
    return written.status().code() == WEIR_E_CONFIG ? weir::host::kExitPluginRefused : weir::host::kExitFailed;
}
