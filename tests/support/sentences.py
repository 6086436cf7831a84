"""A few sentences for teachers to say: statements, a question, an exclamation."""

SENTENCES = [
    "It is seven thirty.",
    "Turn left here.",
    "Battery low.",
    "Well done!",
    "Shall I call Anna?",
    "Rain at noon, stay dry.",
]
