// What the state store costs: an epoch of changed entries, folding behind it, restore, disk.
//   bench-state [FOLDER] [KEYS]     FOLDER is made anew and removed; KEYS: of the restore, 10 million if not given
// Entries have keys and values of 16 bytes, in 256 key groups.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "host/state/store.hpp"

namespace {

using weir::Status;
using weir::host::EpochPart;
using weir::host::StateStore;

constexpr uint32_t kGroups = 256;
constexpr size_t kChanges = 100'000;
constexpr size_t kEpochKeys = 1'000'000;
constexpr int kEpochs = 100;

double seconds(const timespec& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9; }
double cpu(clockid_t clock) {
    timespec t{};
    clock_gettime(clock, &t);
    return seconds(t);
}
double wall() { return cpu(CLOCK_MONOTONIC); }

void check(const Status& s) {
    if (s.ok()) return;
    std::fprintf(stderr, "%s\n", s.message().c_str());
    std::exit(1);
}

uint64_t mix(uint64_t x) {
    x ^= x >> 31;
    x *= 0x7fb5d329728ea185;
    x ^= x >> 27;
    x *= 0x81dadef4bc2dd44d;
    return x ^ x >> 33;
}

// The blocks of an epoch, in memory before it is measured.
class Blocks {
public:
    void add(uint64_t key, uint64_t value) {
        const uint64_t words[4] = {mix(key), key, value, ~value};
        Group& group = groups_[words[0] >> 56];
        group.bytes.append(reinterpret_cast<const char*>(words), sizeof words);
    }
    void put(EpochPart& part) {
        for (uint32_t g = 0; g < kGroups; ++g) {
            Group& group = groups_[g];
            group.keys.clear();
            group.values.clear();
            for (size_t at = 0; at < group.bytes.size(); at += 32) {
                group.keys.push_back({group.bytes.data() + at, 16});
                group.values.push_back({group.bytes.data() + at + 16, 16});
            }
        }
        start_ = cpu(CLOCK_THREAD_CPUTIME_ID);
        for (uint32_t g = 0; g < kGroups; ++g) {
            weir_state_block block{};
            block.size = sizeof block;
            block.kind = WEIR_STATE_KEYED;
            block.group = g;
            block.n = groups_[g].keys.size();
            block.keys = groups_[g].keys.data();
            block.values = groups_[g].values.data();
            if (block.n > 0) check(part.put("node", block));
        }
    }
    double start() const { return start_; }

private:
    struct Group {
        std::string bytes;
        std::vector<weir_str> keys, values;
    };
    std::vector<Group> groups_ = std::vector<Group>(kGroups);
    double start_ = 0;
};

uint64_t disk_bytes(const std::filesystem::path& dir) {
    uint64_t sum = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator(dir))
        if (file.is_regular_file()) sum += file.file_size();
    return sum;
}

std::unique_ptr<StateStore> open(const std::filesystem::path& dir) {
    auto store = StateStore::open(dir, {.topology = "bench"});
    check(store.status());
    return std::move(store).value();
}

size_t restore(const StateStore& store) {
    size_t n = 0;
    uint64_t sum = 0;
    check(store.read("node", [&](const weir_state_block& block) {
        for (uint64_t i = 0; i < block.n; ++i) sum += static_cast<unsigned char>(block.keys[i].data[block.n % 16]);
        n += block.n;
        return Status();
    }));
    return sum == 1 ? 0 : n;
}

long peak_mb() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

void epochs(const std::filesystem::path& dir) {
    auto store = open(dir);
    std::mt19937_64 random(7);
    std::vector<EpochPart> parts(1);
    std::vector<double> put, write;
    const double process = cpu(CLOCK_PROCESS_CPUTIME_ID);
    const double before = cpu(CLOCK_THREAD_CPUTIME_ID);
    for (int epoch = 1; epoch <= kEpochs; ++epoch) {
        Blocks blocks;
        for (size_t i = 0; i < kChanges; ++i) blocks.add(random() % kEpochKeys, random());
        parts[0].clear();
        blocks.put(parts[0]);
        parts[0].seal();
        const double sealed = cpu(CLOCK_THREAD_CPUTIME_ID);
        check(store->prepare(static_cast<uint64_t>(epoch), parts, "positions"));
        check(store->commit(static_cast<uint64_t>(epoch)));
        const double done = cpu(CLOCK_THREAD_CPUTIME_ID);
        put.push_back(sealed - blocks.start());
        write.push_back(done - sealed);
    }
    const double own = cpu(CLOCK_THREAD_CPUTIME_ID) - before;
    const double in_run = cpu(CLOCK_PROCESS_CPUTIME_ID) - process;
    const uint64_t disk = disk_bytes(dir);
    store.reset();
    std::sort(put.begin(), put.end());
    std::sort(write.begin(), write.end());
    std::printf("epoch of %zu changes, CPU ms: put and seal %.1f (to %.1f), prepare and commit %.1f (to %.1f)\n",
                kChanges, put[kEpochs / 2] * 1e3, put.back() * 1e3, write[kEpochs / 2] * 1e3, write.back() * 1e3);
    std::printf("%d epochs over %zu keys: other threads (folding, RocksDB) %.1f CPU ms an epoch; disk %.0f MB\n",
                kEpochs, kEpochKeys, (in_run - own) / kEpochs * 1e3, static_cast<double>(disk) / 1e6);
    store = open(dir);
    const double start = wall();
    const size_t n = restore(*store);
    std::printf("restore of %zu keys, folded as it came: %.2f s\n", n, wall() - start);
}

void restore_many(const std::filesystem::path& dir, size_t keys) {
    auto store = open(dir);
    std::vector<EpochPart> parts(1);
    uint64_t epoch = 0;
    for (size_t key = 0; key < keys;) {
        Blocks blocks;
        for (size_t i = 0; i < 500'000 && key < keys; ++i, ++key) blocks.add(key, key);
        parts[0].clear();
        blocks.put(parts[0]);
        check(store->prepare(++epoch, parts, "positions"));
        check(store->commit(epoch));
    }
    store.reset();
    for (const char* how : {"as written", "folded"}) {
        double start = wall();
        store = open(dir);
        const double opened = wall() - start;
        start = wall();
        const double start_cpu = cpu(CLOCK_THREAD_CPUTIME_ID);
        const size_t n = restore(*store);
        std::printf("%s: open %.2f s, restore of %zu keys %.2f s (CPU %.2f s), disk %.0f MB, peak memory %ld MB\n", how,
                    opened, n, wall() - start, cpu(CLOCK_THREAD_CPUTIME_ID) - start_cpu,
                    static_cast<double>(disk_bytes(dir)) / 1e6, peak_mb());
        check(store->fold());
        store.reset();
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::filesystem::path dir = argc > 1 ? argv[1] : "bench-state.tmp";
    if (std::filesystem::exists(dir)) {
        std::fprintf(stderr, "%s exists; name a new folder\n", dir.c_str());
        return 1;
    }
    epochs(dir / "epochs");
    restore_many(dir / "restore", argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10'000'000);
    std::filesystem::remove_all(dir);
}
