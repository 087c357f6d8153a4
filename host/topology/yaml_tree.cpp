#include "host/topology/yaml_tree.hpp"

#include <algorithm>
#include <istream>
#include <map>
#include <streambuf>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "host/topology/yaml_indentation.hpp"
#include "host/topology/yaml_syntax.hpp"
#include "host/topology/yaml_unquoted.hpp"

namespace weir::host {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kCoreTags = "tag:yaml.org,2002:";
constexpr std::string_view kStringTag = "tag:yaml.org,2002:str";

constexpr std::size_t kMaxCommas = 16;  // that a text without quotes is thought to have

// A limit was passed; the diagnostic is already there.
struct Refused {};

// Builds the tree from yaml-cpp's events.
class TreeBuilder : public YAML::EventHandler {
public:
    TreeBuilder(SourceFile& file, std::size_t skipped, Diagnostics& diagnostics)
        : file_(file), text_(file.text()), skipped_(skipped), diagnostics_(diagnostics) {}

    YamlNode take() { return std::move(root_); }
    std::size_t documents() const { return documents_; }
    std::size_t offset_of(const YAML::Mark& mark) const {
        const std::size_t offset = file_.offset_of(mark.line, mark.column);
        return mark.line == 0 ? std::min(offset + skipped_, text_.size()) : offset;
    }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ < 2) return;
        const std::size_t offset = offset_of(mark);
        if (!text_.substr(offset).starts_with("---") && is_left_of_first(text_, offset)) {
            const Misaligned misaligned = about_misaligned(text_, offset);
            auto& d = diagnostics_.error(Code::kYamlSyntax, file_.place(offset, 1), "not YAML: " + misaligned.message);
            d.expected = misaligned.expected;
            d.hint = kSameColumn;
        } else {
            diagnostics_.error(Code::kYamlDocuments, file_.place(offset, 3), "a second YAML document begins here").hint =
                "one topology a file: remove the line `---`, or split the file";
        }
        throw Refused{};
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        YamlNode node;
        node.place = file_.place(offset_of(mark), 1);
        add(std::move(node), anchor);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const std::size_t offset = offset_of(mark);
        const Place place = file_.place(offset, alias_length(text_, offset));
        const auto known = anchors_.find(anchor);
        if (known == anchors_.end()) {
            diagnostics_.error(Code::kYamlAlias, place, "the alias is inside of what it stands for");
            throw Refused{};
        }
        count(known->second.count(), place);
        if (static_cast<int>(open_.size()) + depth_of(known->second) > kMaxYamlDepth) refuse_depth(place);
        add(YamlNode(known->second), YAML::NullAnchor);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        const std::size_t offset = skip_properties(text_, offset_of(mark));
        const bool in_quotes =
            tag == "!" && offset < text_.size() && (text_[offset] == '"' || text_[offset] == '\'');
        if (in_quotes && !is_closed_quote(text_, offset)) {
            diagnostics_.error(Code::kYamlSyntax, file_.place(offset, 1),
                               "not YAML: this quote is never closed");
            throw Refused{};
        }
        YamlNode node;
        node.kind = YamlNode::Kind::kScalar;
        node.text = value;
        node.place = file_.place(offset, scalar_length(text_, offset, value));
        check_tag(tag, file_.place(offset_of(mark), tag.size()));
        node.quoted = tag == "!" || tag == kStringTag;
        if (!node.quoted) mend_comment(node);
        add(std::move(node), anchor);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override {
        start(YamlNode::Kind::kSequence, mark, tag, anchor, style);
    }
    void OnSequenceEnd() override {
        if (open_.back().node.flow) mend_commas(open_.back().node);
        finish();
    }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override {
        start(YamlNode::Kind::kMap, mark, tag, anchor, style);
    }
    void OnMapEnd() override {
        YamlNode& map = open_.back().node;
        if (map.flow) mend_commas(map);
        merge(map);
        drop_duplicates(map);
        finish();
    }

private:
    struct Open {
        YamlNode node;
        YAML::anchor_t anchor = YAML::NullAnchor;
        std::optional<YamlKey> key;  // of a map, whose value comes next
    };

    void count(std::size_t nodes, const Place& place) {
        nodes_ += nodes;
        if (nodes_ <= kMaxYamlNodes) return;
        diagnostics_.error(
            Code::kYamlTooLarge, place,
            fmt::format("more than {} values, aliases counted with what they stand for", kMaxYamlNodes));
        throw Refused{};
    }

    void refuse_depth(const Place& place) {
        diagnostics_.error(Code::kYamlTooLarge, place,
                           fmt::format("nested deeper than {} levels", kMaxYamlDepth));
        throw Refused{};
    }

    static int depth_of(const YamlNode& node) {
        int deepest = 0;
        for (const YamlNode& item : node.items) deepest = std::max(deepest, depth_of(item));
        return deepest + 1;
    }

