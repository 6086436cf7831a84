"""The text front end: UTF-8 in, phonemes out (docs/explanation/text.md).

The language packs in `languages/` hold all knowledge of a language. The code in this package is independent of the
language and can be ported to C without a heap, floating point or recursion.
"""
