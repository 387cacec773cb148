#include "intents.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "../crypto/hash.h"

void intents_free(struct intents *t)
{
    free(t->list);
    memset(t, 0, sizeof *t);
}

static enum kr_error place_of(const struct entry *e, uint64_t *place)
{
    char id[64] = "", step[64] = "";
    uint8_t digest[32];
    (void)entry_get(e, "ceremony", 0, id, sizeof id);
    (void)entry_get(e, "step", 0, step, sizeof step);
    const struct piece pieces[] = {{id, strlen(id)}, {"\n", 1}, {step, strlen(step)}};
    enum kr_error error = sha256_pieces(pieces, 3, digest);
    memcpy(place, digest, sizeof *place);
    return error;
}

static enum kr_error remember(struct intents *t, struct intent intent)
{
    if (t->count == t->room) {
        size_t room = t->room ? 2 * t->room : 64;
        struct intent *list = realloc(t->list, room * sizeof *list);
        if (!list) {
            return KR_E_MEMORY;
        }
        t->list = list;
        t->room = room;
    }
    t->list[t->count++] = intent;
    t->open++;
    return KR_OK;
}

static int by_seq(const void *key, const void *element)
{
    uint64_t a = *(const uint64_t *)key, b = ((const struct intent *)element)->seq;
    return a < b ? -1 : a > b;
}

static enum kr_error conclude(struct intents *t, uint64_t seq, uint64_t place)
{
    struct intent *i = t->count ? bsearch(&seq, t->list, t->count, sizeof *t->list, by_seq) : NULL;
    if (!i || (!i->withheld && i->place != place)) {
        return kr_fail(KR_E_ENTRY_FORMAT, "outcome without intent %" PRIu64, seq);
    }
    if (i->concluded) {
        return kr_fail(KR_E_ENTRY_FORMAT, "second outcome of intent %" PRIu64, seq);
    }
    i->concluded = true;
    t->open--;
    return KR_OK;
}

enum kr_error intent_named(const struct entry *outcome, uint64_t *seq)
{
    char text[24];
    char *end = text;
    if (entry_get(outcome, "intent", 0, text, sizeof text) == KR_OK) {
        *seq = strtoull(text, &end, 10);
    }
    bool number = end != text && *end == '\0' && text[0] >= '0' && text[0] <= '9';
    return number ? KR_OK : kr_fail(KR_E_ENTRY_FORMAT, "outcome names no intent");
}

enum kr_error intents_apply(struct intents *t, const struct entry *e)
{
    uint64_t place, seq = 0;
    bool outcome = strcmp(e->kind, "outcome") == 0;
    if (!outcome && strcmp(e->kind, "intent") != 0) {
        return KR_OK;
    }
    enum kr_error error = place_of(e, &place);
    if (error == KR_OK && outcome) {
        error = intent_named(e, &seq);
    }
    if (error != KR_OK) {
        return error;
    }
    return outcome ? conclude(t, seq, place)
                   : remember(t, (struct intent){.seq = e->seq, .place = place});
}

enum kr_error intents_withhold(struct intents *t, const struct entry *e)
{
    return strcmp(e->kind, "intent") == 0
               ? remember(t, (struct intent){.seq = e->seq, .withheld = true})
               : KR_OK;
}
