/*
 * Everything that a card tells to anybody who asks: which operating system, files that are free to
 * read, and of its keys all but the value. Sends SELECT, READ BINARY and GET DATA only: no try is
 * spent, nothing is changed, and no card is too foreign for it.
 */
#ifndef KEYRITE_CARDIO_CARD_SURVEY_H
#define KEYRITE_CARDIO_CARD_SURVEY_H

#include "card.h"

#define SURVEY_DIRECTORIES 5  /* the MF, and 3F01 to 3F04 below it */
#define SURVEY_KEYS_MAX    48 /* in a directory */
#define SURVEY_FILES_MAX   6  /* the files of cards.md section 6 that are looked for */
#define SURVEY_KIDS        16 /* KID 00 to 0F of each type: a card answers for one key at a time */
#define SURVEY_FILE_ROOM   256

struct survey_key {
    enum card_key_kind kind;
    struct key_info info;
};
struct survey_file {
    uint8_t sfi;
    bool readable; /* else it is there, and its read right is not satisfied */
    size_t len;
    uint8_t bytes[SURVEY_FILE_ROOM];
};
struct survey_directory {
    uint16_t id;
    bool blocked; /* SELECT answers 6A81 */
    uint8_t name[16];
    size_t name_len;
    struct survey_key keys[SURVEY_KEYS_MAX];
    size_t key_count;
    struct survey_file files[SURVEY_FILES_MAX];
    size_t file_count;
};
struct card_survey {
    bool has_chip; /* it told its chip serial, as every card of ours does */
    uint8_t chip[8];
    const struct dialect *dialect;                           /* NULL: it speaks none that we know */
    struct survey_directory directories[SURVEY_DIRECTORIES]; /* the MF first */
    size_t count;
};
/* Opens the card (any piece of plastic) and looks; afterwards c speaks its dialect, where one is
 * known, and the directory looked at last is current. What the card refuses is an answer; errors
 * are those of the reader. */
enum kr_error card_survey(struct card *c, struct card_survey *s);
/* NULL when there is none. */
const struct survey_directory *survey_directory(const struct card_survey *s, uint16_t id);
const struct survey_file *survey_file(const struct survey_directory *d, uint8_t sfi);
const struct survey_key *survey_key(const struct survey_directory *d, enum card_key_kind kind,
                                    uint8_t kid);
/* The file is there, can be read, has so many bytes, and they are not all zero. */
bool survey_written(const struct survey_file *f, size_t least);

#endif
