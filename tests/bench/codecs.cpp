// What codecs cost: rows of made-up orders, decoded and encoded in batches of 1,024, through the ABI, on one thread.
//   bench-codecs [--seconds S] [--rounds R] [--only TEXT]   a table: ns a row and MB/s of payload, the median round
//   bench-codecs --write NAME FILE [ROWS]                   the payloads of an entry, a line each, for other programs
// Needs WEIR_PLUGIN_DIR: the folder of codecs.so.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <weir/codec_call.hpp>
#include <weir/testing/harness.hpp>

namespace {

using namespace weir;
using weir::testing::Json;
using weir::testing::Plugin;
using weir::testing::schema_of;
using weir::testing::TestHost;

constexpr uint32_t kRows = 1024;
constexpr uint32_t kBatches = 64;  // beyond the L2 cache, as what comes off the network is

void check(const Status& s, const std::string& what) {
    if (s.ok()) return;
    std::fprintf(stderr, "bench-codecs: %s: %s\n", what.c_str(), s.message().c_str());
    std::exit(1);
}

double now() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

class Order {
public:
    explicit Order(std::mt19937_64& random) : random_(random) {}
    uint64_t below(uint64_t n) { return random_() % n; }
    std::string customer() { return padded("customer-%03llu", below(1000)); }
    std::string status() { return pick({"NEW", "PAID", "SHIPPED", "DELIVERED", "CANCELLED"}); }
    std::string region() { return pick({"eu-west", "eu-north", "us-east", "ap-south"}); }
    std::string amount() { return padded("%llu", below(1000)) + padded(".%02llu", below(100)); }
    std::string number() { return padded("%llu", below(100'000)); }
    std::string time() { return padded("2024-05-23T12:%02llu:", below(60)) + padded("%02lluZ", below(60)); }

private:
    std::string padded(const char* form, uint64_t n) {
        char text[64];
        std::snprintf(text, sizeof text, form, static_cast<unsigned long long>(n));
        return text;
    }
    std::string pick(std::initializer_list<const char*> list) { return list.begin()[below(list.size())]; }
    std::mt19937_64& random_;
};

struct Entry {
    const char* name;
    const char* codec;
    const char* config;
    Schema record;
    std::function<std::string(Order&)> payload;
    bool encodes = true;
};

std::string small_json(Order& o) {
    return R"({"customer":")" + o.customer() + R"(","amount":)" + o.amount() + R"(,"quantity":)" + o.number() + "}";
}
std::string wide_json(Order& o) {
    return R"({"id":)" + o.number() + R"(,"customer":")" + o.customer() + R"(","status":")" + o.status() +
           R"(","region":")" + o.region() + R"(","amount":)" + o.amount() + R"(,"quantity":)" + o.number() +
           R"(,"ts":")" + o.time() + R"(","shipping":{"city":"Rotterdam","zip":")" + o.number() +
           R"(","express":false},"tags":["a","bc"],"note":"nothing to see here"})";
}
std::string kv(Order& o) {
    return "customer=" + o.customer() + ",status=" + o.status() + ",region=" + o.region() + ",amount=" + o.amount() +
           ",ts=" + o.time();
}
std::string csv(Order& o) {
    return o.customer() + "," + o.status() + "," + o.region() + "," + o.amount() + "," + o.time();
}

