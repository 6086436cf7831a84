/* Tables of a language pack. Strings are offsets into tx_pool (characters) or tx_sounds (phonemes) and are
   zero-terminated. Offset 0 is the empty string. */
#ifndef TX_TABLES_H
#define TX_TABLES_H
#include <stdint.h>

#include "text.h"

typedef uint16_t tx_str;
typedef struct {
    tx_str key, value;
} tx_entry;
typedef struct {
    uint16_t first, count;
} tx_table;
typedef struct {
    uint32_t first, last;
    tx_str name;
} tx_range;
typedef struct {
    uint16_t steps, verbs;
    uint8_t after;
} tx_rule;
typedef struct {
    uint8_t verb, captures; /* the first capture is in the low four bits, the second in the high four bits */
    tx_str word;
} tx_verb;
typedef TX_BIAS tx_bias; /* types of the network's biases and scales */
typedef TX_SCALE tx_scale;
typedef TX_LETTER_SET tx_letters;
typedef struct {
    tx_str word, forms[3];
} tx_weak;
typedef struct {
    tx_str letters, but_not[3], stems[3];
    uint8_t stem_count;
    uint16_t says;
    uint8_t say_count, flags;
    tx_str cut, put;
} tx_ending;

extern const uint8_t tx_pool[], tx_sounds[];

/* characters */
extern const uint16_t tx_small_count, tx_small[], tx_small_text[];
extern const uint16_t tx_large_count, tx_large_text[];
extern const uint32_t tx_large[];
extern const uint16_t tx_range_count;
extern const tx_range tx_ranges[];
extern const tx_str tx_unknown;

/* rules */
extern const tx_entry tx_entries[];
extern const tx_table tx_tables[];
extern const tx_rule tx_rules[];
extern const uint8_t tx_steps[];
extern const tx_verb tx_verbs[];
extern const uint16_t tx_start[], tx_lists[], tx_by_word_count, tx_glued;
extern const tx_entry tx_by_word[];
extern const uint8_t tx_ordinals, tx_parts, tx_signs, tx_endings_known, tx_address_spelled, tx_address_words,
    tx_capitals_spelled, tx_capitals_words, tx_lone, tx_masculine, tx_feminine;

/* numbers, marks, symbols */
extern const tx_str tx_units[], tx_tens[], tx_scales[], tx_scales_many[], tx_hundred, tx_hundreds[], tx_joint, tx_point,
    tx_oh, tx_clock, tx_plural;
extern const uint8_t tx_scale_count;
extern const tx_str tx_symbols[];
extern const uint8_t tx_marks[], tx_mark_sound[];
extern const uint8_t tx_c_minus, tx_c_dots, tx_c_dash, tx_c_quote, tx_c_unquote;

/* words */
extern const tx_str tx_letter_names[];
extern const tx_weak tx_weaks[];
extern const uint8_t tx_weak_count;
extern const uint8_t tx_sound_class[];
extern const tx_letters tx_sounding; /* a bit for each letter */
extern const uint8_t tx_joins[];     /* last and first phoneme that meet, and their replacements */
extern const uint8_t tx_s_primary, tx_s_secondary, tx_s_space, tx_s_t, tx_s_tap;
extern const tx_ending tx_endings[];
extern const uint8_t tx_ending_count, tx_plural_ending;
extern const tx_entry tx_ending_says[];
extern const uint64_t tx_class_sets[];
extern const tx_str tx_class_words[];
extern const uint8_t tx_class_of_word[];
extern const uint16_t tx_class_count, tx_context_count, tx_context_general;
extern const tx_entry tx_context_words[];
extern const uint8_t tx_context[];

/* lexicon */
extern const tx_str tx_chunks[];
extern const uint8_t tx_codes[], tx_lexicon[];
/* the first chunk code of each letter; for each letter and context, which of the letter's codes applies, two per
   byte */
extern const uint8_t tx_chunk_codes[], tx_chunk_groups[];
extern const uint16_t tx_code_places[], tx_lexicon_words, tx_lexicon_blocks;
extern const uint8_t tx_lexicon_block;
extern const uint16_t tx_lexicon_offsets[];
extern const uint8_t tx_pausing[]; /* bitmap, indexed by hash, of words with a separate reading before a pause */

/* user words; then the code point and window character of each phoneme by number, 0 for marks */
extern const struct ticktalk_word tx_own[];
extern const uint16_t tx_own_count, tx_phoneme_points[];
extern const uint8_t tx_phoneme_codes[], tx_phoneme_count;

/* network */
extern const int8_t tx_embedding[], tx_taps[];
extern const uint8_t tx_up[], tx_down[], tx_out[];
extern const int32_t tx_embedding_bias[], tx_embedding_scale[], tx_out_bias[], tx_out_scale[], tx_skip[];
extern const tx_bias tx_taps_bias[], tx_up_bias[], tx_down_bias[];
extern const tx_scale tx_taps_scale[], tx_up_scale[], tx_down_scale[];
extern const uint8_t tx_main_chunk[];
#endif
