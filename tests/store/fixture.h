/* What the store's tests share: a folder of their own, a centre with five people, keys that are the
 * same every time. */
#ifndef KEYRITE_TESTS_STORE_FIXTURE_H
#define KEYRITE_TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "../folder.h"
#include "../../crypto/hash.h"
#include "../../store/database.h"

struct fixture {
    char dir[64]; /* the store's folder */
    struct secret *key;
    struct slots slots;
};

static inline void fixture_person(struct slots *s, const char *id, unsigned roles)
{
    struct person *p = &s->people[s->count++];
    memset(p, 0, sizeof *p);
    snprintf(p->slot.person, sizeof p->slot.person, "%s", id);
    snprintf(p->name, sizeof p->name, "Person %s", id);
    p->roles = roles;
    p->slot.cost = kdf_scripted;
    memset(p->slot.salt, (int)s->count, sizeof p->slot.salt);
    memset(p->slot.sealed, 0x5A, 156);
    p->slot.sealed_len = 156;
    struct secret *seed = secret_new(32);
    memset(seed->bytes, (int)s->count, 32);
    assert_int_equal(sign_public(seed, p->slot.public_key), KR_OK);
    secret_free(&seed);
}

static inline void fixture_slots(struct slots *s)
{
    memset(s, 0, sizeof *s);
    snprintf(s->centre.origin, sizeof s->centre.origin, "keyrite.example/national/test");
    snprintf(s->centre.name, sizeof s->centre.name, "National centre");
    snprintf(s->centre.suite, sizeof s->centre.suite, "3des");
    snprintf(s->centre.card_control_policy, sizeof s->centre.card_control_policy, "one");
    s->centre.tier = TIER_NATIONAL;
    memcpy(s->centre.identifier, "\x00\x00\x00\x00\x00\x12\x34\x56", 8);
    s->centre.rehearsal = true;
    s->quorum = 2;
    s->holders = 3;
    struct secret *seed = secret_new(32);
    memset(seed->bytes, 0x77, 32);
    assert_int_equal(sign_public(seed, s->log_public), KR_OK);
    secret_free(&seed);
    fixture_person(s, "alice", ROLE_CUSTODIAN);
    fixture_person(s, "bob", ROLE_CUSTODIAN | ROLE_OPERATOR);
    fixture_person(s, "carol", ROLE_SUPERVISOR);
    fixture_person(s, "dave", ROLE_AUDITOR);
    fixture_person(s, "erin", ROLE_ADMINISTRATOR);
}

static inline int fixture_begin(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    assert_int_equal(secret_heap_open(), KR_OK);
    assert_true(folder_make(f->dir, "store"));
    f->key = secret_new(32);
    for (uint8_t i = 0; i < 32; i++)
        f->key->bytes[i] = i;
    fixture_slots(&f->slots);
    *state = f;
    return 0;
}

static inline void fixture_remove_files(const char *dir)
{
    char path[512];
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        unlink(path);
    }
    if (d)
        closedir(d);
}

static inline int fixture_end(void **state)
{
    struct fixture *f = *state;
    fixture_remove_files(f->dir);
    rmdir(f->dir);
    secret_free(&f->key);
    free(f);
    return 0;
}

static inline void fixture_make(struct fixture *f, struct store **s)
{
    assert_int_equal(store_make(f->dir, &f->slots, f->key, s), KR_OK);
}

static inline enum kr_error fixture_open(struct fixture *f, bool read_only, struct store **s)
{
    struct slots *slots = malloc(sizeof *slots);
    enum kr_error error = slots_read(f->dir, slots);
    *s = NULL;
    if (error == KR_OK)
        error = store_open(f->dir, slots, f->key, read_only, s);
    free(slots);
    return error;
}

/* ---- Signing: a person's seed is 32 times the person's number in the slots, the log's 32 times
 * 77h. ---- */

static inline enum kr_error fixture_sign(void *ctx, const char *person, const uint8_t *message,
                                         size_t len, uint8_t sig[64])
{
    const struct slots *slots = ctx;
    const struct person *p = slots_find(slots, person);
    struct secret *seed = secret_new(32);
    memset(seed->bytes, p ? (int)(p - slots->people) + 1 : 0x77, 32);
    enum kr_error error = sign_make(seed, message, len, sig);
    secret_free(&seed);
    return error;
}

static inline struct signer fixture_signer(struct fixture *f, const char *person, const char *role)
{
    struct signer s = {.sign = fixture_sign, .ctx = &f->slots};
    snprintf(s.person, sizeof s.person, "%s", person);
    snprintf(s.role, sizeof s.role, "%s", role);
    return s;
}

/* The first entry, which enrols everybody, in a transaction of its own. */
static inline void fixture_found(struct fixture *f, struct store *s)
{
    struct signer both[2] = {fixture_signer(f, "erin", "administrator"),
                             fixture_signer(f, "carol", "supervisor")};
    struct entry e;
    char hex[65], roles[96];
    entry_begin(&e, "found");
    founding_lines(&e, &f->slots);
    assert_int_equal(store_begin(s), KR_OK);
    for (size_t i = 0; i < f->slots.count; i++) {
        const struct person *p = &f->slots.people[i];
        hex_encode(p->slot.public_key, 32, hex);
        assert_int_equal(entry_add(&e, "person", "%s", p->slot.person), KR_OK);
        roles[0] = '\0';
        for (unsigned bit = 1; bit <= ROLE_AUDITOR; bit <<= 1)
            if (p->roles & bit)
                snprintf(roles + strlen(roles), sizeof roles - strlen(roles), "%s%s",
                         roles[0] ? "," : "", role_name(bit));
        assert_int_equal(entry_add(&e, "roles", "%s", roles), KR_OK);
        assert_int_equal(entry_add(&e, "public-key", "%s", hex), KR_OK);
        assert_int_equal(people_put(s, p), KR_OK);
    }
    assert_int_equal(journal_append(s, &e, both, 2), KR_OK);
    assert_int_equal(store_commit(s), KR_OK);
    assert_int_equal(entry_leaf_hash(&e, f->slots.founding), KR_OK);
    assert_int_equal(store_bind(s, &f->slots), KR_OK);
    assert_int_equal(store_publish(s, f->key), KR_OK);
    f->slots = *store_slots(s);
    entry_free(&e);
}

static inline enum kr_error fixture_note(struct fixture *f, struct store *s)
{
    struct signer alice = fixture_signer(f, "alice", "custodian");
    struct entry e;
    entry_begin(&e, "note");
    enum kr_error error = entry_add(&e, "text", "counted twelve blanks");
    if (error == KR_OK)
        error = journal_append(s, &e, &alice, 1);
    entry_free(&e);
    return error;
}

static inline void fixture_checkpoint(struct fixture *f, struct store *s)
{
    struct signer log = fixture_signer(f, "", "");
    assert_int_equal(checkpoint_make(s, &log, NULL, 0, NULL, 0), KR_OK);
}

static inline size_t fixture_read(const char *dir, const char *name, uint8_t *bytes, size_t room)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "rb");
    if (!f)
        return 0;
    size_t len = fread(bytes, 1, room, f);
    fclose(f);
    return len;
}

static inline void fixture_write(const char *dir, const char *name, const uint8_t *bytes,
                                 size_t len)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static inline void fixture_copy(const char *from, const char *name, const char *to)
{
    size_t room = 64U << 20;
    uint8_t *bytes = malloc(room);
    size_t len = fixture_read(from, name, bytes, room);
    fixture_write(to, name, bytes, len);
    free(bytes);
}

#endif
