/* Random keys (seed-generate): drawn in the vault, kept sealed, all in one transaction. */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "../key_kinds.h"
#include "steps.h"

#define _(text) gettext(text)

enum { PHASE_WORK, PHASE_SHOW };

/* Of the keys a step names only those are drawn which the centre has not. */
static bool drawn_here(struct ceremony *c, const char *name, struct key_record *rec)
{
    return key_newest(c, name, step_group(c), rec) && strcmp(rec->ceremony, c->id) == 0;
}

enum kr_error generate_ask(struct ceremony *c, struct request *r)
{
    const struct script_step *step = step_now(c);
    if (c->phase == PHASE_WORK) {
        r->kind = REQUEST_WORK;
        return KR_OK;
    }
    request_from_step(c, r, REQUEST_SHOW, NULL);
    for (size_t i = 0; i < step->keys_count; i++) {
        struct key_record rec;
        if (drawn_here(c, step->keys[i], &rec))
            request_key(r, &rec);
    }
    return KR_OK;
}

static enum kr_error generate_one(struct ceremony *c, const char *name, struct entry *e)
{
    const struct key_kind *kind = key_kind_by_name(name);
    struct key_record rec;
    struct kcv kcv;
    vault_handle key = 0;
    if (kind == NULL)
        return kr_fail(KR_E_KEY_MISSING, "%s", name);
    enum kr_error err =
        vault_random(session_vault(c->session), session_slots(c->session)->centre.suite,
                     kind->purpose, &key, &kcv);
    if (err == KR_OK)
        err = key_keep(c, name, step_group(c), kind->purpose, key, &kcv, 0, &rec);
    if (err == KR_OK)
        record_key(e, &rec);
    vault_drop(session_vault(c->session), key);
    return err;
}

static void generate_line(const struct ceremony *c, const char *name, struct entry *e)
{
    if (step_group(c) > 0)
        entry_add(e, "text", "generate %s %d", name, step_group(c));
    else
        entry_add(e, "text", "generate %s", name);
}

static enum kr_error generate_intend(struct ceremony *c, const char *who)
{
    const struct script_step *step = step_now(c);
    struct entry e;
    size_t wanted = 0;
    record_begin(c, &e, "intent");
    for (size_t i = 0; i < step->keys_count; i++)
        if (!key_exists(c, step->keys[i], step_group(c))) {
            generate_line(c, step->keys[i], &e);
            wanted++;
        }
    if (wanted > 0)
        return record_intent(c, &e, who);
    entry_free(&e);
    return kr_fail(KR_E_KEY_EXISTS, "%s", step->keys[0]);
}

static enum kr_error generate_all(struct ceremony *c, const char *who)
{
    const struct script_step *step = step_now(c);
    struct entry e;
    enum kr_error err = KR_OK;
    if (var_get(c, "intent")[0] == '\0')
        err = generate_intend(c, who);
    if (err == KR_OK)
        err = record_open(c);
    if (err != KR_OK)
        return err;
    record_outcome_begin(c, &e, "ok");
    for (size_t i = 0; err == KR_OK && i < step->keys_count; i++) {
        progress_set(c, step->keys[i], (unsigned)i, step->keys_count);
        if (!key_exists(c, step->keys[i], step_group(c)))
            err = generate_one(c, step->keys[i], &e);
    }
    const char *persons[] = {who, NULL};
    if (err == KR_OK)
        err = record_sign(c, &e, persons, NULL);
    step_goto(c, PHASE_SHOW);
    return record_commit(c, &e, err);
}

enum kr_error generate_take(struct ceremony *c, const struct answer *a)
{
    const struct script_step *step = step_now(c);
    char who[PERSON_ID_MAX];
    struct key_record rec;
    unsigned drawn = 0;
    (void)a;
    snprintf(who, sizeof who, "%s", step_person(c));
    if (c->phase == PHASE_WORK)
        return generate_all(c, who);
    for (size_t i = 0; i < step->keys_count; i++)
        drawn += drawn_here(c, step->keys[i], &rec);
    step_done(c, who, _("%u keys"), drawn);
    return KR_OK;
}
