#include "card_findings.h"

#include <string.h>

#include "../crypto/hash.h"
#include "run.h"

#define MF_ID     0x3F00
#define CDF_SFI   0x15
#define CDF_LEN   25
#define LIMIT_SFI 0x19

void answer_add(struct card_answer *a, enum card_finding_kind kind, bool differs, const char *one,
                const char *two)
{
    if (a->finding_count == CARD_FINDINGS_MAX)
        return;
    struct card_finding *f = &a->findings[a->finding_count++];
    f->kind = kind;
    f->differs = differs;
    text_put(f->a, sizeof f->a, "%s", one);
    text_put(f->b, sizeof f->b, "%s", two);
}

static const char *const finding_words[] = {
    [FINDING_UNRECORDED] = "unrecorded",
    [FINDING_NUMBER] = "number",
    [FINDING_OTHER_PIECE] = "other-piece",
    [FINDING_KIND] = "layout",
    [FINDING_STATE] = "state",
    [FINDING_SPOILED] = "spoiled",
    [FINDING_DESTROYED] = "destroyed",
    [FINDING_CENTRE] = "centre",
    [FINDING_CONTROL] = "control-key",
    [FINDING_KEY_MISSING] = "key-missing",
    [FINDING_KEY_DIFFERS] = "key-differs",
    [FINDING_KEY_MORE] = "key-more",
    [FINDING_LOCKED] = "locked",
    [FINDING_TRIES] = "tries",
    [FINDING_LIMIT] = "limit",
};

const char *answer_finding_word(enum card_finding_kind kind)
{
    return finding_words[kind];
}

const struct survey_directory *answer_application(const struct card_answer *a)
{
    return a->survey.count > 1 ? &a->survey.directories[a->survey.count - 1] : NULL;
}

const struct survey_file *answer_cdf(const struct card_answer *a)
{
    const struct survey_file *f = survey_file(survey_directory(&a->survey, MF_ID), CDF_SFI);
    return survey_written(f, CDF_LEN) ? f : NULL;
}

void answer_check_centre(struct session *s, struct card_answer *a)
{
    const struct survey_file *cdf = answer_cdf(a);
    char hex[17];
    if (!cdf || a->nature == NATURE_MANUFACTURER ||
        memcmp(cdf->bytes + 1, session_slots(s)->centre.identifier, 8) == 0)
        return;
    hex_encode_upper(cdf->bytes + 1, 8, hex);
    answer_add(a, FINDING_CENTRE, false, hex, "");
}

/* ---- Its keys, against the layout ---- */

static void layout_key_name(const struct layout_key *k, char out[32])
{
    if (k->group > 0)
        text_put(out, 32, "%s %d", k->name, k->group);
    else
        text_put(out, 32, "%s", k->name);
}

static const struct layout_directory *layout_part(const struct card_answer *a, uint16_t id)
{
    if (a->has_layout && id == a->layout.adf.id)
        return &a->layout.adf;
    if (a->has_below && id == a->below.adf.id)
        return &a->below.adf;
    return a->has_layout && id == MF_ID ? &a->layout.mf : NULL;
}

static const struct layout_key *layout_key_of(const struct card_answer *a,
                                              const struct survey_directory *d,
                                              enum card_key_kind kind, uint8_t kid)
{
    const struct layout_directory *l = layout_part(a, d->id);
    for (size_t i = 0; l && i < l->key_count; i++)
        if (l->keys[i].kind == kind && l->keys[i].kid == kid)
            return &l->keys[i];
    return NULL;
}

void card_key_name(const struct card_answer *a, const struct survey_directory *d,
                   const struct survey_key *k, char out[32])
{
    const struct layout_key *l = layout_key_of(a, d, k->kind, k->info.kid);
    out[0] = '\0';
    if (l)
        layout_key_name(l, out);
}

/* All but the tries left. */
static bool same_attributes(const struct key_header *x, const struct key_header *y)
{
    return x->version == y->version && x->algorithm == y->algorithm &&
           x->use_right == y->use_right && x->follow_state == y->follow_state &&
           x->change_right == y->change_right && (x->counter & 0xF0) == (y->counter & 0xF0);
}

static void check_tries(struct card_answer *a, const struct survey_key *k, const char *name)
{
    char tries[8];
    if (card_tries_unlimited(&k->info))
        return;
    text_put(tries, sizeof tries, "%u", (unsigned)k->info.tries_left);
    if (k->info.tries_left == 0)
        answer_add(a, FINDING_LOCKED, false, name, "");
    else if (k->info.tries_left < k->info.tries_max)
        answer_add(a, FINDING_TRIES, false, name, tries);
}

