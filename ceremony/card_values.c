#include "card_values.h"

#include <string.h>

#include "../crypto/hash.h"
#include "held_key.h"
#include "steps/mother.h"

#define FACTOR_LEN 8

const struct key_root *root_of(const struct key_roots *roots, const struct layout_key *k)
{
    for (size_t i = 0; i < roots->count; i++)
        if (roots->list[i].group == k->group && strcmp(roots->list[i].name, k->source) == 0)
            return &roots->list[i];
    return NULL;
}

static enum kr_error roots_of(struct ceremony *c, const struct layout_directory *d,
                              struct key_roots *roots)
{
    enum kr_error err = KR_OK;
    for (size_t i = 0; err == KR_OK && i < d->key_count; i++) {
        const struct layout_key *k = &d->keys[i];
        struct key_record rec;
        if (k->kind == CARD_KEY_PIN || k->later || root_of(roots, k) != NULL)
            continue;
        struct key_root *root = &roots->list[roots->count];
        memcpy(root->name, k->source, sizeof root->name);
        root->group = k->group;
        err = key_load(c, k->source, k->group, &root->handle, &rec);
        if (err == KR_OK)
            roots->count++;
        else if (err == KR_E_KEY_MISSING)
            err = KR_OK;
    }
    return err;
}

enum kr_error roots_load(struct ceremony *c, const struct layout *l, bool with_adf,
                         struct key_roots *roots)
{
    memset(roots, 0, sizeof *roots);
    enum kr_error err = roots_of(c, &l->mf, roots);
    return err == KR_OK && with_adf ? roots_of(c, &l->adf, roots) : err;
}

void roots_drop(struct ceremony *c, struct key_roots *roots)
{
    for (size_t i = 0; i < roots->count; i++)
        vault_drop(session_vault(c->session), roots->list[i].handle);
    roots->count = 0;
}

/* ---- Factors ---- */

enum kr_error factor_bytes(const struct ceremony *c, enum key_factor factor, const char *number,
                           uint8_t out[8])
{
    const struct centre *centre = &session_slots(c->session)->centre;
    const char *name = factor == FACTOR_REGION ? "region" : "bank";
    uint8_t serial[10];
    if (factor == FACTOR_SERIAL) {
        if (strlen(number) != 20 || hex_decode(number, serial, sizeof serial) != KR_OK)
            return kr_fail(KR_E_IDENTIFIER, "%s", number);
        memcpy(out, serial + 2, FACTOR_LEN);
        return KR_OK;
    }
    if (var_get(c, name)[0] != '\0')
        return hex_decode(var_get(c, name), out, FACTOR_LEN);
    bool own =
        factor == FACTOR_REGION ? centre->tier == TIER_REGIONAL : tier_issues_users(centre->tier);
    if (!own)
        return kr_fail(KR_E_IDENTIFIER, "%s", name);
    memcpy(out, centre->identifier, FACTOR_LEN);
    return KR_OK;
}

static enum kr_error factors_of(const struct ceremony *c, const struct layout_key *k,
                                const char *number, uint8_t out[LAYOUT_FACTORS_MAX * FACTOR_LEN])
{
    enum kr_error err = KR_OK;
    for (size_t i = 0; err == KR_OK && i < k->factor_count; i++)
        err = factor_bytes(c, k->factors[i], number, out + FACTOR_LEN * i);
    return err;
}

static bool by_serial(const struct layout_key *k)
{
    for (size_t i = 0; i < k->factor_count; i++)
        if (k->factors[i] == FACTOR_SERIAL)
            return true;
    return false;
}

/* ---- Values ---- */

static enum kr_error from_root(struct ceremony *c, const struct layout_key *k,
                               const struct key_root *root, const uint8_t *factors,
                               struct card_values *out, struct layout_value *value)
{
    struct kcv kcv;
    value->handle = root->handle;
    if (k->factor_count == 0)
        return KR_OK;
    enum kr_error err =
        vault_diversify(session_vault(c->session), root->handle, factors, k->factor_count,
                        held_key_purpose(k->kind), &value->handle, &kcv);
    if (err == KR_OK)
        out->made[out->made_count++] = value->handle;
    return err;
}

