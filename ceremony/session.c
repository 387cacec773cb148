#include "session_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "../store/paper.h"

static enum kr_error copy_text(struct session *s, size_t at, const char *from, const char **to)
{
    *to = NULL;
    if (from == NULL)
        return KR_OK;
    s->texts[at] = strdup(from);
    *to = s->texts[at];
    return *to == NULL ? KR_E_MEMORY : KR_OK;
}

static enum kr_error copy_options(struct session *s, const struct session_options *o)
{
    enum kr_error err = KR_OK;
    s->options = *o;
    if (err == KR_OK)
        err = copy_text(s, 0, o->store_dir, &s->options.store_dir);
    if (err == KR_OK)
        err = copy_text(s, 1, o->scripts_dir, &s->options.scripts_dir);
    if (err == KR_OK)
        err = copy_text(s, 2, o->layouts_dir, &s->options.layouts_dir);
    if (err == KR_OK)
        err = copy_text(s, 3, o->deck, &s->options.deck);
    return err;
}

static enum kr_error read_slots(struct session *s)
{
    enum kr_error err = slots_read(s->options.store_dir, &s->slots);
    if (err == KR_E_STORE_MISSING)
        return KR_OK;
    if (err != KR_OK)
        return err;
    s->has_slots = true;
    if (s->slots.centre.rehearsal != s->options.rehearsal)
        return kr_fail(KR_E_STORE_REHEARSAL, "%s", s->options.store_dir);
    return KR_OK;
}

enum kr_error session_start(const struct session_options *o, struct session **out)
{
    enum kr_error err = KR_E_MEMORY;
    struct session *s = calloc(1, sizeof *s);
    *out = NULL;
    if (s == NULL)
        return err;
    pthread_mutex_init(&s->lock, NULL);
    if ((o->rehearsal && o->readers == READER_PCSC && o->deck == NULL) ||
        (!o->rehearsal && o->readers == READER_SIM))
        err = kr_fail(KR_E_STORE_REHEARSAL, "%s", o->store_dir);
    else
        err = copy_options(s, o);
    if (err == KR_OK)
        err = read_slots(s);
    if (err == KR_OK)
        err = vault_start(&s->vault);
    if (err == KR_OK)
        err = readers_open(&s->readers, o->readers,
                           o->readers == READER_SIM ? s->options.deck : NULL, s->vault);
    if (err == KR_OK)
        *out = s;
    else
        session_end(&s);
    return err;
}

void session_end(struct session **out)
{
    struct session *s = *out;
    if (s == NULL)
        return;
    store_close(&s->store);
    readers_close(&s->readers);
    vault_stop(&s->vault);
    pthread_mutex_destroy(&s->lock);
    for (size_t i = 0; i < 4; i++)
        free(s->texts[i]);
    free(s);
    *out = NULL;
}

bool session_has_store(const struct session *s)
{
    return s->has_slots || session_store(s) != NULL;
}

bool session_is_open(const struct session *s)
{
    return session_store(s) != NULL;
}

bool session_is_rehearsal(const struct session *s)
{
    return s->options.rehearsal;
}

const struct slots *session_slots(const struct session *s)
{
    const struct store *store = session_store(s);
    if (store != NULL)
        return store_slots(store);
    return s->has_slots ? &s->slots : NULL;
}

/* Opened by the thread that answers, looked at by the one that draws. */
struct store *session_store(const struct session *s)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)&s->lock;
    pthread_mutex_lock(lock);
    struct store *store = s->store;
    pthread_mutex_unlock(lock);
    return store;
}

static void store_take(struct session *s, struct store *store)
{
    pthread_mutex_lock(&s->lock);
    s->store = store;
    pthread_mutex_unlock(&s->lock);
}

struct vault *session_vault(const struct session *s)
{
    return s->vault;
}

struct readers *session_readers(const struct session *s)
{
    return s->readers;
}

const struct session_options *session_options(const struct session *s)
{
    return &s->options;
}

static enum kr_error vault_signs(void *ctx, const char *person, const uint8_t *message, size_t len,
                                 uint8_t sig[64])
{
    return vault_sign(ctx, person, message, len, sig);
}

