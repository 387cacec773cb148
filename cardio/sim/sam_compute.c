/* INIT FOR DESCRYPT and DES CRYPT: what a PSAM computes for its terminal, with keys that are there
 * for nothing else. */
#include "purse.h"

#include <string.h>

#define BLOCK       ((size_t)8)
#define FACTORS_MAX ((size_t)4)
#define KEY_LEN     ((size_t)16)

/* Bits of DES CRYPT's mode. */
enum {
    MODE_MAC = 0x01,
    MODE_MORE = 0x02,    /* another command follows */
    MODE_INITIAL = 0x04, /* of a MAC: data begins with the initial value */
    MODE_DECRYPT = 0x80,
};

static bool computes(uint8_t type)
{
    return type == KEY_DES_ENCRYPT || type == KEY_DES_DECRYPT || type == KEY_DES_MAC;
}

static uint16_t find_version(struct sim_card *c, uint8_t type, uint8_t version,
                             struct sim_key **key)
{
    struct sim_directory *d = current_directory(c);
    const struct sim_key *found = NULL;

    for (size_t i = 0; i < d->key_count; i++) {
        const struct sim_key *k = &d->keys[i];
        if (k->header.usage == type && k->header.version == version &&
            (!found || k->kid < found->kid))
            found = k;
    }
    return found ? usable_key(c, type, found->kid, key) : SW_KEY_INDEX;
}

uint16_t init_for_descrypt(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    struct begun b = {.step = BEGUN_CRYPT, .type = a->p1};
    struct secret *wide;
    struct sim_key *k;
    uint16_t sw;

    if (!computes(a->p1))
        return SW_CONDITIONS;
    if (a->lc % BLOCK != 0 || a->lc > FACTORS_MAX * BLOCK)
        return SW_LENGTH;
    sw = find_version(c, a->p1, a->p2, &k);
    if (sw != SW_OK)
        return sw;
    wide = key_wide(k);
    if (!wide || diversify_from_right(wide, a->data, a->lc / BLOCK, &b.session) != KR_OK)
        sw = SW_MEMORY;
    secret_free(&wide);
    if (sw == SW_OK)
        c->begun = b;
    return sw;
}

/* The mode has to be what the key is for. */
static uint16_t check_mode(const struct begun *b, const struct apdu *a)
{
    uint8_t kind = a->p1 & (uint8_t)~MODE_MORE;
    bool initial = a->p1 & MODE_INITIAL;

    if (a->p2 != 0 || (kind != 0 && kind != MODE_DECRYPT && kind != MODE_MAC &&
                       kind != (MODE_MAC | MODE_INITIAL)))
        return SW_P1P2;
    if (a->lc == 0 || a->lc % BLOCK != 0 || (initial && a->lc < 2 * BLOCK))
        return SW_LENGTH;
    if (b->step != BEGUN_CRYPT)
        return SW_NOT_BEGUN;
    if (b->type != (kind == 0              ? KEY_DES_ENCRYPT
                    : kind == MODE_DECRYPT ? KEY_DES_DECRYPT
                                           : KEY_DES_MAC))
        return SW_CONDITIONS;
    return (a->p1 & MODE_MAC) && initial == b->chained ? SW_NOT_BEGUN : SW_OK;
}

/* ISO/IEC 9797-1 algorithm 3 as far as this command goes; the terminal has padded. */
static enum kr_error mac_blocks(struct begun *b, const struct apdu *a)
{
    struct secret *left = secret_from(b->session->bytes, BLOCK);
    size_t at = a->p1 & MODE_INITIAL ? BLOCK : 0;
    enum kr_error rc = left ? KR_OK : KR_E_MEMORY;

    if (at)
        memcpy(b->chain, a->data, BLOCK);
    for (; at < a->lc && rc == KR_OK; at += BLOCK) {
        uint8_t in[BLOCK];
        bool last = !(a->p1 & MODE_MORE) && at + BLOCK == a->lc;
        for (size_t i = 0; i < BLOCK; i++)
            in[i] = b->chain[i] ^ a->data[at + i];
        rc = last ? suite_encrypt(suite_by_id("3des"), b->session, in, b->chain, BLOCK)
                  : des_encrypt_block(left, in, b->chain);
    }
    b->chained = true;
    secret_free(&left);
    return rc;
}

static enum kr_error compute(struct begun *b, struct exchange *x)
{
    const struct apdu *a = x->command;
    const struct suite *des = suite_by_id("3des");
    enum kr_error rc;

    if (a->p1 & MODE_MAC) {
        rc = mac_blocks(b, a);
        memcpy(x->answer, b->chain, MAC_LEN);
        x->answer_len = a->p1 & MODE_MORE ? 0 : MAC_LEN;
    } else {
        rc = (a->p1 & MODE_DECRYPT ? suite_decrypt : suite_encrypt)(des, b->session, a->data,
                                                                    x->answer, a->lc);
        x->answer_len = a->lc;
    }
    return rc;
}

uint16_t des_crypt(struct sim_card *c, struct exchange *x)
{
    uint16_t sw = check_mode(&x->begun, x->command);

    if (sw == SW_OK && compute(&x->begun, x) != KR_OK)
        sw = SW_MEMORY;
    if (sw == SW_OK && (x->command->p1 & MODE_MORE)) {
        c->begun = x->begun;
        x->begun = (struct begun){0};
    }
    return sw;
}