static void check_keys_of(struct card_answer *a, const struct survey_directory *d)
{
    const struct layout_directory *part = layout_part(a, d->id);
    char name[32];
    for (size_t i = 0; i < d->key_count; i++) {
        const struct survey_key *k = &d->keys[i];
        const struct layout_key *l = layout_key_of(a, d, k->kind, k->info.kid);
        if (l)
            layout_key_name(l, name);
        else
            text_put(name, sizeof name, "%s/%02X", card_key_kind_name(k->kind), k->info.kid);
        if (part && !l)
            answer_add(a, FINDING_KEY_MORE, true, name, "");
        else if (l && !same_attributes(&l->header, &k->info.header))
            answer_add(a, FINDING_KEY_DIFFERS, true, name, "");
        check_tries(a, k, name);
    }
    for (size_t i = 0; part && i < part->key_count; i++) {
        const struct layout_key *l = &part->keys[i];
        layout_key_name(l, name);
        if (!l->optional && !l->later && l->kid < SURVEY_KIDS && !survey_key(d, l->kind, l->kid))
            answer_add(a, FINDING_KEY_MISSING, true, name, "");
    }
}

void answer_check_keys(struct card_answer *a)
{
    const struct survey_file *limit = survey_file(answer_application(a), LIMIT_SFI);
    static const uint8_t none[4];
    for (size_t i = 0; i < a->survey.count; i++)
        check_keys_of(a, &a->survey.directories[i]);
    if (limit && limit->readable && limit->len >= 8 && memcmp(limit->bytes + 4, none, 4) == 0)
        answer_add(a, FINDING_LIMIT, false, "", "");
}

/* ---- The inventory ---- */

/* What a card in that state of the inventory is, when it is what it should be. */
static bool state_fits(const struct card_answer *a)
{
    static const struct {
        const char *state;
        enum card_nature nature, or_else;
    } fits[] = {
        {"authenticated", NATURE_BLANK, NATURE_BLANK}, {"washed", NATURE_WASHED, NATURE_WASHED},
        {"issued", NATURE_ISSUED, NATURE_ISSUED},      {"verified", NATURE_ISSUED, NATURE_WASHED},
        {"delivered", NATURE_ISSUED, NATURE_WASHED},
    };
    /* From another centre, which has issued it, or from the maker. */
    if (strcmp(a->record.state, "received") == 0)
        return a->nature == (a->record.layout[0] ? NATURE_ISSUED : NATURE_BLANK);
    for (size_t i = 0; i < sizeof fits / sizeof fits[0]; i++)
        if (strcmp(fits[i].state, a->record.state) == 0)
            return a->nature == fits[i].nature || a->nature == fits[i].or_else;
    return true;
}

static void check_record(struct card_answer *a)
{
    const struct card_record *r = &a->record;
    if (strcmp(r->state, "spoiled") == 0) {
        answer_add(a, FINDING_SPOILED, false, "", "");
        return;
    }
    if (strcmp(r->state, "destroyed") == 0) {
        answer_add(a, FINDING_DESTROYED, true, "", "");
        return;
    }
    if (a->number[0] && strcmp(a->number, r->number) != 0)
        answer_add(a, FINDING_NUMBER, true, r->number, a->number);
    if (a->has_layout && r->layout[0] && strcmp(a->layout.id, r->layout) != 0)
        answer_add(a, FINDING_KIND, true, r->layout, a->layout.id);
    if (!state_fits(a))
        answer_add(a, FINDING_STATE, true, r->state, card_nature_word(a->nature));
}

enum kr_error answer_check_inventory(struct session *s, struct card_answer *a)
{
    struct store *store = session_store(s);
    struct card_record other;
    enum kr_error err = a->chip[0] ? cards_by_chip(store, a->chip, &a->record) : KR_E_NOT_FOUND;
    a->recorded = err == KR_OK;
    if (a->recorded)
        check_record(a);
    else if (err == KR_E_NOT_FOUND)
        answer_add(a, FINDING_UNRECORDED, false, "", "");
    if (err != KR_OK && err != KR_E_NOT_FOUND)
        return err;
    err = a->number[0] ? cards_by_number(store, a->number, &other) : KR_E_NOT_FOUND;
    if (err == KR_OK && strcmp(other.chip, a->chip) != 0)
        answer_add(a, FINDING_OTHER_PIECE, true, other.chip, "");
    return err == KR_E_NOT_FOUND ? KR_OK : err;
}

void answer_judge(struct card_answer *a)
{
    bool differs = false;
    for (size_t i = 0; i < a->finding_count; i++)
        differs = differs || a->findings[i].differs;
    a->verdict = differs ? VERDICT_DIFFERS : a->recorded ? VERDICT_AGREES : VERDICT_UNRECORDED;
}
