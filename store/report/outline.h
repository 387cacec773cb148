/*
 * Of a ceremony's script what a report needs: its titles, and which requirements its steps are to
 * satisfy. The ceremony floor reads the whole of a script and checks it; here only what was signed
 * as the script of a ceremony is read, and a field that is missing stays empty.
 */
#ifndef KEYRITE_STORE_REPORT_OUTLINE_H
#define KEYRITE_STORE_REPORT_OUTLINE_H

#include <stdbool.h>
#include <stddef.h>
#include "../../crypto/error.h"

#define OUTLINE_REQUIRES_MAX 8
#define OUTLINE_TEXT_MAX     65536

struct outline_words {
    char en[192], zh[192];
};
struct outline_step {
    char id[32], kind[32];
    struct outline_words title;
    char repeat[2][32];
    char requires[OUTLINE_REQUIRES_MAX][64];
    size_t requires_count;
    bool unless_key; /* left out where the centre has that key */
};
struct outline {
    char id[48], version[16];
    struct outline_words title;
    struct outline_step *steps;
    size_t count;
};

/* KR_E_SCRIPT_SYNTAX when the text is no YAML, or longer than OUTLINE_TEXT_MAX; KR_E_MEMORY. */
enum kr_error outline_read(const char *text, size_t len, struct outline *o);
void outline_free(struct outline *o);
/* The step of which key ("component[1.3]") is an instance; NULL when there is none. */
const struct outline_step *outline_step_of(const struct outline *o, const char *key);
/* Its title in one language, with the group and letter of the instance filled in; the key itself
 * where the outline has none. */
void outline_title(const struct outline *o, const char *key, bool chinese, char *out, size_t room);

#endif
