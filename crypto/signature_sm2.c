/* SM2 with SM3 through the library, which speaks DER and wants the public point beside the private
 * key. */
#include "signature_suite.h"

#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#define NUMBER_LEN ((size_t)32)
#define POINT_LEN  (1 + 2 * NUMBER_LEN)
#define POINT_FULL 0x04 /* x and y follow */
#define DER_MAX    80

static char identity[] = "1234567812345678";

static enum kr_error refused(void)
{
    return kr_fail(KR_E_CRYPTO, "SM2");
}

/* From 1 to n - 2: GB/T 32918.1 section 6.1. */
static enum kr_error scalar_of(const struct secret *seed, const EC_GROUP *group, BIGNUM *d)
{
    BIGNUM *most = BN_dup(EC_GROUP_get0_order(group));
    enum kr_error rc = KR_OK;

    if (seed->len != NUMBER_LEN)
        rc = kr_fail(KR_E_KEY_LENGTH, "%zu", seed->len);
    else if (!most || !BN_sub_word(most, 2) || !BN_bin2bn(seed->bytes, (int)seed->len, d))
        rc = KR_E_MEMORY;
    else if (BN_is_zero(d))
        rc = KR_E_KEY_ZERO;
    else if (BN_cmp(d, most) > 0)
        rc = kr_fail(KR_E_KEY_WEAK, "SM2");
    BN_free(most);
    return rc;
}

static enum kr_error point_of(const EC_GROUP *group, const BIGNUM *d, uint8_t point[POINT_LEN])
{
    EC_POINT *q = EC_POINT_new(group);
    enum kr_error rc = KR_OK;

    if (!q || EC_POINT_mul(group, q, d, NULL, NULL, NULL) != 1 ||
        EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED, point, POINT_LEN, NULL) !=
            POINT_LEN)
        rc = refused();
    EC_POINT_free(q);
    return rc;
}

/* d NULL: a key that only verifies. */
static enum kr_error pair_make(const BIGNUM *d, const uint8_t point[POINT_LEN], EVP_PKEY **pair)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    OSSL_PARAM *params = NULL;
    enum kr_error rc = KR_OK;

    *pair = NULL;
    if (build && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0) &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, POINT_LEN) &&
        (!d || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, d)))
        params = OSSL_PARAM_BLD_to_param(build);
    if (!params || !context || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, pair, d ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
        rc = d ? refused() : kr_fail(KR_E_SIGNATURE, "SM2");
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_BLD_free(build);
    return rc;
}

/* The pair unless pair is NULL; the public point in either case. */
static enum kr_error pair_from(const struct secret *seed, EVP_PKEY **pair, uint8_t point[POINT_LEN])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_sm2);
    BIGNUM *d = BN_secure_new();
    enum kr_error rc = group && d ? scalar_of(seed, group, d) : KR_E_MEMORY;

    if (rc == KR_OK)
        rc = point_of(group, d, point);
    if (rc == KR_OK && pair)
        rc = pair_make(d, point, pair);
    BN_clear_free(d);
    EC_GROUP_free(group);
    return rc;
}

enum kr_error sm2_public(const struct secret *seed, uint8_t public_key[64])
{
    uint8_t point[POINT_LEN];
    enum kr_error rc = pair_from(seed, NULL, point);

    if (rc == KR_OK)
        memcpy(public_key, point + 1, 2 * NUMBER_LEN);
    return rc;
}

/* DER to r || s. */
static bool take_apart(const uint8_t *der, size_t len, uint8_t sig[64])
{
    ECDSA_SIG *both = d2i_ECDSA_SIG(NULL, &der, (long)len);
    bool good = both && BN_bn2binpad(ECDSA_SIG_get0_r(both), sig, NUMBER_LEN) == NUMBER_LEN &&
                BN_bn2binpad(ECDSA_SIG_get0_s(both), sig + NUMBER_LEN, NUMBER_LEN) == NUMBER_LEN;

    ECDSA_SIG_free(both);
    return good;
}

/* r || s to DER; its length, 0 on failure. */
static size_t put_together(const uint8_t sig[64], uint8_t der[DER_MAX])
{
    ECDSA_SIG *both = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(sig, NUMBER_LEN, NULL);
    BIGNUM *s = BN_bin2bn(sig + NUMBER_LEN, NUMBER_LEN, NULL);
    uint8_t *at = der;
    int len = 0;

    if (both && r && s && ECDSA_SIG_set0(both, r, s) == 1) {
        r = s = NULL;
        len = i2d_ECDSA_SIG(both, NULL) <= DER_MAX ? i2d_ECDSA_SIG(both, &at) : 0;
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(both);
    return len > 0 ? (size_t)len : 0;
}

static const OSSL_PARAM *identified(OSSL_PARAM params[2])
{
    params[0] =
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_DIST_ID, identity, sizeof identity - 1);
    params[1] = OSSL_PARAM_construct_end();
    return params;
}

enum kr_error sm2_make(const struct secret *seed, const uint8_t *message, size_t len,
                       uint8_t sig[64])
{
    uint8_t point[POINT_LEN], der[DER_MAX];
    OSSL_PARAM params[2];
    EVP_PKEY *pair = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t der_len = sizeof der;
    enum kr_error rc = context ? pair_from(seed, &pair, point) : KR_E_MEMORY;

    if (rc == KR_OK &&
        (EVP_DigestSignInit_ex(context, NULL, "SM3", NULL, NULL, pair, identified(params)) != 1 ||
         EVP_DigestSign(context, der, &der_len, message, len) != 1 ||
         !take_apart(der, der_len, sig)))
        rc = refused();
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pair);
    return rc;
}

enum kr_error sm2_verify(const uint8_t public_key[64], const uint8_t *message, size_t len,
                         const uint8_t sig[64])
{
    uint8_t point[POINT_LEN] = {POINT_FULL}, der[DER_MAX];
    OSSL_PARAM params[2];
    EVP_PKEY *pair = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t der_len = put_together(sig, der);
    enum kr_error rc = context ? KR_OK : KR_E_MEMORY;

    memcpy(point + 1, public_key, 2 * NUMBER_LEN);
    if (rc == KR_OK)
        rc = pair_make(NULL, point, &pair);
    if (rc == KR_OK &&
        (der_len == 0 ||
         EVP_DigestVerifyInit_ex(context, NULL, "SM3", NULL, NULL, pair, identified(params)) != 1 ||
         EVP_DigestVerify(context, der, der_len, message, len) != 1))
        rc = kr_fail(KR_E_SIGNATURE, "SM2");
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pair);
    return rc;
}
