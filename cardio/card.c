/* The commands that look at a card, move in its files and prove who is who. */
#include "card_command.h"
#include "../crypto/hash.h"
#include <stdio.h>
#include <string.h>

#define PROOF_FACTOR_MARK                                                                          \
    0xA5 /* docs/simulated-cos.md section 4: proofs never meet a factor of real use */
#define COUNTER_UNLIMITED 0xFF

/* ---- connection ---- */

static enum kr_error check_chip(struct card *c)
{
    uint8_t serial[8];
    char text[17];
    enum kr_error err = card_chip_serial(c, serial);
    if (err || memcmp(serial, c->chip, sizeof serial) == 0)
        return err;
    hex_encode_upper(serial, sizeof serial, text);
    return kr_fail(KR_E_CARD_SWAPPED, "%s", text);
}

enum kr_error card_open(struct card *c)
{
    uint8_t atr[33];
    size_t atr_len;
    c->sw = 0;
    c->put_off = 0;
    if (c->fresh && c->expect_chip && check_chip(c) == KR_OK)
        return KR_OK;
    enum kr_error err = reader_connect(c->readers, c->reader, atr, &atr_len);
    c->fresh = !err;
    if (!err && c->expect_chip)
        err = check_chip(c);
    c->fresh = c->fresh && !err;
    return err;
}

enum kr_error card_reset(struct card *c)
{
    c->sw = 0;
    c->put_off = 0;
    c->fresh = false;
    return reader_reset(c->readers, c->reader);
}

void card_close(struct card *c)
{
    c->put_off = 0;
    c->fresh = false;
    reader_disconnect(c->readers, c->reader);
}

enum kr_error card_chip_serial(struct card *c, uint8_t serial[8])
{
    struct apdu a = {.cla = GET_DATA_CLA, .ins = GET_DATA_INS, .has_le = true, .le = 8};
    return card_ask(c, &a, serial, 8);
}

/* ---- files ---- */

static struct apdu select_id(uint16_t file_id)
{
    struct apdu a = {.ins = 0xA4, .lc = 2, .has_le = true};
    a.data[0] = (uint8_t)(file_id >> 8);
    a.data[1] = (uint8_t)file_id;
    return a;
}

enum kr_error card_select_file(struct card *c, uint16_t file_id)
{
    const struct apdu a = select_id(file_id);
    return card_tell(c, &a);
}

/* FCI: 6F length, 84 length name, A5 ... */
enum kr_error card_select_directory(struct card *c, uint16_t file_id, uint8_t name[16],
                                    size_t *name_len)
{
    const struct apdu a = select_id(file_id);
    struct reply reply;
    enum kr_error err = card_command(c, &a, &reply);
    *name_len = 0;
    if (err)
        return err;
    size_t n = reply.len >= 4 ? reply.data[3] : 0;
    if (n == 0 || n > 16 || reply.len < 4 + n || reply.data[0] != 0x6F || reply.data[2] != 0x84)
        return kr_fail(KR_E_CARD_FOREIGN, "FCI");
    memcpy(name, reply.data + 4, n);
    *name_len = n;
    return KR_OK;
}

enum kr_error card_select_name(struct card *c, const uint8_t *name, size_t len)
{
    struct apdu a = {.ins = 0xA4, .p1 = 0x04, .has_le = true};
    if (len == 0 || len > 16)
        return kr_fail(KR_E_ARGUMENT, "DF name of %zu bytes", len);
    a.lc = (uint8_t)len;
    memcpy(a.data, name, len);
    return card_tell(c, &a);
}

enum kr_error card_read_binary(struct card *c, uint8_t sfi, uint8_t *out, size_t *len)
{
    struct apdu a = {.ins = 0xB0, .p1 = (uint8_t)(0x80 | sfi), .has_le = true};
    struct reply reply;
    enum kr_error err = card_command(c, &a, &reply);
    if (!err && reply.len > *len)
        err = kr_fail(KR_E_TOO_LONG, "%02X", sfi);
    if (!err) {
        memcpy(out, reply.data, reply.len);
        *len = reply.len;
    }
    return err;
}

/* ---- challenges and proofs ---- */

enum kr_error card_get_challenge(struct card *c, uint8_t *out, size_t len)
{
    struct apdu a = {.ins = 0x84, .has_le = true, .le = (uint8_t)len};
    if (len != 4 && len != 8)
        return kr_fail(KR_E_ARGUMENT, "challenge of %zu bytes", len);
    return card_ask(c, &a, out, len);
}

enum kr_error card_challenge_iv(struct card *c, uint8_t iv[8])
{
    memset(iv, 0, 8);
    return card_get_challenge(c, iv, CHALLENGE_ISSUING);
}

static enum kr_error give_cryptogram(struct card *c, uint8_t kid, const uint8_t cryptogram[8])
{
    struct apdu a = {.ins = 0x82, .p2 = kid, .lc = 8};
    memcpy(a.data, cryptogram, 8);
    return card_tell(c, &a);
}

enum kr_error card_external_authenticate(struct card *c, vault_handle key, uint8_t kid)
{
    uint8_t challenge[8], cryptogram[8];
    enum kr_error err = card_get_challenge(c, challenge, sizeof challenge);
    if (!err)
        err = vault_cryptogram(c->vault, key, challenge, cryptogram);
    return err ? err : give_cryptogram(c, kid, cryptogram);
}

