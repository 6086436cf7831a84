"""What a sentence is made of before it has phonemes: words and marks, as (text, flags)."""

Item = tuple[str, int]

MARK = 1  # a mark of the voice: , . ! ? : ; — … ( ) “ ”
CAPITAL = 2  # written with a capital first
CAPITALS = 4  # written in capitals, two letters or more
JOINED = 8  # no space before it: well-known
LETTER = 16  # the name of a letter
SAID = 32  # a rule said it, it does not stand in the text
