/* What becomes of a complete entry: comparison with a second typing, and its three ways into the
 * vault. */
#include "vault_entry.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "hash.h"

static bool blocks_equal(const struct typed_entry *a, const struct typed_entry *b, size_t block)
{
    size_t at = block * BLOCK_DIGITS;
    return CRYPTO_memcmp(a->typed->bytes + at, b->typed->bytes + at, BLOCK_DIGITS) == 0;
}

/* "2, 5": the blocks that differ, marked in second; the cursor goes to the first of them. */
static enum kr_error compare_blocks(const struct typed_entry *first, struct typed_entry *second)
{
    char list[64] = "";
    size_t used = 0;
    for (size_t b = 0; b < second->blocks; b++) {
        if (blocks_equal(first, second, b)) {
            second->state[b] = BLOCK_GOOD;
            continue;
        }
        if (used == 0)
            second->block = b;
        second->state[b] = BLOCK_WRONG;
        used += (size_t)snprintf(list + used, sizeof list - used, used ? ", %zu" : "%zu", b + 1);
    }
    return used ? kr_fail(KR_E_ENTRY_TWICE, "%s", list) : KR_OK;
}

enum kr_error typed_entry_compare(const struct typed_entry *first, struct typed_entry *second)
{
    if (first == second || first->spec.kind != second->spec.kind ||
        first->spec.digits != second->spec.digits)
        return kr_fail(KR_E_ARGUMENT, "entry");
    enum kr_error err = typed_entry_complete(first);
    if (!err)
        err = typed_entry_complete(second);
    if (err)
        return err;
    if (first->spec.kind == ENTRY_COMPONENT)
        return compare_blocks(first, second);
    if (first->len != second->len ||
        CRYPTO_memcmp(first->typed->bytes, second->typed->bytes, first->len) != 0)
        return kr_fail(KR_E_ENTRY_TWICE, "%s", "");
    return KR_OK;
}

/* What is below 250 gives each digit 25 times; the rest would favour some of them. */
#define DIGITS_EVEN 250

enum kr_error typed_entry_draw_pin(struct typed_entry *e, size_t digits)
{
    if (e->spec.kind != ENTRY_PIN || e->len > 0 || digits < ENTRY_PIN_DRAWN_MIN ||
        digits > ENTRY_PIN_MAX)
        return kr_fail(KR_E_ARGUMENT, "PIN of %zu digits", digits);
    enum kr_error err = KR_OK;
    while (!err && e->len < digits) {
        uint8_t *next = &e->typed->bytes[e->len];
        err = random_bytes(next, 1);
        if (!err && *next < DIGITS_EVEN) {
            *next = (uint8_t)('0' + *next % 10);
            e->len++;
        }
    }
    return err;
}

enum kr_error typed_entry_passphrase(const struct typed_entry *e, struct secret **out)
{
    *out = secret_from(e->typed->bytes, e->len);
    return *out ? KR_OK : KR_E_MEMORY;
}

enum kr_error typed_entry_component(const struct typed_entry *e, struct secret **out)
{
    *out = secret_new(e->spec.digits / 2);
    if (!*out)
        return KR_E_MEMORY;
    for (size_t i = 0; i < (*out)->len; i++)
        (*out)->bytes[i] = (uint8_t)(e->typed->bytes[2 * i] << 4 | e->typed->bytes[2 * i + 1]);
    return KR_OK;
}

enum kr_error typed_entry_pin(const struct typed_entry *e, size_t len, struct secret **out)
{
    size_t needed = (e->len + 1) / 2;
    if (len == 0)
        len = needed < 2 ? 2 : needed;
    if (len < needed)
        return kr_fail(KR_E_ARGUMENT, "PIN");
    *out = secret_new(len);
    if (!*out)
        return KR_E_MEMORY;
    memset((*out)->bytes, 0xFF, len);
    for (size_t i = 0; i < e->len; i++) {
        unsigned digit = e->typed->bytes[i] - (unsigned)'0';
        uint8_t *byte = &(*out)->bytes[i / 2];
        *byte = (uint8_t)(i % 2 ? (*byte & 0xF0U) | digit : digit << 4 | 0x0FU);
    }
    return KR_OK;
}
