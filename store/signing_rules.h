/*
 * Who may sign what: one table, used when an entry is written and again when the journal is
 * verified. The roles and what they may never do: docs/journal-format.md, "Who may sign".
 */
#ifndef KEYRITE_STORE_SIGNING_RULES_H
#define KEYRITE_STORE_SIGNING_RULES_H

#include "roster.h"

struct signing_rule {
    const char *kind;
    unsigned may; /* roles in which a signer of this kind may act */
    size_t most;  /* signers */
    unsigned
        need[2]; /* for each, at least one signer acting in one of these roles; 0: no such need */
};
/* NULL for a kind that is not in the table: nobody may sign it. */
const struct signing_rule *signing_rule_for(const char *kind);

/* The signer lines of an entry against the table and the roster as it stood before the entry (for
 * found: with the people it names itself). KR_E_ARGUMENT unknown kind; KR_E_SAME_PERSON;
 * KR_E_PERSON_UNKNOWN (also: another key than the enrolled one); KR_E_PERSON_REVOKED; KR_E_ROLE,
 * its detail naming the person or the role that is missing. */
enum kr_error signing_check(const struct entry *e, struct roster *r);
/* Whether a piece line of the entry says that this chip (NULL: any) is lost; it takes two to say so
 * first. */
bool entry_says_lost(const struct entry *e, const char *chip);

#endif
