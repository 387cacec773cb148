/*
 * Key blocks: a key on its way between centres or systems, under a key block protection key (KBPK),
 * with a header in clear that says what it may be used for and that the MAC binds to it. As text:
 *
 *   version 1 | length 4 | usage 2 | algorithm 1 | mode of use 1 | key version 2 | exportability 1
 * | number of optional blocks 2 | key context 1 | reserved 1 | optional blocks | key, encrypted |
 * MAC
 *
 * Length counts characters, in decimal; key and MAC are upper-case hexadecimal. An optional block
 * is id 2 | length 2 (hexadecimal, of the whole) | data, or id 2 | 00 | 02 | length 4 | data.
 * Version B: TDES derivation binding, CBC and CMAC of Triple DES, MAC 8 bytes. Version D: the same
 * of AES, MAC 16 bytes. The versions A and C (variants of the KBPK) are outdated and not known
 * here.
 *
 * Sources: ANSI X9.143-2021 section 6 (header, values, optional blocks) and ASC X9 TR-31:2018
 * sections 5 and A.7 (derivation, published examples), NIST SP 800-38B (CMAC).
 */
#ifndef KEYRITE_CRYPTO_KEY_BLOCK_H
#define KEYRITE_CRYPTO_KEY_BLOCK_H

#include "suite.h"

#define KEY_BLOCK_HEAD        ((size_t)16)
#define KEY_BLOCK_MAX         4096 /* characters; the format itself counts to 9999 */
#define KEY_BLOCK_OPTIONS_MAX 99

struct key_block_head {
    char version;   /* 'B' or 'D' */
    char usage[3];  /* "K1" */
    char algorithm; /* of the key inside: 'T', 'A' */
    char mode;      /* 'X' */
    char key_version[3];
    char exportability; /* 'E', 'N' or 'S' */
    char context;       /* '0' by the KBPK, '1' storage, '2' exchange */
};

/* What stands where in a block's text. */
struct key_block_option {
    char id[3];
    size_t at, len; /* of its data */
};
struct key_block {
    struct key_block_head head;
    size_t option_count;
    struct key_block_option options[KEY_BLOCK_OPTIONS_MAX];
    size_t header_len;           /* with the optional blocks; the encrypted key follows */
    size_t payload_len, mac_len; /* in bytes, half their characters */
};

/* Reads the form alone, of any bytes at all; what it says is true only once the MAC was checked
 * (key_block_unwrap). KR_E_BLOCK_VERSION, KR_E_BLOCK_LENGTH, KR_E_BLOCK_FORM with the field that is
 * wrong. */
enum kr_error key_block_read(const char *text, size_t len, struct key_block *block);

/* Bytes of a cipher block of that version, and of its MAC: 8 for 'B', 16 for 'D'. */
size_t key_block_unit(char version);
/* The header in words, untranslated; NULL for a value that the standard does not list. */
const char *key_block_usage_words(const char usage[3]);
const char *key_block_algorithm_words(char algorithm);
const char *key_block_mode_words(char mode);
const char *key_block_exportability_words(char exportability);
const char *key_block_context_words(char context);
const char *key_block_option_words(const char id[3]);

/* The suite whose keys have this algorithm; NULL for the others. */
const struct suite *key_block_suite(char algorithm);
/* The algorithm that a suite's keys have in a block; 0 when the standard has none (SM4). */
char key_block_algorithm(const struct suite *suite);

/* How many optional blocks the text is; more than KEY_BLOCK_OPTIONS_MAX when it is none. */
size_t key_block_count_options(const char *options);
/* Optional blocks that say the key's check value (KC) and fill up to whole cipher blocks (PB). */
#define KEY_BLOCK_KC_MAX 48
void key_block_check_value(const struct kcv *kcv, char version, char out[KEY_BLOCK_KC_MAX]);

/*
 * Makes a block. kbpk: 16 or 24 bytes (version B), 16, 24 or 32 (D); KR_E_BLOCK_KBPK for others.
 * options: the text of whole optional blocks, "" for none. pad: what fills up the last cipher
 * block, NULL to draw it (a published example names it). out holds room characters with the NUL.
 * KR_E_TOO_LONG; the errors of key_block_read() for a head or options that make no block.
 */
enum kr_error key_block_wrap(const struct secret *kbpk, const struct key_block_head *head,
                             const char *options, const struct secret *key, const uint8_t *pad,
                             char *out, size_t room);
/*
 * Reads a block, checks its MAC and then gives its key, of whatever length it says; *key is the
 * caller's. KR_E_BLOCK_MAC: of what is inside nothing was looked at before. KR_E_BLOCK_KBPK for a
 * KBPK of the wrong length. Whether use, mode and exportability fit is for the caller to say.
 */
enum kr_error key_block_unwrap(const struct secret *kbpk, const char *text, size_t len,
                               struct key_block *block, struct secret **key);
/* Compares each check value that the block states (KC) with the key; KR_E_KCV_DIFFERS. */
enum kr_error key_block_verify_kcv(const struct key_block *block, const char *text,
                                   const struct secret *key);

#endif