std::vector<Entry> entries() {
    const Schema three = schema_of({{"customer", "string"}, {"amount", "float64"}, {"quantity", "int64"}});
    const Schema decimals = schema_of({{"customer", "string"}, {"amount", "decimal(12,2)"}, {"quantity", "int64"}});
    const Schema order = schema_of({{"customer", "string"}, {"status", "string"}, {"region", "string"}, {"amount", "decimal(12,2)"},
                                    {"ts", "timestamp"}});
    const Schema nested = schema_of({{"id", "int64"}, {"customer", "string"}, {"ts", "timestamp"},
                                     {"shipping", "struct<city: string, zip: string, express: bool>"}, {"tags", "list<string>"}});
    Schema path = schema_of({{"id", "int64"}, {"city", "string"}});
    path.fields[1].path = "shipping.city";
    const char* pattern =
        R"re({"pattern":"customer=(?P<customer>[^,]*),status=(?P<status>[^,]*),region=(?P<region>[^,]*),amount=(?P<amount>[^,]*),ts=(?P<ts>[^,]*)"})re";
    return {
        {"json3", "json", "{}", three, small_json},
        {"json3-decimal", "json", "{}", decimals, small_json},
        {"json3-of-10", "json", "{}", three, wide_json, false},
        {"json5-of-10", "json", "{}", order, wide_json, false},
        {"json-nested", "json", "{}", nested, wide_json},
        {"json-path", "json", "{}", path, wide_json, false},
        {"kv5", "kv", "{}", order, kv},
        {"csv5", "csv", "{}", order, csv},
        {"text-int64", "text", "{}", schema_of({{"n", "int64"}}), [](Order& o) { return o.number(); }},
        {"text-pattern5", "text", pattern, order, kv, false},
        {"raw", "raw", "{}", schema_of({{"payload", "binary"}}), kv},
        {"template", "template", R"({"text":"customer={customer},status={status},region={region},amount={amount},ts={ts}"})", order, kv},
    };
}

// The payloads of one call.
struct Batch {
    std::string bytes;
    std::vector<uint32_t> offsets;
    std::vector<int32_t> lengths;
    ArrowArray rows{};
};

std::vector<Batch> make_batches(const Entry& entry, size_t n) {
    std::mt19937_64 random(12);
    Order order(random);
    std::vector<Batch> out(n);
    for (Batch& batch : out)
        for (uint32_t i = 0; i < kRows; ++i) {
            const std::string payload = entry.payload(order);
            batch.offsets.push_back(static_cast<uint32_t>(batch.bytes.size()));
            batch.lengths.push_back(static_cast<int32_t>(payload.size()));
            batch.bytes += payload;
        }
    return out;
}

class Codec {
public:
    Codec(const Plugin& plugin, const std::string& name, const std::string& config) {
        const weir_operator& op = plugin.find(name, WEIR_KIND_CODEC);
        codec_ = {sizeof(weir_codec), 0, static_cast<const weir_codec_api*>(op.api), nullptr};
        const std::string complete = weir::testing::with_defaults(op.params, op.n_params, Json::parse(config)).dump();
        check(detail::call_codec([&](weir_error* e) {
                  return codec_.api->create(&op, &TestHost::get().abi(), to_abi(complete), &codec_.self, e);
              }),
              name);
    }
    ~Codec() { codec_.api->destroy(codec_.self); }
    Codec(const Codec&) = delete;
    Codec& operator=(const Codec&) = delete;
    const weir_codec& get() const { return codec_; }

private:
    weir_codec codec_{};
};

void decode_batch(const weir_codec& codec, const Batch& batch, ArrowArray* out) {
    std::vector<RowError> failed;
    check(decode(codec, kRows, reinterpret_cast<const uint8_t*>(batch.bytes.data()), batch.offsets.data(), batch.lengths.data(),
                 nullptr, failed, out),
          "decode");
    if (!failed.empty()) check(Status::fatal(failed[0].field + ": " + failed[0].message), "decode");
}

struct Options {
    double seconds = 0.5;
    int rounds = 5;
    std::string only;
};

