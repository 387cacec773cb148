/*
 * A ceremony as declared data: one YAML file (docs/scripts.md describes every field), read with its
 * line numbers, checked against rules R1-R4 of ../shared/domain/ceremonies.md before anyone stands
 * there.
 */
#ifndef KEYRITE_CEREMONY_SCRIPT_H
#define KEYRITE_CEREMONY_SCRIPT_H

#include "../store/slots.h"

#define SCRIPT_STEPS_MAX      48
#define SCRIPT_SEATS_MAX      8
#define SCRIPT_PARAMETERS_MAX 12

struct words { /* what people read, in the languages a script speaks */
    char *en, *zh;
};
struct script_seat {
    char *id;
    char *role;      /* a role's name */
    int least, most; /* how many people; 1..1 unless declared */
    char *count;     /* parameter that says how many, or NULL */
    struct words title;
    unsigned line;
};
struct script_parameter {
    char *id;
    char *type; /* number, groups, text, choice, identifier, file, note, card-number */
    int least, most;
    char *preset;
    char **options; /* choice: stable words */
    unsigned options_count;
    struct words ask;
    unsigned line;
};
struct script_step {
    char *id;
    char *kind;    /* a row of the step-kind table */
    char *who;     /* seat that acts, or NULL */
    char *with;    /* second seat (confirmer, second signature), or NULL */
    char **repeat; /* up to two of: "groups", a seat; one instance each, the first outermost */
    unsigned repeat_count;
    char *key;     /* key kind, e.g. GMPK */
    char *purpose; /* control maintenance transport master auth */
    char **keys;   /* several */
    unsigned keys_count;
    char **layouts; /* pin-change, pin-unlock: of the cards that it is for */
    unsigned layouts_count;
    char *layout;     /* card layout */
    char *card;       /* kind of card: mother psam user manufacturer */
    int reader;       /* 1 or 2 */
    char *mother;     /* layout of the card in reader 1 that is opened for this step, or NULL */
    char *from;       /* personalise: inventory state of the cards, where they are not blank */
    char *data;       /* personalise: the parameter that names the data file, or NULL */
    bool blank;       /* issue: the card is still blank, and is washed in the same act */
    char *partner;    /* issue/read-back: step whose card is this one's pair */
    char *refuses;    /* refusal: bank, root or group */
    char *unless_key; /* skipped when the centre already has this key */
    char **covers;    /* approve: steps it approves */
    unsigned covers_count;
    char **requires; /* requirements satisfied, e.g. "PCI PIN 6-3" */
    unsigned requires_count;
    struct words title, text;
    unsigned line;
};
struct script {
    char *id, *prefix; /* "root-generate", "ROOT" */
    int version;
    int order; /* place in lists of ceremonies, small first */
    char **tiers;
    unsigned tiers_count;
    char **key_holding; /* ways to hold keys (key_holding.h) that it is for; none: all */
    unsigned key_holding_count;
    bool founding; /* site-init: there is no store yet */
    bool vault;    /* enough custodians to open the vault must be seated */
    struct words title, purpose;
    struct script_seat *seats;
    unsigned seats_count;
    struct script_parameter *parameters;
    unsigned parameters_count;
    struct script_step *steps;
    unsigned steps_count;
    /* not in the file */
    char *source; /* the bytes */
    size_t source_len;
    uint8_t hash[32]; /* SHA-256 of source */
};

/* KR_E_FILE, or KR_E_SCRIPT_SYNTAX with "FILE line N: ..." */
enum kr_error script_load(const char *path, struct script **s);
enum kr_error script_parse(const char *name, const char *text, size_t len, struct script **s);
void script_free(struct script **s);

/* One broken rule. */
struct script_finding {
    unsigned line;
    char rule[4]; /* "R1".. or "" for form */
    char what[200];
};
/* All findings (0 = fit to run); KR_OK or KR_E_SCRIPT_RULE / KR_E_STEP_UNKNOWN with the first one's
 * text as detail. */
enum kr_error script_check(const struct script *s, struct script_finding *out, size_t room,
                           size_t *count);

/* Scripts in a folder, by their order. */
struct script_summary {
    char path[256], id[40];
    char title_en[80], title_zh[80];
    bool founding;
    int order;
    unsigned tiers; /* bit 1<<tier */
};
size_t script_list(const char *dir, struct script_summary *out, size_t room);

#endif
