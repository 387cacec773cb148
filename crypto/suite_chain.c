/* What the suites share: whole blocks through OpenSSL, padding of MACs, factors. */
#include "suite_row.h"

#include <stdio.h>
#include <string.h>

/* The library counts in int; len stays a multiple of the block in every round. */
int cipher_update(EVP_CIPHER_CTX *context, const uint8_t *in, uint8_t *out, size_t len)
{
    const size_t round = (size_t)1 << 30;
    int good = 1;

    for (size_t at = 0; good && at < len; at += round) {
        int here = (int)(len - at < round ? len - at : round);
        int written = 0;
        good = EVP_CipherUpdate(context, out + at, &written, in + at, here) == 1 && written == here;
    }
    return good;
}

int cipher_chain(EVP_CIPHER_CTX *context, const uint8_t *data, size_t len, size_t block,
                 uint8_t *last)
{
    uint8_t scratch[512];
    int good = 1;

    for (size_t at = 0; good && at < len; at += sizeof scratch) {
        size_t here = len - at < sizeof scratch ? len - at : sizeof scratch;
        good = cipher_update(context, data + at, scratch, here);
        if (good)
            memcpy(last, scratch + here - block, block);
    }
    secret_wipe(scratch, sizeof scratch);
    return good;
}

void mac_last_block(const uint8_t *data, size_t len, size_t block, uint8_t *last)
{
    size_t rest = len % block;

    memset(last, 0, block);
    if (rest > 0)
        memcpy(last, data + len - rest, rest);
    last[rest] = 0x80;
}

void factor_pair(const uint8_t factor[FACTOR_LEN], uint8_t pair[2 * FACTOR_LEN])
{
    for (size_t b = 0; b < FACTOR_LEN; b++) {
        pair[b] = factor[b];
        pair[FACTOR_LEN + b] = (uint8_t)~factor[b];
    }
}

enum kr_error kcv_take(const struct suite *s, const uint8_t *block, struct kcv *out)
{
    *out = (struct kcv){.len = s->kcv_len};
    snprintf(out->algorithm, sizeof out->algorithm, "%s", s->kcv_algorithm);
    memcpy(out->bytes, block, out->len);
    return KR_OK;
}
