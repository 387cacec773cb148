#include "mother.h"

#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "../vocabulary.h"
#include "steps.h"

#define _(text) gettext(text)

#define MOTHER_READER  0
#define PAIR_READER    1
#define GIVEN_AS_OTHER 0x40 /* attribute: may leave as another kind of key */

enum stage { STAGE_CARD, STAGE_PAIR, STAGE_PIN, STAGE_LAST_TRY, STAGE_LAST_TRY_PASSPHRASE };
struct mother {
    struct card card;
    struct layout layout;
    struct card_record rec, pair;
    enum stage stage;
    bool paired; /* it is opened by an authentication card */
    bool open;
    bool limited; /* it counts what it gives; left as last read */
    uint32_t left;
    bool has[LAYOUT_KEYS_MAX]; /* which keys of its layout's application are on it */
};

bool mother_is_open(const struct ceremony *c)
{
    return c->mother != NULL && c->mother->open;
}

bool mother_wanted(const struct ceremony *c)
{
    return step_now(c)->mother != NULL && !mother_is_open(c);
}

struct card *mother_card(struct ceremony *c)
{
    return mother_is_open(c) ? &c->mother->card : NULL;
}

const struct layout *mother_layout(const struct ceremony *c)
{
    return mother_is_open(c) ? &c->mother->layout : NULL;
}

const struct card_record *mother_record(const struct ceremony *c)
{
    return mother_is_open(c) ? &c->mother->rec : NULL;
}

void mother_close(struct ceremony *c)
{
    if (c->mother == NULL)
        return;
    if (c->mother->card.readers != NULL)
        card_close(&c->mother->card);
    free(c->mother);
    c->mother = NULL;
}

void mother_close_unless_wanted(struct ceremony *c)
{
    const char *wanted = c->finished || c->aborted ? NULL : step_now(c)->mother;
    if (c->mother != NULL && (wanted == NULL || strcmp(wanted, c->mother->layout.id) != 0))
        mother_close(c);
}

void mother_check(struct ceremony *c)
{
    uint8_t chip[8];
    char detail[192]; /* of what failed before: people are told that */
    snprintf(detail, sizeof detail, "%s", kr_detail());
    if (mother_is_open(c) && card_chip_serial(&c->mother->card, chip) != KR_OK)
        mother_close(c);
    (void)kr_fail(KR_OK, "%s", detail);
}

enum kr_error mother_crossed(struct ceremony *c, const char *chip)
{
    if (!mother_is_open(c) || strcmp(chip, c->mother->rec.chip) != 0)
        return KR_OK;
    mother_check(c);
    return kr_fail(KR_E_CARD_CROSSED, "%s", chip);
}

/* ---- Asking ---- */

static enum kr_error need_mother(struct ceremony *c)
{
    if (c->mother != NULL)
        return KR_OK;
    c->mother = calloc(1, sizeof *c->mother);
    return c->mother == NULL ? KR_E_MEMORY : layout_for(c, step_now(c)->mother, &c->mother->layout);
}

static void card_ask(struct ceremony *c, struct request *r, bool pair)
{
    struct mother *m = c->mother;
    char grouped[32];
    request_card(c, r, pair ? "mother-pair" : "mother", pair ? PAIR_READER : MOTHER_READER,
                 "mother", "verified");
    if (pair) {
        number_grouped(m->pair.number, grouped);
        snprintf(r->card_hint, sizeof r->card_hint, "%s", grouped);
        snprintf(r->text, sizeof r->text,
                 _("%s puts the authentication card %s into reader 2. It opens the card in "
                   "reader 1."),
                 r->person_name, grouped);
        return;
    }
    struct card_record known;
    if (cards_of_layout(session_store(c->session), step_now(c)->mother, &known) == KR_OK)
        number_grouped(known.number, r->card_hint);
    snprintf(r->text, sizeof r->text,
             _("%s puts the %s into reader 1. It stays there until this step is done."),
             r->person_name, vocabulary(step_now(c)->mother));
}

