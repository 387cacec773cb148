#include "signature_suite.h"

#include <string.h>
#include "hash.h"
#include "seal.h"

#define DRAWS 8 /* one seed in 2^32 is no private key of SM2 */

static const struct signature_suite suites[] = {
    {"ed25519", 32, sign_public, sign_make, sign_verify},
    {"sm2-sm3", 64, sm2_public, sm2_make, sm2_verify},
};

const struct signature_suite *signature_suite_by_id(const char *id)
{
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++)
        if (strcmp(suites[i].id, id) == 0)
            return &suites[i];
    return NULL;
}

enum kr_error signature_seed(const struct signature_suite *s, struct secret **seed)
{
    uint8_t public_key[SIGNATURE_PUBLIC_MAX];
    struct secret *drawn = secret_new(32);
    enum kr_error rc = drawn ? KR_E_RANDOM : KR_E_MEMORY;

    for (int draw = 0; drawn && draw < DRAWS && rc != KR_OK; draw++) {
        if (random_bytes(drawn->bytes, drawn->len) != KR_OK)
            break;
        rc = s->public_of(drawn, public_key) == KR_OK ? KR_OK : KR_E_RANDOM;
    }
    if (rc == KR_OK)
        *seed = drawn;
    else
        secret_free(&drawn);
    return rc;
}
