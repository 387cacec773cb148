#include "notes.h"

#include <inttypes.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../crypto/hash.h"
#include "vocabulary.h"

#define _(text) gettext(text)

#define MISSING_A_PAGE 120
#define MISSING_SHOWN  12
#define TAKEN_BY_MAX   8

const struct script_parameter *note_parameter(const struct script *s)
{
    for (size_t i = 0; i < s->parameters_count; i++)
        if (strcmp(s->parameters[i].type, "note") == 0)
            return &s->parameters[i];
    return NULL;
}

/* ---- As it comes ---- */

static enum kr_error is_for_us(struct ceremony *c, const struct transfer_note *n)
{
    char own[17];
    const struct centre *centre = &session_slots(c->session)->centre;
    hex_encode(centre->identifier, sizeof centre->identifier, own);
    if (strcmp(n->receiver_identifier, own) != 0)
        return kr_fail(KR_E_NOTE_RECEIVER, "%s, %s", n->receiver, n->receiver_identifier);
    if (n->rehearsal != centre->rehearsal)
        return kr_fail(KR_E_NOTE_REHEARSAL, "%s", n->centre);
    return KR_OK;
}

static enum kr_error lists_layout(const struct transfer_note *n, const char *layout)
{
    return layout == NULL || transfer_note_count(n, layout) > 0
               ? KR_OK
               : kr_fail(KR_E_NOTE_KIND, "%s", vocabulary(layout));
}

static enum kr_error lists_what_is_taken_in(struct ceremony *c, const struct transfer_note *n)
{
    enum kr_error err = KR_OK;
    for (size_t i = 0; err == KR_OK && i < c->script->steps_count; i++) {
        const struct script_step *s = &c->script->steps[i];
        if (strncmp(s->kind, "receive", 7) != 0)
            continue;
        err = lists_layout(n, s->layout);
        if (err == KR_OK)
            err = lists_layout(n, s->partner);
        if (err == KR_OK)
            err = var_set(c, "note-cards", "%zu", transfer_note_count(n, s->layout));
    }
    return err;
}

enum kr_error note_load(struct ceremony *c, const char *path, struct transfer_note **n, char **text,
                        size_t *len, bool *known)
{
    enum kr_error err = transfer_note_load(path, n, text, len);
    if (err != KR_OK)
        return err;
    err = is_for_us(c, *n);
    if (err == KR_OK)
        err = reception_admits(session_store(c->session), *n, known);
    if (err == KR_OK)
        err = lists_what_is_taken_in(c, *n);
    if (err == KR_OK)
        return KR_OK;
    transfer_note_free(n);
    if (text != NULL) {
        free(*text);
        *text = NULL;
    }
    return err;
}

void note_said(const struct transfer_note *n, char out[80])
{
    char hex[65];
    hex_encode(n->digest, 32, hex);
    snprintf(out, 80, "sha256 %s", hex);
}

/* ---- Card by card ---- */

enum kr_error note_held(struct ceremony *c, const struct transfer_note **n)
{
    enum kr_error err = KR_OK;
    if (c->note == NULL)
        err = reception_get(session_store(c->session), c->id, &c->note);
    *n = c->note;
    return err;
}

static enum kr_error not_listed(const struct card_record *rec)
{
    char grouped[32];
    number_grouped(rec->number, grouped);
    return kr_fail(KR_E_NOTE_CARD, "%s", grouped);
}

enum kr_error note_lists(struct ceremony *c, const struct card_record *rec, const char *layout)
{
    const struct transfer_note *n;
    enum kr_error err = note_held(c, &n);
    const struct note_card *card = err == KR_OK ? transfer_note_card(n, rec->chip) : NULL;
    if (err != KR_OK)
        return err;
    return card != NULL && strcmp(card->number, rec->number) == 0 &&
                   strcmp(card->layout, layout) == 0
               ? KR_OK
               : not_listed(rec);
}

enum kr_error note_pairs(struct ceremony *c, const struct card_record *a,
                         const struct card_record *b)
{
    const struct transfer_note *n;
    enum kr_error err = note_held(c, &n);
    if (err != KR_OK)
        return err;
    const struct note_card *one = transfer_note_card(n, a->chip);
    const struct note_card *other = transfer_note_card(n, b->chip);
    return one != NULL && other != NULL && strcmp(one->pair, b->number) == 0 &&
                   strcmp(other->pair, a->number) == 0
               ? KR_OK
               : not_listed(b);
}

enum kr_error note_lines(struct ceremony *c, struct entry *e, const struct card_record *rec)
{
    const struct transfer_note *n;
    char hex[65];
    enum kr_error err = note_held(c, &n);
    const struct note_card *card = err == KR_OK ? transfer_note_card(n, rec->chip) : NULL;
    if (err != KR_OK || card == NULL)
        return err == KR_OK ? not_listed(rec) : err;
    hex_encode(n->digest, 32, hex);
    entry_add(e, "on-note", "%s %" PRIu64, hex, card->seq);
    return entry_add(e, "label", "%s", card->label);
}

void note_facts(struct ceremony *c, struct request *r, const char *layout)
{
    const struct transfer_note *n;
    if (note_held(c, &n) != KR_OK)
        return;
    size_t count = transfer_note_count(n, layout);
    request_fact(r, _("on the transfer note"), "%zu × %s", count, vocabulary(layout));
    for (size_t i = 0; count == 1 && i < n->card_count; i++)
        if (strcmp(n->cards[i].layout, layout) == 0)
            request_fact(r, _("its label says"), "%s", n->cards[i].label);
}