struct signer signer_as(struct session *s, const char *person, unsigned role)
{
    struct signer signer = {.sign = vault_signs, .ctx = s->vault};
    snprintf(signer.person, sizeof signer.person, "%s", person);
    snprintf(signer.role, sizeof signer.role, "%s", role_name(role));
    return signer;
}

unsigned first_role(unsigned roles)
{
    return roles & (~roles + 1u);
}

enum kr_error record_signed(struct session *s, struct entry *e, const struct signer *signers,
                            size_t count)
{
    enum kr_error err = store_begin(s->store);
    if (err != KR_OK)
        return err;
    err = journal_append(s->store, e, signers, count);
    if (err == KR_OK)
        err = store_commit(s->store);
    else
        store_rollback(s->store);
    return err;
}

static enum kr_error session_record(struct session *s, struct entry *e, const struct person *p)
{
    struct signer signer = signer_as(s, p->slot.person, first_role(p->roles));
    return record_signed(s, e, &signer, 1);
}

/* A wrong passphrase is an event of the person at whose name it was typed; the next person who
 * signs in signs for it. */
static enum kr_error record_refusals(struct session *s, const struct person *signer)
{
    enum kr_error err = KR_OK;
    while (err == KR_OK && s->refused_count > 0) {
        struct entry e;
        entry_begin(&e, "refusal");
        entry_add(&e, "person", "%s", s->refused[s->refused_count - 1].person);
        entry_add(&e, "error", "%s", kr_name(KR_E_PASSPHRASE));
        entry_add(&e, "text", "a passphrase was typed that does not open the slot, %u times",
                  s->refused[s->refused_count - 1].times);
        entry_add(&e, "software", "%s", KEYRITE_VERSION);
        err = session_record(s, &e, signer);
        entry_free(&e);
        if (err == KR_OK)
            s->refused_count--;
    }
    return err;
}

static enum kr_error record_presence(struct session *s, const struct person *p, const char *kind)
{
    struct entry e;
    entry_begin(&e, kind);
    entry_add(&e, "person", "%s", p->slot.person);
    entry_add(&e, "software", "%s", KEYRITE_VERSION);
    enum kr_error err = session_record(s, &e, p);
    entry_free(&e);
    return err;
}

static enum kr_error open_store(struct session *s)
{
    struct secret *key = NULL;
    struct store *store = NULL;
    enum kr_error err = vault_database_key(s->vault, &key);
    if (err == KR_OK)
        err = store_open(s->options.store_dir, &s->slots, key, false, &store);
    uint64_t paper = 0;
    if (err == KR_OK)
        err = paper_size(store, &paper);
    if (err == KR_OK) {
        s->paper_due = paper > 0;
        store_take(s, store);
        err = session_policies_read(s);
    }
    if (err != KR_OK) { /* not half open: the next to sign in begins anew */
        store_take(s, NULL);
        s->paper_due = false;
        store_close(&store);
    }
    secret_free(&key);
    return err;
}

static enum kr_error log_signs(void *ctx, const char *person, const uint8_t *message, size_t len,
                               uint8_t sig[64])
{
    (void)person;
    return vault_log_sign(ctx, message, len, sig);
}

struct signer session_log(const struct session *s)
{
    return (struct signer){.sign = log_signs, .ctx = s->vault};
}

enum kr_error session_seal(struct session *s)
{
    struct signer log = session_log(s);
    return checkpoint_make(s->store, &log, NULL, 0, NULL, 0);
}

static void presence_add(struct session *s, const char *person)
{
    pthread_mutex_lock(&s->lock);
    if (s->present_count < PEOPLE_MAX)
        snprintf(s->present[s->present_count++], PERSON_ID_MAX, "%s", person);
    pthread_mutex_unlock(&s->lock);
}

static void presence_remove(struct session *s, const char *person)
{
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->present_count; i++)
        if (strcmp(s->present[i], person) == 0) {
            memmove(s->present[i], s->present[i + 1], (s->present_count - i - 1) * PERSON_ID_MAX);
            s->present_count--;
            break;
        }
    pthread_mutex_unlock(&s->lock);
}

