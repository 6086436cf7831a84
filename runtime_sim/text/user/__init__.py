"""User additions to texts: custom pronunciations, the inline form, markup, and SSML."""
