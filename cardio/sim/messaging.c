/*
 * Secure messaging (../../docs/simulated-cos.md section 5): IV is the challenge, MAC over header
 * and data padded 80 00.., encryption ECB over LD || data || 80 00...
 */
#include "card_state.h"

#include <string.h>
#include "../../crypto/suite.h"

#define BLOCK ((size_t)8)

static const struct suite *triple_des(void)
{
    return suite_by_id("3des");
}

/* A challenge of 4 bytes is filled with zeros. */
static void challenge_iv(const struct exchange *x, uint8_t iv[BLOCK])
{
    memset(iv, 0, BLOCK);
    memcpy(iv, x->challenge, x->challenge_len);
}

static enum kr_error mac_over(const struct sim_key *key, const uint8_t iv[BLOCK],
                              const uint8_t header[5], const uint8_t *data, size_t len,
                              uint8_t mac[MAC_LEN])
{
    uint8_t all[5 + 256];

    memcpy(all, header, 5);
    memcpy(all + 5, data, len);
    return suite_mac(triple_des(), key->value, iv, all, 5 + len, mac);
}

static void command_header(const struct apdu *a, uint8_t lc, uint8_t header[5])
{
    const uint8_t bytes[5] = {a->cla, a->ins, a->p1, a->p2, lc};

    memcpy(header, bytes, sizeof bytes);
}

bool messaging_mac_fits(const struct exchange *x, const struct sim_key *key)
{
    const struct apdu *a = x->command;
    size_t len = a->lc - (size_t)MAC_LEN;
    uint8_t iv[BLOCK], header[5], mac[MAC_LEN];

    challenge_iv(x, iv);
    command_header(a, a->lc, header);
    return mac_over(key, iv, header, a->data, len, mac) == KR_OK &&
           bytes_equal(mac, a->data + len, MAC_LEN);
}

/* Always padded, also where the data fills its blocks. */
static size_t padded(size_t len)
{
    return (len / BLOCK + 1) * BLOCK;
}

static bool well_padded(const uint8_t *plain, size_t len)
{
    size_t end = 1 + (size_t)plain[0];
    bool good = padded(end) == len && plain[end] == 0x80;

    for (size_t i = end + 1; good && i < len; i++)
        good = plain[i] == 0;
    return good;
}

uint16_t messaging_decrypt(const struct sim_key *key, const uint8_t *in, size_t len,
                           uint8_t plain[256], size_t *plain_len)
{
    struct secret *wide = key_wide(key);
    uint16_t sw = SW_OK;

    if (!wide)
        sw = SW_MEMORY;
    else if (len == 0 || len % BLOCK != 0)
        sw = SW_DATA;
    else if (suite_decrypt(triple_des(), wide, in, plain, len) != KR_OK)
        sw = SW_MEMORY;
    else if (!well_padded(plain, len))
        sw = SW_DATA;
    if (sw == SW_OK) {
        *plain_len = plain[0];
        memmove(plain, plain + 1, *plain_len);
    }
    secret_free(&wide);
    return sw;
}

/* LD || data || 80 00.. encrypted; out holds padded(1 + len) bytes. */
static enum kr_error encrypt_padded(const struct sim_key *key, const uint8_t *data, size_t len,
                                    uint8_t *out, size_t *out_len)
{
    struct secret *wide = key_wide(key);
    struct secret *plain = secret_new(padded(1 + len));
    enum kr_error rc = KR_E_MEMORY;

    if (wide && plain) {
        plain->bytes[0] = (uint8_t)len;
        memcpy(plain->bytes + 1, data, len);
        plain->bytes[1 + len] = 0x80;
        *out_len = plain->len;
        rc = suite_encrypt(triple_des(), wide, plain->bytes, out, plain->len);
    }
    secret_free(&plain);
    secret_free(&wide);
    return rc;
}

enum kr_error messaging_wrap(const struct sim_key *wrapping, const uint8_t *plain, size_t len,
                             const uint8_t header[5], const uint8_t challenge[4], uint8_t *out,
                             size_t *out_len)
{
    uint8_t iv[BLOCK] = {0};
    enum kr_error rc = encrypt_padded(wrapping, plain, len, out, out_len);

    memcpy(iv, challenge, 4);
    if (rc == KR_OK)
        rc = mac_over(wrapping, iv, header, out, *out_len, out + *out_len);
    if (rc == KR_OK)
        *out_len += MAC_LEN;
    return rc;
}

