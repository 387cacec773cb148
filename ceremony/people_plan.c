/* Who comes and goes, and whether that may be. */
#include "people.h"

#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vocabulary.h"

#define _(text) gettext(text)

static const char *const kinds[] = {"person-enrol",   "person-revoke", "person-credential",
                                    "person-recover", "person-role",   "quorum-change"};

bool people_kind(const char *step_kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(step_kind, kinds[i]) == 0)
            return true;
    return false;
}

static const char *kind_of(const struct script *script)
{
    for (size_t i = 0; i < script->steps_count; i++)
        if (people_kind(script->steps[i].kind))
            return script->steps[i].kind;
    return "";
}

static bool is(const struct people_plan *p, const char *kind)
{
    return strcmp(p->kind, kind) == 0;
}

static unsigned people_in(const struct slots *s, unsigned role)
{
    unsigned n = 0;
    for (size_t i = 0; i < s->count; i++)
        n += !s->people[i].revoked && (s->people[i].roles & role) != 0;
    return n;
}

/* ---- Who it is about ---- */

static enum kr_error somebody_new(const struct ceremony *c, const struct slots *slots,
                                  struct people_plan *p)
{
    const char *id = var_get(c, "person-id"), *name = var_get(c, "person-name");
    size_t len = strlen(id);
    if (len == 0 || len >= PERSON_ID_MAX ||
        strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != len || slots_find(slots, id) != NULL)
        return kr_fail(KR_E_ANSWER, _("%s is taken or is not made of small letters and digits"),
                       id);
    if (name[0] == '\0' || strlen(name) >= PERSON_NAME_MAX)
        return kr_fail(KR_E_ANSWER, "%s", name);
    if (slots->count == PEOPLE_MAX)
        return kr_fail(KR_E_TOO_LONG, "%s", _("the list of people"));
    snprintf(p->subject.slot.person, sizeof p->subject.slot.person, "%s", id);
    text_put(p->subject.name, sizeof p->subject.name, "%s", name);
    p->roles = role_by_name(var_get(c, "role"));
    return p->roles != 0 ? KR_OK : kr_fail(KR_E_ANSWER, "%s", var_get(c, "role"));
}

static enum kr_error somebody_here(const struct ceremony *c, const struct slots *slots,
                                   struct people_plan *p)
{
    const struct person *known = slots_find(slots, var_get(c, "person"));
    if (known == NULL)
        return kr_fail(KR_E_PERSON_UNKNOWN, "%s", var_get(c, "person"));
    if (known->revoked)
        return kr_fail(KR_E_PERSON_REVOKED, "%s", known->name);
    if (!is(p, "person-credential") && seat_taken_by(c, known->slot.person))
        return kr_fail(KR_E_SAME_PERSON, "%s", known->name);
    p->subject = *known;
    p->roles = is(p, "person-revoke") ? 0 : known->roles;
    return KR_OK;
}

/* ---- Roles ---- */

static enum kr_error may_supervise(const struct ceremony *c, const struct people_plan *p)
{
    struct knowledge k;
    struct store *store = session_store(c->session);
    enum kr_error err =
        store == NULL ? KR_E_NOT_FOUND : knowledge_any(store, p->subject.slot.person, &k);
    if (err == KR_E_NOT_FOUND)
        return KR_OK;
    return err != KR_OK ? err
                        : kr_fail(KR_E_CONFLICT, _("%s entered a component of %s in entry %llu"),
                                  p->subject.name, k.key, (unsigned long long)k.seq);
}

static enum kr_error role_changes(const struct ceremony *c, struct people_plan *p)
{
    const char *word = var_get(c, "role");
    unsigned role = role_by_name(word);
    bool grant = strcmp(var_get(c, "act"), "grant") == 0, has = (p->roles & role) != 0;
    if (role == 0 || has == grant)
        return kr_fail(KR_E_ANSWER,
                       grant ? _("%s has the role %s already") : _("%s does not have the role %s"),
                       p->subject.name, vocabulary(word));
    p->roles ^= role;
    if (p->roles == 0)
        return kr_fail(KR_E_ANSWER, _("%s would be left without any role: revoke that person"),
                       p->subject.name);
    if ((p->roles & ROLE_AUDITOR) != 0 && p->roles != ROLE_AUDITOR)
        return kr_fail(KR_E_ANSWER, "%s", _("an auditor watches and has no other role"));
    return grant && role == ROLE_SUPERVISOR ? may_supervise(c, p) : KR_OK;
}

/* A centre keeps one of each that it was founded with. */
static enum kr_error nobody_is_the_last(const struct slots *slots, const struct people_plan *p)
{
    static const unsigned needed[] = {ROLE_ADMINISTRATOR, ROLE_SUPERVISOR, ROLE_AUDITOR};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if ((p->subject.roles & needed[i] & ~p->roles) != 0 && people_in(slots, needed[i]) == 1)
            return kr_fail(KR_E_ANSWER, _("%s is the only %s of this centre: enrol another first"),
                           p->subject.name, vocabulary(role_name(needed[i])));
    return KR_OK;
}

