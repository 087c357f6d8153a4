// The executable `weir`.
#include "host/cli/commands.hpp"

// Read by jemalloc when it starts. Records are allocated on one thread and freed on another: larger thread caches
// save a part of that (tests/bench/README.md has the figures).
extern "C" {
__attribute__((visibility("default"))) extern const char* malloc_conf;
const char* malloc_conf = "tcache_nslots_small_max:4000,lg_tcache_nslots_mul:4";
}

int main(int argc, char** argv) { return weir::host::weir_main(argc, argv); }
