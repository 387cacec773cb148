/*
 * The transfer note is looked at before a card is drawn. What the file proves, the program has
 * proved; that it is the sender's log key which signed it, two people confirm from the printed note
 * when that sender is seen for the first time, each typing the fingerprint that stands there.
 */
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../notes.h"
#include "parameter.h"

#define _(text) gettext(text)

enum { NOTE_BAG, NOTE_FIRST, NOTE_SECOND, NOTE_PASSPHRASE };

struct incoming {
    struct transfer_note *note;
    char *text;
    size_t len;
    bool known;
};

static void incoming_end(struct incoming *in)
{
    transfer_note_free(&in->note);
    free(in->text);
}

/* The very note that was signed for at the opening. */
static enum kr_error incoming_load(struct ceremony *c, struct incoming *in)
{
    char said[80];
    memset(in, 0, sizeof *in);
    const struct script_parameter *p = note_parameter(c->script);
    enum kr_error err = note_load(c, var_get(c, p->id), &in->note, &in->text, &in->len, &in->known);
    if (err != KR_OK)
        return err;
    note_said(in->note, said);
    if (strcmp(said, parameter_said(c, p)) == 0)
        return KR_OK;
    incoming_end(in);
    memset(in, 0, sizeof *in);
    return kr_fail(KR_E_NOTE_FORM, _("it is another one than at the opening"));
}

static void note_shown(struct request *r, const struct incoming *in)
{
    char short_form[CHECKPOINT_SHORT_MAX];
    const struct transfer_note *n = in->note;
    note_summary(r, n);
    if (checkpoint_short_form(&n->head, short_form, sizeof short_form) == KR_OK)
        request_fact(r, _("checkpoint"), "%s", short_form);
    request_fact(r, _("log key"), "%s",
                 in->known ? _("known from earlier notes") : _("not seen before"));
}

static void bag_ask(struct ceremony *c, struct request *r)
{
    bool second = c->phase == NOTE_SECOND;
    request_from_step(c, r, REQUEST_CHOICE, second ? "second" : NULL);
    if (second) {
        request_by_second(c, r);
        snprintf(r->text, sizeof r->text,
                 _("%s compares bag, seal and printed note too, and signs as the second."),
                 r->person_name);
    }
    request_option(r, "wait", false, _("Not yet: look at bag and printed note again"));
    request_option(r, "agree", false, _("Bag, seal and printed note are these: go on"));
}

static void fingerprint_ask(struct ceremony *c, struct request *r)
{
    bool second = c->phase == NOTE_SECOND;
    request_from_step(c, r, REQUEST_TEXT, second ? "second-fingerprint" : "fingerprint");
    if (second)
        request_by_second(c, r);
    snprintf(r->text, sizeof r->text,
             _("%s types the 16 letters and digits that stand after “fingerprint” on the printed "
               "note. This sender's log key is seen for the first time: two people read it there, "
               "each for themselves; it is not shown here."),
             r->person_name);
}

enum kr_error check_note_ask(struct ceremony *c, struct request *r)
{
    struct incoming in;
    if (c->phase == NOTE_PASSPHRASE)
        return second_ask(c, r);
    enum kr_error err = incoming_load(c, &in);
    if (c->phase == NOTE_BAG || (c->phase == NOTE_SECOND && in.known))
        bag_ask(c, r);
    else
        fingerprint_ask(c, r);
    if (err == KR_OK && r->kind == REQUEST_CHOICE)
        note_shown(r, &in);
    incoming_end(&in);
    if (err != KR_OK)
        step_problem(c, err);
    return KR_OK;
}

static enum kr_error remember(struct ceremony *c, const struct incoming *in)
{
    struct entry e;
    char who[PERSON_ID_MAX], with[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", step_person(c));
    snprintf(with, sizeof with, "%s", seat_person(c, step_now(c)->with, 1));
    const char *persons[] = {who, with, NULL};
    enum kr_error err = record_open(c);
    if (err != KR_OK)
        return err;
    record_begin(c, &e, "note");
    entry_add(&e, "package", "%s received", in->note->package);
    entry_add(&e, "text",
              in->known ? "log key known from an earlier note"
                        : "log key confirmed from the printed note by %s and by %s",
              who, with);
    err = reception_put(session_store(c->session), &e, c->id, in->note, in->text, in->len);
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    step_done(c, who, _("%zu cards"), in->note->card_count);
    return record_commit(c, &e, err);
}

static enum kr_error record(struct ceremony *c)
{
    struct incoming in;
    enum kr_error err = incoming_load(c, &in);
    err = err == KR_OK ? remember(c, &in) : step_problem(c, err);
    incoming_end(&in);
    return err;
}

/* What one person typed from the paper, or said of the bag. *fits: it does. */
static enum kr_error confirmed(struct ceremony *c, const struct answer *a, const char *person,
                               const struct incoming *in, bool *fits)
{
    char fingerprint[NOTE_FINGERPRINT], typed[25];
    *fits = false;
    if (c->phase == NOTE_BAG || in->known) {
        *fits = answer_is(a, "agree");
        return *fits || answer_is(a, "wait") ? KR_OK
                                             : step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    }
    if (a->kind != ANSWER_TEXT || !text_is_utf8(a->text))
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    text_put(typed, sizeof typed, "%s", a->text);
    enum kr_error err = transfer_note_fingerprint(in->note->log_key, fingerprint);
    *fits = err == KR_OK && transfer_note_is_fingerprint(a->text, fingerprint);
    return err != KR_OK || *fits ? err
                                 : refuse(c, person, kr_fail(KR_E_NOTE_FINGERPRINT, "%s", typed));
}

enum kr_error check_note_take(struct ceremony *c, const struct answer *a)
{
    struct incoming in;
    bool fits;
    if (c->phase == NOTE_PASSPHRASE)
        return second_take(c, a, NOTE_SECOND, record);
    char person[PERSON_ID_MAX];
    snprintf(person, sizeof person, "%s",
             c->phase == NOTE_SECOND ? seat_person(c, step_now(c)->with, 1) : step_person(c));
    enum kr_error err = incoming_load(c, &in);
    if (err != KR_OK)
        return step_problem(c, err);
    err = confirmed(c, a, person, &in, &fits);
    if (err == KR_OK && fits)
        step_goto(c, c->phase == NOTE_BAG && in.known ? NOTE_SECOND : c->phase + 1);
    incoming_end(&in);
    return err;
}
