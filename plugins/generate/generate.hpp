// The source generate: rows out of a declaration, as fast as wanted, the same ones in every run.
//
// Row r of the stream depends on the seed and on r alone, so a split can go on from any position, and the rows
// are the same however many splits there are: split k of n makes the rows k, k + n, k + 2n, ... One instance,
// one user at a time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/codec_call.hpp>
#include <weir/operator.hpp>

#include "columns.hpp"

namespace weir::generate {

extern const OperatorSpec kGenerateSpec;

class Generate final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    Generate(Context context, const Config &config, std::vector<MadeColumn> columns);
    ~Generate() override = default;

    Status bind(const Binding &binding) override;
    Status discover(const weir_bytes_out &ids) override;
    Status assign(uint64_t split, std::string_view id, const weir_str &position) override;
    Status revoke(uint64_t split) override;
    Status poll(uint64_t split, uint64_t max_rows, uint64_t max_bytes) override;
    Status position(uint64_t split, const weir_bytes_out &out) override;

private:
    struct Split {
        uint64_t index = 0;            // k of k/n
        uint64_t made = 0;             // rows so far
        uint64_t limit = UINT64_MAX;   // rows in all
        std::optional<int64_t> start;  // when the stream began
        bool running = false;          // polled since it was assigned; then:
        int64_t paced_from = 0;        // the time and
        uint64_t paced_rows = 0;       // the row from which `rate` counts
    };

    Status check_format(const Config &config);
    void find_needed(const std::vector<size_t> &wanted);
    uint64_t rows_of(uint64_t index) const;
    uint64_t due(const Split &split, int64_t now) const;
    int64_t time_of(const Split &split, uint64_t row) const;
    Result<ArrowArray> make_rows(const Rows &rows);
    Result<ArrowArray> make_payloads(const Rows &rows, const ArrowArray &values);

    std::vector<MadeColumn> columns_;
    uint64_t splits_, count_ = UINT64_MAX;  // count_: rows over all splits
    double rate_;                           // rows a second and split; 0: no limit
    int64_t for_;                           // microseconds; 0: no limit
    size_t row_bytes_ = 1;

    std::string format_;  // as JSON; empty: typed columns
    std::optional<weir_codec> codec_;
    double corrupt_share_ = 0;
    std::vector<std::string> corrupt_payloads_;
    Stream corrupt_, corrupt_pick_;

    std::vector<bool> needed_;     // columns to make, by index
    std::vector<size_t> outputs_;  // columns to emit, or to encode
    bool payload_wanted_ = false;
    std::map<uint64_t, Split> assigned_;
};

}  // namespace weir::generate
