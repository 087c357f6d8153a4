// lookup_table: columns of a file's row, found by a key, added to each row.
//
// The table is in memory, once for all workers, and loaded anew when the file has changed. One instance, one user at a
// time; what is shared has a lock.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <weir/operator.hpp>
#include <weir/shared.hpp>

#include "table.hpp"

namespace weir::lookup {

enum class Missing : uint8_t { kNull, kError, kDrop };

struct LookupOptions {
    TableOptions table;
    std::vector<std::string> input_key;  // columns of the input, in the key's order
    std::vector<size_t> added;           // columns of the record
    std::string prefix;
    Missing missing = Missing::kNull;
    int64_t reload = 0;  // microseconds; 0: never
};

// Of all instances of a node.
struct SharedTable {
    std::mutex mutex;
    std::shared_ptr<const Table> table;
    std::string version;  // of the file: changes with it
    int64_t looked_at = 0;
};

class LookupTable final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    LookupTable(Context context, LookupOptions options);

    Status bind(const Binding &binding) override;
    Status open() override;
    Status process(const BatchView &batch, uint32_t input) override;

private:
    std::shared_ptr<const Table> current();
    Status load();  // shared_->mutex held
    std::string key_text(const BatchView &batch, int64_t row) const;
    bool emit(const BatchView &batch, const Table &table, const std::vector<int32_t> &rows,
              const std::vector<const Table::Place *> &found);

    const LookupOptions options_;
    weir_codec codec_{};
    std::shared_ptr<SharedTable> shared_;
    std::vector<size_t> key_;         // columns of the input
    std::vector<size_t> passed_;      // columns of the input that are passed on
    std::vector<size_t> made_;        // columns of the record that are added, as bound
    Schema out_;
    uint32_t missing_metric_, loads_metric_, failures_metric_;
};

extern const OperatorSpec kLookupTableSpec;

}  // namespace weir::lookup
