#include "seal.h"

#include <string.h>
#include <argon2.h>

#define KEY_LEN  ((size_t)32)
#define SALT_LEN 16

const struct kdf_cost kdf_production = {.memory_kib = 262144, .passes = 3, .lanes = 2};
const struct kdf_cost kdf_rehearsal = {.memory_kib = 19456, .passes = 2, .lanes = 1};
const struct kdf_cost kdf_scripted = {.memory_kib = 64, .passes = 1, .lanes = 1};

/* A sandbox may refuse threads: the result is the same without them, only later. */
static int hash_with(argon2_context *context)
{
    int rc = argon2_ctx(context, Argon2_id);

    if (rc == ARGON2_THREAD_FAIL) {
        context->threads = 1;
        rc = argon2_ctx(context, Argon2_id);
    }
    return rc;
}

enum kr_error kdf_derive(const struct secret *passphrase, const uint8_t salt[16],
                         const struct kdf_cost *cost, struct secret **key32)
{
    struct secret *key = secret_new(KEY_LEN);
    struct secret *password = secret_duplicate(passphrase); /* the interface lacks const */
    uint8_t salt_copy[SALT_LEN];
    enum kr_error rc = KR_OK;

    memcpy(salt_copy, salt, SALT_LEN);
    if (!key || !password || passphrase->len > UINT32_MAX) {
        rc = KR_E_MEMORY;
    } else {
        argon2_context context = {
            .out = key->bytes,
            .outlen = (uint32_t)KEY_LEN,
            .pwd = password->bytes,
            .pwdlen = (uint32_t)password->len,
            .salt = salt_copy,
            .saltlen = SALT_LEN,
            .t_cost = cost->passes,
            .m_cost = cost->memory_kib,
            .lanes = cost->lanes,
            .threads = cost->lanes,
            .version = ARGON2_VERSION_13,
            .flags = ARGON2_DEFAULT_FLAGS,
        };
        int result = hash_with(&context);
        if (result == ARGON2_MEMORY_ALLOCATION_ERROR)
            rc = KR_E_MEMORY;
        else if (result != ARGON2_OK)
            rc = kr_fail(KR_E_CRYPTO, "Argon2id: %s", argon2_error_message(result));
    }
    secret_free(&password);
    if (rc == KR_OK)
        *key32 = key;
    else
        secret_free(&key);
    return rc;
}
