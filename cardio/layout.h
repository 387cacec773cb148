/*
 * Card layouts: which files, keys and rights a kind of card has, as data
 * (cardio/layouts/NAME.yaml), with a checker. A layout has two parts: "mf" (written when the card
 * is washed) and "adf" (written when it is issued).
 *
 * In the file (all numbers hexadecimal with 0x, or decimal):
 *   id, dialect (a row of dialect.c), plastic (mother unless said, psam, user), card-type (the
 * personalisation identifier byte), mf, adf (may be missing). A directory: id, name (text),
 * key-file-size, size (adf only), create-right, erase-right, key-right, keys, files. A key: name,
 * group (0 or 1-5, then also the version), kind, kid, use-right, state (follow-on state, or the
 * attributes of a master key), change-right, counter, length (PIN only: bytes), optional (yes: may
 * be missing); and where its value comes from: source (the key of the centre, name unless said),
 * factors (region, bank, serial: diversified by these, one level each), from: mother (given by a
 * mother card that lies opened in another reader, wrapped under the key that under names: a
 * transport key of this directory), from: draw (a PIN alone: the vault draws one for each card, and
 * nobody knows it; the holder gets the own one by the PIN reload key), later: yes (the next holder
 * of the card loads it, wrapped under the key that under names). A file: id, type (transparent
 * unless said; fixed, cyclic, purse), size, or records and record-length, protect (none, mac,
 * encrypt), read-right, write-right, content (audit, adf-audit, limit, subject, terminal,
 * user-public, holder, psam-public, zero), limit (content limit only: how many exports). A layout
 * with "second: yes" adds an application to a card that another centre washed: of its mf only the
 * control key is used, and nothing there is written.
 */
#ifndef KEYRITE_CARDIO_LAYOUT_H
#define KEYRITE_CARDIO_LAYOUT_H

#include "card.h"

#define LAYOUT_KEYS_MAX  32
#define LAYOUT_FILES_MAX 16
/* What a key may be diversified by, 8 bytes each (system.md section 2). */
enum key_factor { FACTOR_REGION, FACTOR_BANK, FACTOR_SERIAL, FACTOR_KINDS };
#define LAYOUT_FACTORS_MAX 3
struct layout_key {
    char name[24]; /* "GMPK", "kIctlR", "PIN": which key of the centre goes there */
    int group;     /* version 1..5, 0 where there are none */
    enum card_key_kind kind;
    uint8_t kid;
    struct key_header header;
    bool optional;   /* left out when the centre has no such key (a GMPK group) */
    char source[24]; /* the key of the centre, or of the mother card, that it is made from */
    enum key_factor factors[LAYOUT_FACTORS_MAX];
    uint32_t factor_count; /* 0: the source itself */
    bool mother;           /* a mother card gives it ... */
    char under[24];        /* ... wrapped under this transport key of the same directory */
    bool drawn;            /* a PIN that the vault draws for each card, and nobody knows */
    bool later;    /* not written when the card is issued: its next holder loads it, under it */
    unsigned line; /* in the layout file, 0 when it comes from nowhere */
};
struct layout_file {
    struct file_control control;
    char content[24]; /* "audit", "adf-audit", "limit" ...: what is written there */
    uint32_t limit;   /* "limit": exports that the card may make */
    unsigned line;
};
struct layout_directory {
    uint16_t id; /* 3F00 for MF */
    uint8_t name[16];
    size_t name_len;
    uint16_t key_file_size;
    uint16_t size;
    uint8_t create_right, erase_right;
    uint8_t key_right; /* to add keys */
    struct layout_key keys[LAYOUT_KEYS_MAX];
    size_t key_count;
    struct layout_file files[LAYOUT_FILES_MAX];
    size_t file_count;
    unsigned line;
};
#define LAYOUT_ID_MAX 24
struct layout {
    char id[LAYOUT_ID_MAX]; /* "rmkc" */
    char dialect[16];
    uint8_t card_type;               /* personalisation identifier byte */
    char plastic[12];                /* mother (unless said), psam, user */
    bool second;                     /* another centre's MF, a further application */
    struct layout_directory mf, adf; /* adf.id 0 when there is none */
};
/* Reads and checks a layout file; the detail of KR_E_LAYOUT names file and line or key. */
enum kr_error layout_load(const char *path, struct layout *out);
/* The same for the bytes of a file; name is for the detail. */
enum kr_error layout_parse(const char *name, const uint8_t *text, size_t len, struct layout *out);
/* Duplicate kids, files before the key file, keys without a way to load them, sizes that do not fit
 * ... */
enum kr_error layout_check(const struct layout *l);
/* The first key of that kind; NULL for none. It belongs to d. */
const struct layout_key *layout_key_of_kind(const struct layout_directory *d,
                                            enum card_key_kind kind);

#endif
