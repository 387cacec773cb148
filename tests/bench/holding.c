#include "holding.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define PIN "204816"

struct said {
    const char *key, *word;
};
/* As in centre.yaml. */
static const struct said passphrases[] = {
    {"zhang", "zhang five words demo"},   {"wang", "first night market candle"},
    {"chen", "seven blue harbour steps"}, {"li", "oak table under rain"},
    {"sun", "five lamps on a bridge"},    {NULL, NULL},
};
/* To a key, or to all keys that begin so. */
static const struct said words[] = {
    {"seat-supervisor", "wang"}, {"seat-custodian[1]", "chen"},
    {"seat-custodian[2]", "li"}, {"seat-operator", "sun"},
    {"script.", "same"},         {"approve", "approve"},
    {"balance", "agree"},        {NULL, NULL},
};

double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const char *said_to(const struct said *table, const char *key)
{
    for (; table->key; table++)
        if (strncmp(table->key, key, strlen(table->key)) == 0)
            return table->word;
    return "";
}

enum kr_error hold_begin(struct holding *h, const char *person)
{
    struct secret_entry_spec spec = {.kind = ENTRY_PASSPHRASE};
    struct secret_entry_state state;
    vault_handle entry = 0;
    struct vault *v = session_vault(h->session);
    enum kr_error err = vault_entry_open(v, &spec, &entry);
    if (err == KR_OK)
        err = vault_entry_type(v, entry, said_to(passphrases, person), &state);
    return err == KR_OK ? session_sign_in(h->session, person, entry) : err;
}

static enum kr_error type(struct ceremony *c, const struct request *r)
{
    const char *text = r->secret.kind == ENTRY_PIN ? PIN : said_to(passphrases, r->person);
    struct secret_entry_state state;
    enum kr_error err = KR_OK;
    for (; err == KR_OK && *text; text++)
        err = ceremony_key(c, (uint8_t)*text, &state);
    return err;
}

static enum kr_error prepare(struct holding *h, struct ceremony *c, const struct request *r,
                             struct answer *a)
{
    memset(a, 0, sizeof *a);
    if (r->kind == REQUEST_SECRET)
        return type(c, r);
    if (r->kind == REQUEST_CHOICE || r->kind == REQUEST_TEXT) {
        a->kind = r->kind == REQUEST_TEXT ? ANSWER_TEXT : ANSWER_CHOICE;
        snprintf(a->text, sizeof a->text, "%s",
                 strcmp(r->key, "quantity") == 0 ? h->quantity : said_to(words, r->key));
    }
    return KR_OK;
}

static enum kr_error step(struct holding *h, struct ceremony *c, struct request *r)
{
    const struct request asked = *r;
    struct answer a;
    bool works =
        r->kind == REQUEST_CARD || (r->kind == REQUEST_SECRET && r->secret.kind == ENTRY_PIN);
    enum kr_error err = prepare(h, c, r, &a);
    if (err != KR_OK)
        return err;
    if (works)
        h->before(h->ctx, &asked);
    double start = bench_now();
    err = ceremony_answer(c, &a);
    if (err == KR_OK)
        err = ceremony_next(c, r);
    double stop = bench_now();
    if (works)
        h->after(h->ctx, &asked, stop - start);
    return err;
}

enum kr_error hold(struct holding *h, const char *script_path)
{
    struct ceremony *c = NULL;
    struct request r;
    enum kr_error err = ceremony_begin(h->session, script_path, &c);
    if (err == KR_OK)
        err = ceremony_next(c, &r);
    while (err == KR_OK && r.kind != REQUEST_FINISHED && !r.problem[0])
        err = step(h, c, &r);
    if (err == KR_OK && r.problem[0])
        err = kr_fail(KR_E_ANSWER, "%s: %s", r.key, r.problem);
    ceremony_end(&c);
    return err;
}
