#include "prerequisites.h"

#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cardio/layout.h"
#include "key_holding.h"
#include "run.h"
#include "vocabulary.h"

#define _(text) gettext(text)

/* Cards that the steps so far draw, all together. */
struct demand {
    const char *kind, *state;
    unsigned wanted;
};
/* The script on its way: what is missing so far, and what its own steps will have made. */
struct course {
    struct session *session;
    const struct script *script;
    size_t step;
    unsigned cards;
    struct demand demands[NEEDS_MAX];
    size_t demand_count;
    struct needs *needs;
};

static bool key_there(struct course *x, const char *kind, int group)
{
    struct key_record rec;
    return keys_find(session_store(x->session), kind, group, &rec) == KR_OK;
}

static bool makes_key(const struct script_step *s, const char *key)
{
    if (strcmp(s->kind, "manufacturer-card") == 0)
        return strncmp(key, "kMprd", 5) == 0;
    if (strcmp(s->kind, "keep") == 0 && s->key != NULL)
        return strcmp(s->key, key) == 0;
    for (size_t i = 0; strcmp(s->kind, "generate") == 0 && i < s->keys_count; i++)
        if (strcmp(s->keys[i], key) == 0)
            return true;
    return false;
}

static bool made_before(struct course *x, const char *key)
{
    for (size_t i = 0; i < x->step; i++)
        if (makes_key(&x->script->steps[i], key))
            return true;
    return false;
}

static void missing(struct course *x, enum need_kind kind, const char *what, const char *state,
                    unsigned wanted, unsigned there)
{
    struct needs *n = x->needs;
    for (size_t i = 0; i < n->count; i++)
        if (n->list[i].kind == kind && strcmp(n->list[i].what, what) == 0)
            return;
    if (n->count == NEEDS_MAX)
        return;
    struct need *one = &n->list[n->count++];
    *one = (struct need){.kind = kind, .wanted = wanted, .there = there};
    snprintf(one->what, sizeof one->what, "%.23s", what);
    snprintf(one->state, sizeof one->state, "%.15s", state);
}

static void need_key(struct course *x, const char *key, int group)
{
    if (!key_there(x, key, group) && !made_before(x, key))
        missing(x, NEED_KEY, key, "", 1, 0);
}

/* ---- What goes on a card ---- */

static void need_keys_of(struct course *x, const struct layout_directory *d, bool mother)
{
    for (size_t i = 0; i < d->key_count; i++) {
        const struct layout_key *k = &d->keys[i];
        if (k->kind != CARD_KEY_PIN && !k->later && !k->optional && !k->mother && !mother)
            need_key(x, k->source, k->group);
    }
}

/* Where no mother card gives it, the vault has to hold the key, in whatever group. */
static void need_held(struct course *x, const struct layout_directory *d)
{
    for (size_t i = 0; i < d->key_count; i++) {
        const struct layout_key *k = &d->keys[i];
        bool there = !k->mother;
        for (int group = k->optional ? 1 : k->group;
             !there && group <= (k->optional ? 5 : k->group); group++)
            there = key_there(x, k->source, group);
        if (!there)
            missing(x, NEED_KEY, k->source, "", 1, 0);
    }
}

static enum kr_error need_layout(struct course *x, const struct script_step *s, bool adf)
{
    char path[512];
    struct layout *l = calloc(1, sizeof *l);
    if (l == NULL)
        return KR_E_MEMORY;
    enum kr_error err = session_layout_path(x->session, s->layout, path, sizeof path);
    if (err == KR_OK)
        err = layout_load(path, l);
    if (err == KR_OK)
        need_keys_of(x, &l->mf, s->mother != NULL);
    if (err == KR_OK && adf)
        need_keys_of(x, &l->adf, s->mother != NULL);
    if (err == KR_OK && adf && s->mother == NULL)
        need_held(x, &l->adf);
    free(l);
    return err;
}

/* ---- Cards ---- */

static bool makes_cards(const struct script_step *s, const char *state)
{
    return (strcmp(s->kind, "intake") == 0 && strcmp(state, "authenticated") == 0) ||
           (strcmp(s->kind, "wash") == 0 && strcmp(state, "washed") == 0) ||
           (strcmp(s->kind, "receive-psam") == 0 && strcmp(state, "received") == 0);
}

