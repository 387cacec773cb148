/*
 * Diversification by ASN (docs/simulated-cos.md), against bare OpenSSL encrypting as many 3DES
 * blocks under one key schedule, in turns: keys derived by the suite, this process bound to one
 * core; and keys derived ahead by the vault, as it is asked for them in a batch of user cards, on
 * two cores against two threads. Exit 1 when a target is missed.
 *
 * Said beside it, without a target: what a card's turn then costs, where each key is taken by one
 * call and dropped by another.
 */
#include <pthread.h>
#include <sched.h>
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

#define MASTERS 4
#define TURN    (DIVERSIFY_MAX / MASTERS)
#define TURNS   10 /* of one round */
#define ROUNDS  31
#define SINGLY  2000
#define KEY_LEN 16
#define TARGET  0.9
#define GAIN    0.75 /* of what a second core gives bare OpenSSL at that moment */

static uint8_t factors[TURN * 8];

/* The next TURN lines of the file: ASNs that run on. */
static void next_lines(unsigned long turn)
{
    for (size_t i = 0; i < TURN; i++)
        for (size_t b = 0; b < 8; b++)
            factors[8 * i + b] = (uint8_t)((turn * TURN + i) >> (8 * (7 - b)));
}

/* This process, and what it starts from here on, to the first so many of those cores; how many it
 * got. */
static int bind_to(const cpu_set_t *all, int cores)
{
    cpu_set_t some;
    int got = 0;
    CPU_ZERO(&some);
    for (size_t i = 0; i < CPU_SETSIZE && got < cores; i++)
        if (CPU_ISSET(i, all)) {
            CPU_SET(i, &some);
            got++;
        }
    must_hold(sched_setaffinity(0, sizeof some, &some) == 0, "cores");
    return got;
}

static double by_suite(const struct suite *suite, const struct secret *const *keys)
{
    double seconds = 0;
    for (unsigned long turn = 0; turn < TURNS; turn++) {
        struct secret *derived = NULL;
        next_lines(turn);
        double start = bench_now();
        must(suite_diversify_many(suite, keys, MASTERS, factors, TURN, &derived),
             "diversification");
        secret_free(&derived);
        seconds += bench_now() - start;
    }
    return seconds;
}

/* All turns' blocks, or the share of one of two threads. */
struct bare {
    const struct secret *key;
    size_t turns;
};

static void *by_openssl(void *arg)
{
    const struct bare *b = arg;
    uint8_t *blocks = calloc(MASTERS * TURN, KEY_LEN);
    int written;
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "DES-EDE", NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    must_hold(blocks && cipher && context &&
                  EVP_EncryptInit_ex2(context, cipher, b->key->bytes, NULL, NULL) == 1 &&
                  EVP_CIPHER_CTX_set_padding(context, 0) == 1,
              "3DES");
    for (size_t turn = 0; turn < b->turns; turn++)
        must_hold(EVP_EncryptUpdate(context, blocks, &written, blocks, MASTERS * TURN * KEY_LEN) ==
                      1,
                  "3DES");
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(cipher);
    free(blocks);
    return NULL;
}

static double bare_threads(const struct secret *key, int threads)
{
    pthread_t second;
    struct bare half[2] = {{key, TURNS / (size_t)threads}, {key, TURNS - TURNS / 2}};
    double start = bench_now();
    if (threads == 2)
        must_hold(pthread_create(&second, NULL, by_openssl, &half[1]) == 0, "a thread");
    by_openssl(&half[0]);
    if (threads == 2)
        pthread_join(second, NULL);
    return bench_now() - start;
}

static double by_vault(struct vault *v, const vault_handle *masters)
{
    double seconds = 0;
    for (unsigned long turn = 0; turn < TURNS; turn++) {
        next_lines(turn);
        double start = bench_now();
        must(vault_prepare(v, masters, MASTERS, factors, TURN), "diversification in the vault");
        seconds += bench_now() - start;
    }
    return seconds;
}

