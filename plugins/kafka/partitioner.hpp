// Which partition a key goes to. Records without a key, and all with round_robin, are spread batch by batch.
#pragma once

#include <cstdint>

#include <librdkafka/rdkafka.h>

#include <weir/abi.h>

namespace weir::kafka {

enum class Partitioner {
    kMurmur2,     // as the Java clients do
    kConsistent,  // CRC32, as librdkafka does
    kFnv1a,       // as Sarama does
    kRoundRobin,
};

inline int32_t partition_of_key(Partitioner how, weir_str key, int32_t partitions) {
    switch (how) {
        case Partitioner::kConsistent:
            return rd_kafka_msg_partitioner_consistent(nullptr, key.data, key.size, partitions, nullptr, nullptr);
        case Partitioner::kFnv1a:
            return rd_kafka_msg_partitioner_fnv1a(nullptr, key.data, key.size, partitions, nullptr, nullptr);
        default: return rd_kafka_msg_partitioner_murmur2(nullptr, key.data, key.size, partitions, nullptr, nullptr);
    }
}

}  // namespace weir::kafka