static enum kr_error pin_ask(struct ceremony *c, struct request *r)
{
    struct secret_entry_spec spec = {.kind = ENTRY_PIN};
    request_from_step(c, r, REQUEST_SECRET, "mother-pin");
    snprintf(
        r->text, sizeof r->text,
        c->mother->paired
            ? _("%s types the PIN of the authentication card. Everyone else: please look away.")
            : _("%s types the PIN of this card. Everyone else: please look away."),
        r->person_name);
    return request_secret(c, r, &spec, false);
}

enum kr_error mother_ask(struct ceremony *c, struct request *r)
{
    enum kr_error err = need_mother(c);
    if (err != KR_OK)
        return err;
    switch (c->mother->stage) {
    case STAGE_PIN:
        return pin_ask(c, r);
    case STAGE_LAST_TRY:
    case STAGE_LAST_TRY_PASSPHRASE:
        return last_try_ask(c, r, c->mother->stage == STAGE_LAST_TRY_PASSPHRASE);
    default:
        card_ask(c, r, c->mother->stage == STAGE_PAIR);
        return KR_OK;
    }
}

/* ---- Which cards they are ---- */

static enum kr_error look_up(struct ceremony *c, size_t reader, struct card_record *rec)
{
    struct card card;
    char chip[20];
    enum kr_error err = card_begin_chip_in(c, reader, &card, chip);
    card_close(&card);
    if (err != KR_OK)
        return err;
    err = cards_by_chip(session_store(c->session), chip, rec);
    return err == KR_E_NOT_FOUND ? kr_fail(KR_E_CARD_FOREIGN, "%s", chip) : err;
}

static enum kr_error fit_for_use(const struct card_record *rec, const char *layout)
{
    if (strcmp(rec->layout, layout) != 0)
        return kr_fail(KR_E_CARD_WRONG_KIND, "%s",
                       vocabulary(rec->layout[0] != '\0' ? rec->layout : rec->kind));
    if (strcmp(rec->state, "verified") != 0 && strcmp(rec->state, "received") != 0)
        return kr_fail(KR_E_CARD_KEPT, "%s (%s)", rec->number, vocabulary(rec->state));
    return KR_OK;
}

/* Its partner lies here, and it lies where the partner belongs. */
static enum kr_error unless_crossed(struct ceremony *c, enum kr_error err)
{
    struct card_record other;
    char detail[64];
    if (err != KR_E_CARD_WRONG_KIND || c->mother->rec.pair[0] == '\0')
        return err;
    snprintf(detail, sizeof detail, "%s", kr_detail());
    if (look_up(c, PAIR_READER, &other) == KR_OK && strcmp(other.pair, c->mother->rec.number) == 0)
        return kr_fail(KR_E_CARD_CROSSED, "%s", other.number);
    return kr_fail(err, "%s", detail);
}

static enum kr_error mother_seen(struct ceremony *c)
{
    struct mother *m = c->mother;
    enum kr_error err = look_up(c, MOTHER_READER, &m->rec);
    if (err == KR_OK)
        err = unless_crossed(c, fit_for_use(&m->rec, step_now(c)->mother));
    if (err != KR_OK)
        return err;
    m->paired = m->rec.pair[0] != '\0';
    if (m->paired)
        err = cards_by_number(session_store(c->session), m->rec.pair, &m->pair);
    m->stage = m->paired ? STAGE_PAIR : STAGE_PIN;
    return err;
}

/* A partner that is none would cost a try of the mother card's authentication key. */
static enum kr_error pair_seen(struct ceremony *c)
{
    struct mother *m = c->mother;
    struct card_record rec;
    enum kr_error err = look_up(c, PAIR_READER, &rec);
    if (err == KR_OK && strcmp(rec.chip, m->pair.chip) != 0)
        err = kr_fail(KR_E_CARD_PARTNER, "%s", rec.number);
    if (err == KR_OK)
        m->stage = STAGE_PIN;
    return err;
}

/* ---- Opening ---- */

static const char *pin_chip(const struct mother *m)
{
    return m->paired ? m->pair.chip : m->rec.chip;
}

static enum kr_error keys_there(struct mother *m)
{
    enum kr_error err = KR_OK;
    for (size_t i = 0; err == KR_OK && i < m->layout.adf.key_count; i++)
        err = personalise_has_key(&m->card, m->layout.adf.keys[i].kind, m->layout.adf.keys[i].kid,
                                  &m->has[i]);
    return err;
}

