/* Opening: what is to be made, who sits where, and the entry that everything else stands on. */
#include <inttypes.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "../key_acts.h"
#include "../key_holding.h"
#include "../people.h"
#include "../prerequisites.h"
#include "../vocabulary.h"
#include "parameter.h"
#include "steps.h"
#include "transfer.h"

#define _(text) gettext(text)

enum { PHASE_PARAMETER = 0, PHASE_SEATS = 100, PHASE_QUORUM = 101, PHASE_RECORD = 102 };

/* ---- Seats ---- */

static const struct script_seat *seat_free(const struct ceremony *c, int *n)
{
    for (size_t i = 0; i < c->script->seats_count; i++) {
        int want = seat_count(c, c->script->seats[i].id);
        for (*n = 1; *n <= want; (*n)++)
            if (seat_person(c, c->script->seats[i].id, *n)[0] == '\0')
                return &c->script->seats[i];
    }
    return NULL;
}

/* Fewer components were wanted after people had sat down: whoever is too many gets up. */
static void seats_trim(struct ceremony *c)
{
    for (size_t i = 0; i < c->script->seats_count; i++) {
        const struct script_seat *seat = &c->script->seats[i];
        for (int n = seat_count(c, seat->id) + 1; n <= seat->most && n <= PEOPLE_MAX; n++) {
            char name[56];
            snprintf(name, sizeof name, "seat.%.32s.%d", seat->id, n);
            var_clear(c, name);
        }
    }
}

static void seat_options_of(struct ceremony *c, struct request *r, unsigned role, bool present)
{
    const struct slots *slots = session_slots(c->session);
    for (size_t i = 0; slots != NULL && i < slots->count; i++) {
        const struct person *p = &slots->people[i];
        char text[160];
        if ((p->roles & role) == 0 || p->revoked || seat_taken_by(c, p->slot.person) ||
            people_judge(c, p->slot.person) ||
            session_is_present(c->session, p->slot.person) != present)
            continue;
        text_put(text, sizeof text, "%s%s", p->name, present ? _(" (present)") : "");
        request_option(r, p->slot.person, false, text);
    }
}

/* Whoever is here stands first: one Enter must not seat somebody who is not. */
static void seat_options(struct ceremony *c, struct request *r, unsigned role)
{
    seat_options_of(c, r, role, true);
    seat_options_of(c, r, role, false);
    if (r->option_count == 0)
        request_option(r, "nobody", false,
                       _("Nobody is left who may sit here: abort the ceremony (F8)"));
}

static void seat_ask(struct ceremony *c, struct request *r, const struct script_seat *seat, int n)
{
    request_from_step(c, r, REQUEST_CHOICE, NULL);
    snprintf(r->key, sizeof r->key, seat->most > 1 ? "seat-%.40s[%d]" : "seat-%.40s", seat->id, n);
    if (seat->most > 1)
        snprintf(r->text, sizeof r->text,
                 _("Who sits in the seat “%s %c”? That person signs in next."),
                 words_pick(&seat->title), 'A' + n - 1);
    else
        snprintf(r->text, sizeof r->text,
                 _("Who sits in the seat “%s”? That person signs in next."),
                 words_pick(&seat->title));
    seat_options(c, r, role_by_name(seat->role));
}

static enum kr_error seat_take(struct ceremony *c, const struct answer *a)
{
    int n;
    const struct script_seat *seat = seat_free(c, &n);
    const struct person *p = slots_find(session_slots(c->session), a->text);
    if (seat == NULL || a->kind != ANSWER_CHOICE || p == NULL)
        return step_problem(c, kr_fail(KR_E_PERSON_UNKNOWN, "%s", a->text));
    enum kr_error err = seat_allows(c, p, role_by_name(seat->role));
    if (err == KR_OK)
        err = custody_free_to_witness(c, seat->id, p->slot.person);
    if (err != KR_OK)
        return step_problem(c, err);
    char name[48];
    snprintf(name, sizeof name, "seat.%.32s.%d", seat->id, n);
    return var_set(c, name, "%s", a->text);
}

