/* The fingers of a rehearsal. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "../crypto/component.h"
#include "../crypto/hash.h"
#include "rehearse_run.h"

#define DELETE_KEY 0x7F

/* Whoever types again begins with an empty field. */
static enum kr_error empty_field(struct rehearsal *r, struct secret_entry_state *s)
{
    enum kr_error rc = KR_OK;

    *s = r->request.secret_state;
    for (size_t b = s->blocks; rc == KR_OK && b-- > 0;) {
        size_t fill = s->fill[b];
        if (fill == 0)
            continue;
        rc = ceremony_block(r->ceremony, b, s);
        for (; rc == KR_OK && fill > 0; fill--)
            rc = ceremony_key(r->ceremony, DELETE_KEY, s);
    }
    while (rc == KR_OK && s->blocks == 0 && s->typed > 0)
        rc = ceremony_key(r->ceremony, DELETE_KEY, s);
    if (rc == KR_OK && s->blocks > 0 && s->block != 0)
        rc = ceremony_block(r->ceremony, 0, s);
    return rc;
}

static uint8_t digit_value(char c)
{
    return (uint8_t)(isdigit((unsigned char)c) ? c - '0' : toupper((unsigned char)c) - 'A' + 10);
}

static bool only_digits(const char *text)
{
    for (; *text; text++)
        if (!isxdigit((unsigned char)*text) && *text != ' ')
            return false;
    return true;
}

/* True once a block is marked: nobody types on before it is put right. */
static bool block_is_wrong(struct rehearsal *r, const struct secret_entry_state *s)
{
    for (size_t b = 0; b < s->blocks && b < ENTRY_BLOCKS_MAX; b++)
        if (s->state[b] == BLOCK_WRONG)
            snprintf(r->wrong_block, sizeof r->wrong_block, "%zu", b + 1);
    return r->wrong_block[0] != '\0';
}

/* After every block its check letter, as our sheets print it. */
static enum kr_error type_lettered(struct rehearsal *r, const char *text,
                                   struct secret_entry_state *s)
{
    uint8_t block[BLOCK_DIGITS];
    size_t typed = 0;
    enum kr_error rc = KR_OK;

    for (; rc == KR_OK && *text; text++) {
        if (*text == ' ')
            continue;
        block[typed++ % BLOCK_DIGITS] = digit_value(*text);
        rc = ceremony_key(r->ceremony, (uint8_t)*text, s);
        if (rc == KR_OK && typed % BLOCK_DIGITS == 0)
            rc = ceremony_key(r->ceremony,
                              (uint8_t)component_check_letter(typed / BLOCK_DIGITS - 1, block), s);
    }
    secret_wipe(block, sizeof block);
    return rc;
}

/* The value printed on the sheet that was just typed from. */
static void note_sheet_kcv(struct rehearsal *r, const char *text)
{
    const struct slots *slots = session_slots(r->session);
    const struct suite *suite = slots ? suite_by_id(slots->centre.suite) : NULL;
    struct secret *key = suite ? secret_new(suite->key_len) : NULL;
    struct kcv kcv;
    size_t n = 0;

    r->sheet_kcv[0] = '\0';
    snprintf(r->sheet_key, sizeof r->sheet_key, "%s", r->request.key);
    for (; key && *text; text++) {
        if (!isxdigit((unsigned char)*text))
            continue;
        if (n / 2 < key->len)
            key->bytes[n / 2] = (uint8_t)(key->bytes[n / 2] << 4 | digit_value(*text));
        n++;
    }
    if (key && n == 2 * key->len && suite_kcv(suite, key, &kcv) == KR_OK)
        kcv_text(&kcv, r->sheet_kcv);
    secret_free(&key);
}

enum kr_error rehearse_type(struct rehearsal *r, const char *text)
{
    const struct secret_entry_spec *spec = &r->request.secret;
    struct secret_entry_state s;
    enum kr_error rc = empty_field(r, &s);

    if (rc == KR_OK && spec->kind == ENTRY_COMPONENT)
        note_sheet_kcv(r, text);
    if (rc == KR_OK && spec->check_letters && only_digits(text))
        return type_lettered(r, text, &s);
    for (; rc == KR_OK && *text && !block_is_wrong(r, &s); text++)
        if (spec->kind != ENTRY_COMPONENT || *text != ' ')
            rc = ceremony_key(r->ceremony, (uint8_t)*text, &s);
    (void)block_is_wrong(r, &s);
    return rc;
}
