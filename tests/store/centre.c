#include "centre.h"

#include <setjmp.h>
#include <stdarg.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "../folder.h"
#include "../../crypto/hash.h"
#include "../../crypto/seal.h"
#include "../../crypto/slot.h"

static const struct {
    const char *person, *roles;
} people[] = {
    {"adam", "administrator"}, {"carol", "supervisor"}, {"chen", "supervisor"},
    {"kate", "custodian"},     {"kurt", "custodian"},   {"olga", "operator"},
    {"ann", "auditor"},
};
#define PEOPLE (sizeof people / sizeof people[0])

static struct secret *seed_of(const char *person)
{
    uint8_t digest[32];
    assert_int_equal(sha256(person, strlen(person), digest), KR_OK);
    return secret_from(digest, 32);
}

static void public_of(const char *person, uint8_t key[32])
{
    struct secret *seed = seed_of(person);
    assert_int_equal(sign_public(seed, key), KR_OK);
    secret_free(&seed);
}

enum kr_error centre_sign(void *ctx, const char *person, const uint8_t *message, size_t len,
                          uint8_t sig[64])
{
    (void)ctx;
    struct secret *seed = seed_of(person);
    enum kr_error error = sign_make(seed, message, len, sig);
    secret_free(&seed);
    return error;
}

/* A slot as the vault makes it, at the least cost Argon2id takes. */
static void seal_slot(struct slot *slot, const struct secret *database_key)
{
    char label[VAULT_SLOT_LABEL_MAX], passphrase[64];
    struct secret *content = secret_new(SLOT_CONTENT), *key = NULL, *text = NULL;
    struct secret *seed = seed_of(slot->person), *log_seed = seed_of("log");
    memcpy(content->bytes, database_key->bytes, 32);
    memcpy(content->bytes + 32, log_seed->bytes, 32);
    memcpy(content->bytes + 64, seed->bytes, 32);
    snprintf(passphrase, sizeof passphrase, CENTRE_PASSPHRASE, slot->person);
    text = secret_from(passphrase, strlen(passphrase));
    assert_int_equal(slot_passphrase_key(slot, text, &key), KR_OK);
    vault_slot_label(slot, label);
    assert_int_equal(seal(key, label, content->bytes, content->len, slot->sealed), KR_OK);
    slot->sealed_len = SLOT_CONTENT + SEAL_OVERHEAD;
    secret_free(&key);
    secret_free(&text);
    secret_free(&seed);
    secret_free(&log_seed);
    secret_free(&content);
}

static void fill_slots(struct slots *s, const struct secret *database_key)
{
    memset(s, 0, sizeof *s);
    snprintf(s->centre.origin, sizeof s->centre.origin, "keyrite.example/national/0571");
    snprintf(s->centre.name, sizeof s->centre.name, "National centre");
    snprintf(s->centre.suite, sizeof s->centre.suite, "3des");
    snprintf(s->centre.card_control_policy, sizeof s->centre.card_control_policy, "one");
    s->centre.tier = TIER_NATIONAL;
    s->centre.rehearsal = true;
    s->quorum = 2;
    s->holders = 2;
    public_of("log", s->log_public);
    for (size_t i = 0; i < PEOPLE; i++) {
        struct person *p = &s->people[s->count++];
        snprintf(p->slot.person, sizeof p->slot.person, "%s", people[i].person);
        snprintf(p->name, sizeof p->name, "%s", people[i].person);
        p->roles = roster_roles(people[i].roles);
        p->slot.cost = (struct kdf_cost){.memory_kib = 64, .passes = 1, .lanes = 1};
        public_of(people[i].person, p->slot.public_key);
        seal_slot(&p->slot, database_key);
    }
}

void centre_make(struct test_centre *c)
{
    memset(c, 0, sizeof *c);
    assert_int_equal(secret_heap_open(), KR_OK);
    assert_true(folder_make(c->dir, "journal"));
    c->key = secret_new(32);
    memset(c->key->bytes, 0x42, 32);
    fill_slots(&c->slots, c->key);
    enum kr_error error = store_make(c->dir, &c->slots, c->key, &c->store);
    if (error != KR_OK) {
        fail_msg("%s: %s", kr_name(error), kr_detail());
    }
}

static void add_person(struct entry *e, size_t n)
{
    uint8_t key[32];
    char hex[65];
    public_of(people[n].person, key);
    hex_encode(key, 32, hex);
    entry_add(e, "person", "%s", people[n].person);
    entry_add(e, "name", "%s", people[n].person);
    entry_add(e, "roles", "%s", people[n].roles);
    entry_add(e, "public-key", "%s", hex);
}

