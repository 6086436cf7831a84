"""Teachers: anything that can say a text. `catalogue` finds one by name, `teacher` defines what each can do."""
