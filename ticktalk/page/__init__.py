"""Voices on a web page or in an npm package, with the library's C code compiled to WebAssembly."""
