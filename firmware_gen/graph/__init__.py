"""Compile a graph to C: fusion, scheduling, memory planning and code generation."""
