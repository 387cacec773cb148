/*
 * Inside the ceremony floor: the running ceremony, and what step kinds may do with it.
 * A step kind is a row of the table in steps.c: ask() fills in the request for the current phase,
 * take() handles its answer (or, for a phase without request, does its work). Everything that must
 * outlive a kill is in variables (var_set), the phase and the instance index; engine_commit() saves
 * them in the transaction that records.
 */
#ifndef KEYRITE_CEREMONY_RUN_H
#define KEYRITE_CEREMONY_RUN_H

#include <pthread.h>
#include <stdarg.h>
#include <time.h>
#include "engine.h"
#include "layout_files.h"
#include "../cardio/personalise.h"

#define INSTANCES_MAX 256
#define VARS_MAX      640
#define TRACE_MAX     64
#define TEXT_MAX      512

struct var {
    char name[48];
    char value[TEXT_MAX];
};
/* One step to be done: a script step, repeated where the script says so. */
struct instance {
    size_t step;
    int index[2]; /* 1-based; 0 where it is not repeated */
    int indices;
    enum step_state state;
    char who[PERSON_ID_MAX];
    int64_t time_ms;
    char fact[64];
};
struct transfer_note;
struct ceremony {
    struct session *session;
    struct script *script;
    char id[40];
    /* the saved state */
    struct var vars[VARS_MAX];
    size_t var_count;
    struct instance instances[INSTANCES_MAX];
    size_t instance_count;
    size_t current;
    int phase;
    /* not saved */
    pthread_mutex_t lock; /* guards vars, instances and what follows, for snapshots: the answering
                             thread writes under it and alone may read without it */
    char problem[512];
    vault_handle entry, first_entry; /* secret being typed; first typing */
    char entry_for[64];              /* key of the request it is typed for */
    struct secret_entry_spec entry_spec;
    struct secret_entry_state entry_state;
    vault_handle held; /* a key between two phases (combine -> keep), or cards (intake) */
    vault_handle pin;  /* a PIN typed in this step */
    struct kcv held_kcv;
    struct ceremony_progress progress;
    struct trace_line trace[TRACE_MAX];
    size_t trace_count;
    struct layout_files layouts; /* as they are signed at the opening */
    struct layout layout;        /* the last one read: a batch uses the same for every card */
    struct mother *mother;       /* the opened card of a step (steps/mother.h) */
    struct transfer_note *note;  /* on which cards are taken in (notes.h), once it was looked at */
    struct held_kit *kit;        /* of the step that goes on (steps/kit_held.h) */
    struct piece_sum sum;        /* of the pieces drawn; counted anew unless summed */
    bool summed;
    struct card_line lines[CARD_LINES_MAX];
    size_t line_count;
    int64_t card_ms; /* steady: since when a card is worked on; 0: none is */
    bool untouched;  /* nothing that changes it was sent to the card of the open intent */
    bool paused, aborted, finished;
    bool resumed;              /* to be recorded once everybody is present again */
    bool stuck;                /* the work of this step failed: people are shown why */
    bool committing;           /* a commit was started and is not finished */
    bool dirty;                /* state differs from what is saved */
    char row_status[12];       /* of the ceremony's row in the store; "" before there is one */
    struct kept *kept;         /* the state to go back to when an act fails half way */
    char guard[PERSON_ID_MAX]; /* whose passphrase the presence guard asks for */
};

/* ---- Step kinds ---- */
struct step_kind {
    const char *name;
    /* what the script checker needs to know */
    bool effect; /* changes a card or the store: must be covered by an approval (R1, R3) */
    bool cards;  /* draws cards: the script needs a balance (R4) */
    bool secret; /* someone types a component: seat must be custodians, least 2 (R1) */
    bool needs_who, needs_key, needs_layout, needs_reader;
    enum kr_error (*ask)(struct ceremony *c, struct request *r);
    enum kr_error (*take)(struct ceremony *c, const struct answer *a); /* a NULL: work phase */
};
extern const struct step_kind step_kinds[];
extern const size_t step_kind_count;
const struct step_kind *step_kind_by_name(const char *name);
/* ask() sets this kind for a phase that needs nobody: take(c, NULL) is called at once. */
#define REQUEST_WORK ((enum request_kind)100)

