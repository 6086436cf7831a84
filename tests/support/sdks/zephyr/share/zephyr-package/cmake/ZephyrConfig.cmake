# Zephyr's functions for applications and modules, and the flags that it compiles with. PYTHON runs Kconfig.
project(Zephyr-Kernel C)
get_filename_component(ZEPHYR_BASE ${CMAKE_CURRENT_LIST_DIR}/../../.. ABSOLUTE)

add_library(zephyr_interface INTERFACE)
target_include_directories(zephyr_interface INTERFACE ${ZEPHYR_BASE}/include)
target_compile_options(zephyr_interface INTERFACE
    -std=c11 -Os -fno-strict-aliasing -fno-common -ffunction-sections -fdata-sections -fno-pic -fno-pie
    -fno-asynchronous-unwind-tables -fno-reorder-functions -fno-defer-pop -Wall -Wformat -Wformat-security
    -Wno-format-zero-length -Wdouble-promotion -Wno-pointer-sign -Wpointer-arith -Wexpansion-to-defined
    -Wno-unused-but-set-variable -Werror=implicit-int -Werror)
add_executable(app)
target_link_options(app PRIVATE -no-pie)
target_link_libraries(app PRIVATE zephyr_interface)

macro(zephyr_library_named name)
  set(ZEPHYR_CURRENT_LIBRARY ${name})
  add_library(${name} STATIC)
  target_link_libraries(${name} PRIVATE zephyr_interface)
  target_link_libraries(app PRIVATE ${name})
endmacro()

function(zephyr_library_sources source)
  target_sources(${ZEPHYR_CURRENT_LIBRARY} PRIVATE ${source} ${ARGN})
endfunction()

function(zephyr_library_compile_options item)
  target_compile_options(${ZEPHYR_CURRENT_LIBRARY} PRIVATE ${item} ${ARGN})
endfunction()

function(zephyr_include_directories)
  foreach(directory ${ARGV})
    get_filename_component(path ${directory} ABSOLUTE)
    target_include_directories(zephyr_interface INTERFACE ${path})
  endforeach()
endfunction()

function(target_sources_ifdef feature target scope item)
  if(${${feature}})
    target_sources(${target} ${scope} ${item} ${ARGN})
  endif()
endfunction()

set(configurations ${CMAKE_SOURCE_DIR}/prj.conf)
foreach(file ${EXTRA_CONF_FILE})
  list(APPEND configurations ${CMAKE_SOURCE_DIR}/${file})
endforeach()
foreach(module ${ZEPHYR_EXTRA_MODULES})
  get_filename_component(module ${module} ABSOLUTE)
  file(READ ${module}/zephyr/module.yml description)
  string(REGEX MATCH "\n  cmake: ([^\n]+)" _ "${description}")
  set(cmake ${CMAKE_MATCH_1})
  string(REGEX MATCH "\n  kconfig: ([^\n]+)" _ "${description}")
  execute_process(
    COMMAND ${PYTHON} ${ZEPHYR_BASE}/kconfig.py ${ZEPHYR_BASE} ${module}/${CMAKE_MATCH_1} ${CMAKE_SOURCE_DIR}/Kconfig
            ${CMAKE_BINARY_DIR}/config.cmake ${configurations}
    RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "Kconfig failed")
  endif()
  include(${CMAKE_BINARY_DIR}/config.cmake)
  add_subdirectory(${module}/${cmake} module)
endforeach()
