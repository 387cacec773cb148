/*
 * A transfer note: the text that travels with cards from one centre to the next and lets the
 * receiver prove, without the sender's store, that the sending centre's journal says which cards
 * went to whom (docs/transfer-note.md, byte for byte). It holds the signed entries that list the
 * cards, their salts and bodies, the proofs that they are in the sender's journal (RFC 6962 section
 * 2.1.1), the checkpoint these lead to, and the public keys of those who signed. No secret, and
 * nothing of a store is needed to read one.
 */
#ifndef KEYRITE_STORE_TRANSFER_NOTE_H
#define KEYRITE_STORE_TRANSFER_NOTE_H

#include "checkpoint.h"
#include "tree.h"

#define NOTE_BYTES_MAX   (1u << 20)
#define NOTE_PAGES_MAX   40
#define NOTE_CARDS_MAX   2000
#define NOTE_COLUMNS     78 /* of a line; a longer one goes on in the next after a space */
#define NOTE_FINGERPRINT 20 /* "AAAA-BBBB-CCCC-DDDD" and a NUL */
#define NOTE_ENDING      ".note"
#define NOTE_FIRST_LINE  "keyrite-transfer-note/1\n"

struct note_page {
    struct entry entry; /* with its body; owned by the note */
    uint8_t proof[TREE_PROOF_MAX][32];
    size_t proof_count;
};
struct note_person {
    char person[24];
    uint8_t public_key[32];
};
struct note_card {
    char number[24], kind[24], chip[20], layout[24], pair[24]; /* pair "" for none */
    char label[40];                                            /* what was written on the plastic */
    uint64_t seq;                                              /* of the sender's entry */
};
struct transfer_note {
    /* what stands in the text */
    uint8_t log_key[32];
    struct note_page *pages; /* in the order of the journal */
    size_t page_count;
    struct note_person people[ENTRY_SIGNERS_MAX]; /* who signed, in order of first signature */
    size_t people_count;
    struct checkpoint head;
    uint8_t log_signature[64];
    /* what the pages say; filled in by transfer_note_read() */
    char centre[96], tier[16], identifier[17]; /* of the sender; identifier in hexadecimal */
    char receiver[96], receiver_identifier[17];
    char package[64], ceremony[40];
    bool rehearsal;
    struct note_card *cards;
    size_t card_count;
    uint8_t digest[32]; /* SHA-256 of the text: which note it is */
};

/* Reads a note and proves everything that it can prove by itself: its one form, the bodies against
 * their commitments, every signature on the pages, each page's place in the tree of the checkpoint,
 * and the checkpoint against the log key. That this is the sender's log key only the paper shows.
 * KR_E_NOTE_FORM, KR_E_NOTE_PROOF; on KR_OK *n is the caller's. */
enum kr_error transfer_note_read(const char *text, size_t len, struct transfer_note **n);
/* The same from a file, whose text is the caller's too unless text is NULL. KR_E_FILE,
 * KR_E_NOTE_FORM past NOTE_BYTES_MAX. */
enum kr_error transfer_note_load(const char *path, struct transfer_note **n, char **text,
                                 size_t *len);
void transfer_note_free(struct transfer_note **n);
/* The one text of a note, from its first part alone. The caller frees it. KR_E_TOO_LONG. */
enum kr_error transfer_note_text(const struct transfer_note *n, char **text, size_t *len);

/* Its checkpoint as a signed text, with the log's line alone. */
enum kr_error transfer_note_checkpoint(const struct transfer_note *n, char text[CHECKPOINT_MAX]);

/* The card with that chip; NULL when the note does not list it. */
const struct note_card *transfer_note_card(const struct transfer_note *n, const char *chip);
/* How many it lists of that kind. */
size_t transfer_note_count(const struct transfer_note *n, const char *kind);

/* For reading aloud and typing: the first 80 bits of SHA-256(log key) in base32, in fours. */
enum kr_error transfer_note_fingerprint(const uint8_t log_key[32], char out[NOTE_FINGERPRINT]);
/* Whether that is what people typed; small letters, spaces and hyphens, 0 1 8 for O I B count as
 * they do for a checkpoint's short form. */
bool transfer_note_is_fingerprint(const char *typed, const char *fingerprint);

#endif
