/*
 * One way to fail. Every fallible function of keyrite returns enum kr_error; KR_OK is 0.
 * The table error.def gives each error its short name, the sentence a person reads and what to do.
 * A sentence may hold one "{}": it is replaced by the detail given with kr_fail() (data: a name, a
 * number, a file; never a secret and never a whole sentence).
 */
#ifndef KEYRITE_CRYPTO_ERROR_H
#define KEYRITE_CRYPTO_ERROR_H

#include <stddef.h>

#define N_(text) text /* marks a sentence for the message catalogue */

enum kr_error {
#define KR_ERROR(code, name, sentence, advice) code,
#include "error.def"
#undef KR_ERROR
    KR_ERROR_COUNT
};

/* Remembers the formatted detail (at most 191 bytes, this thread) and returns code. */
enum kr_error kr_fail(enum kr_error code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The detail of this thread's last kr_fail(), "" when none. Valid until the next kr_fail(). */
const char *kr_detail(void);
void kr_detail_clear(void);

/* Short stable name, e.g. "card-gone". Used by --json output, tests and journal entries. */
const char *kr_name(enum kr_error code);
/* Untranslated sentence and advice; callers pass them through gettext(). */
const char *kr_sentence(enum kr_error code);
const char *kr_advice(enum kr_error code);

/*
 * Writes "sentence advice" for people, in the current language, with "{}" replaced by detail
 * (kr_detail() when detail is NULL). Always ends with a NUL; returns out.
 */
char *kr_explain(enum kr_error code, const char *detail, char *out, size_t out_size);

#endif