// The median over the rounds: ns a row, and MB/s.
template <class F>
void measure(const Options& options, const Entry& entry, const char* what, double row_bytes, F&& one_batch) {
    std::vector<double> rounds;
    size_t at = 0;
    for (int round = -1; round < options.rounds; ++round) {  // the first one is not counted
        const double begin = now();
        uint64_t rows = 0;
        double passed = 0;
        do {
            one_batch(at++ % kBatches);
            rows += kRows;
            passed = now() - begin;
        } while (passed < options.seconds);
        if (round >= 0) rounds.push_back(passed * 1e9 / static_cast<double>(rows));
    }
    std::sort(rounds.begin(), rounds.end());
    const double ns = rounds[rounds.size() / 2];
    std::printf("| %s | %s | %.0f | %.0f (%.0f–%.0f) | %.0f |\n", entry.name, what, row_bytes, ns, rounds.front(), rounds.back(),
                row_bytes * 1e3 / ns);
    std::fflush(stdout);
}

void run(const Plugin& plugin, const Entry& entry, const Options& options) {
    std::vector<Batch> batches = make_batches(entry, kBatches);
    double bytes = 0;
    for (const Batch& batch : batches) bytes += static_cast<double>(batch.bytes.size());
    const double row_bytes = bytes / (kRows * kBatches);
    Codec codec(plugin, entry.codec, entry.config);
    const bool reads = std::strcmp(entry.codec, "template") != 0;
    // What a codec that only writes is given, kv has read.
    Codec reader(plugin, reads ? entry.codec : "kv", reads ? entry.config : "{}");
    check(bind_decode(reader.get(), entry.record), entry.name);
    if (reads) {
        measure(options, entry, "decode", row_bytes, [&](size_t i) {
            ArrowArray out{};
            decode_batch(reader.get(), batches[i], &out);
            out.release(&out);
        });
    }
    if (!entry.encodes) return;
    check(bind_encode(codec.get(), entry.record), entry.name);
    double encoded_bytes = 0;
    for (Batch& batch : batches) {
        decode_batch(reader.get(), batch, &batch.rows);
        auto encoded = encode(codec.get(), batch.rows);
        check(encoded.status(), "encode");
        for (int64_t i = 0; i < kRows; ++i) encoded_bytes += static_cast<double>(encoded->payload(i).size);
    }
    measure(options, entry, "encode", encoded_bytes / (kRows * kBatches), [&](size_t i) {
        check(encode(codec.get(), batches[i].rows).status(), "encode");
    });
    for (Batch& batch : batches) batch.rows.release(&batch.rows);
}

int write(const std::string& name, const char* path, uint64_t rows) {
    for (const Entry& entry : entries()) {
        if (name != entry.name) continue;
        std::mt19937_64 random(12);
        Order order(random);
        std::ofstream out(path, std::ios::binary);
        for (uint64_t i = 0; i < rows; ++i) out << entry.payload(order) << '\n';
        return out.flush() ? 0 : 1;
    }
    std::fprintf(stderr, "bench-codecs: there is no entry %s\n", name.c_str());
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() >= 3 && words[0] == "--write")
        return write(words[1], argv[3], words.size() > 3 ? std::strtoull(argv[4], nullptr, 10) : 1'000'000);
    Options options;
    for (size_t i = 0; i + 1 < words.size(); i += 2) {
        if (words[i] == "--seconds") options.seconds = std::strtod(words[i + 1].c_str(), nullptr);
        if (words[i] == "--rounds") options.rounds = std::max(1, std::atoi(words[i + 1].c_str()));
        if (words[i] == "--only") options.only = words[i + 1];
    }
    const char* folder = std::getenv("WEIR_PLUGIN_DIR");
    if (!folder) {
        std::fprintf(stderr, "bench-codecs: WEIR_PLUGIN_DIR is not set: the folder that codecs.so is in\n");
        return 2;
    }
    TestHost::get();
    const Plugin plugin(std::string(folder) + "/codecs.so");
    std::printf("| entry | | bytes a row | ns a row: median (min–max) | MB/s |\n|---|---|---|---|---|\n");
    for (const Entry& entry : entries())
        if (std::string(entry.name).find(options.only) != std::string::npos) run(plugin, entry, options);
}
