#include "vault_entry.h"

#include <string.h>

#include "hash.h"

static bool spec_is_sound(const struct secret_entry_spec *spec)
{
    switch (spec->kind) {
    case ENTRY_PASSPHRASE:
    case ENTRY_PIN:
        return spec->digits == 0 && !spec->check_letters;
    case ENTRY_COMPONENT:
        return spec->digits > 0 && spec->digits % BLOCK_DIGITS == 0 &&
               spec->digits / BLOCK_DIGITS <= ENTRY_BLOCKS_MAX;
    }
    return false;
}

enum kr_error typed_entry_open(struct typed_entry *e, const struct secret_entry_spec *spec)
{
    size_t room = spec->kind == ENTRY_COMPONENT    ? spec->digits
                  : spec->kind == ENTRY_PASSPHRASE ? ENTRY_PASSPHRASE_MAX
                                                   : ENTRY_PIN_MAX;
    if (!spec_is_sound(spec))
        return kr_fail(KR_E_ARGUMENT, "entry");
    *e = (struct typed_entry){.spec = *spec, .blocks = spec->digits / BLOCK_DIGITS};
    e->typed = secret_new(room);
    return e->typed ? KR_OK : KR_E_MEMORY;
}

void typed_entry_close(struct typed_entry *e)
{
    secret_free(&e->typed);
    *e = (struct typed_entry){0};
}

/* ---- passphrases and PINs ---- */

static void delete_character(struct typed_entry *e)
{
    uint8_t *text = e->typed->bytes;
    while (e->len > 0) {
        uint8_t last = text[--e->len];
        text[e->len] = 0;
        if ((last & 0xC0) != 0x80)
            break;
    }
    e->pending = 0;
}

/* Bytes that follow this first byte of a UTF-8 character; -1 when no character begins so. */
static int continuation_bytes(uint8_t lead)
{
    if (lead >= 0x20 && lead < 0x7F)
        return 0;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 1;
    if ((lead & 0xF0) == 0xE0)
        return 2;
    return lead >= 0xF0 && lead <= 0xF4 ? 3 : -1;
}

/* The last character, now that all its bytes are there. */
static bool last_is_sound(const struct typed_entry *e)
{
    size_t at = e->len;
    while (at > 0 && (e->typed->bytes[--at] & 0xC0) == 0x80)
        ;
    return utf8_character(e->typed->bytes + at, e->len - at) == e->len - at;
}

static enum kr_error append(struct typed_entry *e, uint8_t byte)
{
    e->typed->bytes[e->len++] = byte;
    return KR_OK;
}

static enum kr_error passphrase_key(struct typed_entry *e, uint8_t byte)
{
    if (byte == ENTRY_DELETE) {
        delete_character(e);
        return KR_OK;
    }
    if ((byte & 0xC0) == 0x80) {
        if (e->pending == 0)
            return KR_OK;
        e->pending--;
        append(e, byte);
        if (e->pending == 0 && !last_is_sound(e))
            delete_character(e);
        return KR_OK;
    }
    int following = continuation_bytes(byte);
    if (following < 0)
        return KR_OK;
    if (e->pending > 0)
        delete_character(e);
    /* Never a cut character, and never a passphrase that is shorter than the person believes. */
    if (e->len + 1 + (size_t)following > ENTRY_PASSPHRASE_MAX)
        return kr_fail(KR_E_TOO_LONG, "%d", ENTRY_PASSPHRASE_MAX);
    e->pending = (size_t)following;
    return append(e, byte);
}

static enum kr_error pin_key(struct typed_entry *e, uint8_t byte)
{
    if (byte == ENTRY_DELETE)
        delete_character(e);
    else if (byte >= '0' && byte <= '9' && e->len == ENTRY_PIN_MAX)
        return kr_fail(KR_E_TOO_LONG, "%d", ENTRY_PIN_MAX);
    else if (byte >= '0' && byte <= '9')
        return append(e, byte);
    return KR_OK;
}

/* ---- components ---- */

static size_t block_length(const struct typed_entry *e)
{
    return BLOCK_DIGITS + (e->spec.check_letters ? 1u : 0u);
}

static uint8_t *block_digits(const struct typed_entry *e, size_t block)
{
    return e->typed->bytes + block * BLOCK_DIGITS;
}

static bool block_done(const struct typed_entry *e, size_t block)
{
    return e->state[block] == BLOCK_FULL || e->state[block] == BLOCK_GOOD;
}

static void block_clear(struct typed_entry *e, size_t block)
{
    secret_wipe(block_digits(e, block), BLOCK_DIGITS);
    e->fill[block] = 0;
    e->state[block] = BLOCK_EMPTY;
}

/* To the next block that still wants typing: after a block was typed anew, the good ones behind it
 * stay. */
static void advance(struct typed_entry *e)
{
    for (size_t step = 1; step <= e->blocks; step++) {
        size_t candidate = (e->block + step) % e->blocks;
        if (!block_done(e, candidate)) {
            e->block = candidate;
            return;
        }
    }
    e->block = e->blocks;
}

