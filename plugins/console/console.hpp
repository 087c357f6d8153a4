// The sink console: rows to the terminal, as lines for people, as JSON, or as a table.
//
// The host owns the terminal: all goes through Context::print, in whole lines. One instance, one user at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/operator.hpp>

#include "table.hpp"

namespace weir::console {

extern const OperatorSpec kConsoleSpec;

class Console final : public Instance {
public:
    static Result<std::unique_ptr<Instance>> create(Context context, const Config &config);
    Console(Context context, const Config &config);

    Status bind(const Binding &binding) override;
    Status process(const BatchView &batch, uint32_t input) override;
    Status on_wake() override;
    Status finish() override;
    Status prepare(uint64_t, const weir_bytes_out &) override { return {}; }

private:
    enum class Format : uint8_t { kPretty, kJson, kTable };
    struct Input {
        Schema schema;
        bool errors = false;  // a stream of failed rows
        std::optional<size_t> payload;  // the column that is shown as it is
        std::string tag;      // where it comes from, if there are several
        Table table;
    };

    Status find_payload(Input &input) const;
    int64_t allowed(int64_t rows);
    void append_rows(Input &input, const BatchView &batch, int64_t rows, std::string &out);
    void append_pretty(const Input &input, const BatchView &batch, int64_t row, std::string &out) const;
    void append_payload(const Column &column, int64_t row, bool is_alone, std::string &out) const;
    void append_error(const BatchView &batch, int64_t row, std::string &out) const;
    void append_value(const Column &column, int64_t row, std::string &out) const;
    void append_prefix(const Input &input, std::string &out) const;
    void append_name(std::string_view name, std::string &out) const;
    void append_skipped(std::string &out);
    void paint(const char *code, std::string &out) const {
        if (colours_) out += code;
    }

    Format format_;
    std::string payload_, title_;
    int64_t limit_;  // rows per second; 0: none
    bool colours_;
    std::vector<Input> inputs_;
    size_t last_input_ = SIZE_MAX;
    int64_t second_ = INT64_MIN, shown_ = 0;  // the second that counts, and the rows shown in it
    int64_t skipped_ = 0;                     // since the last note about it
    uint32_t skipped_metric_;
};

}  // namespace weir::console
