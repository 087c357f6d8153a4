// The dashboard's files, which the build puts into the executable (host/serve/page).
#pragma once

#include <span>
#include <string_view>

namespace weir::host {

struct PageFile {
    const char* path;  // "/app.js"
    const char* type;
    std::string_view content;
};

std::span<const PageFile> page_files();

}  // namespace weir::host
