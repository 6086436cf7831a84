"""Text as a watch reads it: UTF-8 in, phonemes out (docs/explanation/text.md).

What is said is decided by a language pack (`languages/`); what is here is a machine that knows no language. All of it
is written so that it can be said in C without heap, floating point or recursion.
"""
