#include "host/engine/simulation.hpp"

#include <algorithm>
#include <random>

namespace weir::host {

namespace {

constexpr int kIdleTimes = 1000;

std::optional<int64_t> earliest(const std::vector<Actor>& actors) {
    std::optional<int64_t> next;
    for (const Actor& actor : actors)
        if (auto time = actor.next_time()) next = next ? std::min(*next, *time) : time;
    return next;
}

}  // namespace

bool simulate(const std::vector<Actor>& actors, uint64_t seed, int64_t& now, const std::function<bool()>& over) {
    std::mt19937_64 random(seed);
    std::vector<bool> asleep(actors.size(), false);
    std::vector<size_t> awake;
    for (int idle = 0; !over() && idle < kIdleTimes;) {
        awake.clear();
        for (size_t i = 0; i < actors.size(); ++i) {
            if (asleep[i] && actors[i].is_woken()) asleep[i] = false;
            if (!asleep[i]) awake.push_back(i);
        }
        if (awake.empty()) {
            now = std::max(now + 1, earliest(actors).value_or(now));
            for (size_t i = 0; i < actors.size(); ++i)
                if (auto time = actors[i].next_time(); time && *time <= now) asleep[i] = false;
            ++idle;
            continue;
        }
        const size_t actor = awake[random() % awake.size()];
        ++now;
        if (actors[actor].turn())
            idle = 0;
        else
            asleep[actor] = true;
    }
    return over();
}

}  // namespace weir::host
