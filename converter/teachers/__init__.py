"""Teachers speak text. `catalogue` finds a teacher by name, and `teacher` defines the interface of all teachers."""
