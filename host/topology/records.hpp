// The records that a topology may name: those under `records:`, and files NAME.yaml in the folder schemas/records beside
// the topology or beside one of the folders that it is in.
//
// Threads: one, while loading.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/topology/record_schema.hpp"
#include "host/topology/source_texts.hpp"

namespace weir::host {

inline constexpr std::string_view kRecordFolder = "schemas/records";

class Records {
public:
    // `topology`: the path of its file; `texts`: as LoadOptions has them. REQUIRES: all outlive this object.
    Records(std::filesystem::path topology, Parameters& parameters, Diagnostics& diagnostics, SourceTexts* texts = nullptr);

    // All of `records:`, which may be null: columns, or paths of files, relative to the topology's. Call once, first.
    void read(const YamlNode* section);

    // The record of a name, null where it has errors, which are told; NULL: there is none of that name.
    const Json* find(const std::string& name);
    // Those under `records:`.
    std::vector<std::string> names() const;

private:
    std::filesystem::path folder_of(const YamlNode& node) const;
    void read_one(const std::string& name, const YamlNode& node);
    // *problem: why there is no text, or empty after errors of the text itself.
    std::optional<Json> read_file_of(const std::string& name, const std::filesystem::path& path, std::string* problem);

    std::filesystem::path topology_;
    Parameters& parameters_;
    Diagnostics& diagnostics_;
    SourceTexts* const texts_;
    std::map<std::string, Json, std::less<>> records_;
    std::vector<std::string> names_;
};

}  // namespace weir::host
