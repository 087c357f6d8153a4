// The members of one object that no column takes, on their way into the column that keeps them: a string gets them
// as one JSON object, a map their names and JSON texts. One user at a time; lives as long as the codec.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/builder.hpp>

namespace weir::codecs {

class JsonRest {
public:
    // Forgets what a row that failed has left.
    void clear() { members_.clear(); }
    // `quoted`: the name as it stands in the payload, with quotes. The texts must live until append.
    void add(std::string_view quoted, std::string_view name, std::string_view json) {
        members_.push_back({quoted, std::string(name), json});
    }
    // A name that is there twice, or NULL.
    const std::string *twin() {
        order_.clear();
        for (const Member &member : members_) order_.push_back(&member.name);
        std::sort(order_.begin(), order_.end(), [](auto *a, auto *b) { return *a < *b; });
        const auto at = std::adjacent_find(order_.begin(), order_.end(), [](auto *a, auto *b) { return *a == *b; });
        return at == order_.end() ? nullptr : *at;
    }
    void append(ColumnBuilder &to) {
        if (to.type().id == TypeId::kMap) {
            for (const Member &member : members_) {
                to.child(0).append_text(member.name);
                to.child(1).append_text(member.json);
            }
            to.end_row();
        } else {
            text_.assign(1, '{');
            for (const Member &member : members_) {
                if (text_.size() > 1) text_ += ',';
                text_.append(member.quoted).append(1, ':').append(member.json);
            }
            to.append_text(text_ += '}');
        }
        members_.clear();
    }

private:
    struct Member {
        std::string_view quoted;
        std::string name;
        std::string_view json;
    };
    std::vector<Member> members_;
    std::vector<const std::string *> order_;
    std::string text_;
};

}  // namespace weir::codecs
