/* One custodian enters one component: typed into the vault, checked block by block, its KCV
 * compared with the sheet. */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "steps.h"

#define _(text) gettext(text)

enum { PHASE_BEGIN, PHASE_TYPE, PHASE_TYPE_AGAIN, PHASE_KCV, PHASE_DIFFERS, PHASE_REPLACE };

static int component_number(const struct ceremony *c)
{
    const struct instance *in = &c->instances[c->current];
    return in->indices > 0 ? in->index[0] : 1;
}

void sealed_name(const struct script_step *step, int group, int n, char out[48])
{
    snprintf(out, 48, "component/%.20s/%d/%d", step->key, group, n);
}

/* Knowledge never expires: all entries of all ceremonies count (PCI PIN 21-2.4). */
static enum kr_error knowledge_allows(struct ceremony *c, const char *person)
{
    struct knowledge rows[64];
    char key[40];
    size_t count = 0;
    snprintf(key, sizeof key, "%.24s/%d/%d", step_now(c)->key, step_group(c),
             key_next_version(c, step_now(c)->key, step_group(c)));
    enum kr_error err = knowledge_of(session_store(c->session), key, rows, 64, &count);
    for (size_t i = 0; err == KR_OK && i < count && i < 64; i++)
        if (strcmp(rows[i].person, person) == 0 && rows[i].component != component_number(c))
            return kr_fail(KR_E_KNOWLEDGE, _("%s entered component %c of %s in entry %llu"), person,
                           'A' + rows[i].component - 1, key, (unsigned long long)rows[i].seq);
    return err;
}

static void replace_ask(struct ceremony *c, struct request *r)
{
    const struct slots *slots = session_slots(c->session);
    request_from_step(c, r, REQUEST_CHOICE, "replace");
    snprintf(r->text, sizeof r->text, _("Who takes this seat instead of %s?"), r->person_name);
    for (size_t i = 0; i < slots->count; i++) {
        const struct person *p = &slots->people[i];
        bool seated = false;
        for (size_t v = 0; v < c->var_count; v++)
            seated = seated || (strncmp(c->vars[v].name, "seat.", 5) == 0 &&
                                strcmp(c->vars[v].value, p->slot.person) == 0);
        if ((p->roles & ROLE_CUSTODIAN) != 0 && !p->revoked && !seated)
            request_option(r, p->slot.person, false, p->name);
    }
    if (r->option_count == 0)
        request_option(r, "nobody", false,
                       _("Nobody is left who may sit here: abort the ceremony (F8)"));
}

static void component_entry_spec(struct ceremony *c, struct secret_entry_spec *spec)
{
    const struct suite *suite = suite_by_id(session_slots(c->session)->centre.suite);
    memset(spec, 0, sizeof *spec);
    spec->kind = ENTRY_COMPONENT;
    spec->digits = 2 * (suite == NULL ? 16 : suite->key_len);
    spec->check_letters = strcmp(var_get(c, "sheets"), "letters") == 0;
}

static void differs_ask(struct ceremony *c, struct request *r)
{
    request_from_step(c, r, REQUEST_CHOICE, "differs");
    snprintf(r->text, sizeof r->text, "%s",
             _("The check value of what was typed is not the one from the sheet. Either a digit of "
               "the component or "
               "the check value itself was typed wrongly, or this is the wrong sheet."));
    request_option(r, "kcv", false, _("Type the check value from the sheet once more"));
    request_option(r, "component", false, _("Type the component once more"));
}