static void component_delete(struct typed_entry *e)
{
    if (e->block == e->blocks)
        e->block = e->blocks - 1;
    while (e->block > 0 && e->fill[e->block] == 0)
        e->block--;
    uint8_t *fill = &e->fill[e->block];
    if (*fill == 0)
        return;
    (*fill)--;
    if (*fill < BLOCK_DIGITS)
        block_digits(e, e->block)[*fill] = 0;
    e->state[e->block] = *fill ? BLOCK_PARTIAL : BLOCK_EMPTY;
}

static int hex_value(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    uint8_t upper = byte & 0xDF;
    return upper >= 'A' && upper <= 'F' ? upper - 'A' + 10 : -1;
}

static void component_digit(struct typed_entry *e, uint8_t value)
{
    size_t b = e->block;
    if (e->fill[b] == block_length(e) || e->state[b] == BLOCK_WRONG)
        block_clear(e, b);
    if (e->fill[b] == BLOCK_DIGITS)
        return; /* its check letter comes first */
    block_digits(e, b)[e->fill[b]++] = value;
    e->state[b] = BLOCK_PARTIAL;
    if (e->fill[b] == block_length(e)) {
        e->state[b] = BLOCK_FULL;
        advance(e);
    }
}

static void component_letter(struct typed_entry *e, char letter)
{
    size_t b = e->block;
    if (!e->spec.check_letters || e->fill[b] != BLOCK_DIGITS)
        return;
    e->fill[b]++;
    if (component_check_letter(b, block_digits(e, b)) == letter) {
        e->state[b] = BLOCK_GOOD;
        advance(e);
    } else {
        e->state[b] = BLOCK_WRONG;
    }
}

static enum kr_error component_key(struct typed_entry *e, uint8_t byte)
{
    int value = hex_value(byte);
    if (byte == ENTRY_DELETE)
        component_delete(e);
    else if (e->block == e->blocks)
        ; /* everything is there: what follows would spoil it */
    else if (value >= 0)
        component_digit(e, (uint8_t)value);
    else if (byte != 0 && byte < 0x80 && strchr("GHJKLMNPQRTUVWXY", byte & 0xDF))
        component_letter(e, (char)(byte & 0xDF));
    return KR_OK;
}

/* ---- all kinds ---- */

enum kr_error typed_entry_key(struct typed_entry *e, uint8_t byte)
{
    switch (e->spec.kind) {
    case ENTRY_PASSPHRASE:
        return passphrase_key(e, byte);
    case ENTRY_PIN:
        return pin_key(e, byte);
    case ENTRY_COMPONENT:
        break;
    }
    return component_key(e, byte);
}

enum kr_error typed_entry_block(struct typed_entry *e, size_t block)
{
    if (block >= e->blocks)
        return kr_fail(KR_E_ARGUMENT, "block");
    e->block = block;
    return KR_OK;
}

size_t typed_entry_characters(const struct typed_entry *e)
{
    size_t n = 0;
    for (size_t i = 0; i < e->len; i++)
        n += (e->typed->bytes[i] & 0xC0) != 0x80;
    return n;
}

static size_t first_wrong(const struct typed_entry *e)
{
    size_t b = 0;
    while (b < e->blocks && e->state[b] != BLOCK_WRONG)
        b++;
    return b;
}

static bool all_done(const struct typed_entry *e)
{
    for (size_t b = 0; b < e->blocks; b++) {
        if (!block_done(e, b))
            return false;
    }
    return true;
}

void typed_entry_state(const struct typed_entry *e, struct secret_entry_state *s)
{
    *s = (struct secret_entry_state){.blocks = e->blocks};
    if (e->spec.kind != ENTRY_COMPONENT) {
        s->typed = typed_entry_characters(e);
        s->complete =
            e->spec.kind == ENTRY_PIN ? e->len >= ENTRY_PIN_MIN : e->len > 0 && e->pending == 0;
        return;
    }
    s->wanted = e->blocks * block_length(e);
    s->block = e->block < e->blocks ? e->block : e->blocks - 1;
    s->complete = all_done(e);
    for (size_t b = 0; b < e->blocks; b++) {
        s->fill[b] = e->fill[b];
        s->state[b] = e->state[b];
        s->typed += e->fill[b];
    }
}

enum kr_error typed_entry_complete(const struct typed_entry *e)
{
    struct secret_entry_state s;
    typed_entry_state(e, &s);
    if (s.complete)
        return KR_OK;
    size_t wrong = first_wrong(e);
    if (wrong < e->blocks)
        return kr_fail(KR_E_ENTRY_BLOCK, "%zu", wrong + 1);
    size_t wanted = s.wanted ? s.wanted : e->spec.kind == ENTRY_PIN ? ENTRY_PIN_MIN : 1u;
    return kr_fail(KR_E_ENTRY_INCOMPLETE, "%zu/%zu", s.typed, wanted);
}
