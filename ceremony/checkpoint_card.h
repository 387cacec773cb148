/*
 * The checkpoint card: the newest checkpoint of the journal on a card that a supervisor keeps
 * (cardio/layouts/checkpoint-card.yaml, docs/decisions/0014). Written when people ask for it, after
 * an entry that says so; read when the store is opened, or when people ask. Two places are written
 * in turns, so a write that is torn leaves the older copy; the newer one that is whole counts.
 */
#ifndef KEYRITE_CEREMONY_CHECKPOINT_CARD_H
#define KEYRITE_CEREMONY_CHECKPOINT_CARD_H

#include "session.h"

/* A place: the compact form, filled up with zeros to 176 bytes, and the first 4 bytes of its
 * SHA-256. */
#define CHECKPOINT_CARD_PLACE 180

struct checkpoint_card {
    char number[24], chip[20];
    bool any; /* it bears a copy that is whole: */
    char compact[CHECKPOINT_COMPACT_MAX];
    size_t place;                    /* 0 or 1 */
    char form[CHECKPOINT_SHORT_MAX]; /* short form of the checkpoint it bears; "" for none */
};

/* The card in that reader (from 0), held against the journal; what was found is recorded, as
 * "checkpoint" where they agree, else as "refusal". KR_E_CARD_WRONG_KIND when it is no checkpoint
 * card, and KR_E_CARD_COPY_NONE when it bears nothing yet: nothing is recorded then. KR_E_STORE_OLD
 * when it is newer than the journal, KR_E_NOT_CHECKPOINT when another journal's log signed it,
 * KR_E_CHECKPOINT when the journal went another way. KR_E_NOT_SIGNED_IN. */
enum kr_error checkpoint_card_compare(struct session *s, size_t reader,
                                      struct checkpoint_card *card);
/* Compares first: what speaks against the journal is never overwritten. Then the intent is
 * recorded, a checkpoint covers it, and that goes onto the card and is read back; the result is
 * recorded too. KR_E_CARD_DIFFERS when the card does not give back what was written. */
enum kr_error checkpoint_card_write(struct session *s, size_t reader, struct checkpoint_card *card);
/* At opening: every reader is looked into, and the first checkpoint card compared.
 * KR_E_NOT_FOUND where none lies in a reader. */
enum kr_error checkpoint_card_look(struct session *s, struct checkpoint_card *card);

#endif