static void need_cards(struct course *x, const char *kind, const char *state, unsigned wanted)
{
    size_t d = 0;
    for (size_t i = 0; i < x->step; i++)
        if (makes_cards(&x->script->steps[i], state))
            return;
    while (d < x->demand_count &&
           (strcmp(x->demands[d].kind, kind) != 0 || strcmp(x->demands[d].state, state) != 0))
        d++;
    if (d == NEEDS_MAX)
        return;
    if (d == x->demand_count)
        x->demands[x->demand_count++] = (struct demand){kind, state, 0};
    x->demands[d].wanted += wanted;
}

enum kr_error cards_there(struct store *s, const char *kind, const char *state, size_t wanted,
                          size_t *there)
{
    struct card_record *list = calloc(wanted, sizeof *list);
    *there = 0;
    if (list == NULL)
        return KR_E_MEMORY;
    enum kr_error err = cards_list(s, state, kind, list, wanted, there);
    free(list);
    return err == KR_E_TOO_LONG ? KR_OK : err; /* more of them than are wanted */
}

static enum kr_error demand_met(struct course *x, const struct demand *d)
{
    size_t there = 0;
    enum kr_error err =
        cards_there(session_store(x->session), d->kind, d->state, d->wanted, &there);
    if (err == KR_OK && there < d->wanted)
        missing(x, NEED_CARDS, d->kind, d->state, d->wanted, (unsigned)there);
    return err;
}

/* A card in reader 1 that a step opens; one that the script itself issues or receives will be
 * there.
 */
static enum kr_error need_mother(struct course *x, const struct script_step *s)
{
    struct card_record rec;
    for (size_t i = 0; i < x->step; i++) {
        const struct script_step *before = &x->script->steps[i];
        if (before->layout != NULL && strcmp(before->layout, s->mother) == 0)
            return KR_OK;
    }
    enum kr_error err = cards_of_layout(session_store(x->session), s->mother, &rec);
    if (err == KR_E_NOT_FOUND) {
        missing(x, NEED_CARDS, s->mother, "verified", 1, 0);
        err = KR_OK;
    }
    return err;
}

/* ---- How keys are held ---- */

static enum kr_error need_way(struct course *x)
{
    char now[KEY_HOLDING_ROOM];
    if (x->script->key_holding_count == 0)
        return KR_OK;
    enum kr_error err = key_holding_now(x->session, now);
    if (err == KR_OK && !key_holding_serves(x->script, now))
        missing(x, NEED_WAY, x->script->key_holding[0], now, 1, 0);
    return err;
}

/* ---- Step by step ---- */

static enum kr_error wash_needs(struct course *x, const struct script_step *s)
{
    need_key(x, "kMprd", 0);
    enum kr_error err = need_layout(x, s, false);
    need_cards(x, s->card == NULL ? "mother" : s->card, "authenticated", x->cards);
    return err;
}

static enum kr_error issue_needs(struct course *x, const struct script_step *s)
{
    if (s->blank)
        need_key(x, "kMprd", 0);
    enum kr_error err = need_layout(x, s, true);
    need_cards(x, s->card, s->blank ? "authenticated" : "washed", 1);
    return err;
}

static enum kr_error personalise_needs(struct course *x, const struct script_step *s)
{
    if (s->blank)
        need_key(x, "kMprd", 0);
    enum kr_error err = need_layout(x, s, true);
    need_cards(x, s->card,
               s->blank          ? "authenticated"
               : s->from != NULL ? s->from
                                 : "washed",
               x->cards);
    return err;
}

static enum kr_error intake_needs(struct course *x, const struct script_step *s)
{
    (void)s;
    need_key(x, "kMprd-auth", 0);
    return KR_OK;
}

/* Of the keys that are drawn at least one is new. */
static enum kr_error generate_needs(struct course *x, const struct script_step *s)
{
    size_t there = 0;
    for (size_t i = 0; i < s->keys_count; i++)
        there += key_there(x, s->keys[i], 0);
    if (s->keys_count > 0 && there == s->keys_count)
        missing(x, NEED_NEW, s->keys[0], "", 1, 0);
    return KR_OK;
}

