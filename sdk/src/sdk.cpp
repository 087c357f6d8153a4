// The SDK's larger functions, compiled once: weir/detail/linkage.hpp.
#include <weir/aggregation.hpp>
#include <weir/codec_call.hpp>
#include <weir/config.hpp>
#include <weir/expression.hpp>
#include <weir/key_codec.hpp>
#include <weir/operator.hpp>
#include <weir/pass.hpp>
#include <weir/row_codec.hpp>
#include <weir/row_json.hpp>
#include <weir/row_layouts.hpp>
#include <weir/state.hpp>

#include <weir/detail/aggregation_impl.hpp>
#include <weir/detail/builder_impl.hpp>
#include <weir/detail/codec_call_impl.hpp>
#include <weir/detail/config_impl.hpp>
#include <weir/detail/expression_impl.hpp>
#include <weir/detail/key_codec_impl.hpp>
#include <weir/detail/operator_impl.hpp>
#include <weir/detail/pass_impl.hpp>
#include <weir/detail/row_codec_impl.hpp>
#include <weir/detail/row_json_impl.hpp>
#include <weir/detail/row_layouts_impl.hpp>
#include <weir/detail/state_impl.hpp>
#include <weir/detail/types_arrow.hpp>
#include <weir/detail/types_text.hpp>
