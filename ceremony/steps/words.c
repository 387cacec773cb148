/* The script is evidence (R5): its hash is read aloud by one and compared by another. */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../../crypto/hash_words.h"
#include "steps.h"

#define _(text) gettext(text)

enum { PHASE_READ, PHASE_CONFIRM };

static enum kr_error words_facts(struct ceremony *c, struct request *r)
{
    char words[512];
    char *rest = NULL;
    uint8_t hash[32];
    enum kr_error err = evidence_hash(c->script, &c->layouts, hash);
    if (err != KR_OK)
        return err;
    hash_words(hash, words_zh(), words, sizeof words);
    int n = 1;
    for (char *line = strtok_r(words, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest), n++) {
        char label[16];
        snprintf(label, sizeof label, "%d", n);
        request_fact(r, label, "%s", line);
    }
    return KR_OK;
}

enum kr_error script_words_ask(struct ceremony *c, struct request *r)
{
    const char *second =
        seat_person(c, step_now(c)->with == NULL ? step_now(c)->who : step_now(c)->with, 1);
    if (c->phase == PHASE_READ) {
        request_from_step(c, r, REQUEST_SHOW, NULL);
        return words_facts(c, r);
    }
    /* The words are not shown again: they are compared with the printed copy, not with the screen.
     */
    request_from_step(c, r, REQUEST_CHOICE, "heard");
    snprintf(r->person, sizeof r->person, "%s", second);
    snprintf(r->person_name, sizeof r->person_name, "%s", person_name(c, second));
    snprintf(r->text, sizeof r->text,
             _("%s: were the words read aloud the same as on your printed copy of the script?"),
             r->person_name);
    request_option(r, "again", false, _("Not sure: read them aloud once more"));
    request_option(r, "same", false, _("They are the same: go on"));
    request_option(r, "differ", true,
                   _("They differ: this is another script; the ceremony is aborted"));
    return KR_OK;
}

enum kr_error script_words_take(struct ceremony *c, const struct answer *a)
{
    const struct script_step *step = step_now(c);
    const char *reader = step_person(c);
    const char *second = seat_person(c, step->with == NULL ? step->who : step->with, 1);
    struct entry e;
    if (c->phase == PHASE_READ) {
        step_goto(c, PHASE_CONFIRM);
        return KR_OK;
    }
    if (answer_is(a, "again")) {
        step_goto(c, PHASE_READ);
        return KR_OK;
    }
    if (answer_is(a, "differ")) {
        struct answer stop = {.kind = ANSWER_ABORT};
        snprintf(stop.text, sizeof stop.text, "the script's words differ from the printed copy");
        return ceremony_answer(c, &stop);
    }
    if (!answer_is(a, "same"))
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    record_begin(c, &e, "note");
    entry_add(&e, "text", "script hash read aloud by %s, confirmed by %s", reader, second);
    char who[PERSON_ID_MAX], with[PERSON_ID_MAX];
    snprintf(who, sizeof who, "%s", reader);
    snprintf(with, sizeof with, "%s", second);
    step_done(c, who, "%s", "");
    return record_simple(c, &e, who, with, NULL);
}
