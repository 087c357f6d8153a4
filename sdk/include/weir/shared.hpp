// One object for all instances of a node: they run on several workers of one process, and some things, such as a rate,
// are the node's and not a worker's.
//
//   std::shared_ptr<Bucket> bucket = weir::shared_by_node<Bucket>(context);
//
// It is made, with its default constructor, for the first instance, and goes with the last. By a key of the plugin's own,
// such as a file's path, instances of several nodes and topologies share one. Threads: [any]; the object guards itself. No
// state belongs into it: nothing of it is kept, and other processes have their own.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <weir/operator.hpp>

namespace weir {

template <class T>
std::shared_ptr<T> shared_by_key(const std::string &key) {
    static std::mutex mutex;
    static std::map<std::string, std::weak_ptr<T>> all;
    std::lock_guard lock(mutex);
    std::erase_if(all, [](const auto &entry) { return entry.second.expired(); });
    auto &found = all[key];
    auto object = found.lock();
    if (!object) found = object = std::make_shared<T>();
    return object;
}

template <class T>
std::shared_ptr<T> shared_by_node(const Context &context) {
    return shared_by_key<T>(std::string(context.topology()) + '\0' + std::string(context.node()));
}

}  // namespace weir
