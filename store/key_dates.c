#include "key_dates.h"

#include <stdio.h>
#include <string.h>

#include "journal_filter.h"

/* The state that the entry gives to the key; false where it speaks of another one, or only touches
 * it. */
static bool state_in(const struct entry *e, const struct key_record *k, char state[24])
{
    char line[256], kind[24];
    int group, version;
    for (size_t n = 0; entry_get(e, "key", n, line, sizeof line) == KR_OK; n++)
        if (sscanf(line, "%23s %d %d %*s %*s %23s", kind, &group, &version, state) == 4 &&
            strcmp(kind, k->kind) == 0 && group == k->group && version == k->version)
            return true;
    return false;
}

static enum kr_error take(struct store *s, uint64_t seq, const struct key_record *k,
                          struct key_date *out, size_t room, size_t *count)
{
    struct entry e;
    char state[24];
    enum kr_error error = journal_read(s, seq, &e);
    if (error != KR_OK)
        return error;
    bool turns = strcmp(e.kind, "outcome") == 0 || strcmp(e.kind, "key-state") == 0;
    if (turns && state_in(&e, k, state)) {
        if (*count == room) {
            error = kr_fail(KR_E_TOO_LONG, "%s", k->kind);
        } else {
            struct key_date *d = &out[(*count)++];
            *d = (struct key_date){.time_ms = e.time_ms, .seq = seq};
            memcpy(d->state, state, sizeof d->state);
            (void)entry_get(&e, "ceremony", 0, d->ceremony, sizeof d->ceremony);
        }
    }
    entry_free(&e);
    return error;
}

enum kr_error key_dates(struct store *s, const struct key_record *k, struct key_date *out,
                        size_t room, size_t *count)
{
    struct journal_filter filter = {.count = 1};
    struct journal_matches *found = NULL;
    *count = 0;
    filter.terms[0].classes = 1u << FACET_KEY;
    snprintf(filter.terms[0].word, sizeof filter.terms[0].word, "%s/%d/%d %s", k->kind, k->group,
             k->version, k->kcv);
    enum kr_error error = journal_match(s, &filter, &found);
    uint64_t matches = error == KR_OK ? journal_matches_count(found) : 0;
    for (uint64_t n = matches; error == KR_OK && n-- > 0;)
        error = take(s, journal_matches_at(found, n), k, out, room, count);
    journal_matches_free(&found);
    return error;
}
