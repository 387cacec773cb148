/*
 * A session: one centre's store, its vault and card processes, and the people who are present. The
 * console, the rehearsal driver and the tests each open one; ceremonies run inside it.
 */
#ifndef KEYRITE_CEREMONY_SESSION_H
#define KEYRITE_CEREMONY_SESSION_H

#include "../cardio/reader.h"
#include "../cardio/card.h"
#include "../store/store.h"

struct session_options {
    const char *store_dir;
    const char *scripts_dir; /* *.yaml */
    const char *layouts_dir;
    enum reader_kind readers;
    const char
        *deck; /* READER_SIM, or where a rehearsal's simulated cards lie behind pcscd; else NULL */
    bool rehearsal; /* simulated cards and a throw-away store only */
    bool scripted;  /* a rehearsal whose passphrases are read from a file: they are cheap to try */
};
struct session;

/* Starts the vault and card processes; reads the slot file where there is a store. The options'
 * texts are copied. */
enum kr_error session_start(const struct session_options *o, struct session **s);
void session_end(struct session **s);

bool session_has_store(const struct session *s); /* the folder holds a store */
bool session_is_open(const struct session *s);   /* somebody signed in and it is open */
bool session_is_rehearsal(const struct session *s);
const struct slots *
session_slots(const struct session *s); /* names and roles for the list; NULL without a store */
struct store *session_store(const struct session *s); /* NULL until open */
struct vault *session_vault(const struct session *s);
struct readers *session_readers(const struct session *s);
const struct session_options *session_options(const struct session *s);
/* Fills in c for the card in that reader (0-based), in the first dialect; nothing is sent. */
void session_card(const struct session *s, size_t reader, struct card *c);

/* For console screens: a typed secret outside a ceremony. The same as the vault's entries. */
/* Signs a person in; the first one opens the store (takes its check; see store_open). Wrong
 * passphrases are journalled as refusals as soon as the store is open. The entry handle is dropped.
 */
enum kr_error session_sign_in(struct session *s, const char *person, vault_handle passphrase);
enum kr_error session_sign_out(struct session *s, const char *person);
/* Somebody who is present shows it again with the passphrase (a locked console). KR_E_PASSPHRASE,
 * journalled as a refusal; KR_E_NOT_SIGNED_IN. The entry handle is dropped. */
enum kr_error session_prove(struct session *s, const char *person, vault_handle passphrase);
struct present_person {
    char person[PERSON_ID_MAX];
    char name[PERSON_NAME_MAX];
    unsigned roles;
};
/* May be called from any thread. */
size_t session_present(struct session *s, struct present_person *out, size_t room);
bool session_is_present(struct session *s, const char *person);
/* ---- The checkpoint on paper (../store/paper.h) ---- */

/* The store that was opened remembers one, and it was not shown yet. */
bool session_paper_due(const struct session *s);
/* What was typed from paper: compared, and recorded by somebody who is present: that it agrees, or
 * as a refusal that it does not. The errors of paper_check(); KR_E_NOT_SIGNED_IN. */
enum kr_error session_paper_shown(struct session *s, const char *typed);
/* KR_E_PAPER_DUE while it is: no ceremony is opened or gone on with. Nor where a checkpoint card
 * spoke against the journal (checkpoint_card.h): KR_E_STORE_OLD, KR_E_CHECKPOINT. */
enum kr_error session_paper_admits(const struct session *s);
/* The override, said by a supervisor and another one, both present, one after the other, each with
 * the own passphrase; with the second it is recorded and signed by both (*done), and no paper is
 * asked for until a ceremony is closed again. KR_E_NOT_SIGNED_IN; KR_E_PASSPHRASE, journalled as a
 * refusal; KR_E_SAME_PERSON; KR_E_TWO_PEOPLE for two of whom none is a supervisor, and for an
 * auditor: who said it first then stands. The entry handle is dropped. */
enum kr_error session_paper_lost(struct session *s, const char *person, vault_handle passphrase,
                                 bool *done);
/* Who has said it so far; "" for nobody. */
const char *session_paper_lost_by(const struct session *s);
/* Begins anew: nobody has said it. */
void session_paper_lost_forget(struct session *s);
/* What the paper should say, for a demonstration; "" when unknown. */
void session_paper_form(const struct session *s, char form[CHECKPOINT_SHORT_MAX]);

/* The log's key, which comes with whoever is signed in. */
struct signer session_log(const struct session *s);
/* A checkpoint by the log alone: what is there is sealed. KR_E_NOT_SIGNED_IN. */
enum kr_error session_seal(struct session *s);

/* Shares present and whether the vault is open. KR_E_VAULT_GONE. */
enum kr_error session_presence(struct session *s, struct vault_presence *p);
/* site-init made the store: it becomes this session's; the people enrolled are present (their keys
 * are in the vault). */
enum kr_error session_founded(struct session *s, struct store *store);
/* Whom the journal has revoked is present no more: nothing is signed, for nobody may. */
void session_revoked(struct session *s, const char *person);
/* The vault died (or was restarted): nobody is present any more, the store stays open. */
enum kr_error session_revive_vault(struct session *s);

/* The policy "key-holding", one of three words (key_holding.h), as it was read when the store was
 * opened or decided since, for screens; "" before, and where nothing was ever decided. */
#define KEY_HOLDING_POLICY "key-holding"
#define KEY_HOLDING_CARD   "mother-card" /* mode I, and where nothing was decided */
#define KEY_HOLDING_HSM    "hsm"         /* mode II */
#define KEY_HOLDING_EXPORT "export"      /* mode III */
#define KEY_HOLDING_ROOM   16
void session_key_holding(struct session *s, char word[KEY_HOLDING_ROOM]);
/* A policy entry was committed. */
enum kr_error session_policies_read(struct session *s);

/* Where the layout of that name lies: a city-card deployment has some of its own, under city/.
 * KR_E_TOO_LONG. */
enum kr_error session_layout_path(const struct session *s, const char *name, char *path,
                                  size_t room);

#endif
