/*
 * A card that does not come back: it is dead, lost or damaged. Where a step asks for a card again,
 * people may choose that instead of putting it in; then they say why, with a typed word. Nobody has
 * looked at that card, and another will bear its keys: so a supervisor approves it with the own
 * passphrase, and both sign the exception beside what becomes of the card.
 */
#ifndef KEYRITE_CEREMONY_GONE_H
#define KEYRITE_CEREMONY_GONE_H

#include "../run.h"

enum gone {
    GONE_NOT,   /* the answer says nothing of the kind, or that the card is there after all */
    GONE_VOID,  /* its number is made again */
    GONE_ASIDE, /* its number is left out (batches) */
    GONE_ASKED, /* not decided yet: gone_ask() goes on */
};
/* Ways out, beside the card itself, for a request that asks for it again: "void" where its number
 * can be made again, "aside" where it can be left out. */
void gone_offer(struct request *r, bool remake, bool aside);
/* Which of these was chosen; kept until gone_decided(). */
enum gone gone_chosen(struct ceremony *c, const struct answer *a, bool remake, bool aside);
/* Why it does not come back, then the supervisor's passphrase; the number as it is written on the
 * card, in fours. */
enum kr_error gone_ask(struct ceremony *c, struct request *r, const char *grouped);
/* The answer to that. *reason: "dead", "lost" or "damaged"; NULL unless it is decided.
 * KR_E_ANSWER. */
enum kr_error gone_decided(struct ceremony *c, const struct answer *a, enum gone *what,
                           const char **reason);
/* What becomes of such a piece: "lost" when it cannot be found, else (also reason NULL, where it
 * lies there) "spoiled". */
const char *gone_what(const char *reason);
/* The exception, signed by who and the supervisor; inside the transaction that voids the card. */
enum kr_error gone_record(struct ceremony *c, const char *who, const struct card_record *card,
                          const char *reason);
#endif