enum kr_error component_ask(struct ceremony *c, struct request *r)
{
    struct secret_entry_spec spec;
    component_entry_spec(c, &spec);
    switch (c->phase) {
    case PHASE_TYPE:
        request_from_step(c, r, REQUEST_SECRET, NULL);
        return request_secret(c, r, &spec, false);
    case PHASE_TYPE_AGAIN:
        if (c->first_entry == 0)
            step_goto(c, PHASE_TYPE);
        request_from_step(c, r, REQUEST_SECRET, NULL);
        if (c->first_entry != 0)
            snprintf(r->text, sizeof r->text, "%s",
                     _("Type it once more from the sheet. Blocks that differ from the first time "
                       "are marked."));
        return request_secret(c, r, &spec, c->first_entry != 0);
    case PHASE_KCV:
    case PHASE_DIFFERS:
        if (c->held == 0) {
            step_goto(c, PHASE_TYPE);
            return component_ask(c, r);
        }
        if (c->phase == PHASE_DIFFERS) {
            differs_ask(c, r);
            return KR_OK;
        }
        request_from_step(c, r, REQUEST_TEXT, "kcv");
        snprintf(r->text, sizeof r->text, "%s",
                 _("Now type the check value (KCV) printed on the sheet. It is compared with that "
                   "of what was typed."));
        r->text_max = 16;
        return KR_OK;
    case PHASE_REPLACE:
        replace_ask(c, r);
        return KR_OK;
    default:
        r->kind = REQUEST_WORK;
        return KR_OK;
    }
}

static enum kr_error begin_take(struct ceremony *c)
{
    const struct script_step *step = step_now(c);
    const char *person = step_person(c);
    if (step->unless_key != NULL && key_exists(c, step->unless_key, step_group(c))) {
        step_skip(c);
        return KR_OK;
    }
    enum kr_error err = knowledge_allows(c, person);
    if (err == KR_E_KNOWLEDGE) {
        step_goto(c, PHASE_REPLACE);
        return refuse(c, person, err);
    }
    if (err == KR_OK)
        step_goto(c, PHASE_TYPE);
    return err;
}

/* The opening named somebody else in this seat: whoever is present signs that it changes hands. */
static enum kr_error replace_record(struct ceremony *c, const char *seat, const char *person)
{
    struct entry e;
    char who[PERSON_ID_MAX];
    if (!acting_person(c, who))
        return kr_fail(KR_E_NOT_SIGNED_IN, "%s", person);
    record_begin(c, &e, "note");
    entry_add(&e, "text", "%s takes %s instead of %s", person, seat, var_get(c, seat));
    step_goto(c, PHASE_BEGIN);
    enum kr_error err = var_set(c, seat, "%s", person);
    if (err == KR_OK)
        return record_simple(c, &e, who, NULL, NULL);
    entry_free(&e);
    return err;
}

static enum kr_error replace_take(struct ceremony *c, const struct answer *a)
{
    const struct person *p = slots_find(session_slots(c->session), a->text);
    const struct instance *in = instance_now(c);
    char name[48];
    if (a->kind != ANSWER_CHOICE || p == NULL)
        return step_problem(c, kr_fail(KR_E_PERSON_UNKNOWN, "%s", a->text));
    enum kr_error err = seat_allows(c, p, ROLE_CUSTODIAN);
    if (err != KR_OK)
        return step_problem(c, err);
    snprintf(name, sizeof name, "seat.%.32s.%d", step_now(c)->who,
             in->indices > 0 ? in->index[0] : 1);
    return replace_record(c, name, a->text);
}

/* The complete entry becomes a component in the vault; a weak one is refused and typed anew (from
 * another sheet). */
static enum kr_error take_over(struct ceremony *c)
{
    struct vault *v = session_vault(c->session);
    vault_drop(v, c->held);
    c->held = 0;
    enum kr_error err = vault_component(v, c->entry, session_slots(c->session)->centre.suite,
                                        &c->held, &c->held_kcv);
    if (err == KR_OK)
        c->entry = 0;
    entry_drop(c);
    if (err == KR_E_KEY_ZERO || err == KR_E_KEY_WEAK || err == KR_E_KEY_HALVES ||
        err == KR_E_KEY_LENGTH) {
        step_goto(c, PHASE_TYPE);
        return refuse(c, step_person(c), err);
    }
    if (err == KR_OK)
        step_goto(c, PHASE_KCV);
    return err;
}

