/* A key is activated, retired, restored or marked as compromised: an entry "key-state" that the one
 * who acts signs with a supervisor, and the rows with it. What becomes of the version that served
 * until then is said in the same entry. */
#include "key_act.h"

#include <inttypes.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../key_holders.h"
#include "../vocabulary.h"

#define _(text) gettext(text)

#define KEYS_ROOM 512

static enum key_act act_now(const struct ceremony *c)
{
    enum key_act act = KEY_ACTIVATE;
    (void)key_act_of_kind(step_now(c)->kind, &act);
    return act;
}

/* ---- What the acts share ---- */

enum kr_error key_turn(struct ceremony *c, struct key_record *k, enum key_state next)
{
    enum kr_error err = keys_set_state(session_store(c->session), k, key_state_word(next));
    snprintf(k->state, sizeof k->state, "%s", key_state_word(next));
    if (key_state_is_gone(next))
        k->blob_len = 0;
    return err;
}

void key_state_begin(struct ceremony *c, struct entry *e, enum key_act act)
{
    record_begin(c, e, "key-state");
    entry_add(e, "act", "%s", key_act_word(act));
    if (var_get(c, "reason")[0] != '\0')
        entry_add(e, "text", "reason: %s", var_get(c, "reason"));
}

enum kr_error key_state_commit(struct ceremony *c, struct entry *e, const char *const *persons,
                               enum key_state now, enum kr_error so_far)
{
    struct entry outcome;
    uint64_t seq = 0;
    char who[PERSON_ID_MAX];
    const char *one[] = {who, NULL};
    snprintf(who, sizeof who, "%s", persons[0]);
    enum kr_error err = so_far == KR_OK ? record_sign(c, e, persons, &seq) : so_far;
    entry_free(e);
    record_outcome_begin(c, &outcome, "ok");
    entry_add(&outcome, "text", "key-state in entry %" PRIu64, seq);
    if (err == KR_OK)
        err = record_sign(c, &outcome, one, NULL);
    step_done(c, who, "%s", vocabulary(key_state_word(now)));
    return record_commit(c, &outcome, err);
}

enum kr_error key_intend(struct ceremony *c, const char *who, const struct key_record *k,
                         enum key_act act)
{
    struct entry e;
    if (var_get(c, "intent")[0] != '\0')
        return KR_OK;
    record_begin(c, &e, "intent");
    entry_add(&e, "key", "%s %d %d %s %s", k->kind, k->group, k->version, k->kcv_algorithm, k->kcv);
    entry_add(&e, "text", "%s", key_act_word(act));
    return record_intent(c, &e, who);
}

enum kr_error key_card_facts(struct ceremony *c, struct request *r, const struct key_record *k,
                             uint64_t *in_use)
{
    struct key_holder holders[KEY_HOLDERS_MAX];
    size_t count = 0;
    *in_use = 0;
    enum kr_error err =
        key_holders(c->session, k->kind, k->group, holders, KEY_HOLDERS_MAX, &count);
    for (size_t i = 0; err == KR_OK && i < count; i++) {
        const struct key_holder *h = &holders[i];
        char label[64];
        if (h->cards + h->spoiled == 0)
            continue;
        text_put(label, sizeof label, "%s", vocabulary(h->layout));
        if (h->spoiled > 0)
            request_fact(r, label, _("%" PRIu64 " in use, %" PRIu64 " spoiled: %s"), h->cards,
                         h->spoiled, h->name);
        else
            request_fact(r, label, _("%" PRIu64 " in use: %s"), h->cards, h->name);
        *in_use += h->cards;
    }
    return err;
}

/* ---- The version that served ---- */

/* Activating or restoring a version takes the place of another one. */
static bool takes_over(enum key_act act)
{
    return act == KEY_ACTIVATE || act == KEY_RESTORE;
}

/* KR_E_NOT_FOUND when none serves, or the key itself does. */
static enum kr_error served(struct ceremony *c, const struct key_record *k, struct key_record *old)
{
    enum kr_error err = keys_find(session_store(c->session), k->kind, k->group, old);
    if (err == KR_E_KEY_MISSING || (err == KR_OK && old->version == k->version))
        return KR_E_NOT_FOUND;
    return err;
}

static enum kr_error supersede(struct ceremony *c, struct key_record *old)
{
    enum key_state now, next;
    char name[KEY_NAME_MAX];
    key_name(old, name);
    if (!key_state_by_word(old->state, &now))
        return kr_fail(KR_E_ARGUMENT, "%s", old->state);
    enum kr_error err = key_life_next(now, KEY_SUPERSEDE, name, &next);
    return err == KR_OK ? key_turn(c, old, next) : err;
}

/* ---- The mark spreads ---- */

/* Whatever of it is in this vault was made of the marked key. */
static bool descends(const struct key_record *k, const struct key_record *from,
                     char kinds[KEY_OFFSPRING_MAX][24], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(kinds[i], k->kind) == 0 && k->group == from->group)
            return true;
    return false;
}