static void cards_fact(struct request *r, const struct transfer_note *n)
{
    for (size_t i = 0; i < n->card_count; i++) {
        bool first = true;
        for (size_t k = 0; first && k < i; k++)
            first = strcmp(n->cards[k].kind, n->cards[i].kind) != 0;
        if (first)
            request_fact(r, vocabulary(n->cards[i].kind), "%zu",
                         transfer_note_count(n, n->cards[i].kind));
    }
}

void note_summary(struct request *r, const struct transfer_note *n)
{
    request_fact(r, _("sent by"), "%s", n->centre);
    request_fact(r, _("journal"), "%.90s", n->head.origin);
    request_fact(r, vocabulary("receiver"), "%s", n->receiver);
    request_fact(r, vocabulary("package"), "%s", n->package);
    cards_fact(r, n);
}

/* ---- What did not come ---- */

/* Cards taken in on this note before a reception was aborted lie in the safe already. */
static enum kr_error came(struct ceremony *c, const struct note_card *card, char where[40])
{
    return reception_took(session_store(c->session), c->note, card->chip, where);
}

/* Calls each() for every card that did not come in this ceremony; where: the ceremony that took it
 * in, "" for one that is missing. */
static enum kr_error each_not_here(struct ceremony *c,
                                   enum kr_error (*each)(void *ctx, const struct note_card *card,
                                                         const char *where),
                                   void *ctx)
{
    const struct transfer_note *n;
    enum kr_error err = note_parameter(c->script) == NULL ? KR_E_NOT_FOUND : note_held(c, &n);
    if (err != KR_OK)
        return err == KR_E_NOT_FOUND ? KR_OK : err;
    for (size_t i = 0; err == KR_OK && i < n->card_count; i++) {
        char where[40];
        err = came(c, &n->cards[i], where);
        if (err == KR_OK && strcmp(where, c->id) != 0)
            err = each(ctx, &n->cards[i], where);
    }
    return err;
}

/* How many each ceremony took in, those that find no place counted with the last; how many are
 * missing, and the first of these, which belong to the note. */
struct not_here {
    char where[TAKEN_BY_MAX][40];
    size_t cards[TAKEN_BY_MAX], count;
    size_t missing;
    const struct note_card *shown[MISSING_SHOWN];
};

static enum kr_error told(void *ctx, const struct note_card *card, const char *where)
{
    struct not_here *t = ctx;
    size_t i = 0;
    if (where[0] == '\0') {
        if (t->missing < MISSING_SHOWN)
            t->shown[t->missing] = card;
        t->missing++;
        return KR_OK;
    }
    while (i < t->count && i + 1 < TAKEN_BY_MAX && strcmp(t->where[i], where) != 0)
        i++;
    if (i == t->count)
        snprintf(t->where[t->count++], sizeof t->where[0], "%s", where);
    t->cards[i]++;
    return KR_OK;
}

enum kr_error note_not_here_lines(struct ceremony *c, struct entry *e)
{
    struct not_here t = {.count = 0};
    enum kr_error err = each_not_here(c, told, &t);
    if (err == KR_OK && t.missing > 0)
        err = entry_add(e, "text", "on the transfer note and not here: %zu", t.missing);
    for (size_t i = 0; err == KR_OK && i < t.count; i++)
        err = entry_add(e, "text", "on the transfer note, taken in before by %s: %zu", t.where[i],
                        t.cards[i]);
    return err;
}

void note_missing_facts(struct ceremony *c, struct request *r)
{
    struct not_here t = {.count = 0};
    if (each_not_here(c, told, &t) != KR_OK)
        return;
    for (size_t i = 0; i < t.count; i++)
        request_fact(r, _("taken in before"), "%zu · %s", t.cards[i], t.where[i]);
    if (t.missing > 0)
        request_fact(r, _("on the note and not here"), "%zu", t.missing);
    for (size_t i = 0; i < t.missing && i < MISSING_SHOWN; i++)
        request_fact(r, _("MISSING"), "%s · %s", t.shown[i]->label, vocabulary(t.shown[i]->kind));
}

struct writing {
    struct ceremony *c;
    const char *const *persons;
    struct entry entry;
    size_t on_page;
};

static enum kr_error page_end(struct writing *w)
{
    enum kr_error err = w->on_page == 0 ? KR_OK : record_sign(w->c, &w->entry, w->persons, NULL);
    if (w->on_page > 0)
        entry_free(&w->entry);
    w->on_page = 0;
    return err;
}

static enum kr_error write_one(void *ctx, const struct note_card *card, const char *where)
{
    struct writing *w = ctx;
    char hex[65];
    if (where[0] != '\0')
        return KR_OK;
    if (w->on_page == 0) {
        record_begin(w->c, &w->entry, "exception");
        hex_encode(w->c->note->digest, 32, hex);
        entry_add(&w->entry, "text", "on the transfer note %s and not in the bag", hex);
    }
    w->on_page++;
    enum kr_error err = entry_add(&w->entry, "missing", "%s %s %s %s", card->number, card->kind,
                                  card->chip, card->label);
    return err == KR_OK && w->on_page == MISSING_A_PAGE ? page_end(w) : err;
}

enum kr_error note_missing_record(struct ceremony *c, const char *const *persons)
{
    struct writing w = {.c = c, .persons = persons};
    enum kr_error err = each_not_here(c, write_one, &w);
    enum kr_error last = err == KR_OK ? page_end(&w) : err;
    if (err != KR_OK && w.on_page > 0)
        entry_free(&w.entry);
    return last;
}
