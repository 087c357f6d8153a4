// All of the C++ SDK. A plugin includes this, or the single headers that it needs.
#pragma once

#include <weir/abi.h>
#include <weir/batch.hpp>
#include <weir/builder.hpp>
#include <weir/codec.hpp>
#include <weir/codec_call.hpp>
#include <weir/column.hpp>
#include <weir/config.hpp>
#include <weir/connection.hpp>
#include <weir/memory.hpp>
#include <weir/module.hpp>
#include <weir/operator.hpp>
#include <weir/result.hpp>
#include <weir/row_json.hpp>
#include <weir/spec.hpp>
#include <weir/state.hpp>
#include <weir/state_collections.hpp>
#include <weir/time_text.hpp>
#include <weir/types.hpp>
