/*
 * People come and go: what a ceremony of that kind is about, whether it may be held, and the one
 * transaction in which it takes effect. docs/decisions/0015.
 */
#ifndef KEYRITE_CEREMONY_PEOPLE_H
#define KEYRITE_CEREMONY_PEOPLE_H

#include "run.h"

#define HOLDERS_MOST 9 /* people with a share: every set of k of them is tried */

/* What follows from the script's step and its parameters, and from who is enrolled now. */
struct people_plan {
    const char *kind;         /* of the step, "" for a script that is about something else */
    const char *entry;        /* kind of the entry that says so: enrol, revoke; NULL for neither */
    struct person subject;    /* as it is before; of somebody new id and name alone */
    unsigned roles;           /* after */
    bool slot;                /* a passphrase is chosen, and with it comes a new signing key */
    bool share;               /* the vault key is changed and shared anew: the vault is open */
    unsigned quorum, holders; /* after */
};
bool people_kind(const char *step_kind);
/* Also refuses what must not be, in words: somebody who is unknown or revoked, who sits in the
 * ceremony that is about the own person, the last administrator, supervisor or auditor, fewer
 * custodians than open the vault, a role that is there already, a supervisor's for somebody who
 * entered a component (KR_E_CONFLICT, citing the entry). */
enum kr_error people_plan(const struct ceremony *c, struct people_plan *p);
/* The ceremony decides about that person, who therefore sits in none of its seats. */
bool people_judge(const struct ceremony *c, const char *person);
/* Whether the quorum has to come: asked before the opening is signed. */
bool people_want_vault(const struct ceremony *c);
/* What is now and what will be, for those who approve. */
void people_facts(struct ceremony *c, struct request *r);
/* "administrator,custodian", as entries have it. */
void roles_words(unsigned roles, char out[96]);
/* The lines of an enrol entry. */
void enrol_lines(struct entry *e, const struct person *p);
/* What a passphrase costs to try, in this session. */
const struct kdf_cost *passphrase_cost(const struct session *s);

/* ---- Taking effect ---- */
struct people_change {
    struct people_plan plan;
    struct slots *next; /* the slot file to come */
    struct person *who; /* in next; NULL where it is about nobody */
    unsigned sets;      /* of people that open the vault, each of them tried */
};
/* The plan once more, and the vault made ready (vault_renew_begin()). Freed by change_end(). */
enum kr_error change_begin(struct ceremony *c, struct people_change *x);
/* The slot in c->first_entry's passphrase. KR_E_PASSPHRASE_SHORT, KR_E_PASSPHRASE_SAME. */
enum kr_error change_slot(struct ceremony *c, struct people_change *x);
/* Intent, shares, keys sealed anew, entries and rows; from the commit on it is in force. The step
 * is done with it. */
enum kr_error change_commit(struct ceremony *c, struct people_change *x);
/* What did not come about is forgotten. Returns so_far, with its detail. */
enum kr_error change_end(struct ceremony *c, struct people_change *x, enum kr_error so_far);
/* All of it, where no passphrase is chosen. */
enum kr_error change_whole(struct ceremony *c);

#endif