/* Microseconds for each key of a card's turn, the ones prepared and the ones not. */
static double singly(struct vault *v, const vault_handle *masters, bool ahead)
{
    struct kcv kcv;
    vault_handle derived = 0;
    double seconds = 0;
    next_lines(0);
    for (size_t i = 0; i < SINGLY; i++) {
        if (i % TURN == 0)
            must(vault_prepare(v, masters, ahead ? MASTERS : 1, factors, ahead ? TURN : 1),
                 "diversification in the vault");
        double start = bench_now();
        must(vault_diversify(v, masters[1 + i / TURN % 3], factors + 8 * (i % TURN), 1,
                             PURPOSE_MASTER, &derived, &kcv),
             "diversification in the vault");
        vault_drop(v, derived);
        seconds += bench_now() - start;
    }
    return 1e6 * seconds / SINGLY;
}

/* In short turns, because what else the machine does is to hit all alike. */
static bool measured(struct vault *v, const vault_handle *masters, const struct secret *const *keys,
                     const cpu_set_t *all, bool two)
{
    static struct samples alone, rate, beside, ahead, gain, bare_gain;
    const double derived = (double)TURNS * TURN * MASTERS;
    for (int round = 0; round < ROUNDS; round++) {
        bind_to(all, 1);
        double one = by_suite(suite_by_id("3des"), keys), bare = bare_threads(keys[0], 1);
        sample_add(&alone, bare / one);
        sample_add(&rate, derived / one);
        bind_to(all, 2);
        double ours = by_vault(v, masters), both = bare_threads(keys[0], 2);
        sample_add(&beside, both / ours);
        sample_add(&ahead, derived / ours);
        sample_add(&gain, one / ours);
        sample_add(&bare_gain, bare / both);
    }
    double first = samples_median(&alone), second = samples_median(&beside);
    double more = samples_median(&gain), could = samples_median(&bare_gain);
    bool good = second >= TARGET && more >= GAIN * could;
    printf("diversification: %.0f keys by ASN a second on one core; bare OpenSSL's time for as "
           "many 3DES blocks / ours: ratio %.2f (target >= %.2f) %s\n",
           samples_median(&rate), first, TARGET, verdict(first >= TARGET));
    if (two)
        printf("diversification ahead, by the vault's call: %.0f keys a second on two cores; bare "
               "OpenSSL's time on two threads / ours: ratio %.2f (target >= %.2f); %.2f times the "
               "speed of one core, where bare OpenSSL gains %.2f (target >= %.2f of that) %s\n",
               samples_median(&ahead), second, TARGET, more, could, GAIN, verdict(good));
    return first >= TARGET && (good || !two);
}

int main(int argc, char **argv)
{
    const struct child_role roles[] = {vault_role};
    struct secret *made[MASTERS] = {NULL};
    const struct secret *keys[MASTERS];
    vault_handle masters[MASTERS];
    struct vault *v = NULL;
    struct kcv kcv;
    cpu_set_t all;
    int status = 0;
    if (child_dispatch(argc, argv, roles, 1, &status))
        return status;
    must(harden_process(), "this process");
    must_hold(sched_getaffinity(0, sizeof all, &all) == 0, "cores");
    bool two = bind_to(&all, 2) == 2;
    must(vault_start(&v), "the vault");
    for (size_t i = 0; i < MASTERS; i++) {
        must(suite_random_key(suite_by_id("3des"), &made[i]), "a key");
        must(vault_random(v, "3des", PURPOSE_MASTER, &masters[i], &kcv), "a master key");
        keys[i] = made[i];
    }
    bool good = measured(v, masters, keys, &all, two);
    printf("a card's turn takes %.1f us for each key that is ready, %.1f us for one that is "
           "derived then\n",
           singly(v, masters, true), singly(v, masters, false));
    vault_stop(&v);
    for (size_t i = 0; i < MASTERS; i++)
        secret_free(&made[i]);
    return good ? 0 : 1;
}