/* ---- Custodians beyond the seats, until the vault opens ---- */

static int quorum_next(const struct ceremony *c)
{
    int n = 1;
    while (seat_person(c, "quorum", n)[0] != '\0')
        n++;
    return n;
}

static enum kr_error quorum_ask(struct ceremony *c, struct request *r)
{
    struct vault_presence p = {0};
    bool wanted = c->script->vault || people_want_vault(c);
    enum kr_error err = wanted ? session_presence(c->session, &p) : KR_OK;
    if (err != KR_OK || !wanted || p.open) {
        r->kind = REQUEST_WORK;
        return err;
    }
    request_from_step(c, r, REQUEST_CHOICE, NULL);
    snprintf(r->key, sizeof r->key, "seat-quorum[%d]", quorum_next(c));
    snprintf(r->text, sizeof r->text,
             _("The vault opens when %u custodians are present; %u are. Who else signs in?"),
             p.quorum, p.shares);
    seat_options(c, r, ROLE_CUSTODIAN);
    return KR_OK;
}

static enum kr_error quorum_take(struct ceremony *c, const struct answer *a)
{
    char name[48];
    if (a == NULL) {
        step_goto(c, PHASE_RECORD);
        return KR_OK;
    }
    const struct person *p = slots_find(session_slots(c->session), a->text);
    if (a->kind != ANSWER_CHOICE || p == NULL)
        return step_problem(c, kr_fail(KR_E_PERSON_UNKNOWN, "%s", a->text));
    enum kr_error err = seat_allows(c, p, ROLE_CUSTODIAN);
    if (err != KR_OK)
        return step_problem(c, err);
    snprintf(name, sizeof name, "seat.quorum.%d", quorum_next(c));
    return var_set(c, name, "%s", a->text);
}

/* ---- The opening entry ---- */

/* Of keys that are drawn, at least one has to be new. */
static enum kr_error drawn_are_new(struct ceremony *c, const struct script_step *s)
{
    size_t there = 0, rounds = s->repeat_count > 0 ? (size_t)groups_count(c) : 1;
    for (size_t i = 0; i < s->keys_count * rounds; i++)
        there += key_exists(c, s->keys[i % s->keys_count],
                            s->repeat_count > 0 ? group_at(c, (int)(i / s->keys_count) + 1) : 0);
    return there < s->keys_count * rounds ? KR_OK : kr_fail(KR_E_KEY_EXISTS, "%s", s->keys[0]);
}

/* A root that exists already is found out before anyone types a component of it. */
static enum kr_error keys_are_new(struct ceremony *c)
{
    for (size_t i = 0; i < c->script->steps_count; i++) {
        const struct script_step *s = &c->script->steps[i];
        enum kr_error drawn = strcmp(s->kind, "generate") == 0 ? drawn_are_new(c, s) : KR_OK;
        if (drawn != KR_OK)
            return drawn;
        if (strcmp(s->kind, "keep") != 0 || s->unless_key != NULL)
            continue;
        for (int g = 1; s->repeat_count > 0 && g <= groups_count(c); g++)
            if (key_exists(c, s->key, group_at(c, g)))
                return kr_fail(KR_E_KEY_EXISTS, "%s %d", s->key, group_at(c, g));
        if (s->repeat_count == 0 && key_exists(c, s->key, 0))
            return kr_fail(KR_E_KEY_EXISTS, "%s", s->key);
    }
    return KR_OK;
}

/* Nobody is to approve what then stops at its first card. */
static enum kr_error nothing_is_missing(struct ceremony *c)
{
    struct needs needs;
    char text[192];
    int cards = var_number(c, "quantity");
    enum kr_error err =
        prerequisites(c->session, c->script, cards > 0 ? (unsigned)cards : 0, &needs);
    if (err != KR_OK || needs.count == 0)
        return err;
    needs_text(&needs, text, sizeof text);
    return kr_fail(KR_E_PREREQUISITE, "%s", text);
}

