/*
 * The engine: it asks, its caller answers. ceremony_next() gives the one request to be put to
 * people now (the same until it is answered; texts in the current language each time);
 * ceremony_answer() takes one answer and does the work, journal entries and card commands included,
 * so it may take a while: the console calls it on a worker thread. The whole state is a value saved
 * in the store with each entry; ceremony_resume() loads it.
 */
#ifndef KEYRITE_CEREMONY_ENGINE_H
#define KEYRITE_CEREMONY_ENGINE_H

#include "session.h"
#include "script.h"

struct ceremony;

enum request_kind {
    REQUEST_SHOW,     /* read it, then Enter */
    REQUEST_CHOICE,   /* one of options; the safe one first */
    REQUEST_TEXT,     /* not secret: a name, a number, a date, a KCV from a sheet */
    REQUEST_SECRET,   /* typed into the vault with ceremony_key() */
    REQUEST_CARD,     /* put a card into a reader, then Enter (or as soon as it lies there); where
                         there are options, the first is the card itself (ANSWER_OK), the others say
                         that it does not come (ANSWER_CHOICE) */
    REQUEST_FINISHED, /* closed; nothing more to answer */
};
#define REQUEST_ON_PAPER    "paper"
#define REQUEST_OPTIONS_MAX 64
#define REQUEST_FACTS_MAX   80
struct request_option {
    char word[32];    /* stable: "approve", "again", a person's id; what answers files say */
    char text[160];   /* what happens next, in people's words */
    bool destructive; /* the console asks for a typed word */
};
struct request_fact { /* shown aligned: "KCV of component A", "3A 91 0C" */
    char label[64];
    char value[96];
};
struct request {
    enum request_kind kind;
    char key[64]; /* stable name for answers files: "component[1.2]", "groups", "approve-root[1]" */
    size_t step;  /* index into ceremony_steps() */
    char person[PERSON_ID_MAX]; /* who must act; "" anybody present */
    char person_name[PERSON_NAME_MAX];
    char title[128];
    char text[1536];   /* paragraphs separated by \n */
    char problem[512]; /* why the last answer did not do: what happened, what it means, what to do.
                          "" when fine */
    bool can_go_back;  /* ANSWER_BACK leads to the question before */
    bool look_away;    /* a secret is typed: everybody else looks away */
    bool for_paper;    /* REQUEST_SHOW: a checkpoint to be taken down; whoever has done so answers
                          ANSWER_OK with REQUEST_ON_PAPER, and it is asked for at the next opening */
    struct request_option options[REQUEST_OPTIONS_MAX];
    size_t option_count;
    struct request_fact facts[REQUEST_FACTS_MAX];
    size_t fact_count;
    char initial[96];                /* REQUEST_TEXT: what stands there already */
    size_t text_max;                 /* REQUEST_TEXT: longest answer in bytes */
    struct secret_entry_spec secret; /* REQUEST_SECRET */
    struct secret_entry_state secret_state;
    bool second_typing; /* REQUEST_SECRET: typed once more for comparison */
    size_t reader;      /* REQUEST_CARD: 0-based */
    char card_hint[96]; /* REQUEST_CARD, and a CHOICE about a card that is not there: "0000 0018" */
    /* REQUEST_CARD without a hint: what is reached for. plastic: "mother", "psam", "user",
     * "manufacturer", "" anything; state: that of the inventory, "" for a piece that bears no
     * number yet, "elsewhere" for one that bears a number of another centre. */
    char card_plastic[16];
    char card_state[24];
    char card_write[32]; /* REQUEST_CARD: number to be written on it first; "" for none */
};

enum answer_kind {
    ANSWER_OK,     /* SHOW, CARD; SECRET once it is complete */
    ANSWER_CHOICE, /* word of an option; CARD: of any but the first */
    ANSWER_TEXT,
    ANSWER_BACK,      /* while nothing is signed yet: the question before this one */
    ANSWER_NOTE,      /* at any time: a note into the journal; the request stays */
    ANSWER_EXCEPTION, /* at any time: an exception sheet (expected, happened, decided); the request
                         stays */
    ANSWER_PAUSE,     /* at any time: saved; ceremony_next() then says KR_E_PAUSED */
    ANSWER_ABORT,     /* at any time: text is the reason */
};
struct answer {
    enum answer_kind kind;
    char text[1536]; /* an exception sheet has three parts of 450 bytes: 150 Chinese characters each
                      */
};

