/* Appending to the journal, reading it back, and where it stands when a store is opened. */
#include <inttypes.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../crypto/hash.h"
#include "../crypto/seal.h"
#include "chain_row.h"
#include "confidentiality.h"
#include "facets.h"
#include "founding.h"
#include "journal_reading.h"
#include "signing_rules.h"

#define CLOCK_SLACK_MS 2000 /* a clock that is kept right by small steps may go back a little */

static int64_t clock_ms(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void read_boot_id(char out[40])
{
    ssize_t n = -1;
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        n = read(fd, out, 36);
        close(fd);
    }
    bool known = n == 36 && strspn(out, "0123456789abcdef-") >= 36;
    snprintf(out + (known ? 36 : 0), 4, "%s", known ? "" : "-");
}

/* ---- Opening ---- */

static enum kr_error load_checkpoint(struct store *s)
{
    struct query q;
    struct checkpoint c;
    char text[CHECKPOINT_MAX + 1];
    uint8_t peaks[8 + 64 * 32], root[32] = {0};
    size_t peaks_len = 0;
    enum kr_error error;
    query_begin(&q, s, "SELECT tree, text FROM checkpoints ORDER BY id DESC LIMIT 1");
    bool any = query_row(&q);
    if (any) {
        query_get_blob(&q, 0, peaks, sizeof peaks, &peaks_len);
        query_get_text(&q, 1, text, sizeof text);
    }
    error = query_end(&q);
    if (error != KR_OK || !any) {
        return error;
    }
    error = checkpoint_parse(text, strlen(text), &c);
    if (error == KR_OK) {
        error = checkpoint_verify(text, strlen(text), s->slots.centre.origin, 0x01,
                                  s->slots.log_public, NULL);
    }
    if (error == KR_OK) {
        error = tree_load(&s->head.tree, peaks, peaks_len);
    }
    if (error == KR_OK) {
        error = tree_root(&s->head.tree, root);
    }
    bool agrees = error == KR_OK && strcmp(c.origin, s->slots.centre.origin) == 0 &&
                  s->head.tree.size == c.size && memcmp(root, c.root, 32) == 0;
    s->head.checkpoint_at = s->head.tree.size;
    return error != KR_OK || agrees ? error : kr_fail(KR_E_CHECKPOINT, "journal.db");
}

static enum kr_error load_last_leaf(struct store *s)
{
    struct query q;
    if (s->head.tree.size == 0) {
        return KR_OK;
    }
    query_begin(&q, s, "SELECT leaf_hash FROM entries WHERE seq = ?1");
    query_int(&q, 1, (int64_t)s->head.tree.size - 1);
    if (query_row(&q)) {
        query_get_bytes(&q, 0, s->head.last_leaf, 32);
    } else if (q.error == KR_OK) {
        q.error = kr_fail(KR_E_STORE_OLD, "entry %" PRIu64, s->head.tree.size - 1);
    }
    return query_end(&q);
}

static enum kr_error check_tail(struct store *s)
{
    struct query q;
    uint64_t bad;
    struct chain chain = {.head = &s->head, .origin = s->slots.centre.origin, .slots = &s->slots};
    enum kr_error error = pool_start(&chain.pool);
    if (error != KR_OK) {
        return error;
    }
    query_begin(&q, s, "SELECT " CHAIN_COLUMNS " FROM entries WHERE seq >= ?1 ORDER BY seq");
    query_int(&q, 1, (int64_t)s->head.tree.size);
    while (query_row(&q)) {
        struct entry e;
        q.error = chain_next(&chain, &q, &e);
        if (q.error == KR_OK) {
            entry_free(&e);
        }
    }
    error = query_end(&q);
    if (error == KR_OK) {
        error = pool_finish(chain.pool, &bad);
    }
    pool_stop(&chain.pool);
    return error;
}

static enum kr_error count_entries(struct store *s)
{
    struct query q;
    query_begin(&q, s, "SELECT ifnull(max(seq) + 1, 0) FROM entries");
    if (query_row(&q)) {
        s->head.tree.size = (uint64_t)query_get_int(&q, 0);
    }
    return query_end(&q);
}

/* Whether that entry is in order is for verification to say. */
static void load_time(struct store *s)
{
    struct entry last;
    if (s->head.tree.size > 0 && journal_read(s, s->head.tree.size - 1, &last) == KR_OK) {
        s->head.time_ms = last.time_ms;
        entry_free(&last);
    }
}

