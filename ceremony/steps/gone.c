#include "gone.h"

#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../vocabulary.h"
#include "steps.h"

#define _(text) gettext(text)

static const char *const reasons[] = {"dead", "lost", "damaged"};

void gone_offer(struct request *r, bool remake, bool aside)
{
    request_option(r, "insert", false, _("The card lies in the reader: go on"));
    if (remake)
        request_option(r, "void", false,
                       _("It does not come back: void it; a new card is made with its number"));
    if (aside)
        request_option(r, "aside", false,
                       _("It does not come back: set it aside; its number is not made again"));
}

enum gone gone_chosen(struct ceremony *c, const struct answer *a, bool remake, bool aside)
{
    enum gone what = remake && answer_is(a, "void")   ? GONE_VOID
                     : aside && answer_is(a, "aside") ? GONE_ASIDE
                                                      : GONE_NOT;
    if (what != GONE_NOT)
        var_set(c, "gone.as", "%s", a->text);
    return what;
}

static const char *reason_kept(const struct ceremony *c)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (strcmp(var_get(c, "gone.reason"), reasons[i]) == 0)
            return reasons[i];
    return NULL;
}

static enum kr_error approval_ask(struct ceremony *c, struct request *r, const char *grouped)
{
    enum kr_error err = credential_ask(c, r, seated_supervisor(c), "gone-passphrase");
    snprintf(r->text, sizeof r->text,
             _("%s approves with the own passphrase that card %s is voided unseen: %s. Everyone "
               "else: please look away."),
             r->person_name, grouped, vocabulary(reason_kept(c)));
    return err;
}

enum kr_error gone_ask(struct ceremony *c, struct request *r, const char *grouped)
{
    if (reason_kept(c) != NULL)
        return approval_ask(c, r, grouped);
    request_from_step(c, r, REQUEST_CHOICE, "gone");
    snprintf(r->card_hint, sizeof r->card_hint, "%.31s", grouped);
    snprintf(
        r->text, sizeof r->text,
        _("Card %s is voided without being looked at: it is marked spoiled or lost for good, and "
          "an exception in the journal says why. What is left of it goes into the red tray."),
        grouped);
    request_option(r, "look", false, _("It is there after all: it is put in"));
    request_option(r, "dead", true, _("It does not answer any more, in no reader"));
    request_option(r, "lost", true, _("It cannot be found"));
    request_option(r, "damaged", true, _("It is broken or cannot be put in"));
    return KR_OK;
}

static enum kr_error approved(struct ceremony *c, const struct answer *a, enum gone *what)
{
    char who[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", seated_supervisor(c));
    enum kr_error err = credential_take(c, a, who);
    if (err == KR_E_PASSPHRASE) {
        var_clear(c, "gone.reason");
        return refuse(c, who, err);
    }
    if (err == KR_OK)
        *what = strcmp(var_get(c, "gone.as"), "aside") == 0 ? GONE_ASIDE : GONE_VOID;
    return err;
}

static enum kr_error reason_take(struct ceremony *c, const struct answer *a)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (answer_is(a, reasons[i]))
            return var_set(c, "gone.reason", "%s", reasons[i]);
    return kr_fail(KR_E_ANSWER, "%s", a->text);
}

enum kr_error gone_decided(struct ceremony *c, const struct answer *a, enum gone *what,
                           const char **reason)
{
    enum kr_error err = KR_OK;
    *what = GONE_ASKED;
    *reason = reason_kept(c);
    if (*reason != NULL)
        err = approved(c, a, what);
    else if (answer_is(a, "look"))
        *what = GONE_NOT;
    else
        err = reason_take(c, a);
    if (err == KR_OK && *what != GONE_ASKED) {
        var_clear(c, "gone.as");
        var_clear(c, "gone.reason");
    }
    return err;
}

const char *gone_what(const char *reason)
{
    return reason != NULL && strcmp(reason, "lost") == 0 ? "lost" : "spoiled";
}

enum kr_error gone_record(struct ceremony *c, const char *who, const struct card_record *card,
                          const char *reason)
{
    struct entry e;
    const char *persons[] = {who, seated_supervisor(c), NULL};
    record_begin(c, &e, "exception");
    entry_add(&e, "gone", "%s", reason);
    entry_add(&e, "text", "card %s, chip %s, does not come back: %s", card->number, card->chip,
              reason);
    enum kr_error err = record_sign(c, &e, persons, NULL);
    entry_free(&e);
    return err;
}
