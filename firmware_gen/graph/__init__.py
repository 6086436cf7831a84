"""Compiles a graph to C: fusion, memory plan, schedule, source text."""
