// A name for this process among the hosts of a consumer group: the same after a crash and restart, another
// for a second host beside it.
//
// Static group membership gives a host its partitions back at once when it comes again under its old name; two
// hosts under one name would throw each other out. So the name is <base>-<host name>-<n>, where n is the
// lowest number that no living process of this machine holds. A number is held by binding an abstract Unix
// socket: the kernel lets go of it the moment the process is gone, however it ends. Hosts in containers are told
// apart by their host names; where those change at every start, give the source an `instance_id`.
#pragma once

#include <string>
#include <utility>

#include <weir/result.hpp>

namespace weir::kafka {

class HostSlot {
public:
    // `scope`: what the name must be unique in (brokers, group). `base`: how it begins.
    static Result<HostSlot> claim(const std::string &scope, const std::string &base);
    HostSlot() = default;
    HostSlot(HostSlot &&o) noexcept : fd_(std::exchange(o.fd_, -1)), name_(std::move(o.name_)) {}
    HostSlot &operator=(HostSlot &&o) noexcept {
        std::swap(fd_, o.fd_);
        std::swap(name_, o.name_);
        return *this;
    }
    ~HostSlot();

    const std::string &name() const { return name_; }

private:
    int fd_ = -1;
    std::string name_;
};

}  // namespace weir::kafka
