/* Components become a key: combined KCV compared with the sheets, then, once approved, kept in the
 * vault. */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "steps.h"

#define _(text) gettext(text)

enum { PHASE_BEGIN, PHASE_KCV, PHASE_WRONG, PHASE_UNPRINTED };

static int components_wanted(const struct ceremony *c)
{
    return seat_count(c, step_now(c)->who);
}

enum kr_error combine_again(struct ceremony *c, vault_handle *key, struct kcv *kcv)
{
    struct vault *v = session_vault(c->session);
    const struct script_step *step = step_now(c);
    vault_handle parts[COMPONENTS_MAX] = {0};
    int count = components_wanted(c);
    enum kr_error err = KR_OK;
    *key = 0;
    for (int n = 1; err == KR_OK && n <= count && n <= COMPONENTS_MAX; n++) {
        char name[48], label[96];
        uint8_t blob[VAULT_BLOB_MAX];
        size_t len = sizeof blob;
        struct kcv part;
        sealed_name(step, step_group(c), n, name);
        snprintf(label, sizeof label, "%.39s/%s", c->id, name);
        err = sealed_get(session_store(c->session), c->id, name, blob, &len);
        if (err == KR_OK)
            err = vault_load_key(v, blob, len, label, &parts[n - 1], &part);
    }
    if (err == KR_OK)
        err = vault_combine(v, session_slots(c->session)->centre.suite, parts, (size_t)count,
                            purpose_by_name(step->purpose), key, kcv);
    for (int n = 0; n < COMPONENTS_MAX; n++)
        vault_drop(v, parts[n]);
    return err;
}

static void key_title(const struct ceremony *c, char out[48])
{
    if (step_group(c) != 0)
        snprintf(out, 48, "%.24s %d", step_now(c)->key, step_group(c));
    else
        snprintf(out, 48, "%.24s", step_now(c)->key);
}

/* Nothing was typed: that the sheets carry no combined value is said, not left to silence. */
static void unprinted_ask(struct ceremony *c, struct request *r)
{
    request_from_step(c, r, REQUEST_CHOICE, "unprinted");
    snprintf(r->text, sizeof r->text, "%s",
             _("No combined check value was typed. Without one nobody can see whether this is the "
               "key of the sheets."));
    request_option(r, "type", false, _("It is on a sheet: type it"));
    request_option(r, "none", false,
                   _("It is on none of the sheets: record what was computed, to be written on the "
                     "ceremony paper"));
}

enum kr_error combine_ask(struct ceremony *c, struct request *r)
{
    if (c->phase == PHASE_BEGIN) {
        r->kind = REQUEST_WORK;
    } else if (c->phase == PHASE_KCV) {
        request_from_step(c, r, REQUEST_TEXT, "kcv");
        r->text_max = 16;
    } else if (c->phase == PHASE_UNPRINTED) {
        unprinted_ask(c, r);
    } else {
        request_from_step(c, r, REQUEST_CHOICE, "wrong");
        snprintf(
            r->text, sizeof r->text, "%s",
            _("The key is not kept. Compare the sheets: the components have to be entered again."));
        request_option(r, "retype", false,
                       _("Enter all components of this key again, from the first"));
        if (var_get(c, "combine-kcv-wrong")[0] != '\0')
            request_option(r, "kcv", false, _("Type the combined check value once more"));
    }
    return KR_OK;
}

/* Two keys with one value are one key: by check value, the only thing known of them here. */
static enum kr_error key_is_new(struct ceremony *c, const struct kcv *kcv)
{
    struct key_record rec;
    char shown[16], own[48], hex[2 * sizeof kcv->bytes + 1];
    kcv_text(kcv, shown);
    hex_encode_upper(kcv->bytes, kcv->len, hex);
    snprintf(own, sizeof own, "kcv.%.24s.%d", step_now(c)->key, step_group(c));
    for (size_t i = 0; i < c->var_count; i++)
        if (strncmp(c->vars[i].name, "kcv.", 4) == 0 && strcmp(c->vars[i].name, own) != 0 &&
            strcmp(c->vars[i].value, shown) == 0)
            return kr_fail(KR_E_KEY_SAME, "%s", c->vars[i].name + 4);
    enum kr_error err = keys_with_kcv(session_store(c->session), kcv->algorithm, hex, &rec);
    if (err == KR_OK)
        return kr_fail(KR_E_KEY_SAME, "%s/%d/%d", rec.kind, rec.group, rec.version);
    return err == KR_E_NOT_FOUND ? KR_OK : err;
}

