/*
 * The report of one ceremony, made of entries of the journal alone: from a store, or from a bundle
 * where there is no store. Whoever hands the entries over has verified them. The same entries, the
 * same checkpoint and the same language give the same report, byte for byte, wherever and whenever
 * it is made. Words are in the language that gettext() is set to. docs/report.md.
 */
#ifndef KEYRITE_STORE_REPORT_REPORT_H
#define KEYRITE_STORE_REPORT_REPORT_H

#include "../entry.h"
#include "document.h"

struct report;

enum kr_error report_new(const char *ceremony, struct report **r);
void report_free(struct report **r);
/* Takes the centre's name and people's names from found, enrol and revoke entries, in the journal's
 * order; any other is passed over, and one whose body is withheld too. */
enum kr_error report_introduce(struct report *r, const struct entry *e);
/* Takes the ceremony's entries, in the journal's order; any other is passed over likewise. */
enum kr_error report_take(struct report *r, const struct entry *e);
/* The script as the ceremony was opened with it, after the entries: titles, and what its steps were
 * to satisfy. Without it steps are called by their ids. KR_E_SCRIPT_CHANGED when it is not the one
 * whose digest was signed; KR_E_NOT_FOUND when no entry of the ceremony was taken. */
enum kr_error report_script(struct report *r, const char *text, size_t len);
/* The first checkpoint that covers the whole ceremony, with its signatures. */
enum kr_error report_checkpoint(struct report *r, const char *text);
/* All of that from a store, where each entry is proved on the way. KR_E_NOT_FOUND when no such
 * ceremony was opened. */
struct store;
enum kr_error report_from_store(struct store *s, const char *ceremony, struct report **r);
/* Lays the report out. KR_E_NOT_FOUND when the ceremony has no entry. */
enum kr_error report_document(const struct report *r, bool chinese, struct document *d);

#endif