/* A control key that the opened card gives into the vault. */
static enum kr_error from_opened(struct ceremony *c, const struct layout_key *k,
                                 const uint8_t *factors, struct card_values *out,
                                 struct layout_value *value)
{
    const struct key_wanted wanted = {.name = k->source,
                                      .group = k->group,
                                      .factors = factors,
                                      .count = k->factor_count,
                                      .purpose = held_key_purpose(k->kind),
                                      .as = &k->header};
    struct kcv kcv;
    enum kr_error err = mother_take(c, &wanted, &value->handle, &kcv);
    if (err == KR_OK)
        out->made[out->made_count++] = value->handle;
    return err;
}

/* Where nobody here holds the key: KR_E_KEY_MISSING, unless it may be missing. */
static enum kr_error value_of(struct ceremony *c, const struct layout_key *k,
                              const struct key_roots *roots, const char *number,
                              struct card_values *out, bool *found)
{
    struct layout_value *value = &out->values[out->count];
    struct mother_key *mother = &out->mothers[out->count];
    uint8_t factors[LAYOUT_FACTORS_MAX * FACTOR_LEN];
    const struct key_root *root = root_of(roots, k);
    *value = (struct layout_value){.name = k->name, .group = k->group};
    *found = true;
    enum kr_error err = factors_of(c, k, number, factors);
    if (err == KR_OK && root != NULL)
        err = from_root(c, k, root, factors, out, value);
    if (err == KR_OK && k->mother && mother_is_open(c)) {
        *found = mother_key_of(c, k->source, k->group, k->under, mother);
        if (!*found && !k->optional)
            return kr_fail(KR_E_MOTHER_LACKS, "%s", k->source);
        memcpy(mother->factors, factors, FACTOR_LEN * k->factor_count);
        mother->factor_count = k->factor_count;
        value->mother = mother;
    } else if (err == KR_OK && root == NULL && k->mother) {
        value->elsewhere = true;
    } else if (err == KR_OK && root == NULL) {
        *found = mother_gives(c, k->source, k->group);
        err = *found ? from_opened(c, k, factors, out, value) : KR_OK;
    }
    return err;
}

/* Typed in this step, or drawn for this card. */
static enum kr_error pin_of(struct ceremony *c, const struct layout_key *k, struct card_values *out,
                            bool *found)
{
    struct layout_value *value = &out->values[out->count];
    enum kr_error err = KR_OK;
    *value = (struct layout_value){.name = k->name, .handle = c->pin};
    if (k->drawn)
        err = vault_draw_pin(session_vault(c->session), 2 * (size_t)k->header.algorithm,
                             &value->handle);
    if (err == KR_OK && k->drawn)
        out->made[out->made_count++] = value->handle;
    *found = value->handle != 0;
    return err;
}

static bool there_already(const struct card_values *v, const struct layout_key *k)
{
    for (size_t i = 0; i < v->count; i++)
        if (v->values[i].group == k->group && strcmp(v->values[i].name, k->name) == 0)
            return true;
    return false;
}

static enum kr_error values_of(struct ceremony *c, const struct layout_directory *d,
                               const struct key_roots *roots, const char *number,
                               struct card_values *out)
{
    enum kr_error err = KR_OK;
    for (size_t i = 0; err == KR_OK && i < d->key_count; i++) {
        const struct layout_key *k = &d->keys[i];
        bool found = true;
        if (k->later || there_already(out, k) || (number[0] == '\0' && by_serial(k)))
            continue;
        if (k->kind == CARD_KEY_PIN)
            err = pin_of(c, k, out, &found);
        else
            err = value_of(c, k, roots, number, out, &found);
        out->count += err == KR_OK && found;
    }
    return err;
}

enum kr_error card_values_make(struct ceremony *c, const struct layout *l, bool with_adf,
                               const struct key_roots *roots, const char *number,
                               struct card_values *out)
{
    out->count = out->made_count = 0;
    enum kr_error err = values_of(c, &l->mf, roots, number, out);
    return err == KR_OK && with_adf ? values_of(c, &l->adf, roots, number, out) : err;
}

void card_values_drop(struct ceremony *c, struct card_values *v)
{
    for (size_t i = 0; i < v->made_count; i++)
        vault_drop(session_vault(c->session), v->made[i]);
    v->count = v->made_count = 0;
}