enum kr_error journal_open(struct store *s)
{
    memset(&s->head, 0, sizeof s->head);
    read_boot_id(s->head.boot_id);
    if (s->read_only) {
        return count_entries(s);
    }
    enum kr_error error = load_checkpoint(s);
    if (error == KR_OK) {
        error = roster_load(s, s->head.tree.size);
    }
    if (error == KR_OK) {
        error = load_last_leaf(s);
    }
    if (error == KR_OK) {
        error = check_tail(s);
    }
    if (error == KR_OK) {
        load_time(s);
    }
    return error;
}

/* ---- Appending ---- */

/* Times are what the workstation says, and nobody can prove them; but that they do not rise is said
 * in the entry where it begins, under its signatures. */
static void admit_clock_back(const struct journal_head *h, struct entry *e)
{
    if (e->time_ms + CLOCK_SLACK_MS < h->time_ms) {
        entry_add(e, "clock-back", "%" PRId64 ".%03d", h->time_ms / 1000, (int)(h->time_ms % 1000));
    }
}

static enum kr_error place(struct store *s, struct entry *e)
{
    const struct journal_head *h = &s->head;
    snprintf(e->origin, sizeof e->origin, "%s", s->slots.centre.origin);
    snprintf(e->boot_id, sizeof e->boot_id, "%s", h->boot_id);
    e->seq = e->tree_size = h->tree.size;
    memcpy(e->prev, h->last_leaf, 32);
    e->time_ms = clock_ms(CLOCK_REALTIME);
    e->mono_ms = clock_ms(CLOCK_BOOTTIME);
    admit_clock_back(h, e);
    e->body_withheld = false;
    e->level = (uint8_t)confidentiality(e);
    enum kr_error error = e->failed == KR_OK ? tree_root(&h->tree, e->root) : e->failed;
    return error == KR_OK ? random_bytes(e->salt, 32) : error;
}

static enum kr_error name_signers(struct entry *e, const struct signer *signers, size_t count,
                                  struct roster *roster)
{
    if (count > ENTRY_SIGNERS_MAX) {
        return kr_fail(KR_E_ARGUMENT, "%zu signers", count);
    }
    e->signer_count = count;
    for (size_t i = 0; i < count; i++) {
        struct entry_signer *to = &e->signers[i];
        const struct enrolled *p = roster_find(roster, signers[i].person);
        if (!p) {
            return kr_fail(KR_E_PERSON_UNKNOWN, "%s", signers[i].person);
        }
        memset(to, 0, sizeof *to);
        snprintf(to->person, sizeof to->person, "%s", signers[i].person);
        snprintf(to->role, sizeof to->role, "%s", signers[i].role);
        memcpy(to->key_id, p->key_id, 4);
    }
    return KR_OK;
}

/* roster: as after the entry when it is the founding one, else as before it. */
static enum kr_error check_rules(struct store *s, const struct entry *e, struct roster *roster)
{
    bool first = s->head.tree.size == 0;
    enum kr_error error = signing_check(e, roster);
    if (error == KR_OK && first != (strcmp(e->kind, "found") == 0)) {
        error = kr_fail(KR_E_ENTRY_FORMAT, "founding");
    }
    if (error == KR_OK) {
        error = founding_check(e, &s->slots);
    }
    return error == KR_OK ? course_admits(s, e) : error;
}

static enum kr_error sign(struct entry *e, const struct signer *signers, struct roster *roster)
{
    char header[ENTRY_HEADER_MAX];
    size_t len;
    enum kr_error error = entry_header(e, header, &len);
    for (size_t i = 0; error == KR_OK && i < e->signer_count; i++) {
        struct enrolled *p = roster_find(roster, signers[i].person);
        uint8_t *signature = e->signers[i].signature;
        const uint8_t *message = (const uint8_t *)header;
        error = signers[i].sign(signers[i].ctx, signers[i].person, message, len, signature);
        /* Once per person: shows that the key in use is the enrolled one, at no cost to the entries
         * that follow. */
        if (error == KR_OK && !p->proved) {
            error = sign_verify(p->public_key, message, len, signature);
            p->proved = error == KR_OK;
        }
    }
    return error;
}