static size_t read_signers(const char *text, struct signer *out)
{
    size_t count = 0;
    int used = 0;
    for (; sscanf(text, " %23s %15[a-z]%n", out[count].person, out[count].role, &used) == 2;
         count++) {
        out[count].sign = centre_sign;
        out[count].ctx = NULL;
        text += used;
        text += *text == ',';
    }
    return count;
}

static enum kr_error append(struct test_centre *c, struct entry *e, const char *signers)
{
    struct signer list[ENTRY_SIGNERS_MAX];
    memset(list, 0, sizeof list);
    enum kr_error error = journal_append(c->store, e, list, read_signers(signers, list));
    entry_free(e);
    return error;
}

#define SCRIPT "id: test\n"

/* All entries of a ceremony bear the line of its script. */
static void add_script(struct entry *e)
{
    char hex[65];
    uint8_t digest[32];
    assert_int_equal(sha256(SCRIPT, strlen(SCRIPT), digest), KR_OK);
    hex_encode(digest, 32, hex);
    entry_add(e, "script", "test %s", hex);
}

static void read_lines(struct entry *e, const char *kind, const char *lines)
{
    entry_begin(e, kind);
    if (lines && strstr(lines, "ceremony ") && !strstr(lines, "script "))
        add_script(e);
    while (lines && *lines) {
        char name[32], value[256];
        int used = 0;
        assert_int_equal(sscanf(lines, "%31s %255[^\n]%n", name, value, &used), 2);
        assert_int_equal(entry_add(e, name, "%s", value), KR_OK);
        lines += used;
        lines += *lines == '\n';
    }
}

enum kr_error centre_append(struct test_centre *c, const char *kind, const char *signers,
                            const char *lines)
{
    struct entry e;
    read_lines(&e, kind, lines);
    return append(c, &e, signers);
}

static void place_and_sign(struct test_centre *c, struct entry *e, const char *signers)
{
    const struct journal_head *h = &c->store->head;
    struct signer list[ENTRY_SIGNERS_MAX];
    char header[ENTRY_HEADER_MAX];
    size_t len;
    memset(list, 0, sizeof list);
    e->signer_count = read_signers(signers, list);
    snprintf(e->origin, sizeof e->origin, "%s", c->slots.centre.origin);
    memcpy(e->boot_id, "-", 2);
    e->seq = e->tree_size = h->tree.size;
    memcpy(e->prev, h->last_leaf, 32);
    assert_int_equal(tree_root(&h->tree, e->root), KR_OK);
    for (size_t i = 0; i < e->signer_count; i++) {
        uint8_t key[32];
        memcpy(e->signers[i].person, list[i].person, sizeof e->signers[i].person);
        memcpy(e->signers[i].role, list[i].role, sizeof e->signers[i].role);
        public_of(list[i].person, key);
        assert_int_equal(roster_key_id(key, e->signers[i].key_id), KR_OK);
    }
    assert_int_equal(entry_header(e, header, &len), KR_OK);
    for (size_t i = 0; i < e->signer_count; i++)
        assert_int_equal(centre_sign(NULL, list[i].person, (const uint8_t *)header, len,
                                     e->signers[i].signature),
                         KR_OK);
}