/* Opens a script file for a new ceremony (checked first), or goes on with one from the store. */
enum kr_error ceremony_begin(struct session *s, const char *script_path, struct ceremony **c);
enum kr_error ceremony_resume(struct session *s, const char *id, struct ceremony **c);
void ceremony_end(struct ceremony **c); /* frees; what is unfinished can be resumed */

/* KR_OK with a request; KR_E_PAUSED, KR_E_ABORTED after those answers; any other error ends the run
 * (what is saved stays). */
enum kr_error ceremony_next(struct ceremony *c, struct request *r);
/* KR_OK also when the answer did not do: the next request then carries the problem. */
enum kr_error ceremony_answer(struct ceremony *c, const struct answer *a);

/* Typing into the secret that is asked for. byte as vault_entry_key(). */
enum kr_error ceremony_key(struct ceremony *c, uint8_t byte, struct secret_entry_state *s);
enum kr_error ceremony_block(struct ceremony *c, size_t block, struct secret_entry_state *s);

/* ---- Snapshots, from any thread, also while ceremony_answer() works ---- */
enum step_state { STEP_AHEAD, STEP_CURRENT, STEP_DONE, STEP_SKIPPED, STEP_FAILED };
struct step_line {
    char number[8];
    char title[96];
    enum step_state state;
    char who[PERSON_NAME_MAX];
    int64_t time_ms; /* when done */
    char fact[64];   /* "KCV 3A 91 0C" */
};
size_t ceremony_steps(struct ceremony *c, struct step_line *out, size_t room, size_t *current);
struct ceremony_progress {
    char doing[128];      /* "Loading GMPK group 4", localised; "" when nothing runs */
    unsigned done, total; /* of the batch (numbers made or set aside), else of the card; total 0:
                             unknown */
    bool batch;           /* more than one card; done and total are of the batch */
    unsigned drawn, good, doubt, spoiled, lost, returned; /* pieces, in the whole ceremony */
    bool untouched; /* one of those in doubt is not: nothing has been written on it yet */
    int64_t since_ms;
};
void ceremony_progress(struct ceremony *c, struct ceremony_progress *p);
/* The last cards of this run, oldest first; one is added when work on a card begins, and changes
 * with it. */
#define CARD_LINES_MAX 24
struct card_line {
    char chip[20];
    char number[24];       /* "-" for a card that goes back */
    char what[12];         /* doubt (in the reader, while it works) good spoiled lost returned */
    enum kr_error trouble; /* what went wrong with it, until it is good */
    int64_t work_ms;       /* of the last attempt */
    int64_t ended_ms;      /* steady clock; 0 in doubt */
    bool untouched;        /* in doubt by the account alone: nothing has been written on it yet */
};
size_t ceremony_cards(struct ceremony *c, struct card_line *out, size_t room);
/* Details pane: newest last; command, status word, microseconds. Never data. */
struct trace_line {
    char text[96];
};
size_t ceremony_trace(struct ceremony *c, struct trace_line *out, size_t room);
/* What an abort makes of each card drawn in this ceremony, in the order in which they were drawn;
 * not while ceremony_answer() works. */
struct card_fate {
    char number[32]; /* grouped */
    char state[24];  /* as the inventory has it now */
    bool spoils;     /* nobody knows what it holds, or it was not read back; else it stays */
};
size_t ceremony_fates(struct ceremony *c, struct card_fate *out, size_t room);
const char *ceremony_id(const struct ceremony *c); /* "ROOT-2026-003" */
const struct script *ceremony_script(const struct ceremony *c);
/* Seats and who sits there, for the bottom line. */
struct seat_line {
    char seat[32];
    char person[PERSON_ID_MAX];
    char name[PERSON_NAME_MAX];
    bool present;
};
size_t ceremony_seats(struct ceremony *c, struct seat_line *out, size_t room);

/* Language of request texts: true for Chinese. Scripts carry both; messages come from the
 * catalogue. */
void ceremony_language(bool zh);

#endif
