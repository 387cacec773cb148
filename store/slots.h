/*
 * The slot file: who may open the store, readable without any secret (names and roles for the
 * sign-in list), with everybody's sealed slot. Two copies, slots.a and slots.b, each written temp +
 * fsync + rename + directory fsync; generation number; SHA-256 against torn writes; HMAC-SHA256
 * under a key derived from the database key ("keyrite slots") against alteration, checked once
 * somebody has signed in. Byte for byte in docs/store-format.md.
 */
#ifndef KEYRITE_STORE_SLOTS_H
#define KEYRITE_STORE_SLOTS_H

#include <stdbool.h>
#include "entry.h"
#include "../crypto/vault.h"

enum role {
    ROLE_ADMINISTRATOR = 1,
    ROLE_CUSTODIAN = 2,
    ROLE_SUPERVISOR = 4,
    ROLE_OPERATOR = 8,
    ROLE_AUDITOR = 16,
};
/* "administrator" ...; 0 / NULL when unknown. */
unsigned role_by_name(const char *name);
const char *role_name(unsigned role);

#define PEOPLE_MAX      64
#define PERSON_NAME_MAX 64
struct person {
    struct slot slot;           /* slot.person is the id */
    char name[PERSON_NAME_MAX]; /* as it is shown, UTF-8 */
    unsigned roles;             /* one or more of enum role */
    bool revoked;
};
/* The last two are those of a city-card deployment: a key management centre that behaves as the
 * national one, and a card key download system that behaves as a member, with no region between. */
enum tier { TIER_NATIONAL = 1, TIER_REGIONAL, TIER_MEMBER, TIER_CITY_CENTRE, TIER_CITY_DOWNLOAD };
bool tier_is_city(enum tier t);
/* The tier that issues user cards: its identifier is the bank identifier. */
bool tier_issues_users(enum tier t);
const char *tier_name(enum tier t);       /* "national" */
enum tier tier_by_name(const char *name); /* 0 when unknown */
struct centre {
    char origin[ORIGIN_MAX]; /* "keyrite.example/national/0571": names the log */
    char name[PERSON_NAME_MAX];
    enum tier tier;
    char suite[16];               /* "3des" */
    uint8_t identifier[8];        /* region or bank identifier; zeros for a national centre */
    bool rehearsal;               /* a throw-away store; can never become a real one */
    char card_control_policy[16]; /* "one", later "batch", "serial" */
};
struct slots {
    uint32_t format; /* 3, or 2 as it was read */
    uint64_t generation;
    char cipher[64]; /* SQLCipher settings word, see docs/store-format.md */
    struct centre centre;
    unsigned quorum, holders;                 /* k of n over the vault key */
    unsigned founded_quorum, founded_holders; /* as founded; 0: no other than these */
    uint8_t log_public[32];
    uint8_t founding[32]; /* leaf hash of the journal's first entry, which every slot is bound to */
    struct person people[PEOPLE_MAX];
    size_t count;
};
/* The newest copy that is whole. KR_E_STORE_MISSING, KR_E_SLOTS, KR_E_STORE_NEWER. */
enum kr_error slots_read(const char *dir, struct slots *s);
/* Writes both copies with generation + 1. */
enum kr_error slots_write(const char *dir, struct slots *s, const struct secret *database_key);
/* KR_E_SLOTS unless the MAC of what was read fits. */
enum kr_error slots_check(const char *dir, const struct slots *s,
                          const struct secret *database_key);
const struct person *slots_find(const struct slots *s, const char *person);

#endif
