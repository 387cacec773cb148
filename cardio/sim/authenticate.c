/* Challenge, external and internal authentication, PIN. */
#include "card_state.h"

#include <string.h>
#include "../../crypto/hash.h"
#include "../../crypto/suite.h"

#define BLOCK              ((size_t)8)
#define PIN_FIELD          ((size_t)8)
#define PROOF_FACTOR       0xA5
#define PROOF_LEVELS_ABOVE 3

uint16_t get_challenge(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;

    if (a->p1 != 0 || a->p2 != 0)
        return SW_P1P2;
    if (!a->has_le || a->lc > 0 || (a->le != 4 && a->le != 8))
        return SW_WRONG_LE | 8;
    if (random_bytes(c->challenge, a->le) != KR_OK)
        return SW_MEMORY;
    c->challenge_len = a->le;
    memcpy(x->answer, c->challenge, a->le);
    x->answer_len = a->le;
    return SW_OK;
}

static enum kr_error cryptogram(const struct secret *key16, const uint8_t in[BLOCK],
                                uint8_t out[BLOCK])
{
    return suite_encrypt(suite_by_id("3des"), key16, in, out, BLOCK);
}

static enum kr_error key_cryptogram(const struct sim_key *k, const uint8_t in[BLOCK],
                                    uint8_t out[BLOCK])
{
    struct secret *wide = key_wide(k);
    enum kr_error rc = wide ? cryptogram(wide, in, out) : KR_E_MEMORY;

    secret_free(&wide);
    return rc;
}

/* Wrong: a try is gone. Right: the follow-on state is reached. */
static uint16_t conclude(struct sim_card *c, struct sim_key *k, bool right)
{
    if (!right)
        return SW_TRIES | key_failed(c, k);
    key_succeeded(c, k);
    c->state = k->header.follow_state & 0x0F;
    return SW_OK;
}

uint16_t external_authenticate(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    uint8_t in[BLOCK] = {0}, expected[BLOCK];
    struct sim_key *k;
    uint16_t sw;

    if (a->p1 != 0)
        return SW_P1P2;
    if (a->lc != BLOCK)
        return SW_LENGTH;
    sw = usable_key(c, KEY_EXTERNAL, a->p2, &k);
    if (sw != SW_OK)
        return sw;
    if (x->challenge_len == 0)
        return SW_CONDITIONS;
    memcpy(in, x->challenge, x->challenge_len);
    if (key_cryptogram(k, in, expected) != KR_OK)
        return SW_MEMORY;
    return conclude(c, k, bytes_equal(expected, a->data, BLOCK));
}

static uint16_t prove_internal(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    struct sim_key *k;
    uint16_t sw;

    if (a->lc != BLOCK)
        return SW_LENGTH;
    sw = usable_key(c, KEY_INTERNAL, a->p2, &k);
    if (sw == SW_OK && key_cryptogram(k, a->data, x->answer) != KR_OK)
        sw = SW_MEMORY;
    if (sw == SW_OK)
        x->answer_len = BLOCK;
    return sw;
}

/* The last factor is the proof's own; those above it lead to a key that this card gave away, and
 * may not be like one of a proof (nor its complement). */
static bool proof_factors_fit(const uint8_t *factors, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++)
        if (factors[BLOCK * i] == PROOF_FACTOR || factors[BLOCK * i] == (uint8_t)~PROOF_FACTOR)
            return false;
    return factors[BLOCK * (count - 1)] == PROOF_FACTOR;
}

/*
 * A key derived for the proof alone: the factor's first byte keeps it apart from every key that
 * exists, else this command would be an oracle for derived keys.
 */
static uint16_t prove_derived(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    const uint8_t *factors = a->data + 1;
    struct secret *derived = NULL;
    struct sim_key *k;
    uint16_t sw;
    size_t blocks = a->lc / BLOCK; /* factors, then the challenge */

    if (a->lc % BLOCK != 1 || blocks < 2 || blocks > 2 + PROOF_LEVELS_ABOVE)
        return SW_LENGTH;
    if (a->data[0] == KEY_PIN || !proof_factors_fit(factors, blocks - 1))
        return SW_DATA;
    sw = usable_key(c, a->data[0], a->p2, &k);
    if (sw != SW_OK)
        return sw;
    if (k->value->len != 2 * BLOCK)
        return SW_DATA;
    if (suite_diversify_down(suite_by_id("3des"), k->value, factors, blocks - 1, &derived) !=
            KR_OK ||
        cryptogram(derived, factors + BLOCK * (blocks - 1), x->answer) != KR_OK)
        sw = SW_MEMORY;
    else
        x->answer_len = BLOCK;
    secret_free(&derived);
    return sw;
}

uint16_t internal_authenticate(struct sim_card *c, struct exchange *x)
{
    switch (x->command->p1) {
    case 0x00:
        return prove_internal(c, x);
    case 0x01:
        return prove_derived(c, x);
    default:
        return SW_P1P2;
    }
}

static void pin_field(const uint8_t *pin, size_t len, uint8_t field[PIN_FIELD])
{
    memset(field, 0xFF, PIN_FIELD);
    memcpy(field, pin, len);
}

bool pins_equal(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    uint8_t fields[2][PIN_FIELD];
    bool equal;

    pin_field(a, a_len, fields[0]);
    pin_field(b, b_len, fields[1]);
    equal = bytes_equal(fields[0], fields[1], PIN_FIELD);
    secret_wipe(fields, sizeof fields);
    return equal;
}

uint16_t verify_pin(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    struct sim_key *k;
    uint16_t sw;

    if (a->p1 != 0)
        return SW_P1P2;
    sw = usable_key(c, KEY_PIN, a->p2, &k);
    if (a->lc == 0 && (sw == SW_OK || sw == SW_SECURITY))
        return SW_TRIES | (k->header.counter & 0x0F);
    if (sw != SW_OK)
        return sw;
    if (a->lc < 2 || a->lc > PIN_FIELD)
        return SW_LENGTH;
    return conclude(c, k, pins_equal(a->data, a->lc, k->value->bytes, k->value->len));
}
