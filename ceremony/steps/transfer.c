/*
 * Sending: verified cards of one kind, each mother card with its authentication card, become
 * delivered, in entries that list them with receiver and bag and that two people sign. The entries
 * are the pages of the transfer note (docs/transfer-note.md).
 */
#include "transfer.h"

#include <inttypes.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../crypto/hash.h"
#include "../../store/transfer_note.h"
#include "../vocabulary.h"

#define _(text) gettext(text)

#define CARDS_A_PAGE 90 /* two lines each; an entry has 16,384 bytes */

enum { TRANSFER_LIST, TRANSFER_SECOND, TRANSFER_PASSPHRASE };

struct sending {
    struct card_record *cards;
    size_t count;
};

/* ---- Which cards ---- */

static const char *bound(const struct ceremony *c, const char *id)
{
    return strcmp(var_get(c, id), "-") == 0 ? "" : var_get(c, id);
}

/* The authentication card goes with its mother card, right behind it. */
static enum kr_error add_partners(struct ceremony *c, struct sending *s)
{
    size_t count = s->count;
    struct card_record *all = calloc(NOTE_CARDS_MAX, sizeof *all);
    enum kr_error err = all == NULL ? KR_E_MEMORY : KR_OK;
    s->count = 0;
    for (size_t i = 0; err == KR_OK && i < count; i++) {
        struct card_record *partner = &all[s->count + 1];
        bool pair = s->cards[i].pair[0] != '\0';
        if (s->count + 2 > NOTE_CARDS_MAX)
            err = kr_fail(KR_E_TRANSFER_MANY, "> %d", NOTE_CARDS_MAX);
        else
            all[s->count] = s->cards[i];
        if (err == KR_OK && pair)
            err = cards_by_number(session_store(c->session), s->cards[i].pair, partner);
        if (err == KR_OK && pair && strcmp(partner->state, "verified") != 0)
            err = kr_fail(KR_E_TRANSFER_NONE, "%s", partner->number);
        s->count += pair ? 2 : 1;
    }
    free(s->cards);
    s->cards = all;
    return err;
}

/* Whom the cards of a ceremony were made for, by its opening; "" where that says nothing. */
struct subject {
    char ceremony[40], whom[17];
};

static enum kr_error opening_says(void *ctx, const struct entry *e)
{
    struct subject *s = ctx;
    char line[96];
    for (size_t n = 0; entry_get(e, "parameter", n, line, sizeof line) == KR_OK; n++)
        if (strncmp(line, "bank ", 5) == 0 || (strncmp(line, "region ", 7) == 0 && !s->whom[0]))
            snprintf(s->whom, sizeof s->whom, "%s", strchr(line, ' ') + 1);
    return KR_E_CANCELLED; /* the first entry is all that is wanted */
}

/* A mother card given to another centre than its own is refused there; here it would count as
 * delivered. */
static enum kr_error goes_to_its_centre(struct ceremony *c, const struct card_record *card,
                                        struct subject *s)
{
    enum kr_error err = KR_OK;
    if (strcmp(s->ceremony, card->ceremony) != 0) {
        s->whom[0] = '\0';
        snprintf(s->ceremony, sizeof s->ceremony, "%s", card->ceremony);
        err = journal_course(session_store(c->session), s->ceremony, opening_says, s);
    }
    if (err != KR_OK && err != KR_E_CANCELLED && err != KR_E_NOT_FOUND)
        return err;
    return s->whom[0] != '\0' && strcasecmp(s->whom, var_get(c, "receiver-id")) != 0
               ? kr_fail(KR_E_TRANSFER_SUBJECT, "%s, %s", card->number, s->whom)
               : KR_OK;
}

static enum kr_error all_go_there(struct ceremony *c, const struct sending *sending)
{
    struct subject s = {"", ""};
    enum kr_error err = KR_OK;
    for (size_t i = 0; err == KR_OK && i < sending->count; i++)
        err = goes_to_its_centre(c, &sending->cards[i], &s);
    return err;
}

