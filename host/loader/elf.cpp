#include "host/loader/elf.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <weir/abi.h>

namespace weir::host {
namespace {

constexpr uint64_t kMaxTableBytes = 1u << 30;  // a symbol or string table
constexpr uint64_t kMaxHeaders = 1u << 20;     // sections, segments

// A file that only gives what lies within it.
class File {
public:
    explicit File(std::filesystem::path path) : path_(std::move(path)) {}
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    Status open() {
        fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        struct stat about {};
        if (fd_ < 0 || ::fstat(fd_, &about) != 0) return cannot_read();
        if (!S_ISREG(about.st_mode)) return damaged("it is not a regular file");
        size_ = static_cast<uint64_t>(about.st_size);
        return {};
    }
    uint64_t size() const { return size_; }
    bool holds(uint64_t offset, uint64_t bytes) const { return offset <= size_ && bytes <= size_ - offset; }

    // `what` for the message when it lies outside of the file or is larger than `limit`.
    Status read(uint64_t offset, uint64_t bytes, uint64_t limit, const char* what, std::string* out) const {
        if (!holds(offset, bytes) || bytes > limit)
            return damaged(fmt::format("{} ({} bytes at {}) does not lie within the file's {} bytes", what, bytes,
                                       offset, size_));
        out->resize(bytes);
        uint64_t done = 0;
        while (done < bytes) {
            const ssize_t n = ::pread(fd_, out->data() + done, bytes - done, static_cast<off_t>(offset + done));
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return cannot_read();
            if (n == 0) return damaged(fmt::format("{} ends too early", what));
            done += static_cast<uint64_t>(n);
        }
        return {};
    }
    template <class T>
    Status read(uint64_t offset, uint64_t count, const char* what, std::vector<T>* out) const {
        if (count > kMaxTableBytes / sizeof(T)) return damaged(fmt::format("{} has {} entries", what, count));
        std::string bytes;
        if (Status s = read(offset, count * sizeof(T), kMaxTableBytes, what, &bytes); !s.ok()) return s;
        out->resize(count);
        if (count > 0) std::memcpy(out->data(), bytes.data(), bytes.size());
        return {};
    }

    Status damaged(const std::string& what) const {
        return Status::config("", fmt::format("{}: no usable shared object: {}; rebuild it, or copy it here again",
                                              path_.native(), what));
    }

private:
    Status cannot_read() const {
        return Status::fatal(fmt::format("{}: cannot be read: {}", path_.native(), std::strerror(errno)));
    }

