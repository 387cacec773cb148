/*
 * The store: one folder per centre: journal.db (SQLCipher), slots.a/slots.b, anchor (last signed
 * checkpoint), lock. One connection, exclusive; settings of ../shared/domain/journal.md section 2,
 * each read back. All writes happen between store_begin() and store_commit(); "recorded" means
 * commit returned KR_OK. After any write error the store is frozen: every call answers
 * KR_E_STORE_WRITE until it is closed and opened again.
 */
#ifndef KEYRITE_STORE_STORE_H
#define KEYRITE_STORE_STORE_H

#include "slots.h"
#include "tree.h"
#include "checkpoint.h"
#include "key_life.h"

struct store;

/* A new store in dir (made when missing; must be empty of a store), in two acts, so that a founding
 * that is cut off between them leaves no store behind: store_prepare() makes the database, into
 * which the founding entries go; store_publish() writes the slot file, and from then on the store
 * is there. Fills in slots->cipher. */
enum kr_error store_prepare(const char *dir, struct slots *slots, const struct secret *database_key,
                            struct store **s);
enum kr_error store_publish(struct store *s, const struct secret *database_key);
/* Between the two: the slots, bound to the first entry (slots->founding). KR_E_SLOTS when they are
 * bound to another. */
enum kr_error store_bind(struct store *s, const struct slots *slots);
/* The lines of the found entry that say what the slot file says of the centre. */
void founding_lines(struct entry *e, const struct slots *slots);
/* Both acts at once. */
enum kr_error store_make(const char *dir, struct slots *slots, const struct secret *database_key,
                         struct store **s);
/* Opens, locks (KR_E_STORE_BUSY), checks settings, tables, version, slots, the last checkpoint (log
 * signature, peaks, root), every entry after it, and the anchor file (KR_E_STORE_OLD); the opening
 * itself is one small durable write. read_only: for auditors; nothing is written beside the store,
 * the lock is shared with other readers, and judging journal and anchor is left to store_verify().
 * Works on a read-only medium and on a copy without its lock file. */
enum kr_error store_open(const char *dir, const struct slots *slots,
                         const struct secret *database_key, bool read_only, struct store **s);
void store_close(struct store **s);
/* What it points to stays until the store is closed, also when another slot file is put in force.
 */
const struct slots *store_slots(const struct store *s);
const char *store_dir(const struct store *s);
/* True when a store opened read-only had been cut off in the middle of a write: the unfinished
 * transaction was rolled back in a private copy, and the files given were left as they are. */
bool store_recovered(const struct store *s);

/* ---- Another slot file: people came or went, the vault key was shared anew ----
 * In this order: prepare puts the file that is to come beside the others, durable; a policy entry
 * "slots HEX64" (its digest) and "quorum K/N" puts it in force, with everything in its transaction,
 * in which decided is called; publish, after the commit, writes the two copies. Whatever instant a
 * power cut finds, the next opening goes by what the journal says. */
/* next: as it shall be; generation and format are set here. KR_E_FILE, KR_E_ARGUMENT. */
enum kr_error store_slots_prepare(struct store *s, const struct slots *next,
                                  const struct secret *database_key, uint8_t digest[32]);
/* seq: of the policy entry, just appended. */
enum kr_error store_slots_decided(struct store *s, uint64_t seq);
/* KR_E_STORE_WRITE when the copies cannot be written: the store is frozen, and the next opening
 * writes them. */
enum kr_error store_slots_publish(struct store *s);
/* The transaction did not come about. */
void store_slots_withdraw(struct store *s);

/* Any thread may call; a lock inside keeps the single connection to one at a time. begin..commit
 * holds it. */
enum kr_error store_begin(struct store *s);
enum kr_error store_commit(struct store *s);
void store_rollback(struct store *s);
/* A commit in two: in between a thread of the store's waits for the disk, and the caller may do
 * other work meanwhile. Whatever is asked of the store before it is finished waits for that thread
 * first. "Recorded" means that finish returned KR_OK; with nothing started it does. */
enum kr_error store_commit_start(struct store *s);
enum kr_error store_commit_finish(struct store *s);

/* ---- Journal ---- */

