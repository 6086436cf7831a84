"""Ids for the phonemes of any language, as espeak-ng writes them: one for every letter of its IPA, decomposed (NFD).

The order is part of every voice that was trained with it: letters are only ever added at the end."""

LETTERS = (
    " !'(),-.:;?\""
    "abcdefhijklmnopqrstuvwxyzæçðøħŋœǀǁǂǃɐɑɒɓɔɕɖɗɘəɚɛɜɞɟɠɡɢɣɤɥɦɧɨɪɫɬɭɮɯɰɱɲɳɴɵɶɸɹɺɻɽɾʀʁʂʃʄʈʉʊʋʌʍʎʏʐʑʒʔʕʘʙʛʜʝʟʡʢ"
    "ʲˈˌːˑ˞βθχᵻⱱ0123456789\u0327\u0303\u032a\u032f\u0329ʰˤε↓#↑\u033a\u033bg\u0361\u0325\u030a\u0308\u0304\u0301\u031d\u031eᵝ"
)


def symbols() -> dict[str, int]:
    """Phoneme symbol -> id, from 1 on; 0 is the edge of an utterance."""
    return {letter: number for number, letter in enumerate(dict.fromkeys(LETTERS), 1)}
