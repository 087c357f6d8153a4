#include <weir/module.hpp>

#include "csv.hpp"
#include "json.hpp"
#include "kv.hpp"
#include "raw.hpp"
#include "template.hpp"
#include "text.hpp"

WEIR_MODULE("codecs", "0.1.0", &weir::codecs::kTextSpec, &weir::codecs::kJsonSpec, &weir::codecs::kKvSpec,
            &weir::codecs::kCsvSpec, &weir::codecs::kTsvSpec, &weir::codecs::kRawSpec, &weir::codecs::kTemplateSpec)