/* Signs message for a person; the engine's goes to the vault, tests use a local key. */
struct signer {
    char person[PERSON_ID_MAX];
    char role[16];
    enum kr_error (*sign)(void *ctx, const char *person, const uint8_t *message, size_t len,
                          uint8_t sig[64]);
    void *ctx;
};
/* Fills in the entry (origin, seq, prev, tree, times, salt, and the level that its kind and lines
 * ask for where that is greater), has every signer sign, and inserts it. Inside a transaction.
 * Refused: KR_E_SAME_PERSON when a signer is named twice; KR_E_PERSON_UNKNOWN / REVOKED; KR_E_ROLE
 * when the signers may not sign this kind (signing_rules.h); KR_E_SIGNATURE when the first
 * signature of a person since opening does not fit the enrolled key; KR_E_ENTRY_FORMAT when a
 * found, enrol, revoke or outcome entry lacks what docs/journal-format.md demands, or does not go
 * with its ceremony; KR_E_NOT_APPROVED for an intent or card entry whose step no earlier approval
 * of its ceremony covers; KR_E_ARGUMENT for an unknown kind. */
enum kr_error journal_append(struct store *s, struct entry *e, const struct signer *signers,
                             size_t count);
uint64_t journal_size(const struct store *s);
/* Entries since the last checkpoint; at CHECKPOINT_EVERY the next one is due. */
#define CHECKPOINT_EVERY 100
uint64_t journal_unsealed(const struct store *s);
enum kr_error journal_root(const struct store *s, uint8_t root[32]);
/* seq from 0. The caller frees the entry. */
enum kr_error journal_read(struct store *s, uint64_t seq, struct entry *e);
/* All entries of a ceremony in order, from its opening on (open, or found), each proved: canonical,
 * committed to, signed by people enrolled with those keys who may sign such an entry.
 * KR_E_NOT_FOUND when it was not opened; an error of each() ends it and is returned. */
enum kr_error journal_course(struct store *s, const char *ceremony,
                             enum kr_error (*each)(void *ctx, const struct entry *e), void *ctx);
/* All entries in order, each canonical and committed to, but not proved. An error of each() ends it
 * and is returned. */
enum kr_error journal_each(struct store *s, enum kr_error (*each)(void *ctx, const struct entry *e),
                           void *ctx);
/* The found, enrol and revoke entries in order, each proved. In a store opened read-only, to be
 * called before journal_course(), which rests on who they enrol; no other thread may use the store
 * meanwhile. An error of each() ends it and is returned. */
enum kr_error journal_people(struct store *s,
                             enum kr_error (*each)(void *ctx, const struct entry *e), void *ctx);
/* Signed by the log key and, where given, by people (type 04); stored in the database, and after
 * commit written to the anchor file. Own transaction. text may be NULL. */
enum kr_error checkpoint_make(struct store *s, const struct signer *log,
                              const struct signer *people, size_t count, char *text, size_t room);
enum kr_error checkpoint_last(struct store *s, char *text, size_t room);
/* The first checkpoint of at least that size. KR_E_NOT_FOUND. */
enum kr_error checkpoint_covering(struct store *s, uint64_t size, char *text, size_t room);

/* ---- People (projection of enrol entries; slots hold the secrets) ---- */
/* Row for a person, written with the enrol entry in one transaction. */
enum kr_error people_put(struct store *s, const struct person *p);
/* id, name, roles, revoked and slot.public_key are set, the rest is zero. KR_E_PERSON_UNKNOWN. */
enum kr_error people_get(struct store *s, const char *person, struct person *p);
enum kr_error people_public_key(struct store *s, const char *person, uint8_t public_key[32]);

/* ---- Policies of the centre: decided by a policy entry, in a ceremony of administrator and
 * supervisor ---- */
/* The entry of that number, just appended, decides; inside its transaction. */
enum kr_error policies_set(struct store *s, const char *name, uint64_t seq);
/* What the entry that decided last says, proved; "" when none did. KR_E_STORE_ROW when the row
 * names another entry, or none where there is one. */
enum kr_error policies_get(struct store *s, const char *name, char *value, size_t room);

/* ---- Keys ---- */
struct key_record {
    char kind[24]; /* "GMPK", "kIctlR" */
    int group;     /* 1..5, 0 where there are none */
    int version;   /* 1.. */
    char suite[16];
    int purpose;    /* enum key_purpose */
    char state[24]; /* a word of key_life.h */
    char kcv[16], kcv_algorithm[16];
    int components; /* least number of people whose components make it; 0 for random */
    char ceremony[40];
    int64_t made_ms;
    uint8_t blob[VAULT_BLOB_MAX]; /* vault_store_key() */
    size_t blob_len;
};
/* The label that blob is bound to: "key/KIND/GROUP/VERSION". */
void key_label(const struct key_record *k, char out[64]);
enum kr_error keys_put(struct store *s, const struct key_record *k); /* KR_E_KEY_EXISTS */
/* The version that serves: the active one, or the first one as long as none was ever activated; it
 * serves from its birth on. KR_E_KEY_MISSING. */
