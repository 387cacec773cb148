/* The last try of a card's PIN: a supervisor approves it with the own passphrase, or the card is
 * put aside. An approval serves one try. */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "steps.h"

#define _(text) gettext(text)

enum kr_error last_try_ask(struct ceremony *c, struct request *r, bool passphrase)
{
    if (passphrase) {
        enum kr_error err = credential_ask(c, r, seated_supervisor(c), "last-try-passphrase");
        snprintf(r->text, sizeof r->text,
                 _("%s approves with the own passphrase. Everyone else: please look away."),
                 r->person_name);
        return err;
    }
    request_from_step(c, r, REQUEST_CHOICE, "last-try");
    snprintf(r->person, sizeof r->person, "%s", seated_supervisor(c));
    snprintf(r->person_name, sizeof r->person_name, "%s", person_name(c, r->person));
    snprintf(
        r->text, sizeof r->text,
        _("One try is left on the PIN of this card. %s decides: a wrong PIN locks the card for "
          "good."),
        r->person_name);
    request_option(r, "aside", false, _("Put the card aside; the try is not spent"));
    request_option(r, "approve", true, _("Approve the last try, signed with my name"));
    return KR_OK;
}

static enum kr_error last_try_record(struct ceremony *c, const char *who, const char *chip)
{
    struct entry e;
    record_begin(c, &e, "approval");
    entry_add(&e, "covers", "last try of the PIN");
    entry_add(&e, "text", "the PIN of the card with chip %s may be tried once more", chip);
    var_set(c, "last-try", "%s", chip);
    return record_simple(c, &e, who, NULL, NULL);
}

enum kr_error last_try_take(struct ceremony *c, const struct answer *a, bool passphrase,
                            const char *chip, enum last_try *what)
{
    char who[PERSON_ID_MAX];
    *what = passphrase ? LAST_TRY_PASSPHRASE : LAST_TRY_UNDECIDED;
    snprintf(who, sizeof who, "%s", seated_supervisor(c));
    if (!passphrase && answer_is(a, "aside"))
        *what = LAST_TRY_ASIDE;
    else if (!passphrase && answer_is(a, "approve"))
        *what = LAST_TRY_PASSPHRASE;
    else if (!passphrase || a->kind != ANSWER_OK)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    if (!passphrase)
        return KR_OK;
    enum kr_error err = credential_take(c, a, who);
    if (err == KR_E_PASSPHRASE) {
        *what = LAST_TRY_UNDECIDED;
        return refuse(c, who, err);
    }
    if (err == KR_OK)
        *what = LAST_TRY_APPROVED;
    return err == KR_OK ? last_try_record(c, who, chip) : err;
}

enum kr_error last_try_phases(struct ceremony *c, const struct answer *a, const int phases[4],
                              const char *chip)
{
    enum last_try what;
    int before = c->phase;
    enum kr_error err = last_try_take(c, a, before == phases[LAST_TRY_PASSPHRASE], chip, &what);
    if (err == KR_OK && phases[what] != before)
        step_goto(c, phases[what]);
    return err;
}

enum kr_error last_try_use(struct ceremony *c, const char *chip, bool *approved)
{
    *approved = chip[0] != '\0' && strcmp(var_get(c, "last-try"), chip) == 0;
    if (!*approved)
        return KR_OK;
    var_clear(c, "last-try");
    return state_persist(c);
}
