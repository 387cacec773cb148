/*
 * "What is this card?": any card in a reader is looked at, held against the layouts and against the
 * inventory, and described. Nothing is written and no try is spent. Where somebody is present who
 * acts, the question and its answer are noted in the journal.
 */
#ifndef KEYRITE_CEREMONY_CARD_QUERY_H
#define KEYRITE_CEREMONY_CARD_QUERY_H

#include "../cardio/card_survey.h"
#include "../cardio/layout.h"
#include "session.h"

enum card_nature {
    NATURE_ALIEN,        /* it does not speak as our cards do */
    NATURE_BLOCKED,      /* its MF is blocked for good */
    NATURE_MANUFACTURER, /* the maker's mother card */
    NATURE_BLANK,        /* as the maker delivered it */
    NATURE_WASHED,       /* MF complete, no application */
    NATURE_HALF,         /* writing began and did not end */
    NATURE_ISSUED,       /* with its application complete */
    NATURE_STRANGE,      /* an application that no layout here has */
};
/* "alien" "blocked" ... as the journal has it. */
const char *card_nature_word(enum card_nature n);

enum card_finding_kind {
    FINDING_UNRECORDED,  /* the inventory does not know this piece of plastic */
    FINDING_NUMBER,      /* ... has it under another number: a inventory, b card */
    FINDING_OTHER_PIECE, /* ... has the card's number for another chip: a chip */
    FINDING_KIND,        /* a layout in the inventory, b by the card */
    FINDING_STATE,       /* a state in the inventory, b nature */
    FINDING_SPOILED,
    FINDING_DESTROYED,
    FINDING_CENTRE,      /* another centre activated it: a its identifier */
    FINDING_CONTROL,     /* our control key does not open it: a key */
    FINDING_KEY_MISSING, /* a key of the layout is not there: a key */
    FINDING_KEY_DIFFERS, /* ... has other attributes: a key */
    FINDING_KEY_MORE,    /* a key that the layout does not have: a kind and KID */
    FINDING_LOCKED,      /* a key */
    FINDING_TRIES,       /* a key, b tries left */
    FINDING_LIMIT,       /* no exports left */
};
struct card_finding {
    enum card_finding_kind kind;
    bool differs; /* card and inventory (or layout) do not agree; else it is only worth knowing */
    char a[48], b[48];
};
#define CARD_FINDINGS_MAX 16
enum card_verdict { VERDICT_AGREES, VERDICT_DIFFERS, VERDICT_UNRECORDED };

struct card_answer {
    size_t reader;
    struct card_survey survey;
    enum card_nature nature;
    char chip[20];   /* hex, "" when it told none */
    char number[24]; /* that it bears, "" for none */
    bool has_layout; /* the layout that it was made by */
    struct layout layout;
    bool has_below; /* that of the application which lay there before */
    struct layout below;
    char control[24]; /* the centre's control key that it proved to hold, "" for none */
    bool control_tried;
    bool recorded;
    struct card_record record; /* of this piece of plastic */
    enum card_verdict verdict;
    struct card_finding findings[CARD_FINDINGS_MAX];
    size_t finding_count;
    bool noted;              /* in the journal */
    enum kr_error not_noted; /* why not: KR_E_NOT_SIGNED_IN, KR_E_ROLE (an auditor only), ... */
};
/* reader from 0; while no ceremony uses it. The card is let go afterwards. KR_E_NO_CARD and the
 * other errors of readers; KR_E_STORE_MISSING before anybody has signed in. */
enum kr_error card_query(struct session *s, size_t reader, struct card_answer *a);

/* ---- In words, in the language of the moment ---- */

/* What it is, what that means, and what to do with it. */
char *card_answer_sentence(const struct card_answer *a, char *out, size_t room);
char *card_finding_sentence(const struct card_finding *f, char *out, size_t room);
/* "The inventory agrees." and the like. */
const char *card_verdict_text(enum card_verdict v);
struct card_fact {
    char label[64], value[160];
};
/* Kind, number, whose, dates, audit data, exports left, and what the inventory says. */
size_t card_answer_facts(const struct card_answer *a, struct card_fact *facts, size_t room);
/* Name and group of a key in the layout ("GMPK 3"), "" where the layout has no such key. */
void card_key_name(const struct card_answer *a, const struct survey_directory *d,
                   const struct survey_key *k, char out[32]);

#endif
