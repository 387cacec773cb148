/*
 * Stands before the engine's functions as the rehearsal calls them: in each act one call fails
 * (places.h), what the act left behind is looked at, and the act is done again, until nothing new
 * fails in it. So a whole ceremony goes through every failure once and must still come to its end.
 */
#include "places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../ceremony/session.h"
#include "../../ceremony/engine.h"
#include "../../store/database.h"
#include "../../store/verify.h"

#define LOOK_EVERY 64 /* failures, until the whole journal is looked at again */
#define WRONG      70 /* exit status: the act left something that it must not leave */

static struct session *held; /* the program has one */
static struct request asked; /* the last request, which people answer */
static bool within;          /* an act that other acts are part of */
static bool disturbed;       /* something failed since people were asked */
static uint64_t failures, entries;
static char passphrase[256];

static struct store *open_store(void)
{
    return held != NULL ? session_store(held) : NULL;
}

static _Noreturn void wrong(const char *act, const char *what)
{
    fprintf(stderr, "%s after %s failed: %s\n", act, failing->last, what);
    _exit(WRONG);
}

static void note(const char *act, enum kr_error err)
{
    char path[512];
    snprintf(path, sizeof path, "%s.said", getenv(FAILING_VARIABLE));
    FILE *f = fopen(path, "a");
    if (f == NULL)
        abort();
    fprintf(f, "%s %s %s %s\n", act, kr_name(err), failing->last, asked.key);
    fclose(f);
}

/* Nothing half done, nothing lost, nothing in the journal that does not verify. */
static void look(const char *act)
{
    struct verify_report report;
    struct store *store = open_store();
    if (store == NULL)
        return;
    /* What cannot even be rolled back is, at the next opening. */
    if (!sqlite3_get_autocommit(store->db) && !store->frozen)
        wrong(act, "a transaction stays open");
    if (journal_size(store) < entries)
        wrong(act, "entries are gone");
    entries = journal_size(store);
    if (++failures % LOOK_EVERY != 0)
        return;
    if (store_verify(store, NULL, NULL, &report) != KR_OK || report.problem != KR_OK)
        wrong(act, kr_sentence(report.problem));
}

static void act_begin(void)
{
    entries = open_store() != NULL ? journal_size(open_store()) : 0;
    within = true;
    failing_arm();
}

/* True when something failed, whatever the act made of it. */
static bool act_failed(const char *act, enum kr_error err)
{
    bool failed = failing_disarm();
    within = false;
    if (!failed)
        return false;
    if (err != KR_OK)
        atomic_fetch_add(&failing->returned, 1);
    note(act, err);
    look(act);
    return true;
}

enum kr_error __real_session_start(const struct session_options *o, struct session **s);
enum kr_error __wrap_session_start(const struct session_options *o, struct session **s);
enum kr_error __wrap_session_start(const struct session_options *o, struct session **s)
{
    enum kr_error err;
    do {
        act_begin();
        err = __real_session_start(o, s);
    } while (act_failed("session_start", err) && err != KR_OK);
    held = *s;
    return err;
}

void __real_session_end(struct session **s);
void __wrap_session_end(struct session **s);
void __wrap_session_end(struct session **s)
{
    held = NULL;
    __real_session_end(s);
}

/* ---- signing in ---- */

enum kr_error __real_vault_entry_type(struct vault *v, vault_handle entry, const char *text,
                                      struct secret_entry_state *s);
enum kr_error __wrap_vault_entry_type(struct vault *v, vault_handle entry, const char *text,
                                      struct secret_entry_state *s);
enum kr_error __wrap_vault_entry_type(struct vault *v, vault_handle entry, const char *text,
                                      struct secret_entry_state *s)
{
    snprintf(passphrase, sizeof passphrase, "%s", text);
    return __real_vault_entry_type(v, entry, text, s);
}

