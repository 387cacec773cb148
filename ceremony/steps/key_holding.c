/* The way in which the centre holds its keys is decided: a policy entry, signed by an administrator
 * and a supervisor. Mode III is warned of, and wanted with a typed word. */
#include <inttypes.h>
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../key_holding.h"
#include "../vocabulary.h"
#include "steps.h"

#define _(text) gettext(text)

static const char *wanted(const struct ceremony *c)
{
    return var_get(c, KEY_HOLDING_POLICY);
}

enum kr_error key_holding_ask(struct ceremony *c, struct request *r)
{
    char now[KEY_HOLDING_ROOM];
    enum kr_error err = key_holding_now(c->session, now);
    if (err != KR_OK)
        return err;
    bool export = strcmp(wanted(c), KEY_HOLDING_EXPORT) == 0;
    request_from_step(c, r, REQUEST_CHOICE, NULL);
    if (export)
        snprintf(r->text, sizeof r->text, "%s",
                 _("WARNING. Mode III lets purchase master keys leave their card and lie in this "
                   "centre's vault: insiders who collude can then issue cards that nobody counts. "
                   "Each such ceremony takes the approval of two supervisors. Modes I and II do "
                   "without."));
    request_fact(r, _("in force now"), "%s", vocabulary(now));
    request_fact(r, _("in force after this step"), "%s", vocabulary(wanted(c)));
    request_option(r, "wait", false, _("Not yet: talk it over, or abort the ceremony (F8)"));
    request_option(r, "decide", export, _("It is decided: signed with both names, and in force"));
    return KR_OK;
}

static enum kr_error begin(struct ceremony *c, const char *who)
{
    struct entry e;
    if (var_get(c, "intent")[0] != '\0')
        return KR_OK;
    record_begin(c, &e, "intent");
    entry_add(&e, "text", "decide: " KEY_HOLDING_POLICY " %s", wanted(c));
    return record_intent(c, &e, who);
}

/* The entry and the row that names it, and the outcome, in one transaction. */
static enum kr_error decide(struct ceremony *c, const char *who, const char *with)
{
    struct entry policy, outcome;
    uint64_t seq = 0;
    const char *both[] = {who, with, NULL}, *one[] = {who, NULL};
    enum kr_error err = record_open(c);
    if (err != KR_OK)
        return err;
    record_begin(c, &policy, "policy");
    entry_add(&policy, "policy", KEY_HOLDING_POLICY " %s", wanted(c));
    err = record_sign(c, &policy, both, &seq);
    entry_free(&policy);
    if (err == KR_OK)
        err = policies_set(session_store(c->session), KEY_HOLDING_POLICY, seq);
    record_outcome_begin(c, &outcome, "ok");
    entry_add(&outcome, "text", "policy in entry %" PRIu64, seq);
    if (err == KR_OK)
        err = record_sign(c, &outcome, one, NULL);
    step_done(c, who, "%s", vocabulary(wanted(c)));
    err = record_commit(c, &outcome, err);
    return err == KR_OK ? session_policies_read(c->session) : err;
}

enum kr_error key_holding_take(struct ceremony *c, const struct answer *a)
{
    char who[PERSON_ID_MAX], with[PERSON_ID_MAX];
    if (answer_is(a, "wait"))
        return KR_OK;
    if (!answer_is(a, "decide"))
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    snprintf(who, sizeof who, "%s", step_person(c));
    snprintf(with, sizeof with, "%s", seat_person(c, step_now(c)->with, 1));
    enum kr_error err = begin(c, who);
    return err == KR_OK ? decide(c, who, with) : err;
}