    void check_tag(const std::string& tag, const Place& place) {
        if (tag.empty() || tag == "?" || tag == "!") return;
        if (tag.starts_with(kCoreTags)) return;
        diagnostics_.error(Code::kYamlTag, place, fmt::format("the tag {} means nothing here", ticked(tag)))
            .hint = "text that begins with `!` must be in quotes";
    }

    void start(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
               YAML::EmitterStyle::value style) {
        check_tag(tag, file_.place(offset_of(mark), tag.size()));
        const std::size_t offset = skip_properties(text_, offset_of(mark));
        Open open;
        open.node.kind = kind;
        open.node.flow = style == YAML::EmitterStyle::Flow;
        open.anchor = anchor;
        const auto rest_of_line = [&] { return std::min(text_.find('\n', offset), text_.size()) - offset; };
        std::size_t length = open.node.flow ? flow_length(text_, offset) : rest_of_line();
        while (length > 0 && (text_[offset + length - 1] == '\r' || text_[offset + length - 1] == ' '))
            --length;
        open.node.place = file_.place(offset, length);
        if (static_cast<int>(open_.size()) >= kMaxYamlDepth) refuse_depth(open.node.place);
        open_.push_back(std::move(open));
    }

    void finish() {
        Open done = std::move(open_.back());
        open_.pop_back();
        add(std::move(done.node), done.anchor);
    }

    void add(YamlNode node, YAML::anchor_t anchor) {
        count(1, node.place);
        if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        Open& parent = open_.back();
        if (parent.node.is_sequence()) {
            parent.node.items.push_back(std::move(node));
        } else if (!parent.key) {
            parent.key = key_from(node);
        } else {
            if (node.is_null()) node.place = parent.key->place;
            parent.node.keys.push_back(std::move(*parent.key));
            parent.node.items.push_back(std::move(node));
            parent.key.reset();
        }
    }

    YamlKey key_from(const YamlNode& node) {
        if (node.is_scalar()) return {node.text, node.place};
        if (node.is_null()) {
            const std::size_t at = node.place.offset;
            if (at < text_.size() && (text_[at] == '~' || text_.substr(at, 4) == "null")) {
                return {text_[at] == '~' ? "~" : "null", file_.place(at, text_[at] == '~' ? 1 : 4)};
            }
        }
        auto& d = diagnostics_.error(Code::kYamlSyntax, node.place,
                                     fmt::format("a key must be text, not {}", kind_text(node)));
        if (node.flow) d.hint = "text that begins with `{` or `[` must be in quotes";
        throw Refused{};
    }

    // `x: f(a #1)` ends at its blank to YAML. Reports that, and takes the text as it was meant.
    void mend_comment(YamlNode& node) {
        const std::size_t end = node.place.offset + node.text.size();
        if (text_.substr(node.place.offset, node.text.size()) != node.text || !is_incomplete(node.text)) return;
        const auto comment = comment_behind(text_, end);
        if (!comment) return;
        node.text += text_.substr(comment->offset, comment->length);
        diagnostics_
            .error(Code::kYamlComment, file_.place(node.place.offset, node.text.size()),
                   "` #` begins a comment, here within a text that is not complete without it")
            .hint = "put it in quotes: " + in_quotes(node.text);
    }

    // `{ p: f(a, 0.9) }` is two keys to YAML. Reports that, and puts the text together again so that no
    // further errors follow from it.
    void mend_commas(YamlNode& node) {
        for (std::size_t i = 0; i < node.items.size(); ++i) {
            YamlNode& value = node.items[i];
            if (!value.is_scalar() || value.quoted || !is_incomplete(value.text)) continue;
            std::string text = value.text;
            std::size_t next = i + 1;
            while (next < std::min(node.items.size(), i + kMaxCommas) && is_incomplete(text)) {
                const bool is_part =
                    node.is_map() ? node.items[next].is_null() : node.items[next].is_scalar();
                if (!is_part) break;
                text += ", " + (node.is_map() ? node.keys[next].text : node.items[next].text);
                ++next;
            }
            if (next == i + 1 || is_incomplete(text)) continue;
            const Place& last = node.is_map() ? node.keys[next - 1].place : node.items[next - 1].place;
            const std::size_t from = value.place.offset;
            const std::size_t end = last.offset + static_cast<std::size_t>(last.length);
            const std::string written(text_.substr(from, end > from ? end - from : 0));
            diagnostics_
                .error(Code::kYamlComma, file_.place(from, written.size()),
                       fmt::format("in braces and brackets a comma ends the value, here within {}",
                                   written.find('(') == std::string::npos ? "quotes" : "parentheses"))
                .hint = "put it in quotes: " + in_quotes(written);
            value.text = written;
            drop(node, i + 1, next);
        }
    }

    static void drop(YamlNode& node, std::size_t from, std::size_t to) {
        const auto first = static_cast<std::ptrdiff_t>(from), last = static_cast<std::ptrdiff_t>(to);
        node.items.erase(node.items.begin() + first, node.items.begin() + last);
        if (node.is_map()) node.keys.erase(node.keys.begin() + first, node.keys.begin() + last);
    }

