"""Compile a graph to C code: fusion, scheduling, memory planning and code generation."""
