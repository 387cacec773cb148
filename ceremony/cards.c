/* Cards as ceremonies use them: layouts, the keys that go on them, audit data, and the account of
 * pieces. */
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../crypto/hash.h"
#include "run.h"

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

void card_begin(struct ceremony *c, size_t reader, struct card *card)
{
    memset(card, 0, sizeof *card);
    card->readers = session_readers(c->session);
    card->reader = reader;
    card->vault = session_vault(c->session);
    card->dialect = dialect_by_id("pboc-key");
    card->suite = session_slots(c->session)->centre.suite;
    card->trace = trace_add;
    card->trace_ctx = c;
}

enum kr_error layout_for(struct ceremony *c, const char *name, struct layout *l)
{
    char path[512];
    const char *dir = session_options(c->session)->layouts_dir;
    enum kr_error err = KR_OK;
    if (snprintf(path, sizeof path, "%s/%s.yaml", dir, name) >= (int)sizeof path)
        return kr_fail(KR_E_TOO_LONG, "%s", name);
    if (strcmp(c->layout.id, name) != 0)
        err = layout_load(path, &c->layout);
    if (err == KR_OK)
        *l = c->layout;
    else
        memset(&c->layout, 0, sizeof c->layout);
    return err;
}

static enum kr_error values_of(struct ceremony *c, const struct layout_directory *d,
                               struct layout_value *values, size_t room, size_t *count)
{
    enum kr_error err = KR_OK;
    for (size_t i = 0; err == KR_OK && i < d->key_count; i++) {
        const struct layout_key *k = &d->keys[i];
        struct key_record rec;
        bool seen = strcmp(k->name, "PIN") == 0 && c->pin == 0;
        for (size_t v = 0; v < *count; v++)
            seen = seen || (strcmp(values[v].name, k->name) == 0 && values[v].group == k->group);
        if (seen)
            continue;
        if (*count == room)
            return kr_fail(KR_E_TOO_LONG, "%s", k->name);
        struct layout_value *value = &values[*count];
        value->name = k->name;
        value->group = k->group;
        if (strcmp(k->name, "PIN") == 0)
            value->handle = c->pin;
        else
            err = key_load(c, k->name, k->group, &value->handle, &rec);
        if (err == KR_OK)
            (*count)++;
        else if (err == KR_E_KEY_MISSING && k->optional)
            err = KR_OK;
    }
    return err;
}

enum kr_error values_load(struct ceremony *c, const struct layout *l, bool with_adf,
                          struct layout_value *values, size_t room, size_t *count)
{
    *count = 0;
    enum kr_error err = values_of(c, &l->mf, values, room, count);
    if (err == KR_OK && with_adf)
        err = values_of(c, &l->adf, values, room, count);
    if (err != KR_OK) {
        values_drop(c, values, *count);
        *count = 0;
    }
    return err;
}

void values_drop(struct ceremony *c, struct layout_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i].name, "PIN") != 0) /* the step's own */
            vault_drop(session_vault(c->session), values[i].handle);
}

static uint8_t bcd(int two_digits)
{
    return (uint8_t)(two_digits / 10 % 10 << 4 | two_digits % 10);
}

/* The date is that of the ceremony's opening, so that a card finished after a restart bears the
 * same. */
void audit_for(struct ceremony *c, const struct layout *l, const char *number,
               struct card_audit *audit)
{
    const struct centre *centre = &session_slots(c->session)->centre;
    time_t opened = (time_t)(strtoll(var_get(c, "opened"), NULL, 10) / 1000);
    struct tm day;
    gmtime_r(&opened, &day);
    memset(audit, 0, sizeof *audit);
    audit->personalisation_id = l->card_type;
    memcpy(audit->activation_id, centre->identifier, sizeof centre->identifier);
    (void)hex_decode(number, audit->serial, sizeof audit->serial);
    audit->date[0] = bcd((day.tm_year + 1900) / 100);
    audit->date[1] = bcd(day.tm_year % 100);
    audit->date[2] = bcd(day.tm_mon + 1);
    audit->date[3] = bcd(day.tm_mday);
}

bool card_error(enum kr_error err)
{
    return err >= KR_E_PCSC_DOWN && err <= KR_E_DECK_CARD && err != KR_E_LAYOUT;
}

bool card_untouched(enum kr_error err)
{
    return err == KR_E_NO_CARD || err == KR_E_NO_READER || err == KR_E_PCSC_DOWN ||
           err == KR_E_PCSC_DENIED || err == KR_E_CARD_SWAPPED;
}

enum kr_error card_begin_chip(struct ceremony *c, struct card *card, char chip[20])
{
    card_begin(c, (size_t)step_now(c)->reader - 1, card);
    enum kr_error err = card_open(card);
    if (err == KR_OK)
        err = card_chip_serial(card, card->chip);
    if (err != KR_OK)
        return err;
    hex_encode_upper(card->chip, sizeof card->chip, chip);
    card->expect_chip = true; /* whatever opens it again refuses another piece of plastic */
    return KR_OK;
}