static struct sim_key *line_key(struct sim_card *c, const struct sim_file *f)
{
    struct sim_directory *d = current_directory(c);
    struct sim_key *lowest = NULL;

    if (f->access != 0xFF)
        return directory_key(d, KEY_MAINTENANCE, f->access);
    for (size_t i = 0; i < d->key_count; i++) {
        struct sim_key *k = &d->keys[i];
        if (k->header.usage == KEY_MAINTENANCE && (!lowest || k->kid < lowest->kid))
            lowest = k;
    }
    return lowest;
}

static uint16_t check_line_mac(struct sim_card *c, struct exchange *x, const struct sim_file *f,
                               struct sim_key **key)
{
    struct sim_key *k = line_key(c, f);

    if (x->challenge_len == 0)
        return SW_CONDITIONS;
    if (!k)
        return SW_NO_KEY;
    if (!right_satisfied(c, k->header.use_right))
        return SW_SECURITY;
    if (key_locked(k))
        return SW_LOCKED;
    if (!messaging_mac_fits(x, k)) {
        key_failed(c, k);
        return SW_MESSAGING_WRONG;
    }
    key_succeeded(c, k);
    *key = k;
    return SW_OK;
}

uint16_t messaging_open_update(struct sim_card *c, struct exchange *x, const struct sim_file *f,
                               uint8_t data[256], size_t *len)
{
    const struct apdu *a = x->command;
    bool secured = a->cla == 0x04;
    struct sim_key *key = NULL;
    uint16_t sw;

    if (!(f->type & FILE_WITH_MAC)) {
        memcpy(data, a->data, a->lc);
        *len = a->lc;
        return secured ? SW_FILE_KIND : SW_OK;
    }
    if (!secured)
        return SW_MESSAGING_MISSING;
    if (a->lc <= MAC_LEN)
        return SW_LENGTH;
    sw = check_line_mac(c, x, f, &key);
    if (sw != SW_OK)
        return sw;
    *len = a->lc - (size_t)MAC_LEN;
    if (f->type & FILE_ENCRYPTED)
        return messaging_decrypt(key, a->data, *len, data, len);
    memcpy(data, a->data, *len);
    return SW_OK;
}

uint16_t messaging_open_read(struct sim_card *c, struct exchange *x, const struct sim_file *f)
{
    const struct apdu *a = x->command;
    struct sim_key *key;

    if (a->cla != 0x04)
        return a->lc == 0 ? SW_OK : SW_LENGTH;
    if (!(f->type & FILE_WITH_MAC))
        return SW_FILE_KIND;
    if (a->lc != MAC_LEN)
        return SW_LENGTH;
    return check_line_mac(c, x, f, &key);
}

uint16_t messaging_close_read(struct sim_card *c, struct exchange *x, const struct sim_file *f)
{
    const struct sim_key *key = line_key(c, f);
    size_t len = x->answer_len;
    uint8_t iv[BLOCK], header[5], sealed[256 + 2 * BLOCK];
    enum kr_error rc = KR_OK;

    if (x->command->cla != 0x04)
        return SW_OK;
    if (!key)
        return SW_NO_KEY;
    if (f->type & FILE_ENCRYPTED)
        rc = len < 256 ? encrypt_padded(key, x->answer, len, sealed, &len) : KR_E_TOO_LONG;
    else
        memcpy(sealed, x->answer, len);
    if (rc == KR_E_TOO_LONG || len + MAC_LEN > 255)
        return SW_LENGTH;
    challenge_iv(x, iv);
    command_header(x->command, (uint8_t)(len + MAC_LEN), header);
    if (rc == KR_OK)
        rc = mac_over(key, iv, header, sealed, len, sealed + len);
    if (rc != KR_OK)
        return SW_MEMORY;
    memcpy(x->answer, sealed, len + MAC_LEN);
    x->answer_len = len + MAC_LEN;
    return SW_OK;
}
