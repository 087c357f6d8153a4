// Looks into a shared object without running any of it. Made for files of any origin: every offset and size is
// checked against the file, whatever is wrong becomes an error.
//
// Plain values and functions, any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <weir/result.hpp>

namespace weir::host {

inline constexpr const char* kManifestSection = ".weir.manifest";
inline constexpr uint64_t kMaxManifestBytes = 16u << 20;

// What of an ELF file matters to weir.
struct ElfInfo {
    uint16_t machine = 0;  // EM_*
    std::optional<std::string> manifest;  // content of .weir.manifest
    bool has_module = false;              // defines weir_module_v1
    bool module_is_data = false;          // and as a data object
    uint64_t module_size = 0;             // bytes of it, as the linker noted
    std::vector<std::string> unique;      // STB_GNU_UNIQUE symbols of the dynamic table
    std::vector<std::string> exports;     // all other symbols that it defines for others
    bool own_unwinder = false;            // defines _Unwind_RaiseException
};

// Reads a 64-bit shared object. WEIR_E_CONFIG when it is something else, or damaged; WEIR_E_FATAL when it cannot
// be read. Messages begin with the path.
Result<ElfInfo> read_elf(const std::filesystem::path& path);

// OK if a module that looks so may be loaded: of this machine, with the module symbol, with no unique symbols,
// no unwinder of its own and no other exports. Otherwise WEIR_E_CONFIG; the message begins with `path` and ends
// with what to do.
Status check_elf(const ElfInfo& elf, const std::filesystem::path& path);

}  // namespace weir::host
