/* One state of the disk, and what the store makes of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cut.h"
#include "../../crypto/slot.h"
#include "../../store/database.h"
#include "../../store/verify.h"

#define VERIFIED_MAX 65536
#define READ_EVERY   16 /* as often is a state also opened for reading, and every page proved */

void look_begin(struct look *l, struct cut *c, unsigned worker)
{
    memset(l, 0, sizeof *l);
    l->cut = c;
    snprintf(l->folder, sizeof l->folder, "%.150s/%u", c->scratch, worker);
    snprintf(l->store, sizeof l->store, "%s/store", l->folder);
    if (mkdir(l->folder, 0700) != 0)
        stop("%s: %s", l->folder, strerror(errno));
    setenv("TMPDIR", l->folder, 1);
    l->verified = calloc(VERIFIED_MAX, sizeof *l->verified);
    if (!l->verified)
        stop("no memory");
}

void look_end(struct look *l)
{
    struct state nothing = {.count = 0};
    state_write(&nothing, "store", l->folder);
    rmdir(l->folder);
    free(l->verified);
}

void look_key(const char *store, const char *person, struct slots *slots, struct secret **key)
{
    char line[256] = "";
    if (!fgets(line, sizeof line, stdin))
        stop("no passphrase on standard input");
    line[strcspn(line, "\n")] = '\0';
    struct secret *passphrase = secret_from(line, strlen(line));
    enum kr_error error = slots_read(store, slots);
    const struct person *p = error == KR_OK ? slots_find(slots, person) : NULL;
    error = p ? slot_database_key(&p->slot, passphrase, key) : KR_E_PERSON_UNKNOWN;
    if (error != KR_OK)
        stop("%s: %s", kr_name(error), kr_detail());
    secret_free(&passphrase);
}

/* ---- What a store holds ---- */

/* Facets can be made anew from the entries, and the count of openings grows with every look. */
static const char *const tables[] = {
    "SELECT * FROM entries ORDER BY seq",
    "SELECT * FROM checkpoints ORDER BY id",
    "SELECT * FROM meta WHERE name NOT IN ('opened', 'slots.generation') ORDER BY name",
    "SELECT * FROM people ORDER BY person",
    "SELECT * FROM keys ORDER BY kind, grp, version",
    "SELECT * FROM keys_archive ORDER BY kind, grp, version",
    "SELECT * FROM sealed ORDER BY ceremony, name",
    "SELECT * FROM knowledge ORDER BY key, component, person",
    "SELECT * FROM cards ORDER BY piece",
    "SELECT * FROM pieces ORDER BY ceremony, chip",
    "SELECT * FROM series ORDER BY series",
    "SELECT * FROM data_rows ORDER BY ceremony, n",
    "SELECT * FROM layouts ORDER BY digest",
    "SELECT * FROM receptions ORDER BY ceremony",
    "SELECT * FROM ceremonies ORDER BY id",
    "SELECT * FROM ceremony_states ORDER BY id",
};

static enum kr_error hash_rows(struct store *s, const char *sql, uint64_t *h)
{
    struct query q;
    query_begin(&q, s, sql);
    while (query_row(&q))
        for (int i = 0; i < sqlite3_column_count(q.statement); i++) {
            const void *bytes = sqlite3_column_blob(q.statement, i);
            size_t len = (size_t)sqlite3_column_bytes(q.statement, i);
            *h = hash_bytes(*h ^ len, bytes, len);
        }
    return query_end(&q);
}

enum kr_error look_content(struct store *s, uint64_t *h)
{
    enum kr_error error = KR_OK;
    *h = 0;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0] && error == KR_OK; i++)
        error = hash_rows(s, tables[i], h);
    return error;
}

static enum kr_error pages_whole(struct store *s)
{
    struct query q;
    char answer[64] = "";
    query_begin(&q, s, "PRAGMA quick_check(1)");
    if (query_row(&q))
        query_get_text(&q, 0, answer, sizeof answer);
    enum kr_error error = query_end(&q);
    return error == KR_OK && strcmp(answer, "ok") != 0
               ? kr_fail(KR_E_STORE_DAMAGED, "pages: %s", answer)
               : error;
}

/* ---- Signatures ---- */

/* Linked in the place of sign_verify() (Makefile): the same key, message and signature give the
 * same answer, and every state asks for those of the people enrolled. Only good ones are
 * remembered. */
enum kr_error __real_sign_verify(const uint8_t public_key[32], const uint8_t *message, size_t len,
                                 const uint8_t sig[64]);
enum kr_error __wrap_sign_verify(const uint8_t public_key[32], const uint8_t *message, size_t len,
                                 const uint8_t sig[64]);

#define SIGNATURES_MAX 8192

enum kr_error __wrap_sign_verify(const uint8_t public_key[32], const uint8_t *message, size_t len,
                                 const uint8_t sig[64])
{
    static uint64_t good[SIGNATURES_MAX][2];
    uint64_t h[2];
    for (uint64_t i = 0; i < 2; i++)
        h[i] = hash_bytes(hash_bytes(hash_bytes(i + 1, public_key, 32), sig, 64), message, len);
    uint64_t *place = good[h[0] % SIGNATURES_MAX];
    if (memcmp(place, h, sizeof h) == 0)
        return KR_OK;
    enum kr_error error = __real_sign_verify(public_key, message, len, sig);
    if (error == KR_OK)
        memcpy(place, h, sizeof h);
    return error;
}

