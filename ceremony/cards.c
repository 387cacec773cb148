/* Cards as ceremonies use them: layouts, the keys that go on them, audit data, and the account of
 * pieces. */
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../crypto/hash.h"
#include "card_values.h"
#include "run.h"
#include "vocabulary.h"

#define VALID_YEARS 10 /* of a PSAM; a user card's dates come from its row */

#define _(text) gettext(text)

static void trace_add(void *ctx, const struct card_trace *line)
{
    struct ceremony *c = ctx;
    pthread_mutex_lock(&c->lock);
    struct trace_line *out = &c->trace[c->trace_count % TRACE_MAX];
    snprintf(out->text, sizeof out->text, "%-24.24s %04X  %u.%u ms", line->command, line->sw,
             line->micros / 1000, line->micros / 100 % 10);
    c->trace_count++;
    pthread_mutex_unlock(&c->lock);
}

void request_card(struct ceremony *c, struct request *r, const char *part, size_t reader,
                  const char *plastic, const char *state)
{
    request_from_step(c, r, REQUEST_CARD, part);
    r->reader = reader;
    snprintf(r->card_plastic, sizeof r->card_plastic, "%s", plastic);
    snprintf(r->card_state, sizeof r->card_state, "%s", state);
}

/* Codes are no words for people: the sentence leaves them out, the details pane shows them. */
void trace_trouble(struct ceremony *c, enum kr_error why)
{
    if (why < KR_E_PCSC_DOWN || why > KR_E_DECK_CARD || kr_detail()[0] == '\0')
        return;
    pthread_mutex_lock(&c->lock);
    struct trace_line *out = &c->trace[c->trace_count++ % TRACE_MAX];
    text_put(out->text, sizeof out->text, "! %s  %s", kr_name(why), kr_detail());
    pthread_mutex_unlock(&c->lock);
}

void card_begin(struct ceremony *c, size_t reader, struct card *card)
{
    session_card(c->session, reader, card);
    card->trace = trace_add;
    card->trace_ctx = c;
}

static enum kr_error session_finds(const void *session, const char *name, char *path, size_t room)
{
    return session_layout_path(session, name, path, room);
}

enum kr_error layouts_gather(struct ceremony *c)
{
    return layout_files_read(c->script, session_finds, c->session, &c->layouts);
}

enum kr_error layout_for(struct ceremony *c, const char *name, struct layout *l)
{
    const struct script_layout *file = layout_files_find(&c->layouts, name);
    enum kr_error err = KR_OK;
    if (file == NULL)
        return kr_fail(KR_E_LAYOUT, "%s", name);
    if (strcmp(c->layout.id, name) != 0)
        err = layout_parse(name, (const uint8_t *)file->text, file->len, &c->layout);
    if (err == KR_OK)
        *l = c->layout;
    else
        memset(&c->layout, 0, sizeof c->layout);
    return err;
}

enum kr_error layout_has_pin(struct ceremony *c, const char *name, bool *has)
{
    struct layout l;
    enum kr_error err = layout_for(c, name, &l);
    *has = err == KR_OK && layout_key_of_kind(&l.adf, CARD_KEY_PIN) != NULL;
    return err;
}

/* The date is that of the ceremony's opening, so that a card finished after a restart bears the
 * same. */
void audit_for(struct ceremony *c, const struct layout *l, const char *number,
               struct card_audit *audit)
{
    const struct centre *centre = &session_slots(c->session)->centre;
    struct tm day;
    day_of_ceremony(c, &day);
    memset(audit, 0, sizeof *audit);
    audit->personalisation_id = l->card_type;
    memcpy(audit->activation_id, centre->identifier, sizeof centre->identifier);
    (void)hex_decode(number, audit->serial, sizeof audit->serial);
    bcd_day(&day, audit->date);
    memcpy(audit->valid_from, audit->date, sizeof audit->date);
    years_later(&day, VALID_YEARS);
    bcd_day(&day, audit->valid_to);
    /* Whom it is for; zeros where that is nobody. */
    if (factor_bytes(c, FACTOR_REGION, number, audit->region) != KR_OK)
        memset(audit->region, 0, sizeof audit->region);
    if (factor_bytes(c, FACTOR_BANK, number, audit->bank) != KR_OK)
        memset(audit->bank, 0, sizeof audit->bank);
}

enum kr_error card_known(const struct card_record *known, const char *kind)
{
    const char *is = known->layout[0] != '\0' ? known->layout : known->kind;
    if (strcmp(is, kind) == 0)
        return kr_fail(KR_E_CARD_KEPT, "%s", known->number);
    return kr_fail(KR_E_CARD_WRONG_KIND, "%s", vocabulary(is));
}

bool card_error(enum kr_error err)
{
    return (err >= KR_E_PCSC_DOWN && err <= KR_E_DECK_CARD && err != KR_E_LAYOUT) ||
           err == KR_E_NOTE_CARD;
}

bool card_untouched(enum kr_error err)
{
    return err == KR_E_NO_CARD || err == KR_E_NO_READER || err == KR_E_PCSC_DOWN ||
           err == KR_E_PCSC_DENIED || err == KR_E_CARD_SWAPPED;
}

enum kr_error card_begin_chip(struct ceremony *c, struct card *card, char chip[20])
{
    return card_begin_chip_in(c, (size_t)step_now(c)->reader - 1, card, chip);
}

enum kr_error card_begin_chip_in(struct ceremony *c, size_t reader, struct card *card,
                                 char chip[20])
{
    card_begin(c, reader, card);
    enum kr_error err = card_open(card);
    if (err == KR_OK)
        err = card_chip_serial(card, card->chip);
    if (err != KR_OK)
        return err;
    hex_encode_upper(card->chip, sizeof card->chip, chip);
    card->expect_chip = true; /* whatever opens it again refuses another piece of plastic */
    return KR_OK;
}
