"""The items of a sentence before conversion to phonemes: words and punctuation marks as (text, flags)."""

Item = tuple[str, int]

MARK = 1  # a punctuation mark that voices support: , . ! ? : ; — … ( ) “ ”
CAPITAL = 2  # the first letter is a capital
CAPITALS = 4  # at least two letters, all of them capitals
JOINED = 8  # joined to the previous item without a space, as in well-known
LETTER = 16  # letters that are read by their names
SAID = 32  # produced by a rule rather than taken from the text
PHONEMES = 128  # the text consists of phonemes, not letters (64 is used only in the C code)
LEVEL = 8  # position of the level of emphasis: 0, or 1 + the index of its mark in emphasis.LEVELS. Marks have none
STRONGER = 2 << LEVEL  # moderate or strong emphasis