enum kr_error keys_find(struct store *s, const char *kind, int group, struct key_record *k);
/* That version, destroyed ones too: these have no blob. KR_E_KEY_MISSING. */
enum kr_error keys_get(struct store *s, const char *kind, int group, int version,
                       struct key_record *k);
/* The number of the version that would be made next; numbers of destroyed ones do not come again.
 */
enum kr_error keys_next_version(struct store *s, const char *kind, int group, int *version);
/* Any key, in whatever state, with that check value. KR_E_NOT_FOUND. */
enum kr_error keys_with_kcv(struct store *s, const char *algorithm, const char *kcv,
                            struct key_record *k);
/* By kind, group and version: those that are kept, or also what the archive knows of destroyed
 * ones. KR_E_TOO_LONG. */
enum kr_error keys_list(struct store *s, struct key_record *out, size_t room, size_t *count);
enum kr_error keys_list_all(struct store *s, struct key_record *out, size_t room, size_t *count);
/* Blob alone: the same material, sealed anew. KR_E_KEY_MISSING, also for a destroyed one. Inside a
 * transaction. */
enum kr_error keys_set_material(struct store *s, const struct key_record *k);
/* k->state is the one it has. What is destroyed leaves for the archive, its material is erased; see
 * store_scrub(). Whether the act is allowed key_life.h says. KR_E_KEY_MISSING; KR_E_KEY_EXISTS for
 * a second active version. Inside a transaction. */
enum kr_error keys_set_state(struct store *s, const struct key_record *k, const char *state);
/* After the commit that erased material: overwrites the rollback journal, in which the pages before
 * it still stand. A failure freezes the store. */
enum kr_error store_scrub(struct store *s);

/* Components typed but not yet combined, and other sealed things a ceremony needs after a restart.
 * Wiped with secure_delete. */
enum kr_error sealed_put(struct store *s, const char *ceremony, const char *name,
                         const uint8_t *blob, size_t len);
enum kr_error sealed_get(struct store *s, const char *ceremony, const char *name, uint8_t *blob,
                         size_t *len);
enum kr_error sealed_drop(struct store *s, const char *ceremony,
                          const char *name /* NULL: all of it */);
/* A ceremony of which something waits sealed; "" when there is none. */
enum kr_error sealed_waiting(struct store *s, char ceremony[40]);

/* Who entered which component of which key, over the whole life of the store (R1). */
struct knowledge {
    char key[40];  /* "GMPK/3/1": kind/group/version */
    int component; /* 1.. */
    char person[PERSON_ID_MAX];
    uint64_t seq; /* the entry that shows it */
};
enum kr_error knowledge_put(struct store *s, const struct knowledge *k);
/* All rows of a key. */
enum kr_error knowledge_of(struct store *s, const char *key, struct knowledge *out, size_t room,
                           size_t *count);
/* The first component of that kind and group (0: of a key without groups), in any version, that the
 * person entered. KR_E_NOT_FOUND. */
enum kr_error knowledge_by(struct store *s, const char *kind, int group, const char *person,
                           struct knowledge *out);

/* The first component of any key that the person entered. KR_E_NOT_FOUND. */
enum kr_error knowledge_any(struct store *s, const char *person, struct knowledge *out);

/* ---- Cards ---- */
struct card_record {
    int64_t piece;   /* row id: one piece of plastic; 0 when new */
    char number[24]; /* 20 digits: KSN, PSN or ASN */
    char kind[24];  /* "mother", "psam", "user", "manufacturer"; after issuing "rmkc", "rakc" ... */
    char chip[20];  /* chip serial, hex */
    char state[24]; /* received authenticated washed issued verified delivered spoiled destroyed */
    char layout[24];
    char pair[24];     /* number of the paired card, or "" */
    char ceremony[40]; /* that last touched it */
    char label[64];
    int64_t changed_ms;
};
enum kr_error
cards_put(struct store *s,
          struct card_record *c); /* new piece; KR_E_CARD_NUMBER when number is live */