static enum kr_error open_cards(struct ceremony *c, vault_handle pin)
{
    struct mother *m = c->mother;
    struct card pair;
    card_begin(c, MOTHER_READER, &m->card);
    card_begin(c, PAIR_READER, &pair);
    (void)hex_decode(m->rec.chip, m->card.chip, sizeof m->card.chip);
    (void)hex_decode(m->pair.chip, pair.chip, sizeof pair.chip);
    m->card.expect_chip = pair.expect_chip = true;
    enum kr_error err =
        last_try_use(c, pin_chip(m), m->paired ? &pair.last_try : &m->card.last_try);
    if (err == KR_OK)
        err = personalise_open(&m->card, &m->layout, m->paired ? &pair : NULL, pin);
    if (err == KR_OK)
        err = keys_there(m);
    card_close(&pair);
    m->open = err == KR_OK;
    return err;
}

static enum kr_error opened_record(struct ceremony *c)
{
    struct entry e;
    record_begin(c, &e, "note");
    if (c->mother->paired)
        entry_add(&e, "text", "card %s opened by card %s, and proved itself to it",
                  c->mother->rec.number, c->mother->pair.number);
    else
        entry_add(&e, "text", "card %s opened by its PIN", c->mother->rec.number);
    return record_simple(c, &e, step_person(c), NULL, NULL);
}

static enum kr_error pin_take(struct ceremony *c, const struct answer *a)
{
    if (a->kind != ANSWER_OK)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    enum kr_error err = open_cards(c, c->entry);
    entry_drop(c);
    return err == KR_OK ? opened_record(c) : err;
}

static enum kr_error last_try(struct ceremony *c, const struct answer *a)
{
    static const enum stage stages[] = {STAGE_LAST_TRY, STAGE_LAST_TRY_PASSPHRASE, STAGE_PIN,
                                        STAGE_CARD};
    enum last_try what;
    enum kr_error err = last_try_take(c, a, c->mother->stage == STAGE_LAST_TRY_PASSPHRASE,
                                      pin_chip(c->mother), &what);
    if (err == KR_OK)
        c->mother->stage = stages[what];
    return err;
}

/* The cards stay as they lie, and are asked for again; the person is told why. */
static enum kr_error not_opened(struct ceremony *c, enum kr_error err)
{
    struct mother *m = c->mother;
    bool last = err == KR_E_PIN_LAST_TRY, typed = m->stage == STAGE_PIN;
    if (m->card.readers != NULL)
        card_close(&m->card);
    m->card.readers = NULL;
    m->stage = last                    ? STAGE_LAST_TRY
               : err == KR_E_PIN_WRONG ? STAGE_PIN
               : typed                 ? STAGE_CARD
                                       : m->stage;
    return typed || !card_untouched(err) ? refuse(c, step_person(c), err) : step_problem(c, err);
}

enum kr_error mother_answer(struct ceremony *c, const struct answer *a)
{
    enum kr_error err = need_mother(c);
    if (err != KR_OK)
        return err;
    enum stage stage = c->mother->stage;
    if (stage == STAGE_LAST_TRY || stage == STAGE_LAST_TRY_PASSPHRASE)
        return last_try(c, a);
    if (a->kind != ANSWER_OK)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    err = stage == STAGE_CARD   ? mother_seen(c)
          : stage == STAGE_PAIR ? pair_seen(c)
                                : pin_take(c, a);
    return card_error(err) ? not_opened(c, err) : err;
}

/* ---- What it gives ---- */

static const struct layout_key *key_there(const struct ceremony *c, const char *name, int group,
                                          bool transport)
{
    const struct layout_directory *d = &c->mother->layout.adf;
    for (size_t i = 0; i < d->key_count; i++)
        if (c->mother->has[i] && strcmp(d->keys[i].name, name) == 0 &&
            (transport ? d->keys[i].kind == CARD_KEY_TRANSPORT : d->keys[i].group == group))
            return &d->keys[i];
    return NULL;
}

