// What source and sink look at on the cluster at lint time. Nothing is created; topics are looked up in the list of all, since
// some brokers create a topic that is asked for by name.
#include <algorithm>

#include "sink.hpp"
#include "source.hpp"

namespace weir::kafka {
namespace {

// `create_topics` in words.
std::string made_as(const CreateTopics &as) {
    if (as.partitions == 0) return "with the broker's default number of partitions";
    return "with " + std::to_string(as.partitions) + (as.partitions == 1 ? " partition" : " partitions");
}

void tell_missing(KafkaConnection &connection, const std::string &name, const Check &check) {
    const Settings &settings = connection.settings();
    const std::string message = "topic `" + name + "` is not there", nearest = connection.topics().nearest(name);
    if (settings.create_topics)
        return check.find({WEIR_FINDING_MADE, "topic", message + ": a run creates it, " + made_as(*settings.create_topics), "", nearest,
                           ""});
    const bool has_users = std::any_of(settings.properties.begin(), settings.properties.end(),
                                       [](const Property &p) { return p.first == "security.protocol"; });
    check.find({WEIR_FINDING_MISSING, "topic", message + (has_users ? ", or may not be seen by this user" : ""), "", nearest,
                "create it, or let the connection do it: `create_topics: { partitions: 4 }`"});
}

// nullopt: it is not there, which was told.
Result<std::optional<TopicInfo>> look_up(KafkaConnection &connection, const std::string &name, const Check &check) {
    auto found = connection.topics().find(name);
    if (found && !*found) tell_missing(connection, name, check);
    return found;
}

}  // namespace

Status Source::check_outside(const Check &check) {
    KafkaConnection &connection = *context_.connection<KafkaConnection>();
    if (connection.settings().embedded) return {};
    for (const std::string &name : options_.topics) {
        auto topic = look_up(connection, name, check);
        if (!topic) return topic.status();
        for (int32_t p : options_.partitions)
            if (*topic && p >= (*topic)->partitions)
                check.find({WEIR_FINDING_MISMATCH, "partitions",
                            "topic `" + name + "` has no partition " + std::to_string(p),
                            "0 to " + std::to_string((*topic)->partitions - 1)});
    }
    return {};
}

Status Sink::check_outside(const Check &check) {
    KafkaConnection &connection = *context_.connection<KafkaConnection>();
    if (connection.settings().embedded) return {};
    auto topic = look_up(connection, options_.topic, check);
    if (!topic) return topic.status();
    const bool has_dead_letters =
        std::any_of(encoders_.begin(), encoders_.end(), [](const auto &e) { return e->writes_dead_letters(); });
    if (*topic && options_.encoder.key.empty() && !has_dead_letters && connection.topics().limits(**topic).needs_key)
        check.find({WEIR_FINDING_MISMATCH, "topic",
                    "topic `" + options_.topic + "` is compacted (cleanup.policy) and takes no record without a key", "", "",
                    "give the sink a `key`"});
    return {};
}

}  // namespace weir::kafka
