#include <weir/module.hpp>

#include "connection.hpp"
#include "extensions.hpp"
#include "sink.hpp"
#include "source.hpp"

WEIR_MODULE_WITH("kafka", "0.1.0", weir::kafka::extension, &weir::kafka::kConnectionSpec, &weir::kafka::kSourceSpec,
                 &weir::kafka::kSinkSpec)