uint64_t centre_forge(struct test_centre *c, const char *kind, const char *signers,
                      const char *lines)
{
    struct entry e;
    struct query q;
    char leaf[ENTRY_LEAF_MAX];
    uint8_t hash[32];
    size_t len;
    read_lines(&e, kind, lines);
    place_and_sign(c, &e, signers);
    assert_int_equal(entry_leaf(&e, leaf, sizeof leaf, &len), KR_OK);
    assert_int_equal(tree_leaf_hash(leaf, len, hash), KR_OK);
    assert_int_equal(store_begin(c->store), KR_OK);
    query_begin(&q, c->store, "INSERT INTO entries VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
    query_int(&q, 1, (int64_t)e.seq);
    query_blob(&q, 2, hash, 32);
    query_text(&q, 3, e.kind);
    query_blob(&q, 4, e.salt, 32);
    query_blob(&q, 5, leaf, len);
    query_blob(&q, 6, e.body, e.body_len);
    assert_int_equal(query_run(&q, KR_E_STORE_DAMAGED), KR_OK);
    assert_int_equal(tree_append(&c->store->head.tree, hash), KR_OK);
    memcpy(c->store->head.last_leaf, hash, 32);
    assert_int_equal(store_commit(c->store), KR_OK);
    entry_free(&e);
    return journal_size(c->store) - 1;
}

uint64_t centre_write(struct test_centre *c, const char *kind, const char *signers,
                      const char *lines)
{
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(centre_append(c, kind, signers, lines), KR_OK);
    assert_int_equal(store_commit(c->store), KR_OK);
    return journal_size(c->store) - 1;
}

static void bind_slots(struct test_centre *c)
{
    struct entry first;
    assert_int_equal(journal_read(c->store, 0, &first), KR_OK);
    assert_int_equal(entry_leaf_hash(&first, c->slots.founding), KR_OK);
    entry_free(&first);
    for (size_t i = 0; i < c->slots.count; i++) {
        memcpy(c->slots.people[i].slot.founding, c->slots.founding, 32);
        seal_slot(&c->slots.people[i].slot, c->key);
    }
    assert_int_equal(store_bind(c->store, &c->slots), KR_OK);
    assert_int_equal(store_publish(c->store, c->key), KR_OK);
    c->slots = *store_slots(c->store);
}

void centre_found(struct test_centre *c)
{
    struct entry e;
    centre_make(c);
    assert_int_equal(store_begin(c->store), KR_OK);
    entry_begin(&e, "found");
    founding_lines(&e, &c->slots);
    add_person(&e, 0);
    add_person(&e, 1);
    assert_int_equal(append(c, &e, "adam administrator, carol supervisor"), KR_OK);
    for (size_t i = 2; i < PEOPLE; i++) {
        entry_begin(&e, "enrol");
        add_person(&e, i);
        assert_int_equal(append(c, &e, "adam administrator, carol supervisor"), KR_OK);
    }
    for (size_t i = 0; i < PEOPLE; i++) {
        assert_int_equal(people_put(c->store, &c->slots.people[i]), KR_OK);
    }
    assert_int_equal(store_commit(c->store), KR_OK);
    assert_int_equal(journal_size(c->store), CENTRE_FOUNDING);
    bind_slots(c);
}

static void remove_files(const char *dir)
{
    char path[512];
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        unlink(path);
    }
    if (d) {
        closedir(d);
    }
}

void centre_close(struct test_centre *c)
{
    store_close(&c->store);
}

void centre_end(struct test_centre *c)
{
    centre_close(c);
    remove_files(c->dir);
    rmdir(c->dir);
    secret_free(&c->key);
}

enum kr_error centre_open(struct test_centre *c, bool read_only)
{
    enum kr_error error = slots_read(c->dir, &c->slots);
    return error == KR_OK ? store_open(c->dir, &c->slots, c->key, read_only, &c->store) : error;
}

#define BEGUN 1764028800007

static void put_ceremony(struct test_centre *c, const char *id, const char *status)
{
    char text[] = SCRIPT, state[] = "state 1\n";
    struct ceremony_record rec = {
        .script = "test", .opened_ms = BEGUN, .script_text = text, .state = state};
    snprintf(rec.id, sizeof rec.id, "%s", id);
    snprintf(rec.status, sizeof rec.status, "%s", status);
    assert_int_equal(ceremonies_put(c->store, &rec), KR_OK);
}

uint64_t centre_course(struct test_centre *c, const char *kind, const char *id)
{
    char lines[256];
    bool opening = strcmp(kind, "open") == 0;
    snprintf(lines, sizeof lines, "ceremony %s\nbegun %lld", id, (long long)BEGUN);
    assert_int_equal(store_begin(c->store), KR_OK);
    put_ceremony(c, id, opening ? "open" : strcmp(kind, "close") == 0 ? "closed" : "aborted");
    assert_int_equal(centre_append(c, kind, "kate custodian, carol supervisor", lines), KR_OK);
    assert_int_equal(store_commit(c->store), KR_OK);
    return journal_size(c->store) - 1;
}

uint64_t centre_open_covered(struct test_centre *c, const char *id)
{
    char lines[128];
    uint64_t seq = centre_course(c, "open", id);
    snprintf(lines, sizeof lines, "ceremony %s\nstep approve\ncovers " CENTRE_STEP, id);
    centre_write(c, "approval", "carol supervisor", lines);
    return seq;
}

void centre_ceremony(struct test_centre *c, const char *id)
{
    char lines[128];
    centre_open_covered(c, id);
    snprintf(lines, sizeof lines, "ceremony %s\nstep " CENTRE_STEP, id);
    uint64_t intent = centre_write(c, "intent", "kate custodian", lines);
    snprintf(lines, sizeof lines, "ceremony %s\nstep " CENTRE_STEP "\nintent %llu\nresult ok", id,
             (unsigned long long)intent);
    centre_write(c, "outcome", "kate custodian", lines);
    snprintf(lines, sizeof lines, "ceremony %s\nstep " CENTRE_STEP "[2]", id);
    intent = centre_write(c, "intent", "kurt custodian, olga operator", lines);
    snprintf(lines, sizeof lines,
             "ceremony %s\nstep " CENTRE_STEP "[2]\nintent %llu\nresult failed", id,
             (unsigned long long)intent);
    centre_write(c, "outcome", "kurt custodian", lines);
    snprintf(lines, sizeof lines, "ceremony %s\ntext the sheet was creased", id);
    centre_write(c, "note", "olga operator", lines);
    centre_course(c, "close", id);
}

