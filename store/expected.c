#include "expected.h"

#include <stdlib.h>
#include <string.h>

#include "key_life.h"

void expected_free(struct expected *x)
{
    free(x->list);
    free(x->keys);
    free(x->places);
    memset(x, 0, sizeof *x);
}

const char *expected_key(const struct expected *x, const struct expectation *one)
{
    return x->keys + one->key;
}

/* FNV-1a, 64 bits. */
static uint64_t hash_of(enum fact fact, const char *key)
{
    uint64_t h = (14695981039346656037u ^ (uint64_t)fact) * 1099511628211u;
    for (; *key != '\0'; key++)
        h = (h ^ (unsigned char)*key) * 1099511628211u;
    return h;
}

/* The place where the key is, or the free one where it would go. */
static size_t place_of(const struct expected *x, enum fact fact, const char *key)
{
    size_t mask = x->places_room - 1, at = (size_t)hash_of(fact, key) & mask;
    for (; x->places[at] != 0; at = (at + 1) & mask) {
        const struct expectation *one = &x->list[x->places[at] - 1];
        if (one->fact == fact && strcmp(expected_key(x, one), key) == 0)
            break;
    }
    return at;
}

struct expectation *expected_find(const struct expected *x, enum fact fact, const char *key)
{
    if (x->count == 0)
        return NULL;
    size_t at = place_of(x, fact, key);
    return x->places[at] == 0 ? NULL : &x->list[x->places[at] - 1];
}

/* ---- Room ---- */

/* At most half of the places are taken. */
static enum kr_error grow_places(struct expected *x)
{
    size_t room = x->places_room == 0 ? 256 : 2 * x->places_room;
    if (2 * (x->count + 1) <= x->places_room)
        return KR_OK;
    uint32_t *places = calloc(room, sizeof *places);
    if (!places)
        return KR_E_MEMORY;
    free(x->places);
    x->places = places;
    x->places_room = room;
    for (size_t i = 0; i < x->count; i++)
        places[place_of(x, x->list[i].fact, expected_key(x, &x->list[i]))] = (uint32_t)(i + 1);
    return KR_OK;
}

static enum kr_error grow_list(struct expected *x)
{
    size_t room = x->room == 0 ? 64 : 2 * x->room;
    if (x->count < x->room)
        return KR_OK;
    struct expectation *list = realloc(x->list, room * sizeof *list);
    if (!list)
        return KR_E_MEMORY;
    x->list = list;
    x->room = room;
    return KR_OK;
}

static enum kr_error grow_keys(struct expected *x, size_t len)
{
    size_t room = x->keys_room == 0 ? 4096 : 2 * x->keys_room;
    if (x->keys_len + len > UINT32_MAX)
        return kr_fail(KR_E_TOO_LONG, "list of rows");
    if (x->keys_len + len <= x->keys_room)
        return KR_OK;
    while (room < x->keys_len + len)
        room *= 2;
    char *keys = realloc(x->keys, room);
    if (!keys)
        return KR_E_MEMORY;
    x->keys = keys;
    x->keys_room = room;
    return KR_OK;
}

enum kr_error expected_add(struct expected *x, enum fact fact, const char *key,
                           struct expectation **out)
{
    size_t len = strlen(key) + 1;
    enum kr_error error = grow_keys(x, len);
    if (error == KR_OK)
        error = grow_list(x);
    if (error == KR_OK)
        error = grow_places(x);
    if (error != KR_OK)
        return error;
    size_t at = place_of(x, fact, key);
    struct expectation *one = &x->list[x->count];
    *one = (struct expectation){
        .key = (uint32_t)x->keys_len, .nth = ++x->counts[fact], .fact = (uint8_t)fact};
    memcpy(x->keys + x->keys_len, key, len);
    x->keys_len += len;
    x->places[at] = (uint32_t)++x->count;
    *out = one;
    return KR_OK;
}

/* ---- Taking the journal in ---- */

struct taking {
    struct expected *x;
    const struct store *store;
    const struct entry *entry;
};

static const char *field(const struct row *r, const char *column)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->fields[i].column, column) == 0)
            return r->fields[i].text;
    return "";
}

void expected_card(const struct expectation *one, struct row *r)
{
    row_put_number(r, "piece", one->nth);
    row_put_number(r, "spoiled", one->ended);
}

static void take_number(const struct taking *t, const char *number)
{
    enum card_series series;
    int64_t n;
    if (cards_number_read(t->store, number, &series, &n) && n > t->x->series[series])
        t->x->series[series] = n;
}

static enum kr_error contradicts(const struct taking *t, const struct row *r)
{
    return kr_fail(KR_E_ENTRY_FORMAT, "%s: %s %s", t->entry->kind, fact_table(r->fact), r->key);
}

