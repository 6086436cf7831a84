"""A voice as a page for the browser, and as a package for the web: the library's C compiled to WebAssembly."""
