"""A graph as C: fusion, memory plan, schedule, text."""
