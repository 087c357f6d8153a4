// PluginInfo as JSON: the content of the ELF section `.weir.manifest`, and of `weir plugin manifest --print`.
//
//   {"id":"acme","version":"1.2.0","abi":[0,1],"operators":[
//     {"name":"acme.sum","kind":"operator","doc":"…","params":[{"name":"value","type":"column","doc":"…",
//      "required":true,"primary":true}],"inputs":[{"name":"in","doc":"…"}],"outputs":[…],
//      "flags":["keyed"],"state_version":1,"state_kinds":["keyed"]}]}
//
// Members that say nothing (false, 0, empty) are left out. Plain functions, any thread.
#pragma once

#include <string_view>

#include <weir/result.hpp>

#include "host/loader/manifest.hpp"

namespace weir::host {

// Without `path`.
Json to_json(const PluginInfo& plugin);
Json to_json(const OperatorInfo& op);
Json to_json(const ParamInfo& param);

// WEIR_E_CONFIG when it is not such a JSON, or of another ABI than this host's (then the operators are not
// looked at). For texts of any origin: bounded in size and depth.
Result<PluginInfo> plugin_from_json(std::string_view text);

// "source", "operator", "sink", "codec", "connection", "aggregate".
const char* to_text(OperatorKind kind);
// "string", "int64", "duration", ...; as in manifests and documentation.
const char* to_text(ParamType type);

}  // namespace weir::host