    // Replaces `<<: *other` by the keys of the other mapping that are not there yet.
    void merge(YamlNode& map) {
        const YamlKey* key = map.find_key("<<");
        if (key == nullptr) return;
        const auto at = static_cast<std::size_t>(key - map.keys.data());
        const Place place = key->place;
        YamlNode source = std::move(map.items[at]);
        drop(map, at, at + 1);
        std::vector<YamlNode> sources;
        if (source.is_sequence()) {
            sources = std::move(source.items);
        } else {
            sources.push_back(std::move(source));
        }
        for (YamlNode& from : sources) {
            if (!from.is_map()) {
                diagnostics_
                    .error(Code::kYamlAlias, place,
                           fmt::format("`<<` merges mappings, not {}", kind_text(from)))
                    .expected = "`<<: *name` of a mapping";
                continue;
            }
            for (std::size_t i = 0; i < from.keys.size(); ++i) {
                if (map.find_key(from.keys[i].text) != nullptr) continue;
                map.keys.push_back(std::move(from.keys[i]));
                map.items.push_back(std::move(from.items[i]));
            }
        }
    }

    void drop_duplicates(YamlNode& map) {
        std::map<std::string_view, std::size_t> first;
        std::vector<std::size_t> duplicates;
        for (std::size_t i = 0; i < map.keys.size(); ++i) {
            const auto [at, fresh] = first.emplace(map.keys[i].text, i);
            if (fresh) continue;
            duplicates.push_back(i);
            diagnostics_
                .error(Code::kDuplicateKey, map.keys[i].place,
                       fmt::format("the key {} is written twice", ticked(map.keys[i].text)))
                .related.push_back({map.keys[at->second].place, "first written here"});
        }
        for (auto i = duplicates.rbegin(); i != duplicates.rend(); ++i) drop(map, *i, *i + 1);
    }

    SourceFile& file_;
    std::string_view text_;
    std::size_t skipped_;  // bytes of the first line that yaml-cpp did not see
    Diagnostics& diagnostics_;
    YamlNode root_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, YamlNode> anchors_;
    std::size_t nodes_ = 0;
    std::size_t documents_ = 0;
};

// Reads from a text without a copy of it.
class ViewBuffer : public std::streambuf {
public:
    explicit ViewBuffer(std::string_view text) {
        char* begin = const_cast<char*>(text.data());  // never written through: there is no overflow()
        setg(begin, begin, begin + text.size());
    }
};

// Whether the text may be given to yaml-cpp, which takes anything for YAML.
bool check_text(SourceFile& file, Diagnostics& diagnostics) {
    const std::string_view text = file.text();
    if (text.size() > kMaxYamlBytes) {
        diagnostics.error(Code::kYamlTooLarge, file.whole(),
                          fmt::format("the file has more than {} bytes", kMaxYamlBytes));
        return false;
    }
    const std::size_t invalid = find_invalid_utf8(text);
    if (invalid != std::string_view::npos) {
        diagnostics
            .error(Code::kYamlEncoding, file.place(invalid, 1),
                   fmt::format("the byte 0x{:02X} is not UTF-8", static_cast<unsigned char>(text[invalid])))
            .expected = "a text file in UTF-8";
        return false;
    }
    const auto control = std::find_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7F;
    });
    if (control != text.end()) {
        const auto at = static_cast<std::size_t>(control - text.begin());
        diagnostics
            .error(Code::kYamlEncoding, file.place(at, 1),
                   fmt::format("the control character 0x{:02X} is not allowed",
                               static_cast<unsigned char>(*control)))
            .expected = "a text file in UTF-8";
        return false;
    }
    return true;
}

void report_syntax(SourceFile& file, std::size_t offset, const std::string& parser_message,
                   Diagnostics& diagnostics) {
    const SyntaxAdvice advice = advise(file.text(), offset, parser_message);
    const Place place = advice.length > 0 ? file.place(advice.offset, advice.length) : file.place(offset, 1);
    const std::string message = advice.message.empty() ? parser_message : advice.message;
    auto& d = diagnostics.error(Code::kYamlSyntax, place, "not YAML: " + message);
    d.expected = advice.expected;
    d.hint = advice.hint;
}

}  // namespace

std::optional<YamlNode> parse_yaml(const std::shared_ptr<SourceFile>& file, Diagnostics& diagnostics) {
    if (!check_text(*file, diagnostics)) return std::nullopt;
    std::string_view text = file->text();
    const std::size_t skipped = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    text.remove_prefix(skipped);
    ViewBuffer buffer(text);
    std::istream stream(&buffer);
    TreeBuilder builder(*file, skipped, diagnostics);
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const Refused&) {
        return std::nullopt;
    } catch (const YAML::Exception& e) {
        report_syntax(*file, e.mark.is_null() ? file->text().size() : builder.offset_of(e.mark), e.msg,
                      diagnostics);
        return std::nullopt;
    }
    return builder.take();
}

}  // namespace weir::host
