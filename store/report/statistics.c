#include "statistics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../key_classes.h"
#include "../key_life.h"
#include "../signing_rules.h"
#include "model.h"
#include "text.h"

/* What is counted, each with its own table on the paper. */
enum counted {
    COUNT_KEYS,
    COUNT_KEY_USES,
    COUNT_CARDS,
    COUNT_TIER_CARDS,
    COUNT_TIER_ACTS,
    COUNT_KINDS,
    COUNT_PEOPLE,
    COUNT_MONTHS,
    COUNT_CEREMONIES,
    COUNTED
};
struct counter {
    enum counted what;
    char name[64], more[24]; /* kind and state; a person and nothing */
    uint64_t count;
};
/* Where a card or key stands now: the counter it is counted in. */
struct standing {
    uint64_t id; /* of its chip or label; 0: an empty place */
    size_t counter;
};
struct statistics {
    char origin[ORIGIN_MAX], centre[128], tier[24];
    bool rehearsal;
    uint64_t entries;
    int64_t first_ms, last_ms;
    struct counter *counters;
    size_t count, room;
    struct standing *standing;
    size_t standing_count, standing_room; /* a power of two */
    struct report *people;                /* names */
};

enum kr_error statistics_new(struct statistics **s)
{
    *s = calloc(1, sizeof **s);
    enum kr_error error = *s == NULL ? KR_E_MEMORY : report_new("", &(*s)->people);
    if (error != KR_OK)
        statistics_free(s);
    return error;
}

void statistics_free(struct statistics **s)
{
    if (*s == NULL)
        return;
    report_free(&(*s)->people);
    free((*s)->standing);
    free((*s)->counters);
    free(*s);
    *s = NULL;
}

/* ---- Counting ---- */

static struct counter *counter_of(struct statistics *s, enum counted what, const char *name,
                                  const char *more)
{
    for (size_t i = 0; i < s->count; i++) {
        struct counter *c = &s->counters[i];
        if (c->what == what && strcmp(c->name, name) == 0 && strcmp(c->more, more) == 0)
            return c;
    }
    if (s->count == s->room) {
        size_t room = s->room == 0 ? 64 : 2 * s->room;
        struct counter *grown = realloc(s->counters, room * sizeof *grown);
        if (grown == NULL)
            return NULL;
        s->counters = grown;
        s->room = room;
    }
    struct counter *c = &s->counters[s->count++];
    *c = (struct counter){.what = what};
    snprintf(c->name, sizeof c->name, "%s", name);
    snprintf(c->more, sizeof c->more, "%s", more);
    return c;
}

static enum kr_error count_one(struct statistics *s, enum counted what, const char *name)
{
    struct counter *c = counter_of(s, what, name, "");
    if (c == NULL)
        return KR_E_MEMORY;
    c->count++;
    return KR_OK;
}

/* FNV-1a, 64 bits; never 0. */
static uint64_t id_of(const char *text)
{
    uint64_t hash = 14695981039346656037u;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash == 0 ? 1 : hash;
}

static struct standing *place_of(struct standing *list, size_t room, uint64_t id)
{
    size_t at = id & (room - 1);
    while (list[at].id != 0 && list[at].id != id)
        at = (at + 1) & (room - 1);
    return &list[at];
}

static bool make_places(struct statistics *s)
{
    if (2 * s->standing_count < s->standing_room)
        return true;
    size_t room = s->standing_room == 0 ? 256 : 2 * s->standing_room;
    struct standing *grown = calloc(room, sizeof *grown);
    if (grown == NULL)
        return false;
    for (size_t i = 0; i < s->standing_room; i++)
        if (s->standing[i].id != 0)
            *place_of(grown, room, s->standing[i].id) = s->standing[i];
    free(s->standing);
    s->standing = grown;
    s->standing_room = room;
    return true;
}

/* It was counted as something else until now, or not at all. */
static enum kr_error stands(struct statistics *s, enum counted what, const char *id,
                            const char *kind, const char *state)
{
    struct counter *c = make_places(s) ? counter_of(s, what, kind, state) : NULL;
    if (c == NULL)
        return KR_E_MEMORY;
    struct standing *p = place_of(s->standing, s->standing_room, id_of(id));
    if (p->id != 0)
        s->counters[p->counter].count--;
    else
        s->standing_count++;
    *p = (struct standing){.id = id_of(id), .counter = (size_t)(c - s->counters)};
    c->count++;
    return KR_OK;
}

/* ---- An entry ---- */

/* Which level and application a key serves, until nothing is left of it. */
static enum kr_error take_use(struct statistics *s, const struct key_line *k)
{
    const struct key_class *class = key_class_of(k->kind);
    enum key_state state;
    char label[96];
    bool gone = key_state_by_word(k->state, &state) && key_state_is_gone(state);
    snprintf(label, sizeof label, "use/%s/%d/%d", k->kind, k->group, k->version);
    return stands(s, COUNT_KEY_USES, label, gone ? "archive" : class->level,
                  gone ? "" : class->application);
}