static enum kr_error combine_begin(struct ceremony *c)
{
    struct kcv kcv;
    vault_handle key = 0;
    const struct script_step *step = step_now(c);
    if (step->unless_key != NULL && key_exists(c, step->unless_key, step_group(c))) {
        step_skip(c);
        return KR_OK;
    }
    enum kr_error err = combine_again(c, &key, &kcv);
    vault_drop(session_vault(c->session), key);
    if (err == KR_OK)
        err = key_is_new(c, &kcv);
    if (err == KR_E_COMPONENT_EQUAL || err == KR_E_KEY_WEAK || err == KR_E_KEY_ZERO ||
        err == KR_E_KEY_HALVES || err == KR_E_KEY_SAME) {
        var_clear(c, "combine-kcv-wrong");
        step_goto(c, PHASE_WRONG);
        return refuse(c, step_person(c), err);
    }
    if (err != KR_OK)
        return err;
    c->held_kcv = kcv;
    step_goto(c, PHASE_KCV);
    return KR_OK;
}

static enum kr_error combine_good(struct ceremony *c, bool on_sheet)
{
    struct entry e;
    char kcv[16], title[48], name[48], who[PERSON_ID_MAX];
    kcv_text(&c->held_kcv, kcv);
    key_title(c, title);
    snprintf(who, sizeof who, "%s", step_person(c));
    snprintf(name, sizeof name, "kcv.%.24s.%d", step_now(c)->key, step_group(c));
    record_begin(c, &e, "note");
    entry_add(&e, "key", "%s %d %d %s %s", step_now(c)->key, step_group(c),
              key_next_version(c, step_now(c)->key, step_group(c)), c->held_kcv.algorithm, kcv);
    entry_add(&e, "text", "%d components combined; combined check value %s", components_wanted(c),
              on_sheet ? "equal to the sheets" : "not on the sheets, recorded as computed");
    var_set(c, name, "%s", kcv);
    step_done(c, who, "KCV %s", kcv);
    return record_simple(c, &e, who, NULL, NULL);
}

static enum kr_error combine_kcv(struct ceremony *c, const struct answer *a)
{
    struct kcv sheet, now;
    vault_handle key = 0;
    const struct suite *suite = suite_by_id(session_slots(c->session)->centre.suite);
    enum kr_error err = combine_again(c, &key, &now);
    vault_drop(session_vault(c->session), key);
    if (err != KR_OK)
        return err;
    c->held_kcv = now;
    if (answer_is(a, "none"))
        return combine_good(c, false);
    if (a->kind == ANSWER_TEXT && a->text[0] == '\0') {
        step_goto(c, PHASE_UNPRINTED);
        return KR_OK;
    }
    if (a->kind != ANSWER_TEXT || kcv_parse(suite, a->text, &sheet) != KR_OK)
        return step_problem(c, kr_fail(KR_E_ANSWER, _("%s is not a check value of %zu digits"),
                                       a->text, 2 * suite->kcv_len));
    if (kcv_equal(&sheet, &now))
        return combine_good(c, true);
    var_set(c, "combine-kcv-wrong", "yes");
    step_goto(c, PHASE_WRONG);
    return refuse(c, step_person(c), kr_fail(KR_E_KCV_DIFFERS, _("the sheets say %s"), a->text));
}