/* Which of its ways a ceremony was held in, where it depends on that. */
static enum kr_error say_key_holding(struct ceremony *c, struct entry *e)
{
    char now[KEY_HOLDING_ROOM];
    if (c->script->key_holding_count == 0)
        return KR_OK;
    enum kr_error err = key_holding_now(c->session, now);
    if (err == KR_OK)
        entry_add(e, KEY_HOLDING_POLICY, "%s", now);
    return err;
}

static enum kr_error open_record(struct ceremony *c)
{
    struct entry e;
    struct people_plan plan;
    enum kr_error err = session_paper_admits(c->session); /* who signed in here opened the store */
    if (err == KR_OK)
        err = key_holding_admits(c);
    if (err == KR_OK)
        err = keys_are_new(c);
    if (err == KR_OK)
        err = people_plan(c, &plan);
    if (err == KR_OK)
        err = nothing_is_missing(c);
    if (err == KR_OK)
        err = transfer_possible(c);
    if (err != KR_OK && c->script->parameters_count > 0) {
        step_goto(c, PHASE_PARAMETER);
        return step_problem(c, err);
    }
    if (err != KR_OK)
        return err;
    if (c->id[0] == '\0')
        err = ceremonies_next_id(session_store(c->session), c->script->prefix, c->id);
    if (err != KR_OK)
        return err;
    record_begin(c, &e, "open");
    layout_files_describe(&c->layouts, &e);
    entry_add(&e, "rehearsal", "%s", session_is_rehearsal(c->session) ? "yes" : "no");
    entry_add(&e, "begun", "%s", var_get(c, "opened"));
    entry_add(&e, "day", "%s", var_get(c, "day"));
    err = say_key_holding(c, &e);
    if (err == KR_OK)
        err = instances_expand(c);
    if (err != KR_OK) {
        entry_free(&e);
        return err;
    }
    const char *persons[ENTRY_SIGNERS_MAX + 1] = {NULL};
    size_t count = 0;
    for (size_t i = 0; i < c->script->seats_count; i++)
        for (int n = 1; n <= c->script->seats[i].most && count < ENTRY_SIGNERS_MAX; n++)
            if (seat_person(c, c->script->seats[i].id, n)[0] != '\0')
                persons[count++] = seat_person(c, c->script->seats[i].id, n);
    step_done(c, persons[0], "%s", c->id);
    err = record_open(c);
    if (err != KR_OK) {
        entry_free(&e);
        return err;
    }
    uint64_t seq = 0;
    err = parameters_record(c, &e);
    if (err == KR_OK)
        err = layout_files_keep(&c->layouts, session_store(c->session));
    if (err == KR_OK)
        err = record_sign(c, &e, persons, &seq);
    if (err == KR_OK)
        err = var_set(c, "open-entry", "%" PRIu64, seq);
    return record_commit(c, &e, err);
}

enum kr_error open_ask(struct ceremony *c, struct request *r)
{
    int n = 0;
    if (c->phase == PHASE_PARAMETER && c->script->parameters_count == 0)
        c->phase = PHASE_SEATS;
    if (c->phase == PHASE_SEATS)
        seats_trim(c);
    const struct script_seat *seat = seat_free(c, &n);
    if (c->phase == PHASE_SEATS && seat == NULL)
        c->phase = PHASE_QUORUM;
    if (c->phase < PHASE_SEATS)
        parameter_ask(c, r);
    else if (c->phase == PHASE_SEATS)
        seat_ask(c, r, seat, n);
    else if (c->phase == PHASE_QUORUM)
        return quorum_ask(c, r);
    else
        r->kind = REQUEST_WORK;
    return KR_OK;
}

enum kr_error open_take(struct ceremony *c, const struct answer *a)
{
    if (c->phase == PHASE_QUORUM)
        return quorum_take(c, a);
    if (c->phase == PHASE_RECORD)
        return open_record(c);
    if (c->phase >= PHASE_SEATS)
        return seat_take(c, a);
    int asked = c->phase;
    enum kr_error err = parameter_take(c, a);
    if (err == KR_OK && c->phase > asked && c->phase == (int)c->script->parameters_count)
        step_goto(c, PHASE_SEATS);
    return err;
}