static struct apdu internal(uint8_t kid, const uint8_t in[8])
{
    struct apdu a = {.ins = 0x88, .p2 = kid, .lc = 8, .has_le = true, .le = 8};
    memcpy(a.data, in, 8);
    return a;
}

enum kr_error card_authenticate_by_partner(struct card *c, uint8_t kid, struct card *partner,
                                           uint8_t partner_kid)
{
    uint8_t challenge[8], cryptogram[8];
    enum kr_error err = card_get_challenge(c, challenge, sizeof challenge);
    const struct apdu a = internal(partner_kid, challenge);
    if (!err)
        err = card_ask(partner, &a, cryptogram, sizeof cryptogram);
    return err ? err : give_cryptogram(c, kid, cryptogram);
}

/* The answer that the card will give where it holds the key. */
static enum kr_error want_proof(struct card *c, const struct apdu *a, const uint8_t expected[8],
                                enum card_key_kind kind, uint8_t kid)
{
    struct card_wanted wanted = {.differs = KR_E_CARD_FAKE};
    memcpy(wanted.answer, expected, sizeof wanted.answer);
    snprintf(wanted.what, sizeof wanted.what, "%s/%02X", card_key_kind_name(kind), kid);
    return card_want(c, a, &wanted);
}

enum kr_error card_prove_key(struct card *c, vault_handle key, uint8_t kid)
{
    uint8_t challenge[8], expected[8];
    enum kr_error err = random_bytes(challenge, sizeof challenge);
    if (!err)
        err = vault_cryptogram(c->vault, key, challenge, expected);
    const struct apdu a = internal(kid, challenge);
    return err ? err : want_proof(c, &a, expected, CARD_KEY_INTERNAL, kid);
}

enum kr_error card_prove_derived(struct card *c, vault_handle key, enum card_key_kind kind,
                                 uint8_t kid)
{
    struct apdu a = {.ins = 0x88, .p1 = 0x01, .p2 = kid, .lc = 17, .has_le = true, .le = 8};
    uint8_t *factor = a.data + 1, *challenge = a.data + 9;
    uint8_t expected[8];
    enum kr_error err = random_bytes(factor, 16);
    a.data[0] = c->dialect->type[kind];
    factor[0] = PROOF_FACTOR_MARK;
    if (!err)
        err = vault_proof(c->vault, key, factor, challenge, expected);
    return err ? err : want_proof(c, &a, expected, kind, kid);
}

enum kr_error card_prove_against(struct card *c, const struct mother_key *m,
                                 enum card_key_kind kind, uint8_t kid)
{
    struct apdu a = {.ins = 0x88, .p1 = 0x01, .p2 = kid, .lc = 17, .has_le = true, .le = 8};
    struct apdu b = {.ins = 0x88, .p1 = 0x01, .p2 = m->kid, .has_le = true, .le = 8};
    uint8_t proof[16], expected[8];
    size_t above = 8 * m->factor_count;
    enum kr_error err = random_bytes(proof, sizeof proof);
    proof[0] = PROOF_FACTOR_MARK;
    a.data[0] = c->dialect->type[kind];
    memcpy(a.data + 1, proof, sizeof proof);
    /* The mother card first goes down to the key that it gave. */
    b.data[0] = m->card->dialect->type[m->kind];
    memcpy(b.data + 1, m->factors, above);
    memcpy(b.data + 1 + above, proof, sizeof proof);
    b.lc = (uint8_t)(1 + above + sizeof proof);
    if (!err)
        err = card_ask(m->card, &b, expected, sizeof expected);
    return err ? err : want_proof(c, &a, expected, kind, kid);
}

static struct apdu ask_key(const struct card *c, enum card_key_kind kind, uint8_t kid)
{
    return (struct apdu){.cla = GET_DATA_CLA,
                         .ins = GET_DATA_INS,
                         .p1 = c->dialect->type[kind],
                         .p2 = kid,
                         .has_le = true,
                         .le = 8};
}

enum kr_error card_key_info(struct card *c, enum card_key_kind kind, uint8_t kid,
                            struct key_info *info)
{
    const struct apdu a = ask_key(c, kind, kid);
    uint8_t b[8];
    enum kr_error err = card_ask(c, &a, b, sizeof b);
    if (err)
        return err;
    *info = (struct key_info){
        .kid = b[0],
        .header = {.version = b[1],
                   .algorithm = b[2],
                   /* a type without the dialect's protection is not the type that was asked for */
                   .usage = b[3] ^ c->dialect->protection,
                   .use_right = b[4],
                   .follow_state = b[5],
                   .change_right = b[6],
                   .counter = b[7]},
        .tries_left = b[7] & 0xF,
        .tries_max = b[7] >> 4,
    };
    return KR_OK;
}

enum kr_error card_key_is(struct card *c, enum card_key_kind kind, uint8_t kid,
                          const struct key_header *h, const char *name)
{
    const struct apdu a = ask_key(c, kind, kid);
    struct card_wanted wanted = {
        .differs = KR_E_CARD_DIFFERS,
        .answer = {kid, h->version, h->algorithm, (uint8_t)(h->usage ^ c->dialect->protection),
                   h->use_right, h->follow_state, h->change_right, h->counter}};
    snprintf(wanted.what, sizeof wanted.what, "%s %s/%02X", name, card_key_kind_name(kind), kid);
    return card_want(c, &a, &wanted);
}

bool card_tries_unlimited(const struct key_info *info)
{
    return info->header.counter == COUNTER_UNLIMITED;
}