/* Back to the first component of this key; those of other groups stay as they are. */
static enum kr_error combine_retype(struct ceremony *c)
{
    const struct script_step *step = step_now(c);
    int group = step_group(c);
    size_t first = c->current;
    enum kr_error err = record_open(c);
    for (int n = 1; err == KR_OK && n <= components_wanted(c); n++) {
        char name[48];
        sealed_name(step, group, n, name);
        err = sealed_drop(session_store(c->session), c->id, name);
    }
    for (size_t i = c->current; i-- > 0;) {
        struct instance *in = &c->instances[i];
        const struct script_step *s = &c->script->steps[in->step];
        if (strcmp(s->kind, "component") == 0 && strcmp(s->key, step->key) == 0 &&
            instance_group(c, in) == group) {
            in->state = STEP_AHEAD;
            first = i;
        }
    }
    step_back_to(c, first);
    if (err == KR_OK)
        err = state_save(c);
    if (err == KR_OK)
        err = store_commit(session_store(c->session));
    else
        store_rollback(session_store(c->session));
    return err;
}

enum kr_error combine_take(struct ceremony *c, const struct answer *a)
{
    if (c->phase == PHASE_BEGIN)
        return combine_begin(c);
    if (c->phase == PHASE_KCV)
        return combine_kcv(c, a);
    if (c->phase == PHASE_UNPRINTED && answer_is(a, "none"))
        return combine_kcv(c, a);
    if (c->phase == PHASE_UNPRINTED && answer_is(a, "type")) {
        step_goto(c, PHASE_KCV);
        return KR_OK;
    }
    if (c->phase == PHASE_UNPRINTED)
        return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
    if (answer_is(a, "kcv")) {
        step_goto(c, PHASE_BEGIN);
        return KR_OK;
    }
    if (answer_is(a, "retype"))
        return combine_retype(c);
    return step_problem(c, kr_fail(KR_E_ANSWER, "%s", a->text));
}

/* ---- keep: the approved key goes into the store, sealed ---- */

enum kr_error keep_ask(struct ceremony *c, struct request *r)
{
    (void)c;
    r->kind = REQUEST_WORK;
    return KR_OK;
}

static enum kr_error keep_intent(struct ceremony *c, const char *who)
{
    struct entry e;
    char title[48];
    if (var_get(c, "intent")[0] != '\0')
        return KR_OK; /* interrupted before: nothing was kept, since rows and outcome are one
                         transaction */
    key_title(c, title);
    record_begin(c, &e, "intent");
    entry_add(&e, "text", "keep %s in the vault", title);
    return record_intent(c, &e, who);
}

enum kr_error keep_take(struct ceremony *c, const struct answer *a)
{
    const struct script_step *step = step_now(c);
    struct key_record rec;
    struct kcv kcv;
    struct entry e;
    vault_handle key = 0;
    char who[PERSON_ID_MAX], shown[16], name[48];
    (void)a;
    if (step->unless_key != NULL && key_exists(c, step->unless_key, step_group(c))) {
        step_skip(c);
        return KR_OK;
    }
    snprintf(who, sizeof who, "%s", step_person(c));
    enum kr_error err = combine_again(c, &key, &kcv);
    kcv_text(&kcv, shown);
    snprintf(name, sizeof name, "kcv.%.24s.%d", step->key, step_group(c));
    if (err == KR_OK && strcmp(var_get(c, name), shown) != 0)
        err = kr_fail(KR_E_KCV_DIFFERS, "%s", shown);
    if (err == KR_OK)
        err = keep_intent(c, who);
    if (err == KR_OK)
        err = record_open(c);
    if (err != KR_OK) {
        vault_drop(session_vault(c->session), key);
        return err;
    }
    err = key_keep(c, step->key, step_group(c), purpose_by_name(step->purpose), key, &kcv,
                   components_wanted(c), &rec);
    for (int n = 1; err == KR_OK && n <= components_wanted(c); n++) {
        sealed_name(step, step_group(c), n, name);
        err = sealed_drop(session_store(c->session), c->id, name);
    }
    record_outcome_begin(c, &e, "ok");
    record_key(&e, &rec);
    const char *persons[] = {who, NULL};
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    step_done(c, who, "KCV %s", shown);
    err = record_commit(c, &e, err);
    vault_drop(session_vault(c->session), key);
    return err;
}