    std::filesystem::path path_;
    int fd_ = -1;
    uint64_t size_ = 0;
};

// The text at `offset` of a string table; one that is not ended ends with the table.
std::string_view text_at(const std::string& table, uint64_t offset) {
    if (offset >= table.size()) return {};
    const std::string_view rest = std::string_view(table).substr(offset);
    return rest.substr(0, rest.find('\0'));
}

// Symbols that linkers define on their own, and AddressSanitizer's marks.
bool is_tool_symbol(std::string_view name) {
    static constexpr std::string_view kNames[] = {"_init", "_fini", "_end", "_edata", "_etext", "end",
                                                  "edata", "etext", "__bss_start"};
    return name.starts_with("__odr_asan.") || std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

class ElfReader {
public:
    explicit ElfReader(const std::filesystem::path& path) : file_(path) {}

    Result<ElfInfo> read() {
        for (auto step : {&ElfReader::read_header, &ElfReader::read_segments, &ElfReader::read_sections,
                          &ElfReader::read_contents})
            if (Status s = (this->*step)(); !s.ok()) return s;
        return std::move(info_);
    }

private:
    Status read_header() {
        if (Status s = file_.open(); !s.ok()) return s;
        std::vector<Elf64_Ehdr> headers;
        if (file_.size() < sizeof(Elf64_Ehdr)) return file_.damaged("it is too short");
        if (Status s = file_.read(0, 1, "the ELF header", &headers); !s.ok()) return s;
        header_ = headers[0];
        if (std::memcmp(header_.e_ident, ELFMAG, SELFMAG) != 0) return file_.damaged("it is not an ELF file");
        if (header_.e_ident[EI_CLASS] != ELFCLASS64 || header_.e_ident[EI_DATA] != ELFDATA2LSB)
            return file_.damaged("it is not 64-bit, little-endian");
        if (header_.e_type != ET_DYN) return file_.damaged("it is an ELF file of another kind");
        info_.machine = header_.e_machine;
        return {};
    }

    // What the loader would map must be there: touching a mapping behind the end of its file kills.
    Status read_segments() {
        std::vector<Elf64_Phdr> segments;
        if (header_.e_phnum == 0 || header_.e_phentsize != sizeof(Elf64_Phdr))
            return file_.damaged("it has no segments");
        if (Status s = file_.read(header_.e_phoff, header_.e_phnum, "the segment table", &segments); !s.ok())
            return s;
        for (const Elf64_Phdr& segment : segments)
            if (segment.p_type == PT_LOAD && !file_.holds(segment.p_offset, segment.p_filesz))
                return file_.damaged("a segment does not lie within the file");
        return {};
    }

    Status read_sections() {
        if (header_.e_shoff == 0 || header_.e_shentsize != sizeof(Elf64_Shdr))
            return file_.damaged("it has no section table");
        std::vector<Elf64_Shdr> first;
        if (Status s = file_.read(header_.e_shoff, 1, "the section table", &first); !s.ok()) return s;
        // Where there are too many for the header, the first section holds the numbers.
        const uint64_t count = header_.e_shnum ? header_.e_shnum : first[0].sh_size;
        const uint64_t names = header_.e_shstrndx == SHN_XINDEX ? first[0].sh_link : header_.e_shstrndx;
        if (count > kMaxHeaders || names >= count) return file_.damaged("its section table makes no sense");
        if (Status s = file_.read(header_.e_shoff, count, "the section table", &sections_); !s.ok()) return s;
        return read_table(sections_[names], "the section names", &section_names_);
    }

    Status read_contents() {
        bool has_dynamic_symbols = false;
        for (const Elf64_Shdr& section : sections_) {
            Status s;
            if (section.sh_type == SHT_DYNSYM || section.sh_type == SHT_SYMTAB) {
                has_dynamic_symbols |= section.sh_type == SHT_DYNSYM;
                s = read_symbols(section);
            } else if (text_at(section_names_, section.sh_name) == kManifestSection) {
                s = read_manifest(section);
            }
            if (!s.ok()) return s;
        }
        return has_dynamic_symbols ? Status() : file_.damaged("it has no dynamic symbols");
    }

    Status read_manifest(const Elf64_Shdr& section) {
        if (info_.manifest) return file_.damaged("it has two sections .weir.manifest");
        return file_.read(section.sh_offset, section.sh_type == SHT_NOBITS ? 0 : section.sh_size,
                          kMaxManifestBytes, kManifestSection, &info_.manifest.emplace());
    }

    Status read_table(const Elf64_Shdr& section, const char* what, std::string* out) {
        if (section.sh_type == SHT_NOBITS) return file_.damaged(fmt::format("{} are empty", what));
        return file_.read(section.sh_offset, section.sh_size, kMaxTableBytes, what, out);
    }

    Status read_symbols(const Elf64_Shdr& section) {
        const bool dynamic = section.sh_type == SHT_DYNSYM;
        if (section.sh_link >= sections_.size() || section.sh_entsize != sizeof(Elf64_Sym))
            return file_.damaged("a symbol table makes no sense");
        std::string names;
        std::vector<Elf64_Sym> symbols;
        Status s = read_table(sections_[section.sh_link], "the symbol names", &names);
        if (s.ok())
            s = file_.read(section.sh_offset, section.sh_size / sizeof(Elf64_Sym), "a symbol table", &symbols);
        for (size_t i = 0; s.ok() && i < symbols.size(); ++i)
            if (symbols[i].st_shndx != SHN_UNDEF) note(symbols[i], text_at(names, symbols[i].st_name), dynamic);
        return s;
    }

    // Of the static table only the unwinder matters: a version script hides it, it is there all the same.
    void note(const Elf64_Sym& symbol, std::string_view name, bool dynamic) {
        if (name == "_Unwind_RaiseException") info_.own_unwinder = true;
        const auto binding = ELF64_ST_BIND(symbol.st_info);
        const auto type = ELF64_ST_TYPE(symbol.st_info);
        const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
        const bool shown = visibility == STV_DEFAULT || visibility == STV_PROTECTED;
        if (!dynamic || name.empty() || binding == STB_LOCAL || type == STT_SECTION || !shown) return;
        if (binding == STB_GNU_UNIQUE) {
            info_.unique.emplace_back(name);
        } else if (name == WEIR_MODULE_SYMBOL) {
            info_.has_module = true;
            info_.module_is_data = type == STT_OBJECT;
            info_.module_size = symbol.st_size;
        } else if (symbol.st_shndx != SHN_ABS && !is_tool_symbol(name)) {
            info_.exports.emplace_back(name);
        }
    }

    File file_;
    Elf64_Ehdr header_{};
    std::vector<Elf64_Shdr> sections_;
    std::string section_names_;
    ElfInfo info_;
};

constexpr uint16_t host_machine() {
#if defined(__x86_64__)
    return EM_X86_64;
#elif defined(__aarch64__)
    return EM_AARCH64;
#elif defined(__riscv)
    return EM_RISCV;
#else
#error "weir runs on x86-64, AArch64 and RISC-V"
#endif
}

// The first few, so that a message stays readable.
std::string some_of(const std::vector<std::string>& names) {
    constexpr size_t kShown = 5;
    std::string text;
    for (size_t i = 0; i < std::min(names.size(), kShown); ++i)
        text += fmt::format("{}`{}`", i ? ", " : "", names[i]);
    if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
    return text;
}

constexpr const char* kVersionScript =
    "link with -Wl,--version-script=plugin.map, which comes with the SDK, or build it by weir_add_plugin";

}  // namespace

Result<ElfInfo> read_elf(const std::filesystem::path& path) { return ElfReader(path).read(); }

Status check_elf(const ElfInfo& elf, const std::filesystem::path& path) {
    const auto refuse = [&](const std::string& what, const std::string& remedy) {
        return Status::config("", fmt::format("{}: {}; {}", path.native(), what, remedy));
    };
    if (elf.machine != host_machine())
        return refuse(fmt::format("built for another machine (ELF machine {}, this host is {})", elf.machine,
                                  host_machine()),
                      "build it for this one");
    if (!elf.has_module)
        return refuse(fmt::format("has no symbol {}", WEIR_MODULE_SYMBOL),
                      "it is not a weir plugin, or the symbol is hidden: define it with WEIR_EXPORT");
    if (!elf.module_is_data)
        return refuse(fmt::format("its symbol {} is not data", WEIR_MODULE_SYMBOL),
                      "define it as a constant of type weir_module");
    if (!elf.unique.empty())
        return refuse(fmt::format("has unique symbols ({}), which would keep an old version of it loaded",
                                  some_of(elf.unique)),
                      kVersionScript);
    if (!elf.exports.empty())
        return refuse(fmt::format("has unexpected exports ({})", some_of(elf.exports)), kVersionScript);
    if (elf.own_unwinder)
        return refuse("brings its own unwinder (it defines _Unwind_RaiseException): an exception would end the process",
                      "link without -static-libgcc");
    return {};
}

}  // namespace weir::host
