#include "key_holding.h"

#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "script_check.h"
#include "vocabulary.h"

bool key_holding_known(const char *word)
{
    return strcmp(word, KEY_HOLDING_CARD) == 0 || strcmp(word, KEY_HOLDING_HSM) == 0 ||
           strcmp(word, KEY_HOLDING_EXPORT) == 0;
}

enum kr_error key_holding_now(struct session *s, char word[KEY_HOLDING_ROOM])
{
    enum kr_error err = policies_get(session_store(s), KEY_HOLDING_POLICY, word, KEY_HOLDING_ROOM);
    if (err == KR_OK && word[0] == '\0')
        snprintf(word, KEY_HOLDING_ROOM, "%s", KEY_HOLDING_CARD);
    return err;
}

bool key_holding_serves(const struct script *script, const char *word)
{
    for (size_t i = 0; i < script->key_holding_count; i++)
        if (strcmp(script->key_holding[i], word) == 0)
            return true;
    return script->key_holding_count == 0;
}

bool layout_gives_whole(const struct layout *l)
{
    if (strcmp(l->plastic, "mother") != 0)
        return false;
    for (size_t i = 0; i < l->adf.key_count; i++)
        if (card_key_is_master(l->adf.keys[i].kind) &&
            (l->adf.keys[i].header.follow_state & GIVEN_WHOLE) != 0)
            return true;
    return false;
}

/* The root centres give whole keys too: GMPK goes into each PSAM as it is. */
static bool decides(const struct session *s)
{
    enum tier tier = session_slots(s)->centre.tier;
    return tier == TIER_REGIONAL || tier_issues_users(tier);
}

static enum kr_error layout_admitted(struct ceremony *c, const struct script_step *step,
                                     const char *name, bool enabled)
{
    struct layout l;
    enum kr_error err = name == NULL ? KR_OK : layout_for(c, name, &l);
    if (name == NULL || err != KR_OK || !layout_gives_whole(&l))
        return err;
    if (!enabled)
        return kr_fail(KR_E_EXPORT_FORBIDDEN, "%s", vocabulary(name));
    if (name == step->layout && step->card != NULL &&
        approvers_of(c->script, (size_t)(step - c->script->steps)) < 2)
        return kr_fail(KR_E_SCRIPT_RULE, "line %u R1: step %s", step->line, step->id);
    return KR_OK;
}

static enum kr_error layouts_admitted(struct ceremony *c, bool enabled)
{
    enum kr_error err = KR_OK;
    for (size_t i = 0; err == KR_OK && i < c->script->steps_count; i++) {
        const struct script_step *step = &c->script->steps[i];
        err = layout_admitted(c, step, step->layout, enabled);
        if (err == KR_OK)
            err = layout_admitted(c, step, step->mother, enabled);
    }
    return err;
}

enum kr_error key_holding_fits(struct session *s, const struct script *script)
{
    char now[KEY_HOLDING_ROOM];
    if (script->key_holding_count == 0)
        return KR_OK;
    enum kr_error err = key_holding_now(s, now);
    if (err != KR_OK || key_holding_serves(script, now))
        return err;
    bool export = script->key_holding_count == 1 && key_holding_serves(script, KEY_HOLDING_EXPORT);
    return kr_fail(export ? KR_E_EXPORT_FORBIDDEN : KR_E_KEY_HOLDING, "%s", vocabulary(now));
}

enum kr_error key_holding_admits(struct ceremony *c)
{
    char now[KEY_HOLDING_ROOM];
    enum kr_error err = key_holding_fits(c->session, c->script);
    if (err == KR_OK && decides(c->session))
        err = key_holding_now(c->session, now);
    if (err != KR_OK || !decides(c->session))
        return err;
    return layouts_admitted(c, strcmp(now, KEY_HOLDING_EXPORT) == 0);
}
