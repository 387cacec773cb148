/*
 * Who is enrolled, as the journal itself says: built by reading its found, enrol and revoke entries
 * in order. Inside the store floor. docs/journal-format.md, "People".
 */
#ifndef KEYRITE_STORE_ROSTER_H
#define KEYRITE_STORE_ROSTER_H

#include "slots.h"

struct enrolled {
    char person[PERSON_ID_MAX];
    char name[PERSON_NAME_MAX]; /* "" while no entry gave one */
    uint64_t seq;               /* the entry that spoke of this person last */
    unsigned roles;
    uint8_t public_key[32];
    uint8_t key_id[4];
    uint8_t share_key[32]; /* to which shares of the vault key are sealed; zeros: nobody said one */
    bool revoked;
    bool proved; /* a signature by this key was seen to verify since the store was opened */
};
struct roster {
    struct enrolled people[PEOPLE_MAX];
    size_t count;
};

/* First 4 bytes of SHA-256(public key): what signer lines carry. */
enum kr_error roster_key_id(const uint8_t public_key[32], uint8_t id[4]);
/* NULL when nobody of that name was ever enrolled. */
struct enrolled *roster_find(struct roster *r, const char *person);
/* "administrator,auditor" to a set of enum role; 0 when a name is unknown or missing. */
unsigned roster_roles(const char *names);
/* Takes a found, enrol or revoke entry in; other kinds change nothing. The body must be known.
 * KR_E_ENTRY_FORMAT when a person's lines are incomplete; KR_E_PERSON_UNKNOWN when nobody is there
 * to be revoked; KR_E_SAME_PERSON for a key that somebody else has or had; KR_E_ARGUMENT when
 * somebody enrolled and not revoked would get another key or other roles, unless the entry names
 * the key that it replaces. On error the roster may
 * have changed. */
enum kr_error roster_apply(struct roster *r, const struct entry *e);
/* True for the kinds that roster_apply() takes in. */
bool roster_concerns(const char *kind);

#endif