static enum kr_error take_keys(struct statistics *s, const struct entry *e)
{
    char value[256], label[96];
    enum kr_error error = KR_OK;
    for (size_t n = 0; error == KR_OK && entry_get(e, "key", n, value, sizeof value) == KR_OK;
         n++) {
        struct key_line k;
        if (!key_words(value, &k) || k.state[0] == '\0')
            continue;
        snprintf(label, sizeof label, "key/%s/%d/%d", k.kind, k.group, k.version);
        error = stands(s, COUNT_KEYS, label, k.kind, k.state);
        if (error == KR_OK)
            error = take_use(s, &k);
    }
    return error;
}

/* A card that is put out of use because it cannot be found says so in the same entry. */
static enum kr_error take_cards(struct statistics *s, const struct entry *e)
{
    char value[256], label[96];
    enum kr_error error = KR_OK;
    for (size_t n = 0; error == KR_OK && entry_get(e, "card", n, value, sizeof value) == KR_OK;
         n++) {
        char number[32], kind[24], chip[24], state[24];
        if (sscanf(value, "%31s %23s %23s %23s", number, kind, chip, state) != 4)
            continue;
        snprintf(label, sizeof label, "card/%s", chip);
        error = stands(s, COUNT_CARDS, label, kind,
                       strcmp(state, "spoiled") == 0 && entry_says_lost(e, chip) ? "lost" : state);
    }
    return error;
}

/* The first digit of a number tells which tier gave it out (store-format.md, Card numbers). */
static const char *tier_of(const char *number)
{
    bool ours = strlen(number) == 20 && strspn(number, "0123456789") == 20 &&
                strncmp(number + 1, "000", 3) == 0 && number[0] >= '1' && number[0] <= '3';
    return ours ? tier_name((enum tier)(number[0] - '0')) : "";
}

/* A card counts in the tier whose number it bears, wherever it lies now. */
static enum kr_error take_tiers(struct statistics *s, const struct entry *e)
{
    char value[256], label[96];
    const char *seen[4] = {NULL};
    size_t tiers = 0;
    enum kr_error error = KR_OK;
    for (size_t n = 0; error == KR_OK && entry_get(e, "card", n, value, sizeof value) == KR_OK;
         n++) {
        char number[32], kind[24], chip[24], state[24] = "";
        if (sscanf(value, "%31s %23s %23s %23s", number, kind, chip, state) < 3)
            continue;
        const char *tier = tier_of(number);
        bool counted = *tier == '\0';
        for (size_t i = 0; i < tiers; i++)
            counted = counted || strcmp(seen[i], tier) == 0;
        if (!counted)
            seen[tiers++] = tier;
        if (state[0] == '\0')
            continue;
        snprintf(label, sizeof label, "tier/%s", chip);
        error = stands(s, COUNT_TIER_CARDS, label, *tier != '\0' ? tier : "no number", kind);
    }
    for (size_t i = 0; error == KR_OK && i < tiers; i++)
        error = count_one(s, COUNT_TIER_ACTS, seen[i]);
    return error == KR_OK && tiers == 0 ? count_one(s, COUNT_TIER_ACTS, s->tier) : error;
}

static enum kr_error take_ceremony(struct statistics *s, const struct entry *e)
{
    char value[128], script[48];
    if (!is_kind(e, "open") && !is_kind(e, "found"))
        return KR_OK;
    if (sscanf(value_of(e, "script", 0, value, sizeof value), "%47s", script) != 1)
        return KR_OK;
    return count_one(s, COUNT_CEREMONIES, script);
}

static void take_centre(struct statistics *s, const struct entry *e)
{
    if (s->entries == 0)
        s->first_ms = e->time_ms;
    s->last_ms = e->time_ms;
    s->entries++;
    if (is_kind(e, "found")) {
        char yes[8];
        snprintf(s->origin, sizeof s->origin, "%s", e->origin);
        value_of(e, "centre", 0, s->centre, sizeof s->centre);
        value_of(e, "tier", 0, s->tier, sizeof s->tier);
        s->rehearsal = strcmp(value_of(e, "rehearsal", 0, yes, sizeof yes), "yes") == 0;
    }
}

