// The same of the harness.
#include <weir/testing/harness.hpp>

#include <weir/testing/harness_impl.hpp>
#include <weir/testing/harness_state.hpp>
#include <weir/testing/rows_impl.hpp>
