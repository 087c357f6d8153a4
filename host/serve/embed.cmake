# Writes the page's files as C++: cmake -D OUTPUT=FILE -D FOLDER=DIR -D FILES=a.html;b.js -P embed.cmake
set(types_html "text/html; charset=utf-8")
set(types_css "text/css; charset=utf-8")
set(types_js "text/javascript; charset=utf-8")
set(table "")
foreach(file IN LISTS FILES)
  file(READ "${FOLDER}/${file}" text)
  string(FIND "${text}" ")weir_page\"" clash)
  if(NOT clash EQUAL -1)
    message(FATAL_ERROR "${file} holds the mark that ends it")
  endif()
  get_filename_component(extension "${file}" LAST_EXT)
  string(SUBSTRING "${extension}" 1 -1 extension)
  set(path "/${file}")
  if(file STREQUAL "index.html")
    set(path "/")
  endif()
  string(APPEND table "    {\"${path}\", \"${types_${extension}}\", R\"weir_page(${text})weir_page\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "// Made by host/serve/embed.cmake of the files in host/serve/page.
#include \"host/serve/page.hpp\"

namespace weir::host {

std::span<const PageFile> page_files() {
    static constexpr PageFile files[] = {
${table}    };
    return files;
}

}  // namespace weir::host
")
