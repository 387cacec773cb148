/* A key is destroyed. Whoever does it says of each mother and authentication card that bears it
 * whether it is destroyed before the witness now or keeps the key; then a word is typed, the
 * witness signs with the own passphrase, the material is erased and what the rollback journal still
 * has of it overwritten. The record stays, in the archive. */
#include <inttypes.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../store/inventory.h"
#include "../key_holders.h"
#include "../vocabulary.h"
#include "key_act.h"

#define _(text) gettext(text)

enum { PHASE_CARDS, PHASE_DECIDE, PHASE_WITNESS };

/* Offered one by one: those that are too many to be, PSAMs and user cards, are counted. */
#define CARDS_OFFERED 40

/* ---- The cards that bear it ---- */

static enum kr_error cards_that_bear(struct ceremony *c, const struct key_record *k,
                                     struct card_record *out, size_t room, size_t *count)
{
    struct key_holder holders[KEY_HOLDERS_MAX];
    size_t kinds = 0;
    *count = 0;
    enum kr_error err =
        key_holders(c->session, k->kind, k->group, holders, KEY_HOLDERS_MAX, &kinds);
    for (size_t i = 0; err == KR_OK && i < kinds; i++) {
        size_t more = 0;
        bool again = i > 0 && strcmp(holders[i].layout, holders[i - 1].layout) == 0;
        if (again || strcmp(holders[i].plastic, "mother") != 0)
            continue;
        err = inventory_in_use(session_store(c->session), holders[i].layout, holders[i].washed,
                               out + *count, room - *count, &more);
        *count += more;
    }
    return err;
}

static enum kr_error cards_ask(struct ceremony *c, struct request *r, const struct key_record *k)
{
    struct card_record *cards = calloc(CARDS_OFFERED, sizeof *cards);
    size_t count = 0;
    uint64_t in_use = 0;
    request_from_step(c, r, REQUEST_CHOICE, "cards");
    enum kr_error err =
        cards == NULL ? KR_E_MEMORY : cards_that_bear(c, k, cards, CARDS_OFFERED, &count);
    key_facts(r, k);
    if (err == KR_OK)
        err = key_card_facts(c, r, k, &in_use);
    if (err == KR_OK && in_use == 0) {
        r->kind = REQUEST_WORK;
    } else if (err == KR_OK) {
        snprintf(r->text, sizeof r->text, "%s",
                 _("These cards bear the key. Choose each one that is destroyed now, before the "
                   "eyes of the witness: cut through the chip. The others keep what they bear, and "
                   "the journal says so."));
        request_option(r, "keep", false, _("No other card is destroyed now: go on"));
    }
    for (size_t i = 0; err == KR_OK && in_use > 0 && i < count; i++) {
        char text[160], grouped[32];
        number_grouped(cards[i].number, grouped);
        snprintf(text, sizeof text, _("%s, %s: it is cut through the chip, the witness sees it"),
                 vocabulary(cards[i].kind), grouped);
        request_option(r, cards[i].number, true, text);
    }
    free(cards);
    return err;
}

static const char *witness(const struct ceremony *c)
{
    return seat_person(c, step_now(c)->with, 1);
}

/* Only what was offered: a card that bears the key. */
static enum kr_error card_destroy(struct ceremony *c, const struct key_record *k,
                                  const char *number)
{
    struct card_record *cards = calloc(CARDS_OFFERED, sizeof *cards), *card = NULL;
    size_t count = 0;
    struct entry e;
    const char *both[] = {step_person(c), witness(c), NULL};
    enum kr_error err =
        cards == NULL ? KR_E_MEMORY : cards_that_bear(c, k, cards, CARDS_OFFERED, &count);
    for (size_t i = 0; err == KR_OK && i < count; i++)
        if (strcmp(cards[i].number, number) == 0)
            card = &cards[i];
    if (err == KR_OK && card == NULL)
        err = step_problem(c, kr_fail(KR_E_ANSWER, "%s", number));
    else if (err == KR_OK && (err = record_open(c)) == KR_OK) {
        record_begin(c, &e, "card");
        snprintf(card->state, sizeof card->state, "destroyed");
        snprintf(card->ceremony, sizeof card->ceremony, "%s", c->id);
        record_card(&e, card);
        entry_add(&e, "text", "cut through the chip before the witness %s", witness(c));
        err = cards_set(session_store(c->session), card);
        if (err == KR_OK)
            err = record_sign(c, &e, both, NULL);
        err = record_commit(c, &e, err);
    }
    free(cards);
    return err;
}