static enum kr_error mark_offspring(struct ceremony *c, struct entry *e,
                                    const struct key_record *from)
{
    char kinds[KEY_OFFSPRING_MAX][24];
    struct key_record *keys = calloc(KEYS_ROOM, sizeof *keys);
    size_t count = 0, listed = 0;
    enum kr_error err =
        keys == NULL ? KR_E_MEMORY : key_offspring(c->session, from->kind, kinds, &count);
    if (err == KR_OK)
        err = keys_list_all(session_store(c->session), keys, KEYS_ROOM, &listed);
    for (size_t i = 0; err == KR_OK && i < listed; i++) {
        enum key_state now, next;
        if (!descends(&keys[i], from, kinds, count) || !key_state_by_word(keys[i].state, &now) ||
            key_life_next(now, KEY_COMPROMISE, keys[i].kind, &next) != KR_OK)
            continue;
        err = key_turn(c, &keys[i], next);
        record_key(e, &keys[i]);
    }
    free(keys);
    return err;
}

static void say_cards(struct ceremony *c, struct entry *e, const struct key_record *k)
{
    struct request r = {0};
    uint64_t in_use;
    if (key_card_facts(c, &r, k, &in_use) == KR_OK)
        entry_add(e, "text", "cards in use that bear it: %" PRIu64, in_use);
}

/* ---- The step ---- */

static void consequence(struct ceremony *c, struct request *r, const struct key_record *k,
                        enum key_act act)
{
    struct key_record old;
    char name[KEY_NAME_MAX];
    uint64_t in_use;
    if (takes_over(act) && served(c, k, &old) == KR_OK) {
        key_name(&old, name);
        request_fact(r, _("retired in the same act"), "%s", name);
    }
    if (act != KEY_ACTIVATE)
        (void)key_card_facts(c, r, k, &in_use);
}

static const char *promise(enum key_act act)
{
    switch (act) {
    case KEY_RETIRE:
        return _("Retire it: nothing new is made with it");
    case KEY_RESTORE:
        return _("Restore it: it serves again");
    case KEY_COMPROMISE:
        return _("Mark it as compromised: it never serves again");
    default:
        return _("Activate it: from now on it is the version that serves");
    }
}

enum kr_error key_act_ask(struct ceremony *c, struct request *r)
{
    struct key_record k;
    enum key_act act = act_now(c);
    enum key_state next;
    enum kr_error err = key_chosen(c, &k);
    if (err != KR_OK)
        return err;
    request_from_step(c, r, REQUEST_CHOICE, NULL);
    key_facts(r, &k);
    if (key_admits(c, &k, &next) == KR_OK)
        request_fact(r, _("after this step"), "%s", vocabulary(key_state_word(next)));
    consequence(c, r, &k, act);
    request_option(r, "wait", false, _("Not yet: talk it over, or abort the ceremony (F8)"));
    request_option(r, key_act_word(act), act == KEY_RETIRE || act == KEY_COMPROMISE, promise(act));
    return KR_OK;
}

/* What is to serve has to open, and to be the key whose check value people compared. */
static enum kr_error opens(struct ceremony *c, const struct key_record *k)
{
    vault_handle h = 0;
    enum kr_error err = key_open(c->session, k, &h);
    vault_drop(session_vault(c->session), h);
    return err;
}

/* The one that served makes room before the other is active; in the entry it comes after it. */
static enum kr_error turn_all(struct ceremony *c, struct entry *e, struct key_record *k,
                              enum key_state next, enum key_act act)
{
    struct key_record old;
    enum kr_error err = takes_over(act) ? served(c, k, &old) : KR_E_NOT_FOUND;
    bool replaces = err == KR_OK;
    if (replaces)
        err = supersede(c, &old);
    else if (err == KR_E_NOT_FOUND)
        err = KR_OK;
    if (err == KR_OK)
        err = key_turn(c, k, next);
    record_key(e, k);
    if (replaces)
        record_key(e, &old);
    return err == KR_OK && act == KEY_COMPROMISE ? mark_offspring(c, e, k) : err;
}

static enum kr_error act_record(struct ceremony *c, struct key_record *k, enum key_state next)
{
    struct entry e;
    char who[PERSON_ID_MAX], with[PERSON_ID_MAX];
    enum key_act act = act_now(c);
    snprintf(who, sizeof who, "%s", step_person(c));
    snprintf(with, sizeof with, "%s", seat_person(c, step_now(c)->with, 1));
    const char *both[] = {who, with, NULL};
    enum kr_error err = key_intend(c, who, k, act);
    if (err == KR_OK)
        err = record_open(c);
    if (err != KR_OK)
        return err;
    key_state_begin(c, &e, act);
    if (act == KEY_COMPROMISE)
        say_cards(c, &e, k);
    err = turn_all(c, &e, k, next, act);
    return key_state_commit(c, &e, both, next, err);
}

enum kr_error key_act_take(struct ceremony *c, const struct answer *a)
{
    struct key_record k;
    enum key_act act = act_now(c);
    enum key_state next;
    if (answer_is(a, "wait"))
        return KR_OK;
    if (!answer_is(a, key_act_word(act)))
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    enum kr_error err = key_chosen(c, &k);
    if (err == KR_OK)
        err = key_admits(c, &k, &next);
    if (err == KR_OK && takes_over(act))
        err = opens(c, &k);
    if (err != KR_OK && err != KR_E_VAULT_GONE)
        return refuse(c, step_person(c), err);
    return err == KR_OK ? act_record(c, &k, next) : err;
}
