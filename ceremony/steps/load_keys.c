/* A mother card's next holder loads keys of its own into it (BTK into BKC; MMTK and private keys
 * into MKC), under the delivery or transport key that the layout names. */
#include <inttypes.h>
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "mother.h"
#include "steps.h"

#define _(text) gettext(text)

enum { LOAD_BEGIN, LOAD_SHOW };

static bool named(const struct script_step *step, const char *key)
{
    bool found = step->key != NULL && strcmp(step->key, key) == 0;
    for (size_t i = 0; i < step->keys_count; i++)
        found = found || strcmp(step->keys[i], key) == 0;
    return found;
}

/* Calls act for each key of the step that the centre holds; KR_E_KEY_MISSING when it holds none. */
static enum kr_error each_key(struct ceremony *c, void *ctx,
                              enum kr_error (*act)(struct ceremony *c, void *ctx,
                                                   const struct layout_key *k, vault_handle value,
                                                   const struct key_record *rec))
{
    const struct layout_directory *d = &mother_layout(c)->adf;
    enum kr_error err = KR_OK;
    size_t done = 0;
    for (size_t i = 0; err == KR_OK && i < d->key_count; i++) {
        const struct layout_key *k = &d->keys[i];
        struct key_record rec;
        vault_handle value = 0;
        if (!k->later || !named(step_now(c), k->name))
            continue;
        err = key_load(c, k->source, k->group, &value, &rec);
        if (err == KR_OK) {
            err = act(c, ctx, k, value, &rec);
            done++;
        } else if (err == KR_E_KEY_MISSING) {
            err = KR_OK;
        }
        vault_drop(session_vault(c->session), value);
    }
    if (err == KR_OK && done == 0)
        err = kr_fail(KR_E_KEY_MISSING, "%s",
                      step_now(c)->keys_count > 0 ? step_now(c)->keys[0] : step_now(c)->key);
    return err;
}

static enum kr_error add_one(struct ceremony *c, void *ctx, const struct layout_key *k,
                             vault_handle value, const struct key_record *rec)
{
    vault_handle transport = 0;
    struct key_record under;
    (void)ctx;
    (void)rec;
    enum kr_error err = key_load(c, k->under, 0, &transport, &under);
    if (err == KR_OK)
        err = personalise_add_key(mother_card(c), k, transport, value);
    if (err == KR_OK)
        mother_has_got(c, k);
    vault_drop(session_vault(c->session), transport);
    return err;
}

static enum kr_error line_of(struct ceremony *c, void *ctx, const struct layout_key *k,
                             vault_handle value, const struct key_record *rec)
{
    (void)c;
    (void)value;
    if (k->group > 0)
        return entry_add(ctx, "text", "%s %d, check value %s", rec->kind, rec->group, rec->kcv);
    return entry_add(ctx, "text", "%s, check value %s", rec->kind, rec->kcv);
}

static enum kr_error fact_of(struct ceremony *c, void *ctx, const struct layout_key *k,
                             vault_handle value, const struct key_record *rec)
{
    (void)c;
    (void)k;
    (void)value;
    request_key(ctx, rec);
    return KR_OK;
}

enum kr_error load_keys_ask(struct ceremony *c, struct request *r)
{
    if (mother_wanted(c))
        return mother_ask(c, r);
    request_from_step(c, r, REQUEST_SHOW, NULL);
    return each_key(c, r, fact_of);
}

static enum kr_error begin(struct ceremony *c, const char *who)
{
    struct entry e;
    const struct card_record *card = mother_record(c);
    if (var_get(c, "intent")[0] != '\0')
        return strcmp(var_get(c, "chip"), card->chip) == 0
                   ? KR_OK
                   : kr_fail(KR_E_CARD_SWAPPED, "%s", card->number);
    record_begin(c, &e, "intent");
    enum kr_error err = record_intent_card(c, &e, card);
    entry_add(&e, "text", "load keys into card %s", card->number);
    if (err == KR_OK)
        return record_intent(c, &e, who);
    entry_free(&e);
    return err;
}

/* A kill between two keys leaves some of them there: they are only proved the next time. */
enum kr_error load_keys_take(struct ceremony *c, const struct answer *a)
{
    struct entry e;
    char who[PERSON_ID_MAX];
    if (mother_wanted(c))
        return mother_answer(c, a);
    if (a->kind != ANSWER_OK)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    snprintf(who, sizeof who, "%s", step_person(c));
    const char *persons[] = {who, NULL};
    enum kr_error err = begin(c, who);
    if (err == KR_E_CARD_SWAPPED)
        mother_close(c);
    if (err != KR_OK)
        return err == KR_E_CARD_SWAPPED ? refuse(c, who, err) : err;
    progress_set(c, _("loading keys into the card"), 0, 0);
    err = each_key(c, NULL, add_one);
    if (err != KR_OK) {
        mother_check(c);
        return card_error(err) ? refuse(c, who, err) : err;
    }
    err = record_open(c);
    if (err != KR_OK)
        return err;
    struct card_record card = *mother_record(c);
    snprintf(card.ceremony, sizeof card.ceremony, "%s", c->id);
    record_outcome_begin(c, &e, "ok");
    record_card(&e, &card);
    err = cards_set(session_store(c->session), &card);
    if (err == KR_OK)
        err = each_key(c, &e, line_of);
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    step_done(c, who, "%s", card.number);
    return record_commit(c, &e, err);
}
