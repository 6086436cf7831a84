"""The text front end: UTF-8 in, phonemes out (docs/explanation/text.md).

All language-specific data is in the language packs (`languages/`). The code in this package is language-independent
and can be ported to C without a heap, floating point or recursion.
"""