static enum kr_error type_again(vault_handle *entry)
{
    const struct secret_entry_spec spec = {.kind = ENTRY_PASSPHRASE};
    struct secret_entry_state state;
    enum kr_error err = KR_OK;
    if (vault_pid(session_vault(held)) == 0)
        err = session_revive_vault(held);
    if (err == KR_OK)
        err = vault_entry_open(session_vault(held), &spec, entry);
    return err == KR_OK ? __real_vault_entry_type(session_vault(held), *entry, passphrase, &state)
                        : err;
}

enum kr_error __real_session_sign_in(struct session *s, const char *person, vault_handle entry);
enum kr_error __wrap_session_sign_in(struct session *s, const char *person, vault_handle entry);
enum kr_error __wrap_session_sign_in(struct session *s, const char *person, vault_handle entry)
{
    enum kr_error err = KR_OK;
    if (within)
        return __real_session_sign_in(s, person, entry);
    for (;;) {
        act_begin();
        err = __real_session_sign_in(s, person, entry);
        if (!act_failed("session_sign_in", err) || err == KR_OK)
            return err;
        err = type_again(&entry);
        if (err != KR_OK)
            return err;
    }
}

/* ---- ceremonies ---- */

enum kr_error __real_ceremony_begin(struct session *s, const char *path, struct ceremony **c);
enum kr_error __wrap_ceremony_begin(struct session *s, const char *path, struct ceremony **c);
enum kr_error __wrap_ceremony_begin(struct session *s, const char *path, struct ceremony **c)
{
    enum kr_error err;
    do {
        act_begin();
        err = __real_ceremony_begin(s, path, c);
    } while (act_failed("ceremony_begin", err) && err != KR_OK);
    return err;
}

enum kr_error __real_ceremony_resume(struct session *s, const char *id, struct ceremony **c);
enum kr_error __wrap_ceremony_resume(struct session *s, const char *id, struct ceremony **c);
enum kr_error __wrap_ceremony_resume(struct session *s, const char *id, struct ceremony **c)
{
    enum kr_error err;
    do {
        act_begin();
        err = __real_ceremony_resume(s, id, c);
    } while (act_failed("ceremony_resume", err) && err != KR_OK);
    return err;
}

enum kr_error __real_ceremony_answer(struct ceremony *c, const struct answer *a);
enum kr_error __wrap_ceremony_answer(struct ceremony *c, const struct answer *a);

enum kr_error __real_ceremony_next(struct ceremony *c, struct request *r);
enum kr_error __wrap_ceremony_next(struct ceremony *c, struct request *r);
enum kr_error __wrap_ceremony_next(struct ceremony *c, struct request *r)
{
    static const struct answer try_again = {.kind = ANSWER_OK};
    enum kr_error err;
    bool stuck, failed;
    do {
        act_begin();
        err = __real_ceremony_next(c, r);
        failed = act_failed("ceremony_next", err);
        disturbed = disturbed || failed;
        stuck = err == KR_OK && failed && strstr(r->key, "stuck") != NULL;
        if (stuck)
            err = __real_ceremony_answer(c, &try_again);
    } while (stuck || (failed && err != KR_OK));
    if (disturbed) /* who answers from a file shall not stop at it */
        r->problem[0] = '\0';
    asked = *r;
    return err;
}

/* What was typed is gone after a failure, and a card may have to be looked at: people are asked
 * anew. The enrolment of one more is counted by who answers, and not disturbed. */
enum kr_error __wrap_ceremony_answer(struct ceremony *c, const struct answer *a)
{
    struct request now;
    enum kr_error err;
    bool again;
    disturbed = false;
    if (strstr(asked.key, ".more") != NULL)
        return __real_ceremony_answer(c, a);
    do {
        act_begin();
        err = __real_ceremony_answer(c, a);
        again = act_failed("ceremony_answer", err);
        if (!again)
            break;
        disturbed = true;
        if (__real_ceremony_next(c, &now) != KR_OK)
            break;
        again = strcmp(now.key, asked.key) == 0 && now.kind != REQUEST_SECRET;
    } while (again);
    return disturbed ? KR_OK : err;
}
