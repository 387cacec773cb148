#include "holding.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct said {
    const char *key, *word;
};
/* As in centre.yaml. */
static const struct {
    const char *id, *role, *passphrase;
} people[] = {
    {HOLDING_FIRST, "administrator", HOLDING_FIRST_PASSPHRASE},
    {"wang", "supervisor", "first night market candle"},
    {"chen", "custodian", "seven blue harbour steps"},
    {"li", "custodian", "oak table under rain"},
    {"sun", "operator", "five lamps on a bridge"},
    {"qian", "auditor", "green door in winter"},
};
#define PEOPLE (sizeof people / sizeof people[0])
/* To a key, or to all keys that begin so. */
static const struct said words[] = {
    {"seat-supervisor", "wang"},
    {"seat-custodian[1]", "chen"},
    {"seat-custodian[2]", "li"},
    {"seat-operator", "sun"},
    {"script.", "same"},
    {"approve", "approve"},
    {"balance", "agree"},
    {"kind", "psam"},
    {"sheets", "letters"},
    {"tier", "national"},
    {"holders", "2"},
    {"quorum", "2"},
    {"found", "found"},
};

const char *const holding_seats[HOLDING_SEATS] = {"wang", "chen", "li", "sun"};

double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

const char *holding_passphrase(const char *person)
{
    for (size_t i = 0; i < PEOPLE; i++)
        if (strcmp(people[i].id, person) == 0)
            return people[i].passphrase;
    return "";
}

/* What is said to a question, "" where nothing is known. */
static const char *said_to(struct holding *h, const struct request *r)
{
    char what[16];
    unsigned n;
    if (strcmp(r->key, "quantity") == 0)
        return h->quantity;
    if (strcmp(r->key, "people.more") == 0)
        return h->enrolled < PEOPLE ? "person" : "done";
    if (sscanf(r->key, "person.%15[a-z][%u]", what, &n) == 2 && n >= 1 && n <= PEOPLE) {
        h->enrolled = n;
        return strcmp(what, "role") == 0 ? people[n - 1].role : people[n - 1].id;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strncmp(words[i].key, r->key, strlen(words[i].key)) == 0)
            return words[i].word;
    return r->initial;
}

enum kr_error hold_begin(struct holding *h, const char *person)
{
    struct secret_entry_spec spec = {.kind = ENTRY_PASSPHRASE};
    struct secret_entry_state state;
    vault_handle entry = 0;
    struct vault *v = session_vault(h->session);
    enum kr_error err = vault_entry_open(v, &spec, &entry);
    if (err == KR_OK)
        err = vault_entry_type(v, entry, holding_passphrase(person), &state);
    return err == KR_OK ? session_sign_in(h->session, person, entry) : err;
}

static enum kr_error type(struct ceremony *c, const struct request *r)
{
    const char *text = r->secret.kind == ENTRY_PIN ? HOLDING_PIN : holding_passphrase(r->person);
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
        snprintf(a->text, sizeof a->text, "%s", said_to(h, r));
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
    if (works && h->before)
        h->before(h->ctx, &asked);
    double start = bench_now();
    err = ceremony_answer(c, &a);
    if (err == KR_OK)
        err = ceremony_next(c, r);
    double stop = bench_now();
    if (works && h->after)
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
    while (err == KR_OK && r.kind != REQUEST_FINISHED && !r.problem[0] &&
           !(h->until && strcmp(r.key, h->until) == 0))
        err = step(h, c, &r);
    if (err == KR_OK && r.problem[0])
        err = kr_fail(KR_E_ANSWER, "%s: %s", r.key, r.problem);
    ceremony_end(&c);
    return err;
}
