# ESP-IDF's functions for projects and components, and the flags that it compiles C with. COMPONENT is the folder of the
# component that main's manifest overrides.
macro(project name)
  _project(${name} C)
  add_executable(${name}.elf)
  target_compile_options(${name}.elf PRIVATE ${IDF_OPTIONS})
  target_include_directories(${name}.elf PRIVATE ${IDF}/include)
  add_subdirectory(${COMPONENT} component)
  add_subdirectory(${CMAKE_SOURCE_DIR}/main main)
endmacro()

get_filename_component(IDF ${CMAKE_CURRENT_LIST_DIR}/../.. ABSOLUTE)
set(IDF_OPTIONS
    -std=gnu17 -Og -ffunction-sections -fdata-sections -fno-shrink-wrap -fno-jump-tables
    -fno-tree-switch-conversion -fstrict-volatile-bitfields -Wall -Wextra -Werror -Wno-unused-parameter
    -Wno-sign-compare -Wno-enum-conversion -Wno-old-style-declaration)

# main is linked with every component.
function(idf_component_register)
  cmake_parse_arguments(_ "" "" "SRCS;INCLUDE_DIRS;PRIV_INCLUDE_DIRS;REQUIRES;PRIV_REQUIRES" ${ARGN})
  if(__UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "unknown arguments: ${__UNPARSED_ARGUMENTS}")
  endif()
  get_filename_component(component ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  set(library __idf_${component})
  add_library(${library} STATIC ${__SRCS})
  target_compile_options(${library} PRIVATE ${IDF_OPTIONS})
  target_include_directories(${library} PUBLIC ${__INCLUDE_DIRS} PRIVATE ${IDF}/include ${__PRIV_INCLUDE_DIRS})
  if(component STREQUAL main)
    target_link_libraries(${library} PRIVATE ${IDF_COMPONENTS})
    target_sources(${CMAKE_PROJECT_NAME}.elf PRIVATE ${IDF}/start.c)
    target_link_libraries(${CMAKE_PROJECT_NAME}.elf PRIVATE ${library})
  endif()
  set(IDF_COMPONENTS ${IDF_COMPONENTS} ${library} CACHE INTERNAL "")
  set(COMPONENT_LIB ${library} PARENT_SCOPE)
endfunction()
