// The executable `weir`.
#include "host/cli/commands.hpp"

// Read by jemalloc when it starts. Pages are kept instead of given back and faulted in again: a stream allocates
// the same amount over and over. Few arenas keep what is kept small.
extern "C" {
__attribute__((visibility("default"))) extern const char* malloc_conf;
const char* malloc_conf = "tcache_nslots_small_max:4000,lg_tcache_nslots_mul:4";
}

int main(int argc, char** argv) { return weir::host::weir_main(argc, argv); }
