#include "gone.h"

#include <libintl.h>
#include <stdio.h>
#include <string.h>

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

void gone_ask(struct ceremony *c, struct request *r, const char *grouped)
{
    request_from_step(c, r, REQUEST_CHOICE, "gone");
    snprintf(r->card_hint, sizeof r->card_hint, "%.31s", grouped);
    snprintf(r->text, sizeof r->text,
             _("Card %s is voided without being looked at: it is marked spoiled for good, and an "
               "exception in the journal says why. What is left of it goes into the red tray."),
             grouped);
    request_option(r, "look", false, _("It is there after all: it is put in"));
    request_option(r, "dead", true, _("It does not answer any more, in no reader"));
    request_option(r, "lost", true, _("It cannot be found"));
    request_option(r, "damaged", true, _("It is broken or cannot be put in"));
}

enum kr_error gone_decided(struct ceremony *c, const struct answer *a, enum gone *what,
                           const char **reason)
{
    *what = GONE_NOT;
    *reason = NULL;
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (answer_is(a, reasons[i]))
            *reason = reasons[i];
    if (*reason == NULL && !answer_is(a, "look"))
        return kr_fail(KR_E_ANSWER, "%s", a->text);
    if (*reason != NULL)
        *what = strcmp(var_get(c, "gone.as"), "aside") == 0 ? GONE_ASIDE : GONE_VOID;
    var_clear(c, "gone.as");
    return KR_OK;
}

enum kr_error gone_record(struct ceremony *c, const char *who, const struct card_record *card,
                          const char *reason)
{
    struct entry e;
    const char *persons[] = {who, NULL};
    record_begin(c, &e, "exception");
    entry_add(&e, "text", "card %s, chip %s, does not come back: %s", card->number, card->chip,
              reason);
    enum kr_error err = record_sign(c, &e, persons, NULL);
    entry_free(&e);
    return err;
}
