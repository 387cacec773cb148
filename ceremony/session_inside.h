/* A session from inside: what session.c, session_paper.c, card_query.c and checkpoint_card.c
 * share. */
#ifndef KEYRITE_CEREMONY_SESSION_INSIDE_H
#define KEYRITE_CEREMONY_SESSION_INSIDE_H

#include <pthread.h>

#include "session.h"

struct session {
    struct session_options options;
    char *texts[4];
    struct vault *vault;
    struct readers *readers;
    struct store *store;
    struct slots slots; /* as read before the store is open */
    bool has_slots;
    pthread_mutex_t lock;
    char present[PEOPLE_MAX][PERSON_ID_MAX];
    size_t present_count;
    /* wrong passphrases given before the store could be opened, to be journalled then */
    struct {
        char person[PERSON_ID_MAX];
        unsigned times;
    } refused[PEOPLE_MAX];
    size_t refused_count;
    bool paper_due;
    enum kr_error card_against;           /* what a checkpoint card said against the journal */
    char card_form[CHECKPOINT_SHORT_MAX]; /* ... and what it bears */
    char paper_lost_by[PERSON_ID_MAX];    /* has said so, and waits for another one */
    char key_holding[KEY_HOLDING_ROOM];
};

/* Somebody who is present signs in that role (one of enum role). */
struct signer signer_as(struct session *s, const char *person, unsigned role);
/* Of a set of roles the one that stands first. */
unsigned first_role(unsigned roles);
/* Appended and signed in a transaction of its own. */
enum kr_error record_signed(struct session *s, struct entry *e, const struct signer *signers,
                            size_t count);

#endif