/* Journalled at once where somebody present can sign; else it waits for the next who signs in.
 * KR_E_PASSPHRASE, or what went wrong with the journal. */
static enum kr_error refusal_note(struct session *s, const char *person)
{
    struct present_person present[1];
    size_t i = 0;
    while (i < s->refused_count && strcmp(s->refused[i].person, person) != 0)
        i++;
    if (i == PEOPLE_MAX)
        return KR_E_PASSPHRASE;
    if (i == s->refused_count) {
        snprintf(s->refused[i].person, sizeof s->refused[i].person, "%s", person);
        s->refused[i].times = 0;
        s->refused_count++;
    }
    s->refused[i].times++;
    enum kr_error err = KR_OK;
    if (s->store != NULL && session_present(s, present, 1) == 1)
        err = record_refusals(s, slots_find(session_slots(s), present[0].person));
    const struct person *p = slots_find(session_slots(s), person);
    return err == KR_OK ? kr_fail(KR_E_PASSPHRASE, "%s", p == NULL ? person : p->name) : err;
}

static enum kr_error vault_takes(struct session *s, const char *person, vault_handle passphrase,
                                 struct slot *used)
{
    struct vault_presence presence;
    const struct slots *slots = session_slots(s);
    const struct person *p = slots == NULL ? NULL : slots_find(slots, person);
    if (p == NULL)
        return kr_fail(KR_E_PERSON_UNKNOWN, "%s", person);
    if (p->revoked)
        return kr_fail(KR_E_PERSON_REVOKED, "%s", person);
    *used = p->slot;
    return vault_sign_in(s->vault, &p->slot, passphrase, &presence);
}

/* Whoever opens the store may have signed in by a slot that was replaced: it was put in force, and
 * a power cut came before it lay in its place. */
static enum kr_error opened_by(struct session *s, const char *person, vault_handle passphrase,
                               const struct slot *used)
{
    struct slot now;
    const struct person *p = slots_find(session_slots(s), person);
    if (p != NULL && !p->revoked && memcmp(&p->slot, used, sizeof *used) == 0)
        return KR_OK;
    return vault_takes(s, person, passphrase, &now);
}

/* *known: the vault has the person, whatever came after. */
static enum kr_error enter(struct session *s, const char *person, vault_handle passphrase,
                           bool *known)
{
    struct slot used;
    bool opens = s->store == NULL;
    enum kr_error err = vault_takes(s, person, passphrase, &used);
    *known = err == KR_OK;
    if (err == KR_OK && opens)
        err = open_store(s);
    if (err == KR_OK && opens)
        err = opened_by(s, person, passphrase, &used);
    const struct person *p = err == KR_OK ? slots_find(session_slots(s), person) : NULL;
    if (err == KR_OK)
        err = record_refusals(s, p);
    if (err == KR_OK)
        err = record_presence(s, p, "sign-in");
    if (err == KR_OK && opens) /* whoever opens the store seals what was found there */
        err = session_seal(s);
    return err;
}

enum kr_error session_sign_in(struct session *s, const char *person, vault_handle passphrase)
{
    struct vault_presence presence;
    bool here = session_is_present(s, person), known = false;
    enum kr_error err = here ? KR_OK : enter(s, person, passphrase, &known);
    vault_drop(s->vault, passphrase);
    if (here)
        return KR_OK;
    if (err == KR_OK)
        presence_add(s, person);
    else if (known)
        (void)vault_sign_out(s->vault, person, &presence);
    return err == KR_E_PASSPHRASE ? refusal_note(s, person) : err;
}

enum kr_error session_prove(struct session *s, const char *person, vault_handle passphrase)
{
    /* No entry begins like this: the signature proves the passphrase and serves for nothing else.
     */
    static const uint8_t nothing[] = "keyrite-entry/1\n-";
    uint8_t sig[64];
    const struct slots *slots = session_slots(s);
    const struct person *p = slots == NULL ? NULL : slots_find(slots, person);
    enum kr_error err = KR_OK;
    if (p == NULL || !session_is_present(s, person))
        err = kr_fail(KR_E_NOT_SIGNED_IN, "%s", person);
    else
        err = vault_sign_fresh(s->vault, &p->slot, passphrase, nothing, sizeof nothing - 1, sig);
    vault_drop(s->vault, passphrase);
    return err == KR_E_PASSPHRASE ? refusal_note(s, person) : err;
}

