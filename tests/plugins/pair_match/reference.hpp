// What pair_match must do, in the plainest way: a list of waiting rows, searched from the front.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <vector>

namespace weir::testing {

struct Reference {
    int64_t sum, low, high;
    std::list<std::pair<int64_t, int64_t>> waiting;  // value, id
    std::vector<std::string> pairs, refused;

    void take(int64_t n, int64_t id) {
        if (n < low || n > high || sum - n < low || sum - n > high) {
            refused.push_back(std::to_string(n));
            return;
        }
        for (auto it = waiting.begin(); it != waiting.end(); ++it) {
            if (it->first != sum - n) continue;
            pairs.push_back("{\"left\":" + std::to_string(it->first) + ",\"right\":" + std::to_string(n) +
                            ",\"left_id\":" + std::to_string(it->second) + ",\"right_id\":" + std::to_string(id) + "}");
            waiting.erase(it);
            return;
        }
        waiting.emplace_back(n, id);
    }
};

}  // namespace weir::testing
