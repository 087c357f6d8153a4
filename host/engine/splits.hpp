// Which splits the sources of a topology have, and which worker reads each.
//
// Threads: the coordinator.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir::host {

struct SplitAssignment {
    uint64_t number = 0;  // of the run, over all sources
    std::string id;
    std::optional<std::string> position;  // where to begin; none: where the source's configuration says
    std::optional<int64_t> time = {};     // the greatest event time of its rows before that
    bool given_back = false;              // others may have read on from the position
};

// The position of a split, in its source's own notation, and the greatest event time of its rows up to there.
struct SplitPosition {
    size_t node = 0;
    std::string split;  // id
    std::string position;
    std::optional<int64_t> time = {};
    bool given_back = false;  // this host does not read it any more: others may have read on from there
};

// Where sources are to read on: by node and split, in the source's own notation.
using Seeks = std::map<std::string, std::map<std::string, std::string>>;

class SplitTable {
public:
    explicit SplitTable(uint32_t workers) : load_(workers, 0) {}

    // Of sources whose splits go on being read as they are, (before, here): all that is known of them, and their numbers.
    void take_over(SplitTable before, const std::vector<std::pair<size_t, size_t>>& sources);
    // The splits that a source has now. New ones go to the worker that reads the fewest. `complete`: there will be
    // no others.
    void update(size_t node, const std::vector<std::string>& ids, bool complete);
    // Where a split begins when it is first seen.
    void restore(SplitPosition at);
    // How far splits have been read as of an epoch.
    void mark(const std::vector<SplitPosition>& read);
    // The last that is known of every split: also of those that were not granted or found yet, or are not any more. An
    // epoch that lacked them would forget them.
    std::vector<SplitPosition> positions() const;
    // The worker that will read a split which is not known yet: where its state goes.
    uint32_t reserve(size_t node, const std::string& id);
    // What the worker reads of the source.
    std::vector<SplitAssignment> of_worker(size_t node, uint32_t worker) const;

    void split_ended(size_t node, uint64_t number);
    // `time`: the greatest event time of its rows, for who reads it next.
    void split_revoked(size_t node, uint64_t number, std::optional<int64_t> time);
    // Every split has ended, and there is one or will be none.
    bool source_ended(size_t node) const;
    bool complete(size_t node) const;

private:
    struct Split {
        uint64_t number = 0;
        uint32_t worker = 0;
        bool listed = false, ended = false;
    };
    struct Known {
        SplitPosition at;
        bool is_first = false;  // no split of this run has begun there
    };
    struct Source {
        std::map<std::string, Split> splits;
        std::vector<std::string> order;  // as they were first listed
        std::map<std::string, Known> known;
        std::map<std::string, int64_t> times;  // of splits that were revoked
        bool complete = false;
    };

    Split& add(Source& source, const std::string& id);

    std::map<size_t, Source> sources_;
    std::vector<int64_t> load_;  // splits a worker
    uint64_t next_ = 0;
};

}  // namespace weir::host
