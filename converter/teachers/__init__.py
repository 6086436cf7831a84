"""Teachers: whatever can say a text. `catalogue` finds one by name, `teacher` says what each of them can do."""
