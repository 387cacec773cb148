/*
 * A journal that was recorded once and is kept as a file: "entry LEAF-BYTES BODY-BYTES SALT" and
 * leaf and body, for every entry; then "checkpoint BYTES" and its text. Whatever fails in here
 * fails the test.
 */
#ifndef KEYRITE_TESTS_STORE_RECORDED_H
#define KEYRITE_TESTS_STORE_RECORDED_H

#include "../../store/report/report.h"

/* KEYRITE_SOURCE, or where the test runs. */
void recorded_path(const char *name, char out[512]);
/* The whole of a file, ended by a NUL; the caller frees it. */
char *recorded_file(const char *path, size_t *len);
/* Every entry is proved by people enrolled before it, then handed over. */
void recorded_entries(const char *name, void (*each)(void *ctx, struct entry *e), void *ctx);
/* The report of one of its ceremonies, with the script as it lies in ceremony/scripts and the first
 * checkpoint that covers it. */
struct report *recorded_report(const char *name, const char *ceremony, const char *script);

/* Fails with the first line that differs. */
void recorded_same_lines(const char *found, const char *expected);
/* The text against the file that is kept; KEYRITE_GOLDEN=write keeps what there is now, to be read
 * and committed. */
void recorded_compare(const char *name, const char *text);

#endif