static enum kr_error choose(struct ceremony *c, struct sending *s)
{
    memset(s, 0, sizeof *s);
    s->cards = calloc(NOTE_CARDS_MAX, sizeof *s->cards);
    if (s->cards == NULL)
        return KR_E_MEMORY;
    enum kr_error err =
        cards_ready(session_store(c->session), var_get(c, "cards"), bound(c, "first"),
                    bound(c, "last"), s->cards, NOTE_CARDS_MAX, &s->count);
    if (err == KR_E_TOO_LONG)
        err = kr_fail(KR_E_TRANSFER_MANY, "> %d", NOTE_CARDS_MAX);
    if (err == KR_OK && s->count == 0)
        err = kr_fail(KR_E_TRANSFER_NONE, "%s, %s … %s", vocabulary(var_get(c, "cards")),
                      var_get(c, "first"), var_get(c, "last"));
    if (err == KR_OK)
        err = add_partners(c, s);
    return err == KR_OK ? all_go_there(c, s) : err;
}

/* Which list it is that somebody has seen. */
static enum kr_error list_digest(const struct sending *s, char hex[65])
{
    uint8_t digest[32];
    struct piece *pieces = calloc(2 * s->count + 1, sizeof *pieces);
    if (pieces == NULL)
        return KR_E_MEMORY;
    for (size_t i = 0; i < s->count; i++) {
        pieces[2 * i] = (struct piece){s->cards[i].number, strlen(s->cards[i].number) + 1};
        pieces[2 * i + 1] = (struct piece){s->cards[i].chip, strlen(s->cards[i].chip) + 1};
    }
    enum kr_error err = sha256_pieces(pieces, 2 * s->count, digest);
    free(pieces);
    hex_encode(digest, 32, hex);
    return err;
}

/* With the first answer it is kept; after that it has to be the same. */
static enum kr_error list_is_kept(struct ceremony *c, const struct sending *s, bool first)
{
    char hex[65];
    enum kr_error err = list_digest(s, hex);
    if (err == KR_OK && first)
        return var_set(c, "transfer-list", "%s", hex);
    return err == KR_OK && strcmp(hex, var_get(c, "transfer-list")) != 0
               ? kr_fail(KR_E_TRANSFER_CHANGED, "%zu", s->count)
               : err;
}

/* Back to the first: neither has seen what lies there now. */
static enum kr_error changed(struct ceremony *c)
{
    step_goto(c, TRANSFER_LIST);
    return step_problem(c, KR_E_TRANSFER_CHANGED);
}

static void sending_end(struct sending *s)
{
    free(s->cards);
    memset(s, 0, sizeof *s);
}

enum kr_error transfer_possible(struct ceremony *c)
{
    struct sending s;
    bool sends = false;
    for (size_t i = 0; i < c->script->steps_count; i++)
        sends = sends || strcmp(c->script->steps[i].kind, "transfer") == 0;
    if (!sends)
        return KR_OK;
    enum kr_error err = choose(c, &s);
    sending_end(&s);
    return err;
}

/* ---- Showing them ---- */

static enum kr_error cards_facts(struct request *r, const struct sending *s)
{
    struct piece_record *list = calloc(s->count, sizeof *list);
    if (list == NULL)
        return KR_E_MEMORY;
    for (size_t i = 0; i < s->count; i++) {
        snprintf(list[i].number, sizeof list[i].number, "%s", s->cards[i].number);
        snprintf(list[i].what, sizeof list[i].what, "%.11s", s->cards[i].kind);
    }
    numbers_facts(r, list, s->count);
    free(list);
    return KR_OK;
}

static enum kr_error list_ask(struct ceremony *c, struct request *r)
{
    struct sending s;
    char grouped[32];
    bool second = c->phase == TRANSFER_SECOND;
    enum kr_error err = choose(c, &s);
    request_from_step(c, r, REQUEST_CHOICE, second ? "second" : NULL);
    if (second) {
        request_by_second(c, r);
        snprintf(r->text, sizeof r->text,
                 _("%s compares bag and cards with the list too, and signs as the second."),
                 r->person_name);
    }
    number_grouped(var_get(c, "receiver-id"), grouped);
    request_fact(r, vocabulary("receiver"), "%s", var_get(c, "receiver"));
    request_fact(r, vocabulary("receiver-id"), "%s", grouped);
    request_fact(r, vocabulary("package"), "%s", var_get(c, "package"));
    request_fact(r, _("cards"), "%zu", s.count);
    if (err == KR_OK)
        err = cards_facts(r, &s);
    request_option(r, "wait", false, _("Not yet: compare the cards on the table again"));
    request_option(r, "send", false, _("These cards lie in the bag, and it is sealed: I sign"));
    sending_end(&s);
    return err;
}

