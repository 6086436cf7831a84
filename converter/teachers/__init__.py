"""Teachers speak text. `catalogue` finds one by name, and `teacher` defines their interface."""
