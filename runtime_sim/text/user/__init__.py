"""User additions to the text: custom pronunciations, the inline form, markup, and SSML."""
