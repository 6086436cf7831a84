"""How the watch computes: memory plan, packed weights, C templates and the build."""
