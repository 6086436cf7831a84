"""What users add to texts: own pronunciations, the inline form, markup, and SSML."""
