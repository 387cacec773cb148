#include "key_acts.h"

#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vocabulary.h"

#define _(text) gettext(text)

#define PREFIX    "key-"
#define KEYS_ROOM 512

bool key_act_of_kind(const char *kind, enum key_act *act)
{
    return strncmp(kind, PREFIX, strlen(PREFIX)) == 0 &&
           key_act_by_word(kind + strlen(PREFIX), act) && *act != KEY_SUPERSEDE;
}

const struct script_step *script_key_step(const struct script *s)
{
    enum key_act act;
    for (size_t i = 0; i < s->steps_count; i++)
        if (key_act_of_kind(s->steps[i].kind, &act))
            return &s->steps[i];
    return NULL;
}

/* ---- Names ---- */

void key_word(const struct key_record *k, char out[KEY_NAME_MAX])
{
    snprintf(out, KEY_NAME_MAX, "%s/%d/%d", k->kind, k->group, k->version);
}

void key_name(const struct key_record *k, char out[KEY_NAME_MAX])
{
    if (k->group > 0)
        snprintf(out, KEY_NAME_MAX, _("%s %d, version %d"), k->kind, k->group, k->version);
    else
        snprintf(out, KEY_NAME_MAX, _("%s, version %d"), k->kind, k->version);
}

static enum kr_error key_by_word(struct ceremony *c, const char *text, struct key_record *k)
{
    char kind[24];
    int group, version, used = 0;
    if (sscanf(text, "%23[^/ ]/%d/%d%n", kind, &group, &version, &used) != 3 || text[used] != '\0')
        return kr_fail(KR_E_ANSWER, _("%s names no key, as KIND/GROUP/VERSION does"), text);
    if (session_store(c->session) == NULL)
        return kr_fail(KR_E_ANSWER, _("%s cannot be looked up before somebody signs in"), text);
    return keys_get(session_store(c->session), kind, group, version, k);
}

/* ---- The act ---- */

enum kr_error key_admits(struct ceremony *c, const struct key_record *k, enum key_state *next)
{
    const struct script_step *step = script_key_step(c->script);
    enum key_act act;
    enum key_state now;
    char name[KEY_NAME_MAX];
    key_name(k, name);
    if (step == NULL || !key_act_of_kind(step->kind, &act) || !key_state_by_word(k->state, &now))
        return kr_fail(KR_E_ARGUMENT, "%s", k->state);
    return key_life_next(now, act, name, next);
}

enum kr_error key_chosen(struct ceremony *c, struct key_record *k)
{
    return key_by_word(c, var_get(c, KEY_PARAMETER), k);
}

enum kr_error key_choice_fits(struct ceremony *c, const char *text)
{
    struct key_record k;
    enum key_state next;
    enum kr_error err = key_by_word(c, text, &k);
    return err == KR_OK ? key_admits(c, &k, &next) : err;
}

static void offer(struct request *r, const struct key_record *k)
{
    char word[KEY_NAME_MAX], name[KEY_NAME_MAX], text[160];
    key_word(k, word);
    key_name(k, name);
    snprintf(text, sizeof text, "%s · KCV %.2s %.2s %.2s · %s", name, k->kcv, k->kcv + 2,
             k->kcv + 4, vocabulary(k->state));
    request_option(r, word, false, text);
}

/* Those that the act may be done to stand first; whoever chooses another one reads why not. */
static void offer_all(struct ceremony *c, struct request *r, const struct key_record *keys,
                      size_t count)
{
    enum key_state next;
    for (int fit = 1; fit >= 0; fit--)
        for (size_t i = 0; i < count; i++)
            if ((key_admits(c, &keys[i], &next) == KR_OK) == (fit == 1))
                offer(r, &keys[i]);
}

void key_choice_ask(struct ceremony *c, struct request *r)
{
    struct key_record *keys = calloc(KEYS_ROOM, sizeof *keys);
    struct store *store = session_store(c->session);
    size_t count = 0, fit = 0;
    enum key_state next;
    if (keys != NULL && store != NULL && keys_list_all(store, keys, KEYS_ROOM, &count) == KR_OK)
        for (size_t i = 0; i < count; i++)
            fit += key_admits(c, &keys[i], &next) == KR_OK;
    r->text_max = KEY_NAME_MAX;
    if (count > 0 && fit < REQUEST_OPTIONS_MAX) {
        r->kind = REQUEST_CHOICE;
        offer_all(c, r, keys, count);
    }
    free(keys);
}

void key_facts(struct request *r, const struct key_record *k)
{
    char name[KEY_NAME_MAX];
    key_name(k, name);
    request_fact(r, name, "KCV %.2s %.2s %.2s (%s)", k->kcv, k->kcv + 2, k->kcv + 4,
                 k->kcv_algorithm);
    request_fact(r, _("its state now"), "%s", vocabulary(k->state));
}

/* ---- Custody ---- */

enum kr_error custody_free_to_witness(struct ceremony *c, const char *seat, const char *person)
{
    const struct script_step *step = script_key_step(c->script);
    struct key_record k;
    struct knowledge known;
    if (step == NULL || strcmp(step->kind, "key-destroy") != 0 || step->with == NULL ||
        strcmp(step->with, seat) != 0)
        return KR_OK;
    enum kr_error err = key_chosen(c, &k);
    if (err == KR_OK)
        err = knowledge_by(session_store(c->session), k.kind, k.group, person, &known);
    if (err == KR_E_NOT_FOUND)
        return KR_OK;
    return err != KR_OK ? err
                        : kr_fail(KR_E_WITNESS, _("%s entered a component of %s in entry %llu"),
                                  person, known.key, (unsigned long long)known.seq);
}
