/*
 * The checkpoint card: the newest checkpoint of the journal on a card that a supervisor keeps
 * (cardio/layouts/checkpoint-card.yaml, docs/decisions/0014). Written when people ask for it, after
 * an entry that says so; compared when the store was opened, or when people ask. Two places are
 * written in turns, so a write that is torn leaves the older copy; the newer one that is whole
 * counts. The card is looked for in every reader; what lies in the others is reset.
 */
#ifndef KEYRITE_CEREMONY_CHECKPOINT_CARD_H
#define KEYRITE_CEREMONY_CHECKPOINT_CARD_H

#include "session.h"

/* A place: the compact form, filled up with zeros to 176 bytes, and the first 4 bytes of its
 * SHA-256. */
#define CHECKPOINT_CARD_PLACE (CHECKPOINT_COMPACT_MAX + 4)

struct checkpoint_card {
    char number[24], chip[20];
    bool any; /* it bears a copy that is whole: */
    char compact[CHECKPOINT_COMPACT_MAX];
    size_t place;                    /* 0 or 1 */
    char form[CHECKPOINT_SHORT_MAX]; /* short form of the checkpoint it bears; "" for none */
};

/*
 * The card against the journal; what was found is recorded, as "checkpoint" where they agree, else
 * as "refusal". Where they agree, a supervisor is present, and the card is not older than the paper
 * that is asked for, it stands in for the paper (session_paper_due() is over).
 * KR_E_STORE_OLD when it is newer than the journal and KR_E_CHECKPOINT when the journal went
 * another way: session_paper_admits() says so from then on. KR_E_NOT_CHECKPOINT when another
 * journal's log signed it. Nothing is recorded for KR_E_CARD_COPY_ABSENT, no card in a reader;
 * KR_E_CARD_WRONG_KIND and KR_E_CARD_FOREIGN, another card; KR_E_CARD_COPY_NONE, one that bears
 * nothing yet; KR_E_NOT_SIGNED_IN.
 */
enum kr_error checkpoint_card_compare(struct session *s, struct checkpoint_card *card);
/*
 * Compares first: what speaks against the journal is never written over. Then the intent is
 * recorded, a checkpoint covers it, and that goes onto the card, under the maintenance key of its
 * application, and is read back; the result is recorded too. KR_E_QUORUM while the vault is shut;
 * KR_E_CARD_FOREIGN for a card that this centre did not make; KR_E_CARD_COPY_DIFFERS when the card
 * does not give back what was written.
 */
enum kr_error checkpoint_card_write(struct session *s, struct checkpoint_card *card);

#endif
