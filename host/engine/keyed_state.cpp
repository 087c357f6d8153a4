#include "host/engine/keyed_state.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <weir/memory.hpp>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace weir::host {

namespace {

using Json = nlohmann::ordered_json;

uint32_t number_of(const std::string& name) {
    return WEIR_HOST_STATES | (static_cast<uint32_t>(XXH3_64bits(name.data(), name.size())) & (WEIR_HOST_STATES - 1));
}

Json layout_json(const SlotLayout& layout) {
    return {{"version", layout.version}, {"fields", schema_json(layout.schema())}};
}

}  // namespace

KeyedState::KeyedState(weir_context* context) : context_(context) {
    timers_[WEIR_CLOCK_EVENT].number = number_of("#event-timers");
    timers_[WEIR_CLOCK_PROCESSING].number = number_of("#processing-timers");
}

KeyedState::~KeyedState() {
    if (timer_schema_.release) timer_schema_.release(&timer_schema_);
}

Status KeyedState::fail(Status status) {
    if (fault_.ok()) fault_ = status;
    return status;
}

int32_t KeyedState::declare(const weir_state_spec& spec) {
    State state;
    state.index = static_cast<uint32_t>(states_.size());
    state.name = spec.name ? spec.name : "";
    const auto refuse = [&](const std::string& why) {
        return fail(Status::config("", fmt::format("state `{}`: {}", state.name, why))).code();
    };
    if (state.name.empty() || state.name[0] == '#') return refuse("it needs a name, which does not begin with #");
    state.number = number_of(state.name);
    for (const TimerSet& one : timers_)
        if (one.number == state.number) return refuse("it cannot be told from timers: choose another name");
    for (const State& other : states_) {
        if (other.name == state.name) return refuse("it is declared twice");
        if (other.number == state.number) return refuse(fmt::format("it cannot be told from `{}`: choose another name", other.name));
    }
    auto layout = SlotLayout::create(spec.layout);
    if (!layout) return refuse(layout.status().message());
    state.layout = std::move(*layout);
    for (uint32_t i = 0; i < spec.n_older; ++i) {
        auto older = SlotLayout::create(spec.older[i]);
        if (!older) return refuse(fmt::format("version {}: {}", spec.older[i].version, older.status().message()));
        if (!older->convert) return refuse(fmt::format("version {} has no conversion", older->version));
        state.older.push_back(std::move(*older));
    }
    if (spec.ttl < 0 || spec.ttl_clock > WEIR_CLOCK_PROCESSING) return refuse("its ttl is negative, or on no clock");
    state.ttl = {spec.ttl, spec.ttl_clock, (spec.flags & WEIR_TTL_ON_READ) != 0};
    state.items = (spec.flags & WEIR_STATE_ITEMS) != 0;
    const bool for_all = (spec.flags & WEIR_STATE_FOR_ALL) != 0;
    if (for_all && (state.items || spec.ttl > 0)) return refuse("a state for all instances has neither items nor a ttl");
    needs_clock_ = needs_clock_ || (spec.ttl > 0 && spec.ttl_clock == WEIR_CLOCK_PROCESSING);
    State& added = states_.emplace_back(std::move(state));
    if (for_all) added.broadcast = std::make_unique<BroadcastTable>(added.layout);
    return static_cast<int32_t>(states_.size() - 1);
}

std::vector<std::string> KeyedState::kept_for_good() const {
    std::vector<std::string> names;
    for (const State& state : states_)
        if (!state.broadcast && state.ttl.after == 0) names.push_back(state.name);
    return names;
}

Status KeyedState::bind_input(size_t input, const Schema& schema, const std::vector<std::string>& key) {
    if (inputs_.size() <= input) inputs_.resize(input + 1);
    inputs_[input] = {KeyCodec(schema, key), true, false};
    codec_ = nullptr;
    for (const Input& one : inputs_) {
        if (!one.keyed) continue;
        if (codec_ && codec_->kinds() != one.codec.kinds())
            return Status::config("key", fmt::format("the key is ({}) in one input and ({}) in another", codec_->kinds(),
                                                     one.codec.kinds()));
        codec_ = &one.codec;
    }
    auto hasher = KeyHasher::create(codec_->key_schema(), key);
    if (!hasher) return hasher.status();
    hasher_ = std::move(*hasher);
    timer_codec_ = KeyCodec(codec_->key_schema(), key);
    if (timer_schema_.release) timer_schema_.release(&timer_schema_);
    export_schema(codec_->key_schema(), &timer_schema_);
    return {};
}

void KeyedState::bind_broadcast(size_t input) {
    if (inputs_.size() <= input) inputs_.resize(input + 1);
    inputs_[input].broadcast = true;
}

KeyedState::State* KeyedState::find(uint32_t number) {
    for (State& state : states_)
        if (state.number == number) return &state;
    return nullptr;
}

StateTable& KeyedState::table(State& state) {
    if (!state.table) {
        state.table = std::make_unique<StateTable>(state.layout, state.ttl, codec_ && !state.items ? codec_->fixed_bytes() : 0);
        if (find_) state.table->allow_eviction();
    }
    return *state.table;
}

Result<Json> KeyedState::adopt(const Json& catalogue) {
    Json next = {{"key", codec_ ? codec_->kinds() : ""}, {"states", Json::object()}};
    if (catalogue.is_object()) next["states"] = catalogue.value("states", Json::object());
    for (State& state : states_) {
        Json& about = next["states"][state.name];
        about["number"] = state.number;
        Json& layouts = about["layouts"];
        if (Status s = adopt_one(state, layouts); !s.ok()) return s;
        if (state.generation <= layouts.size()) continue;
        layouts.push_back(layout_json(state.layout));
        state.readers.emplace(state.generation, reader_of(state, state.layout.version, state.layout.schema()));
    }
    return next;
}

Status KeyedState::adopt_one(State& state, const Json& layouts) {
    const Json own = layout_json(state.layout);
    state.generation = static_cast<uint32_t>(layouts.size() + 1);
    state.readers.clear();
    for (uint32_t i = 0; i < layouts.size(); ++i) {
        if (layouts[i] == own) state.generation = i + 1;
        auto written = schema_of_json(layouts[i].value("fields", Json::array()));
        if (!written) return written.status();
        const uint32_t version = layouts[i].value("version", 0u);
        // One that cannot be read matters only where blocks of it are left.
        state.readers.emplace(i + 1, reader_of(state, version, *written));
    }
    return {};
}

Result<KeyedState::Older> KeyedState::reader_of(State& state, uint32_t version, const Schema& written) {
    const std::string what = fmt::format("state `{}` was written in version {} as {}", state.name, version, to_string(written));
    if (version > state.layout.version)
        return Status::state_version(fmt::format("{}, and this plugin has version {}: use the newer one that wrote it", what,
                                                 state.layout.version));
    for (const SlotLayout& older : state.older) {
        if (older.version != version || version == state.layout.version) continue;
        auto reader = SlotReader::create(written, older);
        if (!reader) return Status::state_version(fmt::format("{}: {}", what, reader.status().message()));
        return Older{std::move(*reader), &older};
    }
    auto reader = SlotReader::create(written, state.layout);
    if (!reader)
        return Status::state_version(fmt::format("{}, now it is version {} as {}: {}. Give the state a way to read version {}, "
                                                 "run the plugin that wrote it, or begin anew (--reset)",
                                                 what, state.layout.version, to_string(state.layout.schema()),
                                                 reader.status().message(), version));
    return Older{std::move(*reader), &state.layout};
}

}  // namespace weir::host