static enum kr_error say(const struct taking *t, struct expectation *one, const struct row *r)
{
    one->seq = t->entry->seq;
    return row_digest(r, one->digest);
}

/* An intent states the card as it is; only a card that is new comes into the inventory with it. */
static enum kr_error take_card(const struct taking *t, struct expectation *one, bool known,
                               struct row *r)
{
    if (known && strcmp(t->entry->kind, "intent") == 0)
        return KR_OK;
    if (!known)
        take_number(t, field(r, "number"));
    one->ended = one->ended || strcmp(field(r, "state"), "spoiled") == 0;
    expected_card(one, r);
    return say(t, one, r);
}

static enum kr_error take_status(const struct taking *t, struct expectation *one,
                                 const struct row *r)
{
    bool opening = strcmp(field(r, "status"), "open") == 0;
    if (one->ended)
        return contradicts(t, r);
    one->ended = !opening;
    return say(t, one, r);
}

/* "KIND/GROUP/VERSION COMPONENT PERSON" of a key whose name up to the version is stem. */
static bool knows(const char *knowledge, const char *stem, size_t len, const char *person)
{
    const char *who = strrchr(knowledge, ' ');
    return strncmp(knowledge, stem, len) == 0 && who != NULL && strcmp(who + 1, person) == 0;
}

/* Who witnesses that a key is destroyed knows no component of it, in whatever version. */
static enum kr_error take_witness(const struct taking *t, const struct row *r)
{
    char person[PERSON_ID_MAX];
    const char *version = strrchr(r->key, '/');
    if (entry_get(t->entry, "witness", 0, person, sizeof person) != KR_OK || version == NULL)
        return contradicts(t, r);
    for (size_t i = 0; i < t->x->count; i++) {
        const struct expectation *one = &t->x->list[i];
        const char *key = expected_key(t->x, one);
        if (one->fact == FACT_KNOWLEDGE &&
            knows(key, r->key, (size_t)(version + 1 - r->key), person))
            return kr_fail(KR_E_WITNESS, "%s", key);
    }
    return KR_OK;
}

/* A key is born generated; from there on only what key_life.h admits. */
static enum kr_error take_key(const struct taking *t, struct expectation *one, bool known,
                              const struct row *r)
{
    char word[24];
    enum key_state next;
    enum key_act act;
    bool turns = strcmp(t->entry->kind, "key-state") == 0;
    bool admitted = key_state_by_word(field(r, "state"), &next);
    if (turns)
        admitted = admitted && known && entry_get(t->entry, "act", 0, word, sizeof word) == KR_OK &&
                   key_act_by_word(word, &act) && key_life_admits(act, one->state, next);
    else
        admitted = admitted && next == (known ? one->state : KEY_GENERATED);
    if (!admitted)
        return contradicts(t, r);
    one->state = (uint8_t)next;
    one->ended = key_state_is_gone(next);
    enum kr_error error = turns && act == KEY_DESTROY ? take_witness(t, r) : KR_OK;
    return error == KR_OK ? say(t, one, r) : error;
}

/* What is said of a row for the first time makes it, with two exceptions: only an opening begins a
 * ceremony, and what is dropped was there. */
static bool may_be_new(const struct row *r)
{
    return (r->fact != FACT_STATUS || strcmp(field(r, "status"), "open") == 0) &&
           (r->fact != FACT_SEALED || r->count > 0);
}

static enum kr_error take_row(void *ctx, struct row *r)
{
    const struct taking *t = ctx;
    struct expectation *one = expected_find(t->x, r->fact, r->key);
    bool known = one != NULL;
    enum kr_error error = KR_OK;
    if (!known && !may_be_new(r))
        return r->fact == FACT_SEALED ? KR_OK : contradicts(t, r);
    if (!known)
        error = expected_add(t->x, r->fact, r->key, &one);
    if (error != KR_OK)
        return error;
    switch (r->fact) {
    case FACT_CARD:
        return take_card(t, one, known, r);
    case FACT_STATUS:
        return take_status(t, one, r);
    case FACT_CEREMONY:
    case FACT_RECEPTION:
        return known ? contradicts(t, r) : say(t, one, r);
    case FACT_KEY_MADE:
    case FACT_KNOWLEDGE:
    case FACT_LAYOUT:
        return known ? KR_OK : say(t, one, r);
    case FACT_SEALED:
        one->ended = r->count == 0;
        break;
    case FACT_KEY:
        return take_key(t, one, known, r);
    case FACT_ARCHIVED:
    case FACT_PIECE:
    case FACT_POLICY:
    case FACTS:
        break;
    }
    return say(t, one, r);
}

enum kr_error expected_take(struct expected *x, const struct store *s, const struct entry *e)
{
    struct taking t = {x, s, e};
    return rows_of_entry(e, take_row, &t);
}
