// What `weir` says by its exit code. Scripts rely on these numbers: they never change their meaning.
#pragma once

namespace weir::host {

inline constexpr int kExitOk = 0;
inline constexpr int kExitUsage = 2;          // the command line, or a topology, is wrong
inline constexpr int kExitPluginRefused = 3;  // a plugin that is needed was refused or is not there
inline constexpr int kExitUnreachable = 4;    // a server cannot be reached
inline constexpr int kExitFailed = 5;         // the topology failed while it ran, or output could not be written
inline constexpr int kExitState = 6;          // state is missing, too new, or was refused
inline constexpr int kExitChanges = 10;       // `plan`: something changes
inline constexpr int kExitLoses = 11;         // `plan`, `apply`: something would be lost
inline constexpr int kExitSignal = 130;       // a second signal ended it at once; as shells report Ctrl-C

}  // namespace weir::host