static enum kr_error insert(struct store *s, const struct entry *e)
{
    struct query q;
    char leaf[ENTRY_LEAF_MAX];
    uint8_t hash[32];
    size_t len;
    enum kr_error error = entry_leaf(e, leaf, sizeof leaf, &len);
    if (error == KR_OK) {
        error = tree_leaf_hash(leaf, len, hash);
    }
    if (error != KR_OK) {
        return error;
    }
    query_begin(&q, s,
                "INSERT INTO entries(seq, leaf_hash, kind, salt, leaf, body) "
                "VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
    query_int(&q, 1, (int64_t)e->seq);
    query_blob(&q, 2, hash, 32);
    query_text(&q, 3, e->kind);
    query_blob(&q, 4, e->salt, 32);
    query_blob(&q, 5, leaf, len);
    query_blob(&q, 6, e->body, e->body_len);
    error = query_run(&q, KR_E_STORE_DAMAGED);
    if (error == KR_OK) {
        error = tree_append(&s->head.tree, hash);
    }
    if (error == KR_OK) {
        memcpy(s->head.last_leaf, hash, 32);
        s->head.time_ms = e->time_ms;
        course_goes_on(s);
        error = facets_appended(s);
    } else if (s->failed == KR_OK) {
        s->failed = error;
    }
    return error;
}

enum kr_error journal_append(struct store *s, struct entry *e, const struct signer *signers,
                             size_t count)
{
    struct roster after = {.count = 0};
    bool found = strcmp(e->kind, "found") == 0, people = roster_concerns(e->kind);
    enum kr_error error = database_usable(s);
    if (error == KR_OK && !s->in_transaction) {
        error = kr_fail(KR_E_ARGUMENT, "an entry outside a transaction");
    }
    if (error == KR_OK) {
        error = e->failed;
    }
    if (error == KR_OK && people) {
        after = s->head.roster;
        e->seq = s->head.tree.size;
        error = roster_apply(&after, e);
    }
    struct roster *roster = error == KR_OK && found && people ? &after : &s->head.roster;
    if (error == KR_OK) {
        error = place(s, e);
    }
    if (error == KR_OK) {
        error = name_signers(e, signers, count, roster);
    }
    if (error == KR_OK) {
        error = check_rules(s, e, roster);
    }
    if (error == KR_OK) {
        error = sign(e, signers, roster);
    }
    if (error == KR_OK) {
        error = insert(s, e);
    }
    if (error == KR_OK && people) {
        s->head.roster = after;
    }
    return error;
}

/* ---- Reading ---- */

/* Another thread may be changing head. Only the lock in it is touched, so the store stays as
 * constant as it was. */
static struct journal_head head_now(const struct store *s)
{
    struct store *locked = (struct store *)(uintptr_t)s;
    database_lock(locked);
    struct journal_head head = s->head;
    database_unlock(locked);
    return head;
}

uint64_t journal_size(const struct store *s)
{
    return head_now(s).tree.size;
}

uint64_t journal_unsealed(const struct store *s)
{
    struct journal_head head = head_now(s);
    return head.tree.size - head.checkpoint_at;
}

enum kr_error journal_root(const struct store *s, uint8_t root[32])
{
    struct journal_head head = head_now(s);
    return tree_root(&head.tree, root);
}

enum kr_error journal_read(struct store *s, uint64_t seq, struct entry *e)
{
    struct query q;
    memset(e, 0, sizeof *e);
    query_begin(&q, s, "SELECT salt, leaf, body FROM entries WHERE seq = ?1");
    query_int(&q, 1, (int64_t)seq);
    if (query_row(&q)) {
        q.error = entry_from_row(&q, 0, e);
    } else if (q.error == KR_OK) {
        q.error = kr_fail(KR_E_NOT_FOUND, "entry %" PRIu64, seq);
    }
    if (q.error != KR_OK) {
        entry_free(e);
    }
    return query_end(&q);
}

/* ---- Checkpoints ---- */

static enum kr_error sign_by_log(struct store *s, const struct checkpoint *c,
                                 const struct signer *log, char *text, size_t room)
{
    uint8_t signature[64];
    size_t len;
    enum kr_error error = checkpoint_body(c, text, room, &len);
    if (error == KR_OK) {
        error = log->sign(log->ctx, log->person, (const uint8_t *)text, len, signature);
    }
    if (error == KR_OK) {
        error = sign_verify(s->slots.log_public, (const uint8_t *)text, len, signature);
    }
    if (error == KR_OK && len + 1 < room) {
        memcpy(text + len, "\n", 2);
        error = checkpoint_add_signature(text, room, c->origin, 0x01, s->slots.log_public, 0,
                                         signature);
    }
    return error;
}

static enum kr_error cosign(struct store *s, const struct checkpoint *c, const struct signer *who,
                            char *text, size_t room)
{
    char message[CHECKPOINT_MAX], name[ORIGIN_MAX + 40];
    uint8_t signature[64];
    uint64_t now = (uint64_t)clock_ms(CLOCK_REALTIME) / 1000;
    size_t len;
    const struct enrolled *p = roster_find(&s->head.roster, who->person);
    if (!p || p->revoked) {
        return kr_fail(p ? KR_E_PERSON_REVOKED : KR_E_PERSON_UNKNOWN, "%s", who->person);
    }
    enum kr_error error = checkpoint_person_name(c->origin, who->person, name, sizeof name);
    if (error == KR_OK) {
        error = checkpoint_cosign_message(c, now, message, sizeof message, &len);
    }
    if (error == KR_OK) {
        error = who->sign(who->ctx, who->person, (const uint8_t *)message, len, signature);
    }
    if (error == KR_OK) {
        error = sign_verify(p->public_key, (const uint8_t *)message, len, signature);
    }
    return error == KR_OK
               ? checkpoint_add_signature(text, room, name, 0x04, p->public_key, now, signature)
               : error;
}

static enum kr_error keep_checkpoint(struct store *s, const char *text)
{
    struct query q;
    uint8_t peaks[8 + 64 * 32];
    size_t len = tree_save(&s->head.tree, peaks);
    query_begin(&q, s, "INSERT INTO checkpoints(size, tree, text) VALUES(?1, ?2, ?3)");
    query_int(&q, 1, (int64_t)s->head.tree.size);
    query_blob(&q, 2, peaks, len);
    query_text(&q, 3, text);
    enum kr_error error = query_run(&q, KR_E_STORE_DAMAGED);
    if (error == KR_OK) {
        s->head.checkpoint_at = s->head.tree.size;
    }
    return error;
}

enum kr_error checkpoint_make(struct store *s, const struct signer *log,
                              const struct signer *people, size_t count, char *text, size_t room)
{
    char note[CHECKPOINT_MAX];
    struct checkpoint c = {.size = 0};
    enum kr_error error = store_begin(s);
    if (error != KR_OK) {
        return error;
    }
    c.size = s->head.tree.size;
    snprintf(c.origin, sizeof c.origin, "%s", s->slots.centre.origin);
    error = tree_root(&s->head.tree, c.root);
    if (error == KR_OK) {
        error = sign_by_log(s, &c, log, note, sizeof note);
    }
    for (size_t i = 0; error == KR_OK && i < count; i++) {
        error = cosign(s, &c, &people[i], note, sizeof note);
    }
    if (error == KR_OK && text && strlen(note) >= room) {
        error = kr_fail(KR_E_TOO_LONG, "checkpoint");
    }
    if (error == KR_OK) {
        error = keep_checkpoint(s, note);
    }
    if (error != KR_OK) {
        store_rollback(s);
        return error;
    }
    error = store_commit(s);
    if (error == KR_OK) {
        error = anchor_write(s, note, strlen(note));
    }
    if (error == KR_OK && text) {
        memcpy(text, note, strlen(note) + 1);
    }
    return error;
}

enum kr_error checkpoint_last(struct store *s, char *text, size_t room)
{
    struct query q;
    query_begin(&q, s, "SELECT text FROM checkpoints ORDER BY id DESC LIMIT 1");
    if (query_row(&q)) {
        query_get_text(&q, 0, text, room);
    } else if (q.error == KR_OK) {
        q.error = kr_fail(KR_E_NOT_FOUND, "checkpoint");
    }
    return query_end(&q);
}

enum kr_error checkpoint_covering(struct store *s, uint64_t size, char *text, size_t room)
{
    struct query q;
    query_begin(&q, s, "SELECT text FROM checkpoints WHERE size >= ?1 ORDER BY id LIMIT 1");
    query_int(&q, 1, (int64_t)size);
    if (query_row(&q)) {
        query_get_text(&q, 0, text, room);
    } else if (q.error == KR_OK) {
        q.error = kr_fail(KR_E_NOT_FOUND, "checkpoint");
    }
    return query_end(&q);
}
