// What keyed state in memory costs: keys that come for the first time, again, an epoch with 100,000 of them changed,
// evicted and read back.
//   bench-keyed [FOLDER] [KEYS]     FOLDER is made anew and removed; 10 million keys if not given
// Keys are two int64, 17 bytes as they are kept, with 16 bytes of state each.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>
#include <random>
#include <vector>

#include "host/keyed/state_table.hpp"
#include "host/state/store.hpp"

namespace {

using namespace weir::host;
using weir::Status;

constexpr size_t kBatch = 1024, kChanges = 100'000;
constexpr int kEpochs = 40;
constexpr uint32_t kState = WEIR_HOST_STATES | 1;

double seconds(clockid_t clock) {
    timespec t{};
    clock_gettime(clock, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

void check(const Status& s) {
    if (s.ok()) return;
    std::fprintf(stderr, "%s\n", s.message().c_str());
    std::exit(1);
}

long peak_mb() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 31)) * 0x7fb5d329728ea185;
    x = (x ^ (x >> 27)) * 0x81dadef4bc2dd44d;
    return x ^ x >> 33;
}

SlotLayout totals() {
    static const weir_state_field fields[] = {{sizeof(weir_state_field), 0, WEIR_NEVER_NULL, 0, "count", "l"},
                                              {sizeof(weir_state_field), 8, WEIR_NEVER_NULL, 0, "sum", "l"}};
    weir_state_layout layout{};
    layout.size = sizeof layout;
    layout.version = 1;
    layout.slot_bytes = 16;
    layout.n_fields = 2;
    layout.fields = fields;
    return *SlotLayout::create(layout);
}

class Bench {
public:
    explicit Bench(const std::filesystem::path& dir) {
        table_.allow_eviction();
        auto opened = StateStore::open(dir, {.topology = "bench", .lookups = true});
        check(opened.status());
        store_ = std::move(*opened);
    }
    // Counts a batch of keys.
    template <class Next>
    void count(size_t n, Next&& next) {
        for (size_t done = 0; done < n; done += kBatch) {
            keys_.clear();
            uint64_t* words = keys_.add_n(kBatch, 17);
            for (size_t i = 0; i < kBatch; ++i) {
                const uint64_t key = next();
                words[3 * i] = mix(key);
                words[3 * i + 1] = key;
                hashes_[i] = mix(key + 1);
            }
            if (table_.is_partial()) fetch();
            table_.resolve(keys_, hashes_.data(), nullptr, 0, WEIR_RESOLVE_CREATE, slots_.data());
            for (void* slot : slots_) ++*static_cast<int64_t*>(slot);
        }
    }
    // The worker's part of an epoch, and the coordinator's.
    void hand_over() {
        part_[0].clear();
        check(table_.snapshot(
            [this](uint32_t group, uint32_t mode, auto keys, auto values) {
                const weir_state_block block{sizeof block, kState, WEIR_STATE_KEYED, group, 1, 0, {}, keys.size(), keys.data(), values.data()};
                return part_[0].put("node", block, mode);
            },
            ++epoch_));
        part_[0].seal();
    }
    void write() {
        check(store_->prepare(epoch_, part_, ""));
        check(store_->commit(epoch_));
        table_.committed();
    }
    StateTable& table() { return table_; }
    uint64_t fetched() const { return fetched_; }

private:
    void fetch() {
        table_.missing(keys_, hashes_.data(), rows_);
        std::sort(rows_.begin(), rows_.end(), [this](uint32_t a, uint32_t b) { return hashes_[a] < hashes_[b]; });
        wanted_.clear();
        for (uint32_t row : rows_) wanted_.push_back({static_cast<uint32_t>(hashes_[row] >> 56), keys_.view(row)});
        check(store_->find("node", kState, wanted_, [this](size_t i, std::string_view value, uint32_t) {
            const uint32_t row = rows_[i];
            if (table_.has(keys_, row, hashes_[row])) return Status();
            char* slot = table_.restore(hashes_[row], keys_.words(row), keys_.bytes(row));
            std::optional<int64_t> expiry;
            if (!reader_.read(value, slot, expiry, table_.pool())) return Status::fatal("a value is not what was written");
            ++fetched_;
            return Status();
        }));
    }