enum kr_error centre_checkpoint(struct test_centre *c, const char *cosigner, char *text,
                                size_t room)
{
    struct signer log = {.person = "log", .sign = centre_sign}, who = {.sign = centre_sign};
    snprintf(who.person, sizeof who.person, "%s", cosigner ? cosigner : "");
    return checkpoint_make(c->store, &log, &who, cosigner ? 1 : 0, text, room);
}

static void run(struct test_centre *c, const char *sql, const void *bytes, size_t len)
{
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(c->store->db, sql, -1, &statement, NULL), SQLITE_OK);
    if (bytes) {
        sqlite3_bind_blob64(statement, 1, len ? bytes : "", len, SQLITE_STATIC);
    }
    int code = sqlite3_step(statement);
    assert_true(code == SQLITE_DONE || code == SQLITE_ROW);
    sqlite3_finalize(statement);
}

#define TRIGGERS_MAX 32

void centre_tamper(struct test_centre *c, const char *sql, const void *bytes, size_t len)
{
    char *names[TRIGGERS_MAX], *made[TRIGGERS_MAX], change[160];
    long long rows[TRIGGERS_MAX];
    sqlite3_stmt *list = NULL;
    size_t count = 0;
    assert_int_equal(sqlite3_prepare_v2(c->store->db,
                                        "SELECT name, sql, rowid FROM sqlite_master WHERE "
                                        "type = 'trigger' ORDER BY rowid",
                                        -1, &list, NULL),
                     SQLITE_OK);
    for (; count < TRIGGERS_MAX && sqlite3_step(list) == SQLITE_ROW; count++) {
        names[count] = strdup((const char *)sqlite3_column_text(list, 0));
        made[count] = strdup((const char *)sqlite3_column_text(list, 1));
        rows[count] = sqlite3_column_int64(list, 2);
    }
    sqlite3_finalize(list);
    run(c, "BEGIN IMMEDIATE", NULL, 0);
    for (size_t i = 0; i < count; i++) {
        snprintf(change, sizeof change, "DROP TRIGGER %s", names[i]);
        run(c, change, NULL, 0);
    }
    run(c, sql, bytes, len);
    run(c, "PRAGMA writable_schema = ON", NULL, 0);
    for (size_t i = 0; i < count; i++) {
        run(c, made[i], NULL, 0);
        snprintf(change, sizeof change, "UPDATE sqlite_master SET rowid = %lld WHERE name = '%s'",
                 rows[i], names[i]);
        run(c, change, NULL, 0);
        free(names[i]);
        free(made[i]);
    }
    run(c, "PRAGMA writable_schema = OFF", NULL, 0);
    run(c, "COMMIT", NULL, 0);
}

void centre_replace(struct test_centre *c, uint64_t seq, const struct entry *e)
{
    char sql[128], leaf[ENTRY_LEAF_MAX];
    uint8_t hash[32];
    size_t len;
    assert_int_equal(entry_leaf(e, leaf, sizeof leaf, &len), KR_OK);
    assert_int_equal(tree_leaf_hash(leaf, len, hash), KR_OK);
    snprintf(sql, sizeof sql, "UPDATE entries SET leaf = ?1 WHERE seq = %llu",
             (unsigned long long)seq);
    centre_tamper(c, sql, leaf, len);
    snprintf(sql, sizeof sql, "UPDATE entries SET leaf_hash = ?1 WHERE seq = %llu",
             (unsigned long long)seq);
    centre_tamper(c, sql, hash, 32);
    snprintf(sql, sizeof sql, "UPDATE entries SET body = ?1 WHERE seq = %llu",
             (unsigned long long)seq);
    centre_tamper(c, sql, e->body, e->body_len);
    snprintf(sql, sizeof sql, "UPDATE entries SET salt = ?1 WHERE seq = %llu",
             (unsigned long long)seq);
    centre_tamper(c, sql, e->salt, 32);
    snprintf(sql, sizeof sql, "UPDATE entries SET kind = '%s' WHERE seq = %llu", e->kind,
             (unsigned long long)seq);
    centre_tamper(c, sql, NULL, 0);
}
