/*
 * weir/abi.h: the plugin ABI of weir. All that crosses between the host and a plugin is here and in weir/abi/,
 * one concept a header.
 *
 * A plugin is a shared library that exports one data symbol, `weir_module_v1`. It says what operators the
 * plugin has; the host creates instances of them and calls their functions.
 *
 * Rules that hold everywhere
 *   C99. Fixed-width integers, no C enums, no C++ type, no exception and no thread affinity crosses.
 *   Structs whose first member is `size` (their sizeof, set by whoever fills them) only ever grow at the
 *   end: read a member only if `size` covers it. Major version 0: the host wants exactly its own minor.
 *   Strings are UTF-8 spans; they need no terminator. Unless said otherwise they are borrowed until return.
 *   Times are microseconds since 1970-01-01 UTC; durations are microseconds.
 *
 * Thread tags
 *   [host]    one host thread at a time, before or after the instances exist
 *   [worker]  the worker that runs the instance. Calls of one instance are serialized and ordered, yet not
 *             bound to one thread: keep nothing in thread-local storage between calls.
 *   [any]     any thread, at any time, also concurrently with the others
 *
 * Return values
 *   A function that returns int32_t returns one of WEIR_OK.. or WEIR_E_..; with an error it may fill the
 *   caller's weir_error. An error code names what the host does about it. After WEIR_E_FATAL, and after
 *   anything unexpected (an exception that reached the host, an unknown code), the host calls only destroy.
 */
#ifndef WEIR_ABI_H
#define WEIR_ABI_H

#include <weir/abi/results.h>

#include <weir/abi/aggregate.h>
#include <weir/abi/batch.h>
#include <weir/abi/bind.h>
#include <weir/abi/check.h>
#include <weir/abi/codec.h>
#include <weir/abi/connection.h>
#include <weir/abi/declare.h>
#include <weir/abi/host.h>
#include <weir/abi/instance.h>
#include <weir/abi/keyed.h>
#include <weir/abi/module.h>
#include <weir/abi/state.h>

#define WEIR_ABI_MAJOR 0u
#define WEIR_ABI_MINOR 6u

#endif /* WEIR_ABI_H */
