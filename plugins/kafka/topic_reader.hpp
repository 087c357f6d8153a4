// A topic as it is now, read once through by a tool: no group, no position that is kept. And bookmarks, which a tool leaves
// behind: the offsets of a consumer group without members, with a note of the tool's as their metadata.
//
// All functions block. [host]
#pragma once

#include <functional>
#include <string>

#include <weir/ext/messaging.h>

#include "client.hpp"
#include "properties.hpp"
#include "topics.hpp"

namespace weir::kafka {

// Gives `each` the committed records of all partitions, of each partition at most its last `last` offsets (0: all), until it
// returns other than WEIR_OK, which becomes the status.
Status read_topic(const Settings &settings, const std::shared_ptr<LogTarget> &log, const TopicInfo &topic, int64_t last,
                  const std::function<int32_t(const weir_origin_record &)> &each);

// Gives `found` the committed record at that offset, if one is there.
Status read_record(const Settings &settings, const std::shared_ptr<LogTarget> &log, const TopicPartition &partition, int64_t offset,
                   const std::function<void(const weir_origin_record &)> &found);

class Bookmarks {
public:
    static Result<Bookmarks> open(const Settings &settings, const std::shared_ptr<LogTarget> &log, const std::string &reader);

    // Each that is set in the topic's partitions. WEIR_E_FATAL: an offset there is not of this class.
    Status read(const TopicInfo &topic, const std::function<void(const weir_bookmark &)> &each) const;
    Status set(const std::string &topic, const weir_bookmark &bookmark) const;

private:
    std::string reader_;
    Client client_;
};

}  // namespace weir::kafka
