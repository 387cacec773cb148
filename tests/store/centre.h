/*
 * A founded centre for tests of the journal: adam (administrator), carol and chen (supervisors),
 * kate and kurt (custodians), olga (operator), ann (auditor), each with a signing key that is the
 * same every time. Whatever fails in here fails the test.
 */
#ifndef KEYRITE_TESTS_STORE_CENTRE_H
#define KEYRITE_TESTS_STORE_CENTRE_H

#include "../../store/database.h"
#include "../../store/verify.h"

/* Everybody's passphrase, given the person. */
#define CENTRE_PASSPHRASE "the passphrase of %s"

struct test_centre {
    char dir[64];
    struct secret *key;
    struct slots slots;
    struct store *store; /* open for writing, or NULL */
};

/* Makes folder and store; people are in the slots but nobody is in the journal yet. */
void centre_make(struct test_centre *c);
/* The same and the found and enrol entries: 6 entries (found names adam and carol). */
void centre_found(struct test_centre *c);
#define CENTRE_FOUNDING 6
void centre_end(struct test_centre *c);
void centre_close(struct test_centre *c);
enum kr_error centre_open(struct test_centre *c, bool read_only);

/* signers: "kate custodian, carol supervisor"; lines: "name value\n..." or NULL. Where they name a
 * ceremony and no script, its script line is added. Appends inside an open transaction. */
enum kr_error centre_append(struct test_centre *c, const char *kind, const char *signers,
                            const char *lines);
/* In a transaction of its own, which must succeed; returns the number of the entry. */
uint64_t centre_write(struct test_centre *c, const char *kind, const char *signers,
                      const char *lines);
/* The same by a program that keeps none of the rules: numbered, chained and signed as it must be,
 * and whatever it says. */
uint64_t centre_forge(struct test_centre *c, const char *kind, const char *signers,
                      const char *lines);
/* An entry "open", "close" or "abort" of a ceremony and its row, in one transaction. Returns its
 * number. */
uint64_t centre_course(struct test_centre *c, const char *kind, const char *id);
/* Opened, and this step approved: two entries. Returns the number of the first. */
#define CENTRE_STEP "work"
uint64_t centre_open_covered(struct test_centre *c, const char *id);
/* A ceremony of 8 entries: open, approval, intent, outcome, intent, outcome, note, close. */
void centre_ceremony(struct test_centre *c, const char *id);
/* cosigner may be NULL. */
enum kr_error centre_checkpoint(struct test_centre *c, const char *cosigner, char *text,
                                size_t room);
/* Signs as a person ("log": the log key). For struct signer. */
enum kr_error centre_sign(void *ctx, const char *person, const uint8_t *message, size_t len,
                          uint8_t sig[64]);
/* Does what the triggers forbid: they are dropped for it and put back. ?1 is bound to bytes when
 * these are not NULL. */
void centre_tamper(struct test_centre *c, const char *sql, const void *bytes, size_t len);
/* Puts a whole entry in the place of the row seq (hash and kind too). */
void centre_replace(struct test_centre *c, uint64_t seq, const struct entry *e);

#endif
