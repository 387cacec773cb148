/*
 * What a transfer note proves, as keyrite-audit says it: by itself, against the fingerprint on its
 * paper, and against a journal that lies beside it, the sender's or the receiver's. Inside
 * store/audit.
 */
#ifndef KEYRITE_STORE_AUDIT_NOTE_VERDICT_H
#define KEYRITE_STORE_AUDIT_NOTE_VERDICT_H

#include "../entry.h"
#include "../transfer_note.h"
#include "../verify.h"
#include "audit.h"

/* The journal that --journal names. */
struct note_journal {
    const struct transfer_note *note;
    struct audit_options asked; /* of a verification: that journal, and the note's checkpoint */
    char compact[CHECKPOINT_COMPACT_MAX];
    char digest[65]; /* of the note */
    bool sender;     /* it is the journal that the note was made from */
    bool sent, received;
    uint64_t sent_seq, received_seq; /* the entries that name the note */
    struct verify_report verdict;
};
/* Once the journal's origin is known: that of the sender has to contain the note's checkpoint. */
enum kr_error note_journal_is_of(struct note_journal *j, const char *origin);
/* Every entry of the journal: whether it names the note. */
enum kr_error note_journal_take(struct note_journal *j, const struct entry *e);

/* Verifies the journal at j->asked.path and shows it to note_journal_take(). */
typedef enum kr_error (*note_verify_journal)(struct note_journal *j);
enum kr_error note_verify_bundle(struct note_journal *j);
/* Verifies the note, says the verdict; exit status. */
int note_verdict(const struct audit_options *o, note_verify_journal verify_journal);

#endif