static bool has_limit(const struct layout *l)
{
    for (size_t i = 0; i < l->adf.file_count; i++)
        if (strcmp(l->adf.files[i].content, "limit") == 0)
            return true;
    return false;
}

/* What one card of that layout takes. */
static uint32_t exports_for(const struct ceremony *c, const struct layout *l)
{
    uint32_t count = 0;
    for (size_t i = 0; i < l->adf.key_count; i++)
        count += l->adf.keys[i].mother &&
                 key_there(c, l->adf.keys[i].source, l->adf.keys[i].group, false) != NULL;
    for (size_t i = 0; i < l->mf.key_count; i++)
        count += !key_exists((struct ceremony *)c, l->mf.keys[i].source, l->mf.keys[i].group) &&
                 mother_gives(c, l->mf.keys[i].source, l->mf.keys[i].group);
    return count;
}

void mother_facts(const struct ceremony *c, struct request *r)
{
    if (mother_is_open(c) && c->mother->limited)
        request_fact(r, _("exports left on the opened card"), "%u", c->mother->left);
}

enum kr_error mother_suffices(struct ceremony *c, const struct layout *l)
{
    if (!mother_is_open(c) || !has_limit(&c->mother->layout))
        return KR_OK;
    enum kr_error err = personalise_read_limit(&c->mother->card, &c->mother->left);
    uint32_t wanted = exports_for(c, l);
    c->mother->limited = err == KR_OK;
    return err == KR_OK && c->mother->left < wanted
               ? kr_fail(KR_E_CARD_LIMIT, "%u < %u", c->mother->left, wanted)
               : err;
}

void mother_has_got(struct ceremony *c, const struct layout_key *k)
{
    c->mother->has[k - c->mother->layout.adf.keys] = true;
}

bool mother_key_of(const struct ceremony *c, const char *name, int group, const char *under,
                   struct mother_key *key)
{
    const struct layout_key *k = key_there(c, name, group, false);
    const struct layout_key *t = key_there(c, under, 0, true);
    if (k == NULL || t == NULL)
        return false;
    *key = (struct mother_key){
        .card = &c->mother->card, .kind = k->kind, .kid = k->kid, .transport_kid = t->kid};
    return true;
}

/* A transport key of the card that the centre holds too. */
static const struct layout_key *shared_key(const struct ceremony *c)
{
    const struct layout_directory *d = &c->mother->layout.adf;
    for (size_t i = 0; i < d->key_count; i++)
        if (d->keys[i].kind == CARD_KEY_TRANSPORT && c->mother->has[i] &&
            key_exists((struct ceremony *)c, d->keys[i].name, 0))
            return &d->keys[i];
    return NULL;
}

bool mother_gives(const struct ceremony *c, const char *name, int group)
{
    const struct layout_key *k = mother_is_open(c) ? key_there(c, name, group, false) : NULL;
    return k != NULL && (k->header.follow_state & GIVEN_AS_OTHER) != 0 && shared_key(c) != NULL;
}

#define CONDITIONS_NOT_SATISFIED 0x6985

enum kr_error mother_take(struct ceremony *c, const struct key_wanted *w, vault_handle *key,
                          struct kcv *kcv)
{
    struct mother_key m;
    struct key_record rec;
    vault_handle transport = 0;
    const struct layout_key *shared = w->under == NULL ? shared_key(c) : NULL;
    const char *under = shared != NULL ? shared->name : w->under;
    *key = 0;
    if (under == NULL || !mother_key_of(c, w->name, w->group, under, &m))
        return kr_fail(KR_E_MOTHER_LACKS, "%s", w->name);
    if (w->count > 0)
        memcpy(m.factors, w->factors, 8 * w->count);
    m.factor_count = w->count;
    enum kr_error err = key_load(c, under, 0, &transport, &rec);
    if (err == KR_OK)
        err = personalise_take_key(&m, w->as, transport, w->purpose, key, kcv);
    vault_drop(session_vault(c->session), transport);
    return err == KR_E_CARD_REFUSED && w->count == 0 && m.card->sw == CONDITIONS_NOT_SATISFIED
               ? kr_fail(KR_E_MOTHER_KEEPS, "%s", w->name)
               : err;
}
