/*
 * The data file from which user cards are issued: CSV with a header line, one line for each card
 * (docs/data-file.md). All of it is checked before the first card is drawn, and every bad line is
 * named by its number. It holds no secret, but names and identity numbers of people: they lie in
 * the store and on the cards, and in the journal only as the SHA-256 of a row.
 */
#ifndef KEYRITE_CEREMONY_DATA_FILE_H
#define KEYRITE_CEREMONY_DATA_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../store/data_rows.h"

#define DATA_ROWS_MAX     2000
#define DATA_PROBLEMS_MAX 50
#define DATA_HOLDER_MAX   20
#define DATA_ID_MAX       32
#define CARDHOLDER_LEN    55

struct data_row {
    unsigned line;                    /* in the file, the header is line 1 */
    char asn[21];                     /* 20 digits */
    char holder[DATA_HOLDER_MAX + 1]; /* UTF-8 */
    uint8_t holder_id_type;           /* 00 identity card ... 05 another */
    char holder_id[DATA_ID_MAX + 1];
    char valid_from[9], valid_to[9]; /* YYYYMMDD */
    uint8_t card_type;               /* 00 where the file says nothing */
};
struct data_problem {
    unsigned line; /* 0: the file as a whole */
    enum kr_error error;
    char detail[64]; /* never a name or an identity number */
};
struct data_file {
    struct data_row *rows; /* in the file's order; none when there is a problem */
    size_t count;
    uint8_t digest[32]; /* SHA-256 of the file as it lies there */
    struct data_problem problems[DATA_PROBLEMS_MAX];
    size_t problem_count;
    unsigned bad_lines; /* all of them, also those that are not among the problems */
};
/* Whether the ASN may not be given out again. */
typedef enum kr_error (*data_known)(void *ctx, const char *asn, bool *known);

/* KR_OK: rows and digest are filled in. KR_E_DATA_FILE (its detail: how many lines are bad): the
 * problems say which and why. KR_E_FILE, KR_E_TOO_LONG past 1 MiB, what known() said. known may be
 * NULL. Free it in either case. */
enum kr_error data_file_load(const char *path, data_known known, void *ctx, struct data_file *f);
/* The same from memory. */
enum kr_error data_file_parse(const char *bytes, size_t len, data_known known, void *ctx,
                              struct data_file *f);
/* Wipes the rows. */
void data_file_free(struct data_file *f);
/* A data_known: ctx is the store, and its inventory is asked (inventory_number_taken()). */
enum kr_error data_file_inventory(void *store, const char *asn, bool *known);
/* "Line 7: sentence advice" in the language of the moment; returns out. */
char *data_problem_explain(const struct data_problem *p, char *out, size_t room);

/* A row as one line of canonical CSV, all seven columns, without line end; and back. KR_E_DATA_FILE
 * when the text is none. */
void data_row_write(const struct data_row *row, char out[DATA_ROW_TEXT]);
enum kr_error data_row_read(const char *text, struct data_row *row);
/* SHA-256 of that line: what the journal knows of the row. */
enum kr_error data_row_digest(const struct data_row *row, uint8_t digest[32]);
/* File 0016 of the purse application (PBOC 2.0 part 2, cardholder's basic data): card type 1, staff
 * mark 1 (00), name 20, identity number 32, its type 1; texts are filled with 00. */
void data_row_cardholder(const struct data_row *row, uint8_t out[CARDHOLDER_LEN]);
/* Dates of file 0015: from 4, to 4, BCD. */
void data_row_dates(const struct data_row *row, uint8_t out[8]);

/* ---- With the ceremony that issues from it ---- */

/* All rows into the store, inside a transaction; digest is that of data_rows_digest(). */
enum kr_error data_file_keep(struct store *s, const char *ceremony, const struct data_file *f,
                             uint8_t digest[32]);
/* n from 1. KR_E_NOT_FOUND past the last. */
enum kr_error data_row_at(struct store *s, const char *ceremony, unsigned n, struct data_row *row);

#endif
