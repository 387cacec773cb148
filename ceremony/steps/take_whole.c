/*
 * Mode III: a master key leaves the opened mother card whole, wrapped under the member's transport
 * key, and is kept in the vault. Whoever does it reads first what that means and says so with a
 * typed word; two supervisors have approved it, and the policy is looked at again. Nothing of it is
 * ever in clear outside the vault.
 */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../key_holding.h"
#include "mother.h"
#include "steps.h"

#define _(text) gettext(text)

#define UNDER     "MMTK"
#define GROUP_MAX 5

enum { TAKE_WARNING, TAKE_KEYS };

/* What is taken in one act: the groups that the card has and the vault has not. */
struct taken {
    const struct layout_key *key[GROUP_MAX];
    vault_handle handle[GROUP_MAX];
    struct kcv kcv[GROUP_MAX];
    size_t count;
};

static void to_be_taken(struct ceremony *c, struct taken *t)
{
    const struct layout_directory *d = &mother_layout(c)->adf;
    memset(t, 0, sizeof *t);
    for (size_t i = 0; i < d->key_count && t->count < GROUP_MAX; i++) {
        const struct layout_key *k = &d->keys[i];
        struct mother_key there;
        if (strcmp(k->name, step_now(c)->key) == 0 && card_key_is_master(k->kind) &&
            mother_key_of(c, k->name, k->group, UNDER, &there) && !key_exists(c, k->name, k->group))
            t->key[t->count++] = k;
    }
}

static void taken_drop(struct ceremony *c, struct taken *t)
{
    for (size_t i = 0; i < t->count; i++)
        vault_drop(session_vault(c->session), t->handle[i]);
}

/* ---- Asking ---- */

static void warning_ask(struct ceremony *c, struct request *r)
{
    request_from_step(c, r, REQUEST_CHOICE, "warning");
    snprintf(r->text, sizeof r->text,
             _("WARNING. The key %s is about to leave its card whole. From then on the card "
               "protects it no more: whoever brings together the custodians of this vault can "
               "issue cards without the card and uncounted, and nobody outside would see it. It "
               "cannot be taken back; ending this way means a new key.\n"
               "Two supervisors have approved it. Does everybody in the room agree?"),
             step_now(c)->key);
    request_option(r, "wait", false, _("Not yet: talk it over, or abort the ceremony (F8)"));
    request_option(r, "export", true,
                   _("I have read the warning: the key leaves its card, under the transport key "
                     "MMTK, and is kept in this vault"));
}

static void keys_ask(struct ceremony *c, struct request *r)
{
    struct taken t;
    request_from_step(c, r, REQUEST_SHOW, NULL);
    to_be_taken(c, &t);
    for (size_t i = 0; i < t.count; i++) {
        char label[40];
        snprintf(label, sizeof label, "%.24s %d", t.key[i]->name, t.key[i]->group);
        request_fact(r, label, _("under %s into the vault"), UNDER);
    }
    mother_facts(c, r);
}

enum kr_error take_whole_ask(struct ceremony *c, struct request *r)
{
    if (c->phase == TAKE_WARNING) {
        warning_ask(c, r);
        return KR_OK;
    }
    if (mother_wanted(c))
        return mother_ask(c, r);
    keys_ask(c, r);
    return KR_OK;
}

/* ---- Taking ---- */

static enum kr_error warning_take(struct ceremony *c, const struct answer *a)
{
    struct entry e;
    char who[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(c));
    if (answer_is(a, "wait"))
        return KR_OK;
    if (!answer_is(a, "export"))
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    record_begin(c, &e, "note");
    entry_add(&e, "text", "warning acknowledged: %s leaves its card whole (mode III)",
              step_now(c)->key);
    step_goto(c, TAKE_KEYS);
    return record_simple(c, &e, who, NULL, NULL);
}

static enum kr_error begin(struct ceremony *c, const struct taken *t, const char *who)
{
    struct entry e;
    if (var_get(c, "intent")[0] != '\0')
        return KR_OK;
    record_begin(c, &e, "intent");
    record_card(&e, mother_record(c));
    for (size_t i = 0; i < t->count; i++)
        entry_add(&e, "text", "take %s %d whole out of card %s, under %s", t->key[i]->name,
                  t->key[i]->group, mother_record(c)->number, UNDER);
    return record_intent(c, &e, who);
}

static enum kr_error may_be_taken(struct ceremony *c, const struct taken *t)
{
    uint32_t left = 0;
    enum kr_error err = key_holding_admits(c);
    if (err == KR_OK && t->count == 0)
        err = key_exists(c, step_now(c)->key, 1)
                  ? kr_fail(KR_E_KEY_EXISTS, "%s", step_now(c)->key)
                  : kr_fail(KR_E_MOTHER_LACKS, "%s", step_now(c)->key);
    if (err == KR_OK)
        err = personalise_read_limit(mother_card(c), &left);
    return err == KR_OK && left < t->count ? kr_fail(KR_E_CARD_LIMIT, "%u < %zu", left, t->count)
                                           : err;
}

static enum kr_error take_each(struct ceremony *c, struct taken *t)
{
    enum kr_error err = KR_OK;
    for (size_t i = 0; err == KR_OK && i < t->count; i++) {
        const struct key_wanted wanted = {.name = t->key[i]->name,
                                          .group = t->key[i]->group,
                                          .under = UNDER,
                                          .purpose = PURPOSE_MASTER,
                                          .as = &t->key[i]->header};
        progress_set(c, _("taking keys out of the card"), (unsigned)i, (unsigned)t->count);
        err = mother_take(c, &wanted, &t->handle[i], &t->kcv[i]);
    }
    return err;
}

static enum kr_error keep_all(struct ceremony *c, const struct taken *t, const char *who)
{
    struct entry e;
    const char *persons[] = {who, NULL};
    char card[24];
    snprintf(card, sizeof card, "%s", mother_record(c)->number);
    enum kr_error err = record_open(c);
    if (err != KR_OK)
        return err;
    record_outcome_begin(c, &e, "ok");
    for (size_t i = 0; err == KR_OK && i < t->count; i++) {
        struct key_record rec;
        err = key_keep(c, t->key[i]->name, t->key[i]->group, PURPOSE_MASTER, t->handle[i],
                       &t->kcv[i], 0, &rec);
        if (err == KR_OK)
            record_key(&e, &rec);
    }
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    step_done(c, who, _("%zu keys out of card %s"), t->count, card);
    return record_commit(c, &e, err);
}

enum kr_error take_whole_take(struct ceremony *c, const struct answer *a)
{
    char who[PERSON_ID_MAX];
    struct taken t;
    if (c->phase == TAKE_WARNING)
        return warning_take(c, a);
    if (mother_wanted(c))
        return mother_answer(c, a);
    if (a->kind != ANSWER_OK)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    snprintf(who, sizeof who, "%s", step_person(c));
    to_be_taken(c, &t);
    enum kr_error err = may_be_taken(c, &t);
    if (err == KR_E_EXPORT_FORBIDDEN || err == KR_E_MOTHER_LACKS || err == KR_E_CARD_LIMIT ||
        err == KR_E_KEY_EXISTS)
        return refuse(c, who, err);
    if (err == KR_OK)
        err = begin(c, &t, who);
    if (err != KR_OK)
        return err;
    err = take_each(c, &t);
    if (err == KR_OK)
        err = keep_all(c, &t, who);
    else if (card_error(err))
        mother_check(c);
    taken_drop(c, &t);
    return card_error(err) ? refuse(c, who, err) : err;
}