enum kr_error transfer_ask(struct ceremony *c, struct request *r)
{
    return c->phase == TRANSFER_PASSPHRASE ? second_ask(c, r) : list_ask(c, r);
}

/* ---- The pages ---- */

static void page_begin(struct ceremony *c, struct entry *e, size_t page, size_t pages)
{
    char identifier[17], key[65];
    const struct slots *slots = session_slots(c->session);
    hex_encode(slots->centre.identifier, 8, identifier);
    hex_encode(slots->log_public, 32, key);
    record_begin(c, e, "card");
    entry_add(e, "page", "%zu %zu", page, pages);
    entry_add(e, "centre", "%s", slots->centre.name);
    entry_add(e, "tier", "%s", tier_name(slots->centre.tier));
    entry_add(e, "identifier", "%s", identifier);
    entry_add(e, "log-key", "%s", key);
    entry_add(e, "rehearsal", "%s", slots->centre.rehearsal ? "yes" : "no");
    entry_add(e, "receiver", "%s %s", var_get(c, "receiver-id"), var_get(c, "receiver"));
    entry_add(e, "package", "%s", var_get(c, "package"));
}

static enum kr_error send_card(struct ceremony *c, struct entry *e, struct card_record *rec)
{
    char label[32];
    number_grouped(rec->number, label);
    snprintf(rec->state, sizeof rec->state, "delivered");
    snprintf(rec->ceremony, sizeof rec->ceremony, "%s", c->id);
    record_card(e, rec);
    entry_add(e, "label", "%s", label);
    return cards_set(session_store(c->session), rec);
}

/* Signs all pages but the last, which is left to the caller's commit. */
static enum kr_error write_pages(struct ceremony *c, struct sending *s, struct entry *e,
                                 const char *const *persons, uint64_t *first)
{
    size_t pages = (s->count + CARDS_A_PAGE - 1) / CARDS_A_PAGE;
    enum kr_error err = KR_OK;
    *first = journal_size(session_store(c->session));
    for (size_t page = 1; err == KR_OK; page++) {
        size_t from = (page - 1) * CARDS_A_PAGE;
        page_begin(c, e, page, pages);
        for (size_t i = from; err == KR_OK && i < s->count && i < from + CARDS_A_PAGE; i++)
            err = send_card(c, e, &s->cards[i]);
        entry_add(e, "result", "delivered");
        if (err == KR_OK)
            err = record_sign(c, e, persons, NULL);
        if (err != KR_OK || page == pages)
            break;
        entry_free(e);
    }
    var_set(c, "page-first", "%" PRIu64, *first);
    var_set(c, "page-count", "%zu", pages);
    return err;
}

static enum kr_error transfer_record(struct ceremony *c)
{
    struct entry e;
    struct sending s;
    uint64_t first;
    char who[PERSON_ID_MAX], with[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(c));
    snprintf(with, sizeof with, "%s", seat_person(c, step_now(c)->with, 1));
    const char *persons[] = {who, with, NULL};
    enum kr_error err = choose(c, &s);
    if (err == KR_OK)
        err = list_is_kept(c, &s, false);
    if (err == KR_OK)
        err = record_open(c);
    if (err != KR_OK) {
        sending_end(&s);
        return err == KR_E_TRANSFER_CHANGED ? changed(c) : err;
    }
    err = write_pages(c, &s, &e, persons, &first);
    step_done(c, who, _("%zu cards"), s.count);
    sending_end(&s);
    return record_commit(c, &e, err);
}

enum kr_error transfer_take(struct ceremony *c, const struct answer *a)
{
    struct sending s;
    if (c->phase == TRANSFER_PASSPHRASE)
        return second_take(c, a, TRANSFER_SECOND, transfer_record);
    if (answer_is(a, "wait"))
        return KR_OK;
    if (!answer_is(a, "send"))
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    enum kr_error err = choose(c, &s);
    if (err == KR_OK)
        err = list_is_kept(c, &s, c->phase == TRANSFER_LIST);
    sending_end(&s);
    if (err != KR_OK)
        return err == KR_E_TRANSFER_CHANGED ? changed(c) : err;
    step_goto(c, c->phase + 1);
    return KR_OK;
}

void transfer_pages(const struct ceremony *c, uint64_t *first, size_t *count)
{
    *first = strtoull(var_get(c, "page-first"), NULL, 10);
    *count = (size_t)var_number(c, "page-count");
}
