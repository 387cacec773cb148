/*
 * The rows of a data file that cards are issued from, kept with the ceremony so that it can be gone
 * on with without the file. They hold names and identity numbers of people: they lie encrypted in
 * the store, are in no journal entry, and are dropped when the ceremony is done with them.
 */
#ifndef KEYRITE_STORE_DATA_ROWS_H
#define KEYRITE_STORE_DATA_ROWS_H

#include "store.h"

#define DATA_ROW_TEXT 256
struct data_row_record {
    char asn[24];
    char text[DATA_ROW_TEXT]; /* as data_row_write() (ceremony/data_file.h) puts it */
};
/* n from 1, in the order of the file. Inside a transaction. KR_E_ARGUMENT when n is there. */
enum kr_error data_rows_put(struct store *s, const char *ceremony, unsigned n,
                            const struct data_row_record *row);
/* KR_E_NOT_FOUND */
enum kr_error data_rows_get(struct store *s, const char *ceremony, unsigned n,
                            struct data_row_record *row);
enum kr_error data_rows_count(struct store *s, const char *ceremony, unsigned *count);
/* SHA-256 over the texts in order, each followed by 0A: what a resumed ceremony compares with the
 * one it noted at opening. */
enum kr_error data_rows_digest(struct store *s, const char *ceremony, uint8_t digest[32]);
/* Overwritten in the database (secure_delete). Inside a transaction. */
enum kr_error data_rows_drop(struct store *s, const char *ceremony);

#endif
