#include "host/topology/node_reader.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "host/topology/language.hpp"
#include "host/topology/ports.hpp"
#include "host/topology/renames.hpp"
#include "host/text/nearest.hpp"

namespace weir::host {
namespace {

const YamlNode kNothing;

std::string subject_of(std::string_view id) {
    return id == kDeadLettersNode ? "`dead_letters`: " : fmt::format("node {}: ", ticked(id));
}

bool is_one_of(const std::vector<ParamInfo>& params, std::string_view name) {
    return std::any_of(params.begin(), params.end(), [&](const ParamInfo& p) { return p.name == name; });
}

}  // namespace

void NodeReader::read_defaults(const YamlNode* section) {
    if (section == nullptr || section->is_null()) return;
    if (!section->is_map()) {
        diagnostics_
            .error(Code::kWrongType, section->place, fmt::format("`defaults` is {}", kind_text(*section)))
            .expected = "a mapping of operators to parameters: `kafka.sink: { … }`";
        return;
    }
    for (std::size_t i = 0; i < section->keys.size(); ++i) {
        const YamlKey& key = section->keys[i];
        const OperatorInfo* op = catalog_.find(key.text);
        if (op == nullptr) {
            unknown_operator("`defaults`: ", key, false, nullptr);
            continue;
        }
        CheckRequest request{"`defaults`: ", op->name, &op->params, &section->items[i], key.place};
        request.partial = true;
        if (auto checked = checker_.check(request)) defaults_[op->name] = std::move(checked->value);
    }
}

void NodeReader::read_nodes(const YamlNode& section) {
    for (std::size_t i = 0; i < section.keys.size(); ++i) read_node(section.keys[i], section.items[i]);
}

bool NodeReader::check_id(const YamlKey& key) {
    if (key.text == kDeadLettersNode) {
        diagnostics_.error(Code::kReservedName, key.place, "a node cannot be called `dead_letters`").hint =
            "write `dead_letters:` at the top level, beside `nodes:`";
        return false;
    }
    if (is_identifier(key.text)) return true;
    diagnostics_.error(Code::kBadName, key.place, fmt::format("a node cannot be called {}", ticked(key.text)))
        .expected = "letters, digits and `_`, not beginning with a digit";
    return false;
}

// Of a node that is called what a node has in it: a line that begins too far left.
std::string NodeReader::outdented_hint(const std::string& name) const {
    if (drafts_.empty() || (find_word(node_keys(), name) == nullptr && catalog_.find(name) == nullptr)) return "";
    return fmt::format("if it belongs to node {} above it, indent it as the other keys of that node", ticked(drafts_.back().spec.name()));
}

void NodeReader::read_node(const YamlKey& key, const YamlNode& value) {
    const bool named = check_id(key);
    const std::string subject = subject_of(key.text);
    NodeDraft draft;
    draft.spec.id = key.text;
    draft.spec.place = key.place;
    ClauseReader clauses(catalog_, checker_, diagnostics_, subject);
    if (!value.is_map()) {
        auto& d = diagnostics_.error(Code::kNoOperator, value.place,
                                     fmt::format("{}it is {}, not a mapping", subject, kind_text(value)));
        d.expected = "`{ from: other_node, operator: { … } }`";
        d.hint = outdented_hint(key.text);
    } else {
        const Picked picked = pick_operator(subject, value, true);
        const YamlKey* from = value.find_key("from");
        if (from == nullptr) from = picked.misspelt_from;
        if (from != nullptr) {
            draft.from = value.find(from->text);
            draft.from_place = from->place;
        }
        clauses.read(value);
        const YamlKey* time = value.find_key("event_time");
        if (time != nullptr && from != nullptr && picked.key == nullptr && !picked.refused && !clauses.any()) clauses.pass(*time);
        if (picked.key == nullptr && !picked.refused && !clauses.any()) {
            auto& d = diagnostics_.error(Code::kNoOperator, key.place, subject + "it has no operator");
            d.expected = "a source, operator or sink: `{ from: other_node, operator: { … } }`, or clauses";
            d.hint = outdented_hint(key.text);
        }
        draft.spec.op = picked.op;
        if (picked.op != nullptr) configure(subject, picked, draft.spec);
        draft.alone = picked.key == nullptr && !picked.refused;
        read_tag(subject, value, draft, clauses);
        if (const YamlKey* own = value.find_key("key"); own != nullptr && draft.alone)
            diagnostics_.error(Code::kBadKey, own->place, subject + "without an operator it keeps nothing by key").hint =
                "remove `key`, or write it at the node whose operator needs it";
        else
            read_key(subject, value, draft.spec, clauses);
        if (time != nullptr)
            read_event_time(subject, *time, *value.find("event_time"), checker_, diagnostics_, draft.spec);
        read_renamed_from(subject, value, diagnostics_, draft.spec);
    }
    if (!named) return;
    if (clauses.any())
        add_with_clauses(subject, clauses, std::move(draft));
    else
        drafts_.push_back(std::move(draft));
}

// Before the operator, behind it if it is a source, or alone.
void NodeReader::add_with_clauses(const std::string& subject, ClauseReader& clauses, NodeDraft draft) {
    NodeDraft extra;
    extra.spec = clauses.take();
    extra.spec.place = draft.spec.place;
    const OperatorInfo* op = draft.spec.op;
    if (op != nullptr && op->inputs.size() > 1) {
        diagnostics_
            .error(Code::kBadFrom, clauses.first().place,
                   fmt::format("{}{} has several inputs, and clauses stand before one", subject, ticked(op->name)))
            .hint = "give the input that is meant a node of its own with these clauses, and read that";
        extra.spec.op = nullptr;
    }
    extra.spec.id = draft.spec.id;
    extra.spec.tag = draft.spec.tag;
    extra.spec.renamed_from = draft.spec.renamed_from;
    extra.spec.renamed_from_place = draft.spec.renamed_from_place;
    std::swap(extra.tagger, draft.tagger);
    std::swap(extra.tag_place, draft.tag_place);
    if (draft.alone || (op != nullptr && op->is_a(OperatorKind::kSource))) std::swap(extra.spec.event_time, draft.spec.event_time);
    if (draft.alone) {
        extra.from = draft.from;
        extra.from_place = draft.from_place;
        drafts_.push_back(std::move(extra));
        return;
    }
    extra.spec.of = draft.spec.id;
    extra.spec.id += kHiddenSuffix;
    const int here = static_cast<int>(drafts_.size());
    if (op != nullptr && op->is_a(OperatorKind::kSource)) {
        draft.behind = here + 1;
        extra.fed_by = here;
        drafts_.push_back(std::move(draft));
        drafts_.push_back(std::move(extra));
        return;
    }
    std::swap(extra.from, draft.from);
    std::swap(extra.from_place, draft.from_place);
    draft.fed_by = here;
    drafts_.push_back(std::move(extra));
    drafts_.push_back(std::move(draft));
}

void NodeReader::read_tag(const std::string& subject, const YamlNode& map, NodeDraft& draft, ClauseReader& clauses) {
    const YamlKey* key = map.find_key("tag");
    if (key == nullptr) return;
    const OperatorInfo* op = draft.spec.op;
    if (op != nullptr && (op->is_a(OperatorKind::kSource) || op->inputs.size() > 1)) {
        const std::string why = op->is_a(OperatorKind::kSource) ? "is a source and reads no other node" : "has inputs with names";
        diagnostics_.error(Code::kBadFrom, key->place, fmt::format("{}{} {}", subject, ticked(op->name), why)).hint =
            "`tag` is for `from: [a, b]`: remove it, or put a node with it in between";
        return;
    }
    const YamlNode& written = *map.find("tag");
    const auto value = parameters_.resolve(written);
    if (!value) return;
    if (!value->node->is_scalar() || value->node->text.empty() || value->node->text.starts_with('_')) {
        diagnostics_.error(Code::kNotAllowedValue, written.place, subject + "`tag` is no name for a column").expected =
            "the name of a column that the rows do not have yet, not beginning with `_`: `tag: kind`";
        return;
    }
    draft.spec.tag = value->node->text;
    draft.tagger = clauses.find_operator(*key);
    draft.tag_place = written.place;
}

bool NodeReader::refuse_later(const std::string& subject, const YamlKey& key) {
    const Word* word = find_word(later_operators(), key.text);
    if (word == nullptr) return false;
    const bool several = word->doc.ends_with('s');
    diagnostics_.error(Code::kNotSupported, key.place,
                       fmt::format("{}{} {} not available yet", subject, word->doc, several ? "are" : "is"));
    return true;
}

NodeReader::Picked NodeReader::pick_operator(const std::string& subject, const YamlNode& map, bool is_node) {
    Picked picked;
    std::vector<const YamlKey*> unknown;
    for (std::size_t i = 0; i < map.keys.size(); ++i) {
        const YamlKey& key = map.keys[i];
        if (is_node ? find_word(node_keys(), key.text) != nullptr : key.text == kStopAboveKey) continue;
        const OperatorInfo* op = catalog_.find(key.text);
        if (op == nullptr && refuse_later(subject, key)) {
            picked.refused = true;
        } else if (op == nullptr) {
            unknown.push_back(&key);
        } else if (picked.op == nullptr) {
            picked = {&key, &map.items[i], op, picked.refused, nullptr};
        } else {
            auto& d = diagnostics_.error(Code::kSeveralOperators, key.place,
                                         fmt::format("{}a second operator, {}", subject, ticked(key.text)));
            d.hint = is_node ? "a node has one operator: make a node of its own for it, with `from`"
                             : "only one sink";
            d.related.push_back({picked.key->place, fmt::format("the first is {}", ticked(picked.op->name))});
        }
    }
    for (const YamlKey* key : unknown) {
        if (unknown_operator(subject, *key, is_node, picked.op) == "from") picked.misspelt_from = key;
        picked.refused = true;
    }
    return picked;
}

std::string NodeReader::unknown_operator(const std::string& subject, const YamlKey& key, bool is_node,
                                         const OperatorInfo* beside) {
    const auto operators = catalog_.operator_names();
    std::vector<std::string> candidates = operators;
    if (is_node) for (const Word& word : node_keys()) candidates.push_back(word.name);
    auto& d = diagnostics_.error(Code::kUnknownOperator, key.place,
                                 fmt::format("{}there is no operator {}", subject, ticked(key.text)));
    d.nearest = is_node && key.text == "filter" ? "where" : nearest_name(key.text, candidates);
    d.expected = is_node ? "`from`, `key`, a clause (`where`, `set`, `select` or `check`), or a source, operator or sink of the plugins present"
                         : "an operator of the plugins present";
    const std::size_t dot = key.text.find('.');
    const std::string prefix = key.text.substr(0, dot == std::string::npos ? 0 : dot + 1);
    const bool prefix_known = std::any_of(operators.begin(), operators.end(),
                                          [&](const std::string& o) { return o.starts_with(prefix); });
    if (beside != nullptr && (is_one_of(beside->params, key.text) || key.text == kConnectionKey)) {
        d.hint = fmt::format("{} belongs inside of {}", ticked(key.text), ticked(beside->name));
        d.nearest.clear();
    } else if (catalog_.find_codec(key.text) != nullptr) {
        d.hint = fmt::format("{} is a codec: it is the format of a source or sink", ticked(key.text));
        d.nearest.clear();
    } else if (catalog_.find_connection(key.text) != nullptr) {
        d.hint = fmt::format("{} is a kind of connection: it belongs under `connections:`", ticked(key.text));
        d.nearest.clear();
    } else if (!prefix.empty() && !prefix_known && d.nearest.empty()) {
        d.hint = fmt::format(
            "no plugin present has operators that begin with {}; see `weir plugin ls`, and --plugin-dir",
            ticked(prefix));
    }
    return d.nearest;
}

void NodeReader::configure(const std::string& subject, const Picked& picked, NodeSpec& spec) {
    spec.op_place = picked.key->place;
    spec.connection = choose_connection(subject, picked);
    CheckRequest request{subject, picked.op->name, &picked.op->params, picked.config, picked.key->place};
    const auto defaults = defaults_.find(picked.op->name);
    if (defaults != defaults_.end()) request.defaults = &defaults->second;
    if (!picked.op->connection.empty()) request.also.emplace_back(kConnectionKey);
    if (auto checked = checker_.check(request)) spec.config = std::move(*checked);
    check_port_names(subject, spec, *picked.config, diagnostics_);
}

void NodeReader::read_key(const std::string& subject, const YamlNode& map, NodeSpec& spec, ClauseReader& clauses) {
    const YamlKey* key = map.find_key("key");
    const OperatorInfo* op = spec.op;
    if (key == nullptr) {
        if (op == nullptr || !op->is_keyed() || op->has_own_key()) return;
        diagnostics_
            .error(Code::kBadKey, spec.op_place, fmt::format("{}{} needs a `key`", subject, ticked(op->name)))
            .expected = "`key: [column]`, the columns that rows belong together by, or `key: { name: expression }`; `key: []` "
                        "where all rows do";
        return;
    }
    if (op != nullptr && op->has_own_key()) {
        diagnostics_
            .error(Code::kBadKey, key->place,
                   fmt::format("{}{} computes its own key", subject, ticked(op->name)))
            .hint = "remove `key`";
    } else if (op != nullptr && !op->is_keyed()) {
        diagnostics_
            .error(Code::kBadKey, key->place,
                   fmt::format("{}{} keeps nothing by key", subject, ticked(op->name)))
            .hint = "remove `key`";
    }
    spec.key_place = map.find("key")->place;
    const YamlNode& columns = *map.find("key");
    if (!columns.is_map()) return read_key_columns(subject, columns, spec);
    spec.key_parameters = clauses.read_key(*key, columns);
    for (std::size_t i = 0; i < columns.keys.size(); ++i) {
        spec.key.push_back(columns.keys[i].text);
        spec.key_expressions.push_back(columns.items[i].text);
    }
}

void NodeReader::read_key_columns(const std::string& subject, const YamlNode& node, NodeSpec& spec) {
    const auto value = parameters_.resolve(node);
    if (!value) return;
    const bool is_list = value->node->is_sequence();
    const std::vector<YamlNode> one = is_list ? std::vector<YamlNode>{} : std::vector<YamlNode>{node};
    const std::vector<YamlNode>& columns = is_list ? value->node->items : one;
    for (const YamlNode& column : columns) {
        // The elements of a list that a parameter stands for are already final.
        const auto name =
            is_list && value->node != &node ? Value{&column, false, ""} : parameters_.resolve(column);
        if (!name) continue;
        if (!name->node->is_scalar() || name->node->text.empty()) {
            diagnostics_.error(Code::kBadKey, column.place, subject + "`key` cannot be understood").expected =
                "`key: [column]`";
            continue;
        }
        spec.key.push_back(name->node->text);
    }
}

ErrorsRule NodeReader::read_dead_letters(const YamlKey& key, const YamlNode& value) {
    ErrorsRule rule;
    rule.place = key.place;
    const std::string subject = subject_of(kDeadLettersNode);
    if (value.is_scalar()) {
        if (value.text == "log") rule.policy = ErrorsPolicy::kLog;
        if (value.text == "drop") rule.policy = ErrorsPolicy::kDrop;
        if (rule.policy != ErrorsPolicy::kStop) return rule;
    }
    if (!value.is_map()) {
        const std::string what =
            value.is_scalar() ? "cannot be " + ticked(value.text) : std::string("is ") + kind_text(value);
        auto& d = diagnostics_.error(Code::kNotAllowedValue, value.place, "`dead_letters` " + what);
        d.expected = "`log`, `drop`, or a sink such as `{ kafka.sink: topic }`";
        d.nearest = value.is_scalar() ? nearest_name(value.text, {"log", "drop"}) : "";
        return rule;
    }
    if (const YamlNode* limit = value.find(kStopAboveKey)) rule.stop_above = read_stop_above(*limit, parameters_, diagnostics_);
    const Picked picked = pick_operator(subject, value, false);
    if (picked.key == nullptr) {
        if (!picked.refused) {
            diagnostics_.error(Code::kNoOperator, key.place, subject + "it has no sink").expected =
                "`log`, `drop`, or a sink such as `{ kafka.sink: topic }`";
        }
        return rule;
    }
    if (!picked.op->is_a(OperatorKind::kSink)) {
        diagnostics_
            .error(Code::kUnknownOperator, picked.key->place,
                   fmt::format("{}{} is not a sink", subject, ticked(picked.op->name)))
            .expected = "`log`, `drop`, or a sink such as `{ kafka.sink: topic }`";
        return rule;
    }
    NodeDraft draft;
    draft.spec.id = kDeadLettersNode;
    draft.spec.place = key.place;
    draft.spec.op = picked.op;
    configure(subject, picked, draft.spec);
    rule.policy = ErrorsPolicy::kDeadLetters;
    rule.node = static_cast<int>(drafts_.size());
    drafts_.push_back(std::move(draft));
    return rule;
}

}  // namespace weir::host