/* ---- The quorum ---- */

static enum kr_error quorum_holds(const struct ceremony *c, struct people_plan *p)
{
    char ceremony[40];
    if (p->holders > HOLDERS_MOST && p->share)
        return kr_fail(KR_E_ANSWER, _("at most %d custodians hold a share"), HOLDERS_MOST);
    if (p->quorum < 2 || p->quorum > p->holders)
        return kr_fail(
            KR_E_ANSWER,
            _("%u custodians are too few for a vault that opens with %u of them: change the "
              "quorum or enrol another custodian first"),
            p->holders, p->quorum);
    struct store *store = session_store(c->session);
    enum kr_error err = p->share && store != NULL ? sealed_waiting(store, ceremony) : KR_OK;
    if (err == KR_OK && p->share && store != NULL && ceremony[0] != '\0')
        err =
            kr_fail(KR_E_ANSWER,
                    _("components wait in %s to be combined: finish or abort it first"), ceremony);
    return err;
}

static void count_holders(const struct slots *slots, struct people_plan *p)
{
    bool held = (p->subject.roles & ROLE_CUSTODIAN) != 0;
    bool holds = (p->roles & ROLE_CUSTODIAN) != 0;
    p->holders = people_in(slots, ROLE_CUSTODIAN) + holds - held;
    p->share = held != holds || (p->slot && holds) || is(p, "quorum-change");
}

enum kr_error people_plan(const struct ceremony *c, struct people_plan *p)
{
    const struct slots *slots = session_slots(c->session);
    enum kr_error err = KR_OK;
    *p = (struct people_plan){.kind = kind_of(c->script)};
    if (p->kind[0] == '\0' || slots == NULL)
        return KR_OK;
    bool about = !is(p, "quorum-change");
    p->slot = is(p, "person-enrol") || is(p, "person-credential") || is(p, "person-recover");
    p->entry = is(p, "person-revoke") ? "revoke" : about ? "enrol" : NULL;
    p->quorum = about ? slots->quorum : (unsigned)var_number(c, "quorum");
    if (is(p, "person-enrol"))
        err = somebody_new(c, slots, p);
    else if (about)
        err = somebody_here(c, slots, p);
    if (err == KR_OK && is(p, "person-role"))
        err = role_changes(c, p);
    if (err == KR_OK && about)
        err = nobody_is_the_last(slots, p);
    if (err != KR_OK)
        return err;
    count_holders(slots, p);
    return quorum_holds(c, p);
}

bool people_judge(const struct ceremony *c, const char *person)
{
    const char *kind = kind_of(c->script);
    return kind[0] != '\0' && strcmp(kind, "person-credential") != 0 &&
           strcmp(var_get(c, "person"), person) == 0;
}

bool people_want_vault(const struct ceremony *c)
{
    struct people_plan p;
    return people_plan(c, &p) == KR_OK && p.share;
}

/* ---- What people read ---- */

void roles_words(unsigned roles, char out[96])
{
    size_t len = 0;
    out[0] = '\0';
    for (unsigned bit = ROLE_ADMINISTRATOR; bit <= ROLE_AUDITOR; bit <<= 1)
        if ((roles & bit) != 0)
            len +=
                (size_t)snprintf(out + len, 96 - len, "%s%s", len > 0 ? "," : "", role_name(bit));
}

static void roles_fact(struct request *r, const char *label, unsigned roles)
{
    char text[160] = "";
    size_t len = 0;
    for (unsigned bit = ROLE_ADMINISTRATOR; bit <= ROLE_AUDITOR; bit <<= 1)
        if ((roles & bit) != 0 && len < sizeof text)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", len > 0 ? " · " : "",
                                    vocabulary(role_name(bit)));
    request_fact(r, label, "%s", roles != 0 ? text : _("none"));
}

void people_facts(struct ceremony *c, struct request *r)
{
    struct people_plan p;
    const struct slots *slots = session_slots(c->session);
    if (people_plan(c, &p) != KR_OK || p.kind[0] == '\0')
        return;
    if (p.entry != NULL) {
        request_fact(r, _("person"), "%s (%s)", p.subject.name, p.subject.slot.person);
        roles_fact(r, _("roles now"), p.subject.roles);
        roles_fact(r, _("roles after this step"), p.roles);
    }
    request_fact(r, _("vault opens with"), _("%d of %d custodians"), (int)slots->quorum,
                 (int)slots->holders);
    request_fact(r, _("after this step"), _("%d of %d custodians"), (int)p.quorum, (int)p.holders);
    request_fact(r, _("vault key"), "%s",
                 p.share ? _("changed and shared anew: the old shares are useless")
                         : _("stays as it is"));
}
