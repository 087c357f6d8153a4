// One replay of dead letters: looked through first, so that nothing is written where something is wrong; then written, batch by
// batch, and what was acknowledged is remembered on the cluster.
//
// Threads: the main thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "host/cli/letters_command.hpp"
#include "host/loader/manifest.hpp"

namespace weir::host {

class LetterReplay {
public:
    // Both outlive it.
    LetterReplay(LettersCommand& command, const DlqReplayArguments& arguments) : command_(command), arguments_(arguments) {}

    // What would be replayed, and whether it can be. WEIR_E_CONFIG: a letter has no target, or one that is not there.
    Status prepare();
    // REQUIRES: prepared. Letters that have come since are left.
    Status write();

    // What was done, or would be.
    std::string text() const;
    Json json() const;

private:
    using Counts = std::map<std::string, int64_t>;  // by topic
    struct UnderWay {
        int32_t partition;
        int64_t offset;
        std::optional<int64_t> before;  // the letter before it in its partition
    };

    std::string target_of(const weir_origin_record& record) const;
    bool was_replayed(const weir_origin_record& record) const;
    bool is_wanted(const weir_origin_record& record) const;
    std::optional<int64_t> step(const weir_origin_record& record);
    Status look(const weir_origin_record& record, std::map<int32_t, Replayed>& after);
    Status check_targets();
    Status replay(const weir_origin_record& record);
    Status settle();

    LettersCommand& command_;
    const DlqReplayArguments& arguments_;
    std::map<int32_t, Replayed> replayed_;
    std::map<int32_t, std::optional<int64_t>> previous_;  // the last letter of each partition that this pass has seen
    std::map<int32_t, int64_t> ends_;                     // the last that prepare has seen
    Counts targets_, in_flight_, written_;
    std::vector<UnderWay> under_way_;
    int64_t planned_ = 0, done_ = 0, before_ = 0, others_ = 0, foreign_ = 0, homeless_ = 0;
    std::string first_homeless_;
};

}  // namespace weir::host
