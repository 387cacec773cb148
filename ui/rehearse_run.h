/* Inside ui/rehearse*: one rehearsal and its parts. */
#ifndef KEYRITE_UI_REHEARSE_RUN_H
#define KEYRITE_UI_REHEARSE_RUN_H

#include "../cardio/deck.h"
#include "../ceremony/engine.h"
#include "answers.h"
#include "paths.h"

#define REHEARSED_SCRIPTS_MAX 64
#define REHEARSED_STEPS_MAX   256
#define DECK_CARDS_ROOM       512

struct rehearsal {
    /* command line */
    const char *scripts[REHEARSED_SCRIPTS_MAX];
    size_t script_count;
    char ids[REHEARSED_SCRIPTS_MAX][40]; /* of the scripts, as their files say */
    const char *store, *deck, *answers_path, *lang;
    enum reader_kind readers;
    bool quiet, questions, fresh, go_on, screen;
    int pace_ms; /* on the screen: how long a request is shown before it is answered */
    /* what runs */
    struct paths paths;
    struct answers *answers;
    struct session *session;
    struct ceremony *ceremony;
    struct request request; /* the one being answered */
    char last_key[64];      /* of the request answered before it */
    char sheet_kcv[16]; /* of the component typed last, as its sheet would have it printed; "" when
                           none */
    char sheet_key[64]; /* key of the request it was typed to */
    char
        wrong_block[8]; /* number of the block that does not match its check letter; "" when none */
    unsigned enrolled;  /* people that a founding has been given */
    bool wrong_file;    /* it ended because of the answers file or the command line */
    /* cards that "auto" has taken out of the drawer */
    char drawn[DECK_CARDS_ROOM][DECK_NAME_MAX];
    size_t drawn_count;
    /* what was laid into each reader last, "" none */
    char laid[DECK_SLOTS][DECK_NAME_MAX];
    /* on the screen */
    void *hands;      /* whoever presses the keys now; NULL: the engine is answered itself */
    int64_t asked_ms; /* since when the request stands there, 0 none */
    size_t shown;     /* ceremonies begun */
    enum kr_error stopped;
    char stopped_detail[192];
    /* lines already printed */
    enum step_state printed[REHEARSED_STEPS_MAX];
};

/* Answers r->request once: KR_OK, an engine's error, or KR_E_ANSWER_MISSING and its like. */
enum kr_error rehearse_answer(struct rehearsal *r);

/* Types the text into the secret that is asked for. A component's digits get their check letters
 * where the sheets have some. */
enum kr_error rehearse_type(struct rehearsal *r, const char *text);

/* What stands on sheet NAME of the deck for the current request: a component, a PIN, or the key's
 * check value. NUL-ended; the caller frees it. KR_E_FILE, KR_E_NOT_FOUND. */
enum kr_error rehearse_sheet(struct rehearsal *r, const char *name, struct secret **value);

/* Carries the card that an answer names into the request's reader and waits until the reader shows
 * it. value: a card's name, "auto", "keep" or "none". KR_E_DECK_CARD, KR_E_DECK. */
enum kr_error rehearse_card(struct rehearsal *r, const char *value);
/* Somebody writes on the card in the request's reader what the request tells them to. */
enum kr_error rehearse_label(struct rehearsal *r);
/* The card in the request's reader is voided, which somebody writes on it. */
enum kr_error rehearse_void(struct rehearsal *r);
/* The card that the request names does not come back; whoever finds it later sees that on it. */
enum kr_error rehearse_gone(struct rehearsal *r);
/* A deck that is not there yet is made with the cards under deck: in the answers file. */
enum kr_error rehearse_deck(struct rehearsal *r);

/* Gives the answer to the engine, or where people watch to the console's runner. */
enum kr_error rehearse_say(struct rehearsal *r, const struct answer *a);
/* Whether a ceremony can go on stands in the store, so the first of the people signs in. */
enum kr_error rehearse_open_store(struct rehearsal *r);
/* Takes up the answers of the ceremony at that place of the command line, and says which script or
 * which unfinished ceremony (else "") it is. */
enum kr_error rehearse_next(struct rehearsal *r, size_t at, char path[PATH_ROOM], char open_id[40]);

/* ---- On the screen (rehearse_screen.c) ---- */
/* Holds all of them in the console's own screens; ends with the error that stopped it,
 * KR_E_CANCELLED when somebody left. */
enum kr_error rehearse_on_screen(struct rehearsal *r);

/* ---- What people see ---- */
void rehearse_print_begin(struct rehearsal *r); /* a new ceremony: nothing printed of it yet */
void rehearse_print_steps(struct rehearsal *r); /* steps that changed since the last call */
/* What a person reads when an answer did not do, and the refusal that the journal has of it since
 * it had so many entries. Nothing where there is no problem. */
void rehearse_print_problem(struct rehearsal *r, const struct request *q, uint64_t journal);
/* What a person is asked, where the command line wants it printed. */
void rehearse_print_question(const struct rehearsal *r, const struct request *q);
void rehearse_print_end(struct rehearsal *r);
/* The sentence, then where it happened. */
void rehearse_print_stop(const struct rehearsal *r, enum kr_error why);

#endif
