/* Who knows components of the keys that a ceremony touches (R1). */
#include <libintl.h>
#include <stdlib.h>
#include <string.h>

#include "key_acts.h"

#define _(text) gettext(text)

static enum kr_error knows_none(struct ceremony *c, const char *person, const char *kind, int group)
{
    struct knowledge k;
    enum kr_error err = knowledge_by(session_store(c->session), kind, group, person, &k);
    if (err == KR_E_NOT_FOUND)
        return KR_OK;
    return err != KR_OK ? err
                        : kr_fail(KR_E_CONFLICT, _("%s entered a component of %s in entry %llu"),
                                  person, k.key, (unsigned long long)k.seq);
}

/* A step's key in every group the ceremony has, and without one. */
static enum kr_error knows_none_of_groups(struct ceremony *c, const char *person, const char *kind)
{
    enum kr_error err = knows_none(c, person, kind, 0);
    for (int g = 1; err == KR_OK && g <= groups_count(c); g++)
        err = knows_none(c, person, kind, group_at(c, g));
    return err;
}

static enum kr_error knows_none_of_directory(struct ceremony *c, const char *person,
                                             const struct layout_directory *d)
{
    enum kr_error err = KR_OK;
    for (size_t i = 0; err == KR_OK && i < d->key_count; i++)
        if (d->keys[i].kind != CARD_KEY_PIN)
            err = knows_none(c, person, d->keys[i].source, d->keys[i].group);
    return err;
}

static enum kr_error knows_none_of_layout(struct ceremony *c, const char *person, const char *name)
{
    struct layout *l = calloc(1, sizeof *l);
    if (l == NULL)
        return KR_E_MEMORY;
    enum kr_error err = layout_for(c, name, l);
    if (err == KR_OK)
        err = knows_none_of_directory(c, person, &l->mf);
    if (err == KR_OK)
        err = knows_none_of_directory(c, person, &l->adf);
    free(l);
    return err;
}

enum kr_error custody_free_to_approve(struct ceremony *c, const char *person)
{
    struct key_record chosen;
    enum kr_error err =
        script_key_step(c->script) != NULL ? key_chosen(c, &chosen) : KR_E_NOT_FOUND;
    if (err == KR_OK)
        err = knows_none(c, person, chosen.kind, chosen.group);
    else if (err == KR_E_NOT_FOUND)
        err = KR_OK;
    for (size_t i = 0; err == KR_OK && i < c->script->steps_count; i++) {
        const struct script_step *s = &c->script->steps[i];
        if (s->key != NULL)
            err = knows_none_of_groups(c, person, s->key);
        for (size_t k = 0; err == KR_OK && k < s->keys_count; k++)
            err = knows_none_of_groups(c, person, s->keys[k]);
        if (err == KR_OK && strncmp(s->kind, "block-", 6) == 0)
            err = knows_none(c, person, var_get(c, "key"), var_number(c, "group"));
        if (err == KR_OK && s->layout != NULL)
            err = knows_none_of_layout(c, person, s->layout);
    }
    return err;
}