/* ---- The key ---- */

static void decide_ask(struct ceremony *c, struct request *r, const struct key_record *k)
{
    uint64_t in_use;
    request_from_step(c, r, REQUEST_CHOICE, NULL);
    key_facts(r, k);
    (void)key_card_facts(c, r, k, &in_use);
    request_fact(r, _("witness"), "%s", person_name(c, witness(c)));
    request_option(r, "wait", false, _("Not yet: talk it over, or abort the ceremony (F8)"));
    request_option(r, "destroy", true,
                   _("Destroy it: its material is erased and can never be brought back"));
}

enum kr_error key_destroy_ask(struct ceremony *c, struct request *r)
{
    struct key_record k;
    enum kr_error err = key_chosen(c, &k);
    if (err != KR_OK)
        return err;
    if (var_get(c, "erased")[0] != '\0')
        r->kind = REQUEST_WORK; /* a power cut came between the erasing and its outcome */
    else if (c->phase == PHASE_CARDS)
        err = cards_ask(c, r, &k);
    else if (c->phase == PHASE_DECIDE)
        decide_ask(c, r, &k);
    else {
        err = second_ask(c, r);
        request_by_second(c, r);
    }
    return err;
}

/* What a kill may have left in the rollback journal is overwritten before the outcome says so. */
static enum kr_error conclude(struct ceremony *c, const char *who)
{
    struct entry e;
    enum kr_error err = store_scrub(session_store(c->session));
    if (err != KR_OK)
        return err;
    record_outcome_begin(c, &e, "ok");
    entry_add(&e, "text", "key-state in entry %s; the rollback journal is overwritten",
              var_get(c, "erased"));
    var_clear(c, "erased");
    step_done(c, who, "%s", vocabulary("destroyed"));
    return record_simple(c, &e, who, NULL, NULL);
}

static enum kr_error erase(struct ceremony *c, struct key_record *k, enum key_state next)
{
    struct entry e;
    struct request r = {0};
    uint64_t in_use = 0, seq = 0;
    const char *three[] = {step_person(c), witness(c), seated_supervisor(c), NULL};
    enum kr_error err = key_card_facts(c, &r, k, &in_use);
    if (err == KR_OK)
        err = record_open(c);
    if (err != KR_OK)
        return err;
    key_state_begin(c, &e, KEY_DESTROY);
    entry_add(&e, "witness", "%s", witness(c));
    entry_add(&e, "text", "cards in use that keep what they bear of it: %" PRIu64, in_use);
    err = key_turn(c, k, next);
    record_key(&e, k);
    if (err == KR_OK)
        err = record_sign(c, &e, three, &seq);
    var_set(c, "erased", "%" PRIu64, seq);
    return record_commit(c, &e, err);
}

static enum kr_error destroy(struct ceremony *c)
{
    struct key_record k;
    enum key_state next;
    char who[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(c));
    enum kr_error err = key_chosen(c, &k);
    if (err == KR_OK)
        err = key_admits(c, &k, &next);
    if (err == KR_OK)
        err = custody_free_to_witness(c, step_now(c)->with, witness(c));
    if (err != KR_OK)
        return refuse(c, who, err);
    err = key_intend(c, who, &k, KEY_DESTROY);
    if (err == KR_OK)
        err = erase(c, &k, next);
    return err == KR_OK ? conclude(c, who) : err;
}

enum kr_error key_destroy_take(struct ceremony *c, const struct answer *a)
{
    struct key_record k;
    enum kr_error err = key_chosen(c, &k);
    if (err != KR_OK)
        return err;
    if (a == NULL && var_get(c, "erased")[0] != '\0')
        return conclude(c, step_person(c));
    if (c->phase == PHASE_CARDS && a != NULL && !answer_is(a, "keep"))
        return card_destroy(c, &k, a->text);
    if (c->phase == PHASE_CARDS) {
        step_goto(c, PHASE_DECIDE);
        return KR_OK;
    }
    if (c->phase == PHASE_WITNESS)
        return second_take(c, a, PHASE_DECIDE, destroy);
    if (answer_is(a, "destroy"))
        step_goto(c, PHASE_WITNESS);
    else if (!answer_is(a, "wait"))
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    return KR_OK;
}