/* Which groups is asked at the opening. */
static enum kr_error keep_needs(struct course *x, const struct script_step *s)
{
    if (s->unless_key == NULL && s->repeat_count == 0 && key_there(x, s->key, 0))
        missing(x, NEED_NEW, s->key, "", 1, 0);
    return KR_OK;
}

/* The first of the groups of load and TAC keys serves (steps/proving.c). */
static enum kr_error proof_needs(struct course *x, const struct script_step *s)
{
    if (strcmp(s->kind, "load") == 0)
        need_key(x, "MLK", 1);
    need_key(x, "MTK", 1);
    return KR_OK;
}

/* A protection key, of whichever partner. */
static enum kr_error block_needs(struct course *x, const struct script_step *s)
{
    bool there = false;
    (void)s;
    for (int group = 1; !there && group <= 5; group++)
        there = key_there(x, "KBPK", group);
    if (!there)
        missing(x, NEED_KEY, "KBPK", "", 1, 0);
    return KR_OK;
}

/* Cards of one of the kinds that may be sent; which, is asked at the opening. */
static enum kr_error transfer_needs(struct course *x, const struct script_step *s)
{
    const struct script_parameter *p = x->script->parameters;
    const struct script_parameter *end = p + x->script->parameters_count;
    enum kr_error err = KR_OK;
    size_t there = 0;
    (void)s;
    while (p < end && strcmp(p->id, "cards") != 0)
        p++;
    for (size_t i = 0; p < end && err == KR_OK && there == 0 && i < p->options_count; i++) {
        struct card_record one;
        err = cards_ready(session_store(x->session), p->options[i], "", "", &one, 1, &there);
    }
    if (err == KR_OK && there == 0)
        missing(x, NEED_CARDS, "cards", "verified", 1, 0);
    return err == KR_E_TOO_LONG ? KR_OK : err; /* more than the one that is enough */
}

enum kr_error prerequisites(struct session *s, const struct script *script, unsigned cards,
                            struct needs *out)
{
    static const struct {
        const char *kind;
        enum kr_error (*needs)(struct course *x, const struct script_step *s);
    } kinds[] = {
        {"wash", wash_needs},
        {"issue", issue_needs},
        {"personalise", personalise_needs},
        {"intake", intake_needs},
        {"generate", generate_needs},
        {"keep", keep_needs},
        {"load", proof_needs},
        {"purchase", proof_needs},
        {"refusal", proof_needs},
        {"transfer", transfer_needs},
        {"block-out", block_needs},
        {"block-check", block_needs},
    };
    struct course x = {
        .session = s, .script = script, .cards = cards == 0 ? 1 : cards, .needs = out};
    memset(out, 0, sizeof *out);
    enum kr_error err = need_way(&x);
    for (; err == KR_OK && x.step < script->steps_count; x.step++) {
        const struct script_step *step = &script->steps[x.step];
        if (step->mother != NULL)
            err = need_mother(&x, step);
        for (size_t i = 0; err == KR_OK && i < sizeof kinds / sizeof kinds[0]; i++)
            if (strcmp(kinds[i].kind, step->kind) == 0)
                err = kinds[i].needs(&x, step);
    }
    for (size_t d = 0; err == KR_OK && d < x.demand_count; d++)
        err = demand_met(&x, &x.demands[d]);
    return err;
}

static void need_text(const struct need *n, char *out, size_t room)
{
    if (n->kind == NEED_KEY)
        snprintf(out, room, _("key %s"), n->what);
    else if (n->kind == NEED_WAY)
        snprintf(out, room, _("%s (now: %s)"), vocabulary(n->what), vocabulary(n->state));
    else if (n->kind == NEED_NEW)
        snprintf(out, room, _("nothing new to make: %s is there already"), n->what);
    else
        snprintf(out, room, _("%s, %s: %u wanted, %u there"), vocabulary(n->what),
                 vocabulary(n->state), n->wanted, n->there);
}

void needs_text(const struct needs *n, char *out, size_t room)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < n->count && at + 1 < room; i++) {
        char one[160];
        need_text(&n->list[i], one, sizeof one);
        at += (size_t)snprintf(out + at, room - at, "%s%s", i > 0 ? "; " : "", one);
    }
    text_cut(out);
}