enum kr_error session_sign_out(struct session *s, const char *person)
{
    struct vault_presence presence;
    const struct slots *slots = session_slots(s);
    const struct person *p = slots == NULL ? NULL : slots_find(slots, person);
    if (p == NULL || !session_is_present(s, person))
        return kr_fail(KR_E_NOT_SIGNED_IN, "%s", person);
    enum kr_error err = record_presence(s, p, "sign-out");
    presence_remove(s, person);
    enum kr_error gone = vault_sign_out(s->vault, person, &presence);
    return err != KR_OK ? err : gone;
}

size_t session_present(struct session *s, struct present_person *out, size_t room)
{
    const struct slots *slots = session_slots(s);
    size_t n = 0;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; slots != NULL && i < s->present_count && n < room; i++) {
        const struct person *p = slots_find(slots, s->present[i]);
        if (p == NULL)
            continue;
        snprintf(out[n].person, sizeof out[n].person, "%s", p->slot.person);
        snprintf(out[n].name, sizeof out[n].name, "%s", p->name);
        out[n++].roles = p->roles;
    }
    pthread_mutex_unlock(&s->lock);
    return n;
}

bool session_is_present(struct session *s, const char *person)
{
    bool found = false;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->present_count; i++)
        found = found || strcmp(s->present[i], person) == 0;
    pthread_mutex_unlock(&s->lock);
    return found;
}

enum kr_error session_presence(struct session *s, struct vault_presence *p)
{
    memset(p, 0, sizeof *p);
    return vault_presence(s->vault, p);
}

enum kr_error session_founded(struct session *s, struct store *store)
{
    store_take(s, store);
    const struct slots *slots = store_slots(store);
    for (size_t i = 0; i < slots->count; i++)
        presence_add(s, slots->people[i].slot.person);
    return KR_OK;
}

void session_revoked(struct session *s, const char *person)
{
    struct vault_presence presence;
    if (session_is_present(s, person))
        (void)vault_sign_out(s->vault, person, &presence);
    presence_remove(s, person);
}

enum kr_error session_revive_vault(struct session *s)
{
    pthread_mutex_lock(&s->lock);
    s->present_count = 0;
    pthread_mutex_unlock(&s->lock);
    return vault_restart(s->vault);
}

enum kr_error session_policies_read(struct session *s)
{
    char word[KEY_HOLDING_ROOM];
    enum kr_error err = policies_get(session_store(s), KEY_HOLDING_POLICY, word, sizeof word);
    pthread_mutex_lock(&s->lock);
    snprintf(s->key_holding, sizeof s->key_holding, "%s", err == KR_OK ? word : "");
    pthread_mutex_unlock(&s->lock);
    return err;
}

void session_key_holding(struct session *s, char word[KEY_HOLDING_ROOM])
{
    pthread_mutex_lock(&s->lock);
    snprintf(word, KEY_HOLDING_ROOM, "%s", s->key_holding);
    pthread_mutex_unlock(&s->lock);
}

void session_card(const struct session *s, size_t reader, struct card *c)
{
    memset(c, 0, sizeof *c);
    c->readers = s->readers;
    c->reader = reader;
    c->vault = s->vault;
    c->dialect = dialect_at(0);
    c->suite = session_slots(s)->centre.suite;
}

enum kr_error session_layout_path(const struct session *s, const char *name, char *path,
                                  size_t room)
{
    const char *dir = s->options.layouts_dir;
    const struct slots *slots = session_slots(s);
    int len = 0;
    if (slots != NULL && tier_is_city(slots->centre.tier))
        len = snprintf(path, room, "%s/city/%s.yaml", dir, name);
    if (len == 0 || len >= (int)room || access(path, R_OK) != 0)
        len = snprintf(path, room, "%s/%s.yaml", dir, name);
    return len < (int)room ? KR_OK : kr_fail(KR_E_TOO_LONG, "%s", name);
}
