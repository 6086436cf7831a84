# pico-extras' libraries.
get_filename_component(PICO_EXTRAS ${CMAKE_CURRENT_LIST_DIR}/.. ABSOLUTE)

macro(pico_extras_init)
  add_library(pico_audio_i2s INTERFACE)
  target_include_directories(pico_audio_i2s INTERFACE ${PICO_EXTRAS}/include)
endmacro()