/* ---- One state ---- */

static bool lost(struct look *l, const char *what, enum kr_error error)
{
    if (error != KR_OK)
        snprintf(l->why, sizeof l->why, "%s: %s: %.180s", what, kr_name(error), kr_detail());
    else
        snprintf(l->why, sizeof l->why, "%s", what);
    return false;
}

static bool verifies(struct look *l, struct store *s)
{
    struct verify_report report;
    enum kr_error error = store_verify(s, NULL, NULL, &report);
    if (error == KR_OK && report.problem != KR_OK)
        error = kr_fail(report.problem, "entry %llu: %s", (unsigned long long)report.bad_seq,
                        report.what);
    l->cut->tally->verified++;
    return error == KR_OK || lost(l, "verification", error);
}

/* What was proved once is not proved again: the same rows, anchor and slots have the same verdict.
 */
static bool verifies_once(struct look *l, struct store *s, uint64_t digest)
{
    uint8_t bytes[65536];
    static const char *const beside[] = {"anchor", "slots.a", "slots.b"};
    for (size_t i = 0; i < 3; i++) {
        size_t len = 0;
        enum kr_error error = file_read(l->store, beside[i], bytes, sizeof bytes, &len);
        digest = hash_bytes(digest ^ (uint64_t)error, bytes, error == KR_OK ? len : 0);
    }
    digest |= 1;
    uint64_t *place = &l->verified[digest % VERIFIED_MAX];
    if (*place == digest)
        return true;
    if (!verifies(l, s))
        return false;
    *place = digest;
    return true;
}

const struct commit *recorded_by(const struct cut *c, size_t point, const struct commit **flying)
{
    const struct commit *last = NULL;
    *flying = NULL;
    for (size_t i = 0; i < c->commit_count && !*flying; i++) {
        if (c->commits[i].point <= point)
            last = &c->commits[i];
        else
            *flying = &c->commits[i];
    }
    return last;
}

static bool holds_what_was_recorded(struct look *l, struct store *s, uint64_t *digest)
{
    const struct commit *flying, *last = recorded_by(l->cut, l->point, &flying);
    enum kr_error error = look_content(s, digest);
    if (error != KR_OK)
        return lost(l, "reading", error);
    if ((last && *digest == last->digest) || (flying && *digest == flying->digest))
        return true;
    snprintf(l->why, sizeof l->why, "%llu entries where %llu had been recorded",
             (unsigned long long)journal_size(s), last ? (unsigned long long)last->size : 0ull);
    return false;
}

enum kr_error look_open_at(const char *store, const struct secret *key, bool read_only,
                           struct store **s)
{
    struct slots *slots = malloc(sizeof *slots);
    enum kr_error error = slots ? slots_read(store, slots) : KR_E_MEMORY;
    if (error == KR_OK)
        error = store_open(store, slots, key, read_only, s);
    free(slots);
    return error;
}

enum kr_error look_open(struct look *l, bool read_only, struct store **s)
{
    return look_open_at(l->store, l->cut->key, read_only, s);
}

/* As an auditor: nothing is written, an unfinished write is rolled back in a copy. */
static bool reads(struct look *l)
{
    struct store *s = NULL;
    uint64_t digest;
    enum kr_error error = look_open(l, true, &s);
    bool good = error == KR_OK || lost(l, "opening for reading", error);
    good = good && holds_what_was_recorded(l, s, &digest) && verifies(l, s);
    store_close(&s);
    l->cut->tally->read++;
    return good;
}

static bool opens(struct look *l)
{
    struct store *s = NULL;
    uint64_t digest = 0;
    enum kr_error error = look_open(l, false, &s);
    if (error != KR_OK && l->point < l->cut->founded &&
        (error == KR_E_STORE_MISSING || error == KR_E_SLOTS)) {
        l->cut->tally->unfounded++;
        return true;
    }
    bool good = error == KR_OK || lost(l, "opening", error);
    good = good && holds_what_was_recorded(l, s, &digest);
    error = good ? pages_whole(s) : KR_OK;
    good = good && (error == KR_OK || lost(l, "pages", error)) && verifies_once(l, s, digest);
    store_close(&s);
    return good;
}

/* What people were told of is there; what has its name is whole. */
static bool papers_whole(struct look *l)
{
    for (size_t i = 0; i < l->cut->told_count; i++) {
        const struct told *t = &l->cut->told[i];
        const struct state_file *f = state_find(&l->state, t->path);
        bool whole = f && hash_bytes(f->len, f->bytes, f->len) == t->hash;
        if (!whole && (f || l->point >= t->point)) {
            snprintf(l->why, sizeof l->why, "%.200s is %s", t->path, f ? "torn" : "gone");
            return false;
        }
    }
    return true;
}

bool look_survives(struct look *l)
{
    l->why[0] = '\0';
    state_write(&l->state, "store", l->folder);
    if (l->state.hash % READ_EVERY == 0 && l->point >= l->cut->founded && !reads(l))
        return false;
    return papers_whole(l) && opens(l);
}
