/*
 * Diversification by ASN (docs/simulated-cos.md): keys derived by the suite, as the vault calls it,
 * against bare OpenSSL encrypting as many 3DES blocks under one key schedule, in turns on one core.
 * Exit 1 when the target is missed.
 *
 * Said beside it, without a target: the way of a batch of user cards, where each key is derived in
 * the vault process when its card is made, by one call, and dropped by another.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#include "../../crypto/harden.h"
#include "../../crypto/hash.h"
#include "../../crypto/suite.h"
#include "../../crypto/vault.h"
#include "figures.h"
#include "holding.h"

#define LINES   100000 /* of a data file */
#define TURN    DIVERSIFY_MAX
#define ROUNDS  5
#define SINGLY  2000
#define KEY_LEN 16
#define TARGET  0.9

static uint8_t factors[TURN * 8];

/* The next TURN lines of the file: ASNs that run on. */
static void next_lines(unsigned long first)
{
    for (size_t i = 0; i < TURN; i++)
        for (size_t b = 0; b < 8; b++)
            factors[8 * i + b] = (uint8_t)((first + i) >> (8 * (7 - b)));
}

static double by_suite(const struct suite *suite, const struct secret *key)
{
    double seconds = 0;
    for (unsigned long line = 0; line < LINES; line += TURN) {
        struct secret *derived = NULL;
        next_lines(line);
        double start = bench_now();
        must(suite_diversify_many(suite, key, factors, TURN, &derived), "diversification");
        secret_free(&derived);
        seconds += bench_now() - start;
    }
    return seconds;
}

static double by_openssl(const struct secret *key)
{
    static uint8_t blocks[TURN * KEY_LEN];
    double seconds = 0;
    int written;
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "DES-EDE", NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    must_hold(cipher && context &&
                  EVP_EncryptInit_ex2(context, cipher, key->bytes, NULL, NULL) == 1 &&
                  EVP_CIPHER_CTX_set_padding(context, 0) == 1,
              "3DES");
    for (unsigned long line = 0; line < LINES; line += TURN) {
        double start = bench_now();
        must_hold(EVP_EncryptUpdate(context, blocks, &written, blocks, sizeof blocks) == 1, "3DES");
        seconds += bench_now() - start;
    }
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(cipher);
    return seconds;
}

static double by_vault(void)
{
    struct vault *v = NULL;
    struct kcv kcv;
    vault_handle master = 0, derived = 0;
    must(vault_start(&v), "the vault");
    must(vault_random(v, "3des", PURPOSE_MASTER, &master, &kcv), "a master key");
    next_lines(0);
    double start = bench_now();
    for (size_t i = 0; i < SINGLY; i++) {
        must(
            vault_diversify(v, master, factors + 8 * (i % TURN), 1, PURPOSE_MASTER, &derived, &kcv),
            "diversification in the vault");
        vault_drop(v, derived);
    }
    double seconds = bench_now() - start;
    vault_stop(&v);
    return seconds;
}

int main(int argc, char **argv)
{
    const struct child_role roles[] = {vault_role};
    static struct samples ratio, speed;
    const double keys = (LINES + TURN - 1) / TURN * (double)TURN;
    struct secret *key = NULL;
    int status = 0;
    if (child_dispatch(argc, argv, roles, 1, &status))
        return status;
    must(harden_process(), "this process");
    const struct suite *suite = suite_by_id("3des");
    must(suite_random_key(suite, &key), "a key");
    for (int round = 0; round < ROUNDS; round++) {
        double ours = by_suite(suite, key), bare = by_openssl(key);
        sample_add(&ratio, bare / ours);
        sample_add(&speed, keys / ours);
    }
    secret_free(&key);
    double middle = samples_median(&ratio), singly = by_vault();
    printf("diversification: %.0f keys by ASN, %.0f a second on one core; bare OpenSSL's time for "
           "as many 3DES blocks / ours: ratio %.2f (target >= %.2f) %s; singly through the vault, "
           "as for a card: %.0f a second\n",
           keys, samples_median(&speed), middle, TARGET, verdict(middle >= TARGET),
           SINGLY / singly);
    return middle >= TARGET ? 0 : 1;
}