    SlotLayout layout_ = totals();
    SlotReader reader_ = *SlotReader::create(layout_.schema(), layout_);
    StateTable table_{layout_, {}, 17};
    std::unique_ptr<StateStore> store_;
    std::vector<EpochPart> part_ = std::vector<EpochPart>(1);
    uint64_t epoch_ = 0, fetched_ = 0;
    weir::KeyBatch keys_;
    std::vector<uint64_t> hashes_ = std::vector<uint64_t>(kBatch);
    std::vector<void*> slots_ = std::vector<void*>(kBatch);
    std::vector<uint32_t> rows_;
    std::vector<GroupKey> wanted_;
};

}  // namespace

int main(int argc, char** argv) {
    const std::filesystem::path dir = argc > 1 ? argv[1] : "bench-keyed.tmp";
    const size_t keys = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10'000'000;
    if (std::filesystem::exists(dir)) {
        std::fprintf(stderr, "%s exists; name a new folder\n", dir.c_str());
        return 1;
    }
    {
        Bench bench(dir);
        std::mt19937_64 random(7);
        const auto any = [&] { return random() % keys; };
        uint64_t next = 0;
        double start = seconds(CLOCK_THREAD_CPUTIME_ID);
        bench.count(keys, [&] { return next++; });
        std::printf("%zu keys: %.0f ns each, %.0f MB in tables, peak %ld MB\n", keys,
                    (seconds(CLOCK_THREAD_CPUTIME_ID) - start) / static_cast<double>(keys) * 1e9,
                    static_cast<double>(bench.table().bytes()) / 1e6, peak_mb());
        start = seconds(CLOCK_THREAD_CPUTIME_ID);
        bench.count(5'000'000, any);
        std::printf("again, in any order: %.0f ns\n", (seconds(CLOCK_THREAD_CPUTIME_ID) - start) / 5e6 * 1e9);
        bench.hand_over();
        bench.write();
        std::vector<double> pause, cpu, write;
        for (int i = 0; i < kEpochs; ++i) {
            bench.count(kChanges, any);
            const double wall = seconds(CLOCK_MONOTONIC);
            start = seconds(CLOCK_THREAD_CPUTIME_ID);
            bench.hand_over();
            const double handed = seconds(CLOCK_THREAD_CPUTIME_ID);
            pause.push_back(seconds(CLOCK_MONOTONIC) - wall);
            bench.write();
            cpu.push_back(handed - start);
            write.push_back(seconds(CLOCK_THREAD_CPUTIME_ID) - handed);
        }
        for (auto* all : {&pause, &cpu, &write}) std::sort(all->begin(), all->end());
        std::printf("an epoch of %zu changed: the worker %.1f CPU ms (to %.1f), stands %.1f ms (to %.1f); prepare and commit %.1f "
                    "CPU ms (to %.1f)\n",
                    kChanges, cpu[kEpochs / 2] * 1e3, cpu.back() * 1e3, pause[kEpochs / 2] * 1e3, pause.back() * 1e3,
                    write[kEpochs / 2] * 1e3, write.back() * 1e3);
        for (int round = 0; round < 2; ++round) {  // the first only clears the marks of what was resolved
            const uint64_t before = bench.table().entries();
            start = seconds(CLOCK_THREAD_CPUTIME_ID);
            size_t most = keys + keys / 4;
            bench.table().evict(bench.table().used() / 2, most);
            const double spent = seconds(CLOCK_THREAD_CPUTIME_ID) - start;
            const auto gone = static_cast<double>(before - bench.table().entries());
            std::printf("evicted %.0f entries: %.0f ns each\n", gone, gone > 0 ? spent / gone * 1e9 : 0.0);
        }
        const uint64_t fetched = bench.fetched();
        start = seconds(CLOCK_THREAD_CPUTIME_ID);
        bench.count(200'000, any);
        const auto back = static_cast<double>(bench.fetched() - fetched);
        std::printf("read back %.0f of 200,000: %.1f us each\n", back, (seconds(CLOCK_THREAD_CPUTIME_ID) - start) / back * 1e6);
        start = seconds(CLOCK_THREAD_CPUTIME_ID);
        bench.count(200'000, [&] { return next++; });
        std::printf("new keys beside evicted ones: %.0f ns each\n", (seconds(CLOCK_THREAD_CPUTIME_ID) - start) / 200'000 * 1e9);
    }
    std::filesystem::remove_all(dir);
}
