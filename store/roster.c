#include "roster.h"

#include <string.h>
#include "../crypto/hash.h"

enum kr_error roster_key_id(const uint8_t public_key[32], uint8_t id[4])
{
    uint8_t digest[32];
    enum kr_error e = sha256(public_key, 32, digest);
    memcpy(id, digest, 4);
    return e;
}

struct enrolled *roster_find(struct roster *r, const char *person)
{
    for (size_t i = 0; i < r->count; i++) {
        if (strcmp(r->people[i].person, person) == 0) {
            return &r->people[i];
        }
    }
    return NULL;
}

unsigned roster_roles(const char *names)
{
    unsigned roles = 0;
    for (const char *at = names;; at++) {
        char name[16];
        size_t len = strcspn(at, ",");
        if (len >= sizeof name) {
            return 0;
        }
        memcpy(name, at, len);
        name[len] = '\0';
        unsigned role = role_by_name(name);
        if (role == 0) {
            return 0;
        }
        roles |= role;
        at += len;
        if (*at == '\0') {
            return roles;
        }
    }
}

bool roster_concerns(const char *kind)
{
    return strcmp(kind, "found") == 0 || strcmp(kind, "enrol") == 0 || strcmp(kind, "revoke") == 0;
}

/* An entry has as many as people, or none. */
static enum kr_error read_share_key(const struct entry *e, size_t n, struct enrolled *p)
{
    char key[65];
    if (entry_get(e, "share-key", 0, key, sizeof key) != KR_OK) {
        return KR_OK;
    }
    if (entry_get(e, "share-key", n, key, sizeof key) != KR_OK ||
        hex_decode(key, p->share_key, 32) != KR_OK) {
        return kr_fail(KR_E_ENTRY_FORMAT, "%s: share key of person %zu", e->kind, n + 1);
    }
    return KR_OK;
}

/* The n-th person, roles and public-key lines of the entry belong together, and so do the names
 * where there are as many. */
static enum kr_error read_person(const struct entry *e, size_t n, bool named, struct enrolled *p)
{
    char roles[ENTRY_NAME_MAX * 5], key[65];
    memset(p, 0, sizeof *p);
    p->seq = e->seq;
    if (named && entry_get(e, "name", n, p->name, sizeof p->name) != KR_OK) {
        return kr_fail(KR_E_ENTRY_FORMAT, "%s: name of person %zu", e->kind, n + 1);
    }
    if (entry_get(e, "person", n, p->person, sizeof p->person) != KR_OK ||
        entry_get(e, "roles", n, roles, sizeof roles) != KR_OK ||
        entry_get(e, "public-key", n, key, sizeof key) != KR_OK ||
        hex_decode(key, p->public_key, 32) != KR_OK) {
        return kr_fail(KR_E_ENTRY_FORMAT, "%s: lines of person %zu", e->kind, n + 1);
    }
    p->roles = roster_roles(roles);
    if (p->roles == 0) {
        return kr_fail(KR_E_ENTRY_FORMAT, "%s: roles of %s", e->kind, p->person);
    }
    enum kr_error error = read_share_key(e, n, p);
    return error == KR_OK ? roster_key_id(p->public_key, p->key_id) : error;
}

/* One person under two names would be two seats. */
static bool key_is_taken(const struct roster *r, const struct enrolled *p)
{
    for (size_t i = 0; i < r->count; i++) {
        if (memcmp(r->people[i].public_key, p->public_key, 32) == 0 &&
            strcmp(r->people[i].person, p->person) != 0) {
            return true;
        }
    }
    return false;
}

/* The entry is about this person alone and names the key that ends with it. */
static bool replaces(const struct entry *e, const struct enrolled *known)
{
    char line[32], id[9], second[PERSON_ID_MAX];
    hex_encode(known->key_id, sizeof known->key_id, id);
    return entry_get(e, "replaces", 0, line, sizeof line) == KR_OK && strcmp(line, id) == 0 &&
           entry_get(e, "person", 1, second, sizeof second) != KR_OK;
}

static bool says_the_same(const struct enrolled *known, const struct enrolled *p)
{
    static const uint8_t none[32];
    return known->roles == p->roles && memcmp(known->public_key, p->public_key, 32) == 0 &&
           (memcmp(p->share_key, none, 32) == 0 || memcmp(known->share_key, none, 32) == 0 ||
            memcmp(known->share_key, p->share_key, 32) == 0);
}

/* Said once more: what had not been said yet is taken over. */
static void complete(struct enrolled *known, const struct enrolled *p)
{
    static const uint8_t none[32];
    if (p->name[0] != '\0') {
        memcpy(known->name, p->name, sizeof known->name);
        known->seq = p->seq;
    }
    if (memcmp(p->share_key, none, 32) != 0) {
        memcpy(known->share_key, p->share_key, 32);
    }
}

static enum kr_error enrol(struct roster *r, const struct entry *e, const struct enrolled *p)
{
    struct enrolled *known = roster_find(r, p->person);
    if (key_is_taken(r, p)) {
        return kr_fail(KR_E_SAME_PERSON, "%s", p->person);
    }
    if (known && !known->revoked && says_the_same(known, p)) {
        complete(known, p);
        return KR_OK;
    }
    if (known && !known->revoked && !replaces(e, known)) {
        return kr_fail(KR_E_ARGUMENT, "%s is enrolled already", p->person);
    }
    if (!known && r->count == PEOPLE_MAX) {
        return kr_fail(KR_E_TOO_LONG, "list of people");
    }
    if (!known) {
        known = &r->people[r->count++];
    }
    *known = *p;
    return KR_OK;
}

static enum kr_error revoke(struct roster *r, const struct entry *e, size_t n)
{
    char person[PERSON_ID_MAX];
    if (entry_get(e, "person", n, person, sizeof person) != KR_OK) {
        return kr_fail(KR_E_ENTRY_FORMAT, "revoke: person %zu", n + 1);
    }
    struct enrolled *known = roster_find(r, person);
    if (!known) {
        return kr_fail(KR_E_PERSON_UNKNOWN, "%s", person);
    }
    known->revoked = true;
    known->seq = e->seq;
    return KR_OK;
}

static bool lines_are_as_many(const struct entry *e, const char *one, const char *other)
{
    char line[ENTRY_BODY_MAX];
    size_t n = 0;
    while (entry_get(e, one, n, line, sizeof line) == KR_OK) {
        n++;
    }
    return n > 0 && entry_get(e, other, n - 1, line, sizeof line) == KR_OK;
}

enum kr_error roster_apply(struct roster *r, const struct entry *e)
{
    char line[ENTRY_BODY_MAX];
    enum kr_error error = KR_OK;
    size_t n = 0;
    if (!roster_concerns(e->kind)) {
        return KR_OK;
    }
    bool revoking = strcmp(e->kind, "revoke") == 0;
    bool named = lines_are_as_many(e, "person", "name");
    for (; error == KR_OK && entry_get(e, "person", n, line, sizeof line) == KR_OK; n++) {
        struct enrolled person;
        error = revoking ? revoke(r, e, n) : read_person(e, n, named, &person);
        if (error == KR_OK && !revoking) {
            error = enrol(r, e, &person);
        }
    }
    return error == KR_OK && n == 0 ? kr_fail(KR_E_ENTRY_FORMAT, "%s names nobody", e->kind)
                                    : error;
}
