/* Every step kind's two functions; the table is in steps.c. */
#ifndef KEYRITE_CEREMONY_STEPS_H
#define KEYRITE_CEREMONY_STEPS_H

#include "../run.h"

#define STEP_KIND(name)                                                                            \
    enum kr_error name##_ask(struct ceremony *c, struct request *r);                               \
    enum kr_error name##_take(struct ceremony *c, const struct answer *a)

STEP_KIND(open);
STEP_KIND(script_words);
STEP_KIND(component);
STEP_KIND(combine);
STEP_KIND(approve);
STEP_KIND(keep);
STEP_KIND(generate);
STEP_KIND(manufacturer_card);
STEP_KIND(intake);
STEP_KIND(wash);
STEP_KIND(issue);
STEP_KIND(read_back);
STEP_KIND(personalise);
STEP_KIND(load_keys);
STEP_KIND(receive);
STEP_KIND(receive_psam);
STEP_KIND(take_whole);
STEP_KIND(key_holding);
STEP_KIND(key_act);
STEP_KIND(key_destroy);
STEP_KIND(check_note);
STEP_KIND(transfer);
STEP_KIND(write_note);
STEP_KIND(prove);
STEP_KIND(card_pin);
STEP_KIND(balance);
STEP_KIND(close);
STEP_KIND(person_enrol);
STEP_KIND(person_revoke);
STEP_KIND(person_credential);
STEP_KIND(person_recover);
STEP_KIND(person_role);
STEP_KIND(quorum_change);
STEP_KIND(centre);
STEP_KIND(enrol);
STEP_KIND(found);
STEP_KIND(block_out);
STEP_KIND(block_check);
STEP_KIND(block_in);

/* Shared by component, combine and keep: name of a sealed component, "component/GROUP/N". */
void sealed_name(const struct script_step *step, int group, int n, char out[48]);
/* Joins the sealed components of the current step's key and group again; *key is the caller's to
 * drop. */
enum kr_error combine_again(struct ceremony *c, vault_handle *key, struct kcv *kcv);
/* Journals a refused act (wrong value, conflict) under the person who tried. Returns KR_OK with the
 * problem set, or what went wrong with the journal. */
enum kr_error refuse(struct ceremony *c, const char *who, enum kr_error why);
/* Asks that person for the own passphrase; the caller puts the words. Taking it, KR_OK: the next
 * signature of that person is made with it. KR_E_PASSPHRASE; KR_E_ANSWER for an answer that is
 * none.
 */
enum kr_error credential_ask(struct ceremony *c, struct request *r, const char *person,
                             const char *part);
enum kr_error credential_take(struct ceremony *c, const struct answer *a, const char *person);
/* The second signer (seat `with`) is no step of the first one's: the own passphrase, now. Taking
 * it: with the right one it is recorded; a wrong one is journalled, and that phase comes again. The
 * caller puts words with the second one's name: the first one's would look as if the answer had not
 * been taken. */
void request_by_second(struct ceremony *c, struct request *r);
/* Who sits as supervisor, "" for nobody. */
const char *seated_supervisor(const struct ceremony *c);
enum kr_error second_ask(struct ceremony *c, struct request *r);
enum kr_error second_take(struct ceremony *c, const struct answer *a, int again,
                          enum kr_error (*record)(struct ceremony *c));
/* Last try of a PIN (KR_E_PIN_LAST_TRY): first a decision, then the supervisor's passphrase. The
 * caller moves between its own two phases as *what says. */
enum last_try { LAST_TRY_UNDECIDED, LAST_TRY_PASSPHRASE, LAST_TRY_APPROVED, LAST_TRY_ASIDE };
enum kr_error last_try_ask(struct ceremony *c, struct request *r, bool passphrase);
enum kr_error last_try_take(struct ceremony *c, const struct answer *a, bool passphrase,
                            const char *chip, enum last_try *what);
/* The same for a step whose phases these are, in the order of enum last_try: moves between them. */
enum kr_error last_try_phases(struct ceremony *c, const struct answer *a, const int phases[4],
                              const char *chip);
/* Whether the last try on that chip is approved; the approval is used up, durably, before the card
 * hears of it. */
enum kr_error last_try_use(struct ceremony *c, const char *chip, bool *approved);
/* Answer as an index into the options of a choice; -1 when it names none. */
bool answer_is(const struct answer *a, const char *word);
#endif