enum kr_error statistics_take(struct statistics *s, const struct entry *e)
{
    char date[24];
    take_centre(s, e);
    date_words(e->time_ms, date);
    date[7] = '\0';
    enum kr_error error = count_one(s, COUNT_KINDS, e->kind);
    if (error == KR_OK)
        error = count_one(s, COUNT_MONTHS, date);
    for (size_t i = 0; error == KR_OK && i < e->signer_count; i++)
        error = count_one(s, COUNT_PEOPLE, e->signers[i].person);
    if (error != KR_OK || e->body_withheld)
        return error;
    error = report_introduce(s->people, e);
    if (error == KR_OK)
        error = take_keys(s, e);
    if (error == KR_OK)
        error = take_cards(s, e);
    if (error == KR_OK)
        error = take_tiers(s, e);
    return error == KR_OK ? take_ceremony(s, e) : error;
}

/* ---- The paper ---- */

#define BAR_COLUMNS 26

/* A bar in eighths of a column. */
static void bar(uint64_t count, uint64_t most, char out[4 * BAR_COLUMNS])
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    uint64_t length = most == 0 ? 0 : (count * 8 * BAR_COLUMNS + most - 1) / most;
    size_t at = 0;
    out[0] = '\0';
    for (; length >= 8; length -= 8)
        at += (size_t)snprintf(out + at, 4 * BAR_COLUMNS - at, "█");
    snprintf(out + at, 4 * BAR_COLUMNS - at, "%s", eighths[length]);
}

static uint64_t most_of(const struct statistics *s, enum counted what)
{
    uint64_t most = 0;
    for (size_t i = 0; i < s->count; i++)
        if (s->counters[i].what == what && s->counters[i].count > most)
            most = s->counters[i].count;
    return most;
}

static void name_of(const struct statistics *s, const struct counter *c, char out[140])
{
    if (c->what == COUNT_PEOPLE)
        person_words(s->people, c->name, out);
    else if (c->what == COUNT_TIER_CARDS && strcmp(c->name, "no number") == 0)
        snprintf(out, 140, "%s", _("without a number"));
    else if (c->what != COUNT_KEYS && c->what != COUNT_MONTHS && c->what != COUNT_CEREMONIES)
        snprintf(out, 140, "%s", vocabulary(c->name));
    else
        snprintf(out, 140, "%s", c->name);
}

static void put_table(const struct statistics *s, struct document *d, enum counted what,
                      const char *heading)
{
    static const int wide[] = {28, 12, 8, 0}, even[] = {20, 20, 8, 0};
    bool two = what == COUNT_TIER_CARDS || what == COUNT_KEY_USES;
    const int *widths = two ? even : wide;
    uint64_t most = most_of(s, what);
    document_heading(d, heading);
    if (most == 0)
        document_line(d, LINE_PLAIN, 0, "%s", _("None."));
    for (size_t i = 0; i < s->count; i++) {
        const struct counter *c = &s->counters[i];
        char name[140], number[24], length[4 * BAR_COLUMNS];
        if (c->what != what || c->count == 0)
            continue;
        name_of(s, c, name);
        snprintf(number, sizeof number, "%8" PRIu64, c->count);
        bar(c->count, most, length);
        document_row(d, LINE_PLAIN, 0, widths, 4,
                     (const char *const[]){name, vocabulary(c->more), number, length});
    }
}

enum kr_error statistics_document(const struct statistics *s, struct document *d)
{
    char first[24], last[24];
    document_begin(d);
    date_words(s->first_ms, first);
    date_words(s->last_ms, last);
    text_copy(s->centre, d->title, sizeof d->title);
    document_running(d, s->centre, NULL);
    snprintf(d->mark, sizeof d->mark, "%s", s->rehearsal ? _("REHEARSAL") : "");
    d->made_ms = s->last_ms;
    document_title(d, _("Statistics"));
    document_gap(d);
    document_fact(d, _("centre"), "%s", s->centre);
    document_fact(d, _("tier"), "%s", vocabulary(s->tier));
    document_fact(d, _("journal"), "%s", s->origin);
    document_fact(d, _("entries of the journal"), "%" PRIu64, s->entries);
    document_fact(d, _("from"), "%s UTC", first);
    document_fact(d, _("to"), "%s UTC", last);
    put_table(s, d, COUNT_KEYS, _("Keys by kind and state"));
    put_table(s, d, COUNT_KEY_USES, _("Keys by level and application"));
    put_table(s, d, COUNT_CARDS, _("Cards by kind and state"));
    put_table(s, d, COUNT_TIER_CARDS, _("Cards by tier whose number they bear, and kind"));
    put_table(s, d, COUNT_CEREMONIES, _("Ceremonies by script"));
    put_table(s, d, COUNT_KINDS, _("Acts by kind"));
    put_table(s, d, COUNT_TIER_ACTS, _("Acts by tier: of the cards touched, else the centre's"));
    put_table(s, d, COUNT_PEOPLE, _("Acts by person (each signature)"));
    put_table(s, d, COUNT_MONTHS, _("Acts by month (UTC)"));
    return d->failed;
}
