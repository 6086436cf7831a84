"""Teachers: anything that can speak a text. `catalogue` finds one by name, and `teacher` defines the interface."""