const struct script_step *step_now(const struct ceremony *c);
struct instance *instance_now(struct ceremony *c);
/* "component[1.2]" for the current instance, with an optional part: "component.kcv[1.2]". */
void step_request_key(const struct ceremony *c, const char *part, char out[64]);
void instance_key(const struct ceremony *c, const struct instance *in, const char *part,
                  char out[64]);

/* Moves on inside the step, or to the next one. fact and who are shown in the script pane. */
void step_goto(struct ceremony *c, int phase);
void step_done(struct ceremony *c, const char *who, const char *fact_format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for a step whose outcome is recorded as failed, and which is left so. */
void step_failed(struct ceremony *c, const char *who, const char *fact);
void step_skip(struct ceremony *c);
/* Back to the first instance of a step, which becomes current again (components to be typed anew).
 */
void step_back_to(struct ceremony *c, size_t instance);
/* The answer did not do: the sentence goes with the next request. Returns KR_OK. */
enum kr_error step_problem(struct ceremony *c, enum kr_error why);

/* One question back, while nothing has been signed yet (back.c). */
bool back_possible(const struct ceremony *c);
enum kr_error take_back(struct ceremony *c);

/* ---- Variables ---- */
const char *var_get(const struct ceremony *c, const char *name); /* "" when unset */
int var_number(const struct ceremony *c, const char *name);
enum kr_error var_set(struct ceremony *c, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void var_clear(struct ceremony *c, const char *name);

/* ---- Seats ---- */
/* Person in a seat (n 1-based), "" when nobody sits there. seat_step: for the current instance,
 * using its index when the step is repeated over that seat. */
const char *seat_person(const struct ceremony *c, const char *seat, int n);
int seat_count(const struct ceremony *c, const char *seat);
bool seat_taken_by(const struct ceremony *c, const char *person);
/* Whether the person may take a seat of that role: enrolled with it, not revoked, in no seat yet
 * (R1). KR_E_PERSON_REVOKED, KR_E_ROLE, KR_E_SAME_PERSON. */
enum kr_error seat_allows(const struct ceremony *c, const struct person *p, unsigned role);
const char *step_person(const struct ceremony *c);
const struct script_seat *script_seat_by_id(const struct script *s, const char *id);
const char *person_name(const struct ceremony *c, const char *person);
/* Group number the current instance is about (1-based group value, not index), 0 without groups. */
int step_group(const struct ceremony *c);
const char *instance_person(const struct ceremony *c, const struct instance *in);
int instance_group(const struct ceremony *c, const struct instance *in);
void instance_title(const struct ceremony *c, const struct instance *in, char *out, size_t room);
int groups_count(const struct ceremony *c);
int group_at(const struct ceremony *c, int index1);

/* ---- Words ---- */
bool text_is_utf8(const char *text);
/* Takes a character away that was cut off in the middle. */
void text_cut(char *text);
/* As snprintf(), never ending inside a character. */
void text_put(char *out, size_t room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void text_fill(char *out, size_t room, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
bool words_zh(void);
const char *words_pick(const struct words *w);
/* Title and text of the current step with {person} {group} {letter} {count} ... replaced. */
void request_from_step(struct ceremony *c, struct request *r, enum request_kind kind,
                       const char *part);
void request_option(struct request *r, const char *word, bool destructive, const char *text);
void request_fact(struct request *r, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- Secrets typed in a request ---- */
/* Opens (once) the vault entry for the request and fills in r->secret*. */
enum kr_error request_secret(struct ceremony *c, struct request *r,
                             const struct secret_entry_spec *spec, bool second);
void entry_drop(struct ceremony *c);

/* ---- Journal ---- */
/* Entry with ceremony, script, step, group/seat lines and actors filled in. */
void record_begin(struct ceremony *c, struct entry *e, const char *kind);
/* Opens the transaction; between it and record_commit() the step writes its rows. */
enum kr_error record_open(struct ceremony *c);
/* Signs with the session keys of the persons named (NULL-ended list, equal names once) and appends.
 */
enum kr_error record_sign(struct ceremony *c, struct entry *e, const char *const *persons,
                          uint64_t *seq);
/* Saves the state and commits; on any error rolls back. Frees e. Pass the error so far: it is
 * returned first. */
enum kr_error record_commit(struct ceremony *c, struct entry *e, enum kr_error so_far);
/* The same in two: until it is finished, which has to be before anything changes because of it and
 * before the answer is done, the ceremony's state stays as it is. Finishing without a start is
 * nothing. */
enum kr_error record_commit_start(struct ceremony *c, struct entry *e, enum kr_error so_far);
enum kr_error record_commit_finish(struct ceremony *c);
/* The three in one for entries without rows: signed by who (and with, unless NULL or the same). */
enum kr_error record_simple(struct ceremony *c, struct entry *e, const char *who, const char *with,
                            uint64_t *seq);
/* Intent before effect: entry "intent" committed, its seq in variable "intent". */
enum kr_error record_intent(struct ceremony *c, struct entry *e, const char *who);
/* Fills entry "outcome" for the open intent; result ok, failed, abandoned; with the card outside
 * the inventory that variable "intent.card" has kept. Caller adds, signs, commits. */
void record_outcome_begin(struct ceremony *c, struct entry *e, const char *result);
/* Checkpoint by the log key, and by people where they are given; own transaction. text may be NULL.
 */
enum kr_error record_checkpoint(struct ceremony *c, const struct signer *people, size_t count,
                                char *text, size_t room);
/* The same by the log key alone once CHECKPOINT_EVERY entries have none. */
enum kr_error record_seal_when_due(struct ceremony *c);
/* The role a person acts in here: that of the seat, else the first one granted. */
const char *acting_role(const struct ceremony *c, const char *person);
/* Who signs what belongs to no seat: the person whose turn it is, else who sits here, else anybody
 * present; never an auditor, who watches and does not act. False when there is nobody. */
bool acting_person(struct ceremony *c, char out[PERSON_ID_MAX]);

/* ---- Beside the answers (interruptions.c) ---- */
enum kr_error take_note(struct ceremony *c, const struct answer *a);
enum kr_error take_pause(struct ceremony *c);
enum kr_error take_abort(struct ceremony *c, const struct answer *a);
enum kr_error record_resumption(struct ceremony *c);

/* ---- State ---- */
enum kr_error state_save(struct ceremony *c); /* inside a transaction */
enum kr_error
state_persist(struct ceremony *c); /* own transaction, when dirty and there is a store */
/* Drops what must not outlive the ceremony: sealed components, and the rows of a data file with
 * people's names in them. Inside a transaction. */
enum kr_error state_leave_nothing(struct ceremony *c);
/* Remembers the state as it is now (after a commit, and before an act); state_put_back() returns to
 * it, because what was rolled back in the store must not stand in memory either. */
void state_keep(struct ceremony *c);
void state_put_back(struct ceremony *c);
enum kr_error state_text(const struct ceremony *c, char **out);
enum kr_error state_read(struct ceremony *c, const char *text);
enum kr_error instances_expand(struct ceremony *c);

/* ---- Keys ---- */
/* A key of the store loaded into the vault. KR_E_SEAL_BROKEN; KR_E_STORE_ROW when its check value
 * is not the row's, which people are shown. */
enum kr_error key_open(struct session *s, const struct key_record *rec, vault_handle *h);
/* The centre's newest one. */
enum kr_error key_load(struct ceremony *c, const char *kind, int group, vault_handle *h,
                       struct key_record *rec);
/* Row and sealed blob for a key held in the vault, as the version that comes next; inside a
 * transaction. KR_E_KEY_EXISTS while one serves, or waits to be activated. */
enum kr_error key_keep(struct ceremony *c, const char *kind, int group, enum key_purpose purpose,
                       vault_handle h, const struct kcv *kcv, int components,
                       struct key_record *rec);
enum key_purpose purpose_by_name(const char *name); /* 0 when unknown */
/* A version serves, or the newest one waits to be activated. */
bool key_exists(struct ceremony *c, const char *kind, int group);
/* The newest version, in whatever state. */
bool key_newest(struct ceremony *c, const char *kind, int group, struct key_record *rec);
/* The number that a version made now would have, from 1. */
int key_next_version(struct ceremony *c, const char *kind, int group);
/* "key ..." with all that the row has once this entry is committed, and its material. */
void record_key(struct entry *e, const struct key_record *rec);
/* "material LABEL HEX64": which sealed blob was stored. A digest of ciphertext, never of a secret.
 */
void record_material(struct entry *e, const char *label, const uint8_t *blob, size_t len);

/* "MLK 1 load master key   KCV 3A 91 0C", in the people's language. */
void request_key(struct request *r, const struct key_record *rec);

/* ---- Custody (custody.c) ---- */
/* KR_E_CONFLICT, citing the entry, when the person ever entered a component of a key that any step
 * of the ceremony makes, takes in or loads onto a card: such a person may not approve it (R1). */
enum kr_error custody_free_to_approve(struct ceremony *c, const char *person);

/* ---- Days (day.c) ---- */
/* As cards have numbers and dates: two digits in a byte, YYYYMMDD in four. */
uint8_t bcd(int two_digits);
void bcd_day(const struct tm *day, uint8_t out[4]);
/* That day so many years later; the 29th of February becomes the 28th where there is none. */
void years_later(struct tm *day, int years);
/* Keeps the day of now by this machine's time zone, as YYYYMMDD, for the opening entry and every
 * card of the ceremony; and gives it back. */
enum kr_error day_keep(struct ceremony *c);
void day_of_ceremony(struct ceremony *c, struct tm *day);

/* ---- Cards ---- */
/* Asks for a card in that reader (0-based); plastic and state as in struct request. */
void request_card(struct ceremony *c, struct request *r, const char *part, size_t reader,
                  const char *plastic, const char *state);
/* The technical side of what a card or reader answered, for the details pane. */
void trace_trouble(struct ceremony *c, enum kr_error why);
void card_begin(struct ceremony *c, size_t reader, struct card *card);
/* Opens the card in the current step's reader and tells its chip serial, in hex; from then on it is
 * this piece or none. */
enum kr_error card_begin_chip(struct ceremony *c, struct card *card, char chip[20]);
/* The same in another reader (0-based). */
enum kr_error card_begin_chip_in(struct ceremony *c, size_t reader, struct card *card,
                                 char chip[20]);
/* What a card or reader may answer: people are told, and may go on. */
/* The refusal of a card that the inventory has already: KR_E_CARD_KEPT where it is of the kind that
 * is asked for, else KR_E_CARD_WRONG_KIND. */
enum kr_error card_known(const struct card_record *known, const char *kind);
bool card_error(enum kr_error err);
/* Of these, what says that nothing happened to the card yet, or that the wrong one lies there: it
 * is asked for again. */
bool card_untouched(enum kr_error err);
/* The layouts that the script names, out of their files. */
enum kr_error layouts_gather(struct ceremony *c);
enum kr_error layout_for(struct ceremony *c, const char *name, struct layout *l);
/* Whether the holder opens the card with a PIN of the own choice. */
enum kr_error layout_has_pin(struct ceremony *c, const char *name, bool *has);
void audit_for(struct ceremony *c, const struct layout *l, const char *number,
               struct card_audit *audit);
/* "card NUMBER KIND CHIP STATE LAYOUT PAIR": as the inventory has it once this entry is committed,
 * - for an empty column. */
void record_card(struct entry *e, const struct card_record *card);
/* The card that an intent is about: its line, and in the saved state its chip and number, without
 * which the ceremony could not go on after a restart (evidence.h). */
enum kr_error record_intent_card(struct ceremony *c, struct entry *e,
                                 const struct card_record *card);
void progress_set(struct ceremony *c, const char *doing, unsigned done, unsigned total);
/* Notes what became of a piece drawn in this ceremony: doubt (also issued, and not read back yet),
 * good, spoiled, lost (which a supervisor signs too), returned (R4); in its row, and as a line of
 * the entry that says why. Inside the transaction of that entry, before it is signed. */
enum kr_error piece_note(struct ceremony *c, struct entry *e, const char *number, const char *chip,
                         const char *what);
/* Read back: good, when it was drawn here. */
enum kr_error piece_verified(struct ceremony *c, struct entry *e, const struct card_record *rec);
/* Those that are lost, in words: on the closing screen, and in the closing entry. */
enum kr_error pieces_lost_facts(struct ceremony *c, struct request *r);
enum kr_error pieces_lost_lines(struct ceremony *c, struct entry *e);
/* A card between intent and outcome becomes spoiled, with its lines in the entry; any other stays.
 */
enum kr_error piece_in_doubt_spoil(struct ceremony *c, struct entry *e, const char *chip);
/* So does every card in doubt, issued ones that were not read back among them; where they are many,
 * in entries signed by who before it. Inside a transaction. */
enum kr_error pieces_in_doubt_spoil(struct ceremony *c, struct entry *e, const char *who);
/* Makes c->sum tell what the rows tell. */
enum kr_error pieces_counted(struct ceremony *c);
/* Counts pieces with that word, all of them for NULL. */
int piece_count(const struct ceremony *c, const char *what);
/* Pieces that a version before had kept as variables become rows, with their lines in the entry. */
enum kr_error pieces_adopt(struct ceremony *c, struct entry *e);
/* Every piece as a line of the entry; where they are many, in entries signed by who before it.
 * Inside a transaction. */
enum kr_error pieces_lines(struct ceremony *c, struct entry *e, const char *who);
/* KR_E_BALANCE unless none is in doubt, the sums agree, and every serial is in the inventory what
 * it is here. */
enum kr_error pieces_balance(struct ceremony *c, struct piece_sum *sum);
/* Number by number with its word; of many, runs of numbers. */
void numbers_facts(struct request *r, const struct piece_record *list, size_t count);
/* Sums, then serial by serial; of a large batch, runs of numbers. */
enum kr_error pieces_facts(struct ceremony *c, struct request *r);

/* ---- A batch, for whoever watches (batch.c) ---- */
/* How many cards of the current step became what ("taken", "washed", "made", "aside"): each step
 * counts its own. */
int step_counted(const struct ceremony *c, const char *what);
enum kr_error step_count(struct ceremony *c, const char *what);
void batch_card(struct ceremony *c); /* work on a card begins */
void batch_line(struct ceremony *c, const struct piece_record *p);
void batch_trouble(struct ceremony *c, const char *chip, enum kr_error why);
/* Of the current step; total 0 when it is no batch. */
void batch_size(const struct ceremony *c, unsigned *done, unsigned *total);

/* ---- The kit of keys kept between the cards of a step (steps/kit_held.c) ---- */
void kit_release(struct ceremony *c);
void kit_release_of_other_steps(struct ceremony *c);
void kit_forget(struct ceremony *c); /* its handles mean nothing any more */
/* One more card in a row was refused; true when the step has to stop. A good one clears "rejects".
 */
#define REJECTS_IN_A_ROW 3
bool piece_rejected(struct ceremony *c);
/* The stop: people look for the cause, and go on in that phase. */
void stopped_ask(struct ceremony *c, struct request *r);
enum kr_error stopped_take(struct ceremony *c, const struct answer *a, int phase);
/* "0000 0000 0000 0000 0017" */
void number_grouped(const char *number, char out[32]);

#endif