enum kr_error cards_set(struct store *s, const struct card_record *c); /* by piece */
enum kr_error cards_by_chip(struct store *s, const char *chip, struct card_record *c);
enum kr_error cards_by_number(struct store *s, const char *number,
                              struct card_record *c); /* the live piece */
enum kr_error cards_list(struct store *s, const char *state /* NULL all */,
                         const char *kind /* NULL all */, struct card_record *out, size_t room,
                         size_t *count);
/* Verified cards of that layout with a number from first to last, in that order; "" for no bound.
 * KR_E_TOO_LONG when there are more than room. */
enum kr_error cards_ready(struct store *s, const char *layout, const char *first, const char *last,
                          struct card_record *out, size_t room, size_t *count);
/* The newest card of that layout that is ready for use (verified, or received). KR_E_NOT_FOUND. */
enum kr_error cards_of_layout(struct store *s, const char *layout, struct card_record *c);
/* Next free number: identifier part of the centre and a running count per series ("KSN", "PSN",
 * "ASN"). */
enum kr_error cards_next_number(struct store *s, const char *series, char number[24]);

/* ---- Pieces of plastic drawn in a ceremony (R4) ---- */
struct piece_record {
    char ceremony[40];
    char chip[20];   /* chip serial, hex: one row for each in a ceremony */
    char number[24]; /* "-" for one that was given back without */
    char what[12];   /* doubt (between intent and outcome) good spoiled lost returned */
    int64_t place;   /* in the order in which they were drawn, from 1 */
};
struct piece_sum {
    unsigned drawn, good, doubt, spoiled, returned;
    unsigned lost;  /* cannot be found, so nobody can destroy it */
    unsigned aside; /* of the spoiled and lost: its number was not made again */
};
/* A new row, or number and what of the one that is there, whose place stays. Inside a transaction.
 */
enum kr_error pieces_set(struct store *s, const struct piece_record *p);
/* KR_E_NOT_FOUND */
enum kr_error pieces_get(struct store *s, const char *ceremony, const char *chip,
                         struct piece_record *p);
/* The next ones in order, after that place; what NULL: all. */
enum kr_error pieces_list(struct store *s, const char *ceremony, const char *what, int64_t after,
                          struct piece_record *out, size_t room, size_t *count);
enum kr_error pieces_sum(struct store *s, const char *ceremony, struct piece_sum *sum);
/* The first piece that the inventory does not account for as the ceremony does: one in doubt, a
 * good one that is spoiled there or has another number, a spoiled or lost one that is not, a
 * returned one that is there. KR_E_NOT_FOUND when all agree. */
enum kr_error pieces_astray(struct store *s, const char *ceremony, struct piece_record *p);

/* ---- Card layouts that ceremonies were opened with ---- */

/* Under its SHA-256, in hexadecimal; nothing is written where it is there already. */
enum kr_error layouts_put(struct store *s, const char *text, size_t len);
/* The caller frees the text, which gets a NUL. KR_E_NOT_FOUND; KR_E_STORE_ROW when it is another
 * one than its digest says. */
enum kr_error layouts_get(struct store *s, const char *digest, char **text, size_t *len);

/* ---- Ceremonies: what is needed to go on after a kill ---- */
struct ceremony_record {
    char id[40];     /* "ROOT-2026-003" */
    char script[40]; /* "root-generate" */
    char
        status[12]; /* open, closing (signed, its checkpoint page not shown yet), closed, aborted */
    int64_t opened_ms;
    char *script_text; /* the YAML as opened */
    char *state;       /* the engine's own text */
};
void ceremony_record_free(struct ceremony_record *c);
enum kr_error ceremonies_put(struct store *s,
                             const struct ceremony_record *c); /* insert or replace */
/* The state alone, of one that was put before; nothing else is read or written. KR_E_NOT_FOUND. */
enum kr_error ceremonies_put_state(struct store *s, const char *id, const char *state);
enum kr_error ceremonies_get(struct store *s, const char *id,
                             struct ceremony_record *c); /* caller frees */
/* ids of those with that status ("open": also those closing, which are to be gone on with),
 * newest first. */
enum kr_error ceremonies_list(struct store *s, const char *status, char ids[][40], size_t room,
                              size_t *count);
/* "ROOT" -> "ROOT-2026-004" */
enum kr_error ceremonies_next_id(struct store *s, const char *prefix, char id[40]);

#endif
