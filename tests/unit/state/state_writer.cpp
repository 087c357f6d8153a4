// Writes epochs of random changes until it is ended: state_writer FOLDER SEED EPOCHS CHANGE exit|torn
// Ends itself at the CHANGE-th change of a file of the database, 0 for never; "torn": within what is appended.
// Says on its standard output what is durable: p for each prepared epoch, c for each committed one.
//
// or: state_writer FOLDER without-rights
// As a user without rights, since none bind root: reads the store, which is to have something, and tries to open it
// for writing, which is to be refused. 0 if it is so.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/unit/state/fault_env.hpp"
#include "tests/unit/state/workload.hpp"

using namespace weir::host;

namespace {

void say(char what) {
    if (::write(STDOUT_FILENO, &what, 1) != 1) _exit(3);
}

int without_rights(const char* dir) {
    if (::geteuid() == 0 && ::setuid(65534) != 0) return 10;
    StoreOptions options;
    options.read_only = true;
    if (contents(*open_store(dir, options)).empty()) return 11;
    StoreError why = StoreError::kNone;
    return StateStore::open(dir, small_store(), &why).ok() || why != StoreError::kIo ? 12 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 3 && argv[2] == std::string("without-rights")) return without_rights(argv[1]);
    if (argc != 6) return 2;
    const uint64_t seed = std::strtoull(argv[2], nullptr, 10);
    const uint64_t epochs = std::strtoull(argv[3], nullptr, 10);
    FaultPlan plan(argv[5] == std::string("torn") ? FaultPlan::Act::kTornExit : FaultPlan::Act::kExit,
                   std::strtoull(argv[4], nullptr, 10));
    const auto env = fault_env(plan);
    StoreOptions options = small_store();
    options.env = env.get();
    auto store = StateStore::open(argv[1], options);
    if (!store) {
        std::fprintf(stderr, "%s\n", store.status().message().c_str());
        return 1;
    }
    for (uint64_t epoch = (*store)->committed() + 1; epoch <= epochs; ++epoch) {
        if (!prepare(**store, epoch, random_changes(seed, epoch)).ok()) return 1;
        say('p');
        if (!(*store)->commit(epoch).ok()) return 1;
        say('c');
    }
    return 0;
}