static enum kr_error typed_take(struct ceremony *c)
{
    struct vault *v = session_vault(c->session);
    if (c->entry_spec.check_letters)
        return take_over(c);
    if (c->first_entry == 0) {
        c->first_entry = c->entry;
        c->entry = 0;
        step_goto(c, PHASE_TYPE_AGAIN);
        return KR_OK;
    }
    enum kr_error err = vault_entry_compare(v, c->first_entry, c->entry, &c->entry_state);
    if (err == KR_E_ENTRY_TWICE)
        return step_problem(c, err);
    return err == KR_OK ? take_over(c) : err;
}

/* Sealed under the vault key until it is combined, so that nothing has to be typed again after a
 * kill. */
static enum kr_error component_record(struct ceremony *c)
{
    struct store *store = session_store(c->session);
    struct knowledge k = {.component = component_number(c)};
    const struct script_step *step = step_now(c);
    uint8_t blob[VAULT_BLOB_MAX];
    size_t blob_len = sizeof blob;
    struct entry e;
    char name[48], kcv[16], who[PERSON_ID_MAX], label[96];
    snprintf(who, sizeof who, "%s", step_person(c));
    sealed_name(step, step_group(c), k.component, name);
    snprintf(label, sizeof label, "%.39s/%s", c->id, name);
    kcv_text(&c->held_kcv, kcv);
    snprintf(k.key, sizeof k.key, "%.24s/%d/%d", step->key, step_group(c),
             key_next_version(c, step->key, step_group(c)));
    snprintf(k.person, sizeof k.person, "%s", who);
    record_begin(c, &e, "component");
    entry_add(&e, "component", "%s %d %s %s", k.key, k.component, c->held_kcv.algorithm, kcv);
    entry_add(&e, "text", "typed at the keyboard, %s",
              c->entry_spec.check_letters ? "with check letters" : "twice");
    enum kr_error err = vault_store_key(session_vault(c->session), c->held, label, blob, &blob_len);
    vault_drop(session_vault(c->session), c->held);
    c->held = 0;
    if (err == KR_OK)
        record_material(&e, name, blob, blob_len);
    if (err == KR_OK)
        err = record_open(c);
    if (err != KR_OK) {
        entry_free(&e);
        return err;
    }
    const char *persons[] = {who, NULL};
    err = record_sign(c, &e, persons, &k.seq);
    if (err == KR_OK)
        err = sealed_put(store, c->id, name, blob, blob_len);
    if (err == KR_OK)
        err = knowledge_put(store, &k);
    step_done(c, who, "KCV %s", kcv);
    return record_commit(c, &e, err);
}

static enum kr_error kcv_take(struct ceremony *c, const struct answer *a)
{
    struct kcv sheet;
    const struct suite *suite = suite_by_id(session_slots(c->session)->centre.suite);
    enum kr_error err = kcv_parse(suite, a->text, &sheet);
    if (a->kind != ANSWER_TEXT || err != KR_OK)
        return step_problem(c, kr_fail(KR_E_ANSWER, _("%s is not a check value of %zu digits"),
                                       a->text, 2 * suite->kcv_len));
    if (kcv_equal(&sheet, &c->held_kcv))
        return component_record(c);
    step_goto(c, PHASE_DIFFERS);
    return refuse(c, step_person(c), kr_fail(KR_E_KCV_DIFFERS, _("the sheet says %s"), a->text));
}

enum kr_error component_take(struct ceremony *c, const struct answer *a)
{
    switch (c->phase) {
    case PHASE_BEGIN:
        return begin_take(c);
    case PHASE_REPLACE:
        return replace_take(c, a);
    case PHASE_TYPE:
    case PHASE_TYPE_AGAIN:
        if (a->kind != ANSWER_OK)
            return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
        return typed_take(c);
    case PHASE_KCV:
        return kcv_take(c, a);
    default:
        if (!answer_is(a, "kcv") && !answer_is(a, "component"))
            return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
        step_goto(c, answer_is(a, "kcv") ? PHASE_KCV : PHASE_TYPE);
        return KR_OK;
    }
}
