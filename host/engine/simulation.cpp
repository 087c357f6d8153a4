#include "host/engine/simulation.hpp"

#include <algorithm>
#include <random>

namespace weir::host {

namespace {

constexpr int kIdleTimes = 1000;

std::optional<int64_t> earliest(const std::vector<Actor>& actors, int64_t behind = INT64_MIN) {
    std::optional<int64_t> next;
    for (const Actor& actor : actors)
        if (auto time = actor.next_time(); time && *time > behind) next = next ? std::min(*next, *time) : time;
    return next;
}

// Who sleeps until he is woken or his time has come, and who does not.
class Sleepers {
public:
    explicit Sleepers(const std::vector<Actor>& actors) : actors_(actors), asleep_(actors.size(), false) {}

    const std::vector<size_t>& awake() {
        awake_.clear();
        for (size_t i = 0; i < actors_.size(); ++i) {
            if (asleep_[i] && actors_[i].is_woken()) asleep_[i] = false;
            if (!asleep_[i]) awake_.push_back(i);
        }
        return awake_;
    }
    void sleep(size_t actor) { asleep_[actor] = true; }
    // Those whose time has come. False: nobody's has.
    bool wake_by(int64_t now) {
        bool any = false;
        for (size_t i = 0; i < actors_.size(); ++i) {
            if (auto time = actors_[i].next_time(); !time || *time > now) continue;
            asleep_[i] = false;
            any = true;
        }
        return any;
    }

private:
    const std::vector<Actor>& actors_;
    std::vector<bool> asleep_;
    std::vector<size_t> awake_;
};

}  // namespace

bool simulate(const std::vector<Actor>& actors, uint64_t seed, int64_t& now, const std::function<bool()>& over) {
    std::mt19937_64 random(seed);
    Sleepers sleepers(actors);
    for (int idle = 0; !over() && idle < kIdleTimes;) {
        const auto& awake = sleepers.awake();
        if (awake.empty()) {
            now = std::max(now + 1, earliest(actors).value_or(now));
            sleepers.wake_by(now);
            ++idle;
            continue;
        }
        const size_t actor = awake[random() % awake.size()];
        ++now;
        if (actors[actor].turn())
            idle = 0;
        else
            sleepers.sleep(actor);
    }
    return over();
}

bool simulate(const std::vector<Actor>& actors, uint64_t seed, int64_t& now, const std::function<bool()>& over,
              SimulationDriver& driver) {
    std::mt19937_64 random(seed);
    Sleepers sleepers(actors);
    bool looked = false;  // those whose time is now have had their turn, and moved nothing
    while (!over()) {
        const auto& awake = sleepers.awake();
        if (awake.empty()) {
            if (!looked && sleepers.wake_by(now)) {
                looked = true;
                continue;
            }
            const auto time = driver.on_rest(now, earliest(actors, now));
            if (!time) return false;
            looked = looked && *time == now;
            now = std::max(now, *time);
            continue;
        }
        if (!driver.on_turn()) return false;
        const size_t actor = awake[random() % awake.size()];
        if (actors[actor].turn())
            looked = false;
        else
            sleepers.sleep(actor);
    }
    return true;
}

}  // namespace weir::host
