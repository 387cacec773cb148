#include "card_findings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../crypto/hash.h"
#include "held_key.h"
#include "layout_kinds.h"
#include "run.h"
#include "session_inside.h"

#define MF_ID       0x3F00
#define CDF_SFI     0x15
#define LIMIT_SFI   0x19
#define CDF_LEN     25
#define MAKERS_MARK 0xF0
#define SERIAL_AT   11 /* in the CDF */
#define TRIES_FEW   2

const char *card_nature_word(enum card_nature n)
{
    static const char *const words[] = {"alien",  "blocked", "manufacturer", "blank",
                                        "washed", "half",    "issued",       "strange"};
    return words[n];
}

/* ---- Which layout ---- */

/* Without an application the card type decides. */
static bool layout_fits(const struct card_answer *a, const struct survey_directory *d,
                        const struct layout *l)
{
    const struct survey_file *cdf = answer_cdf(a);
    if (strcmp(l->dialect, a->survey.dialect->id) != 0)
        return false;
    if (!d)
        return l->adf.id == 0 && cdf && cdf->bytes[0] == l->card_type;
    return l->adf.id == d->id && l->adf.name_len == d->name_len &&
           memcmp(l->adf.name, d->name, d->name_len) == 0;
}

/* Of two that fit, the one whose card type the card bears. */
static void try_layout(const struct card_answer *a, const struct survey_directory *d,
                       const struct layout *l, struct layout *best, bool *any)
{
    const struct survey_file *cdf = answer_cdf(a);
    if (!layout_fits(a, d, l))
        return;
    if (!*any || (cdf && cdf->bytes[0] == l->card_type))
        *best = *l;
    *any = true;
}

/* For the application that was made last, and for one before it. */
static void try_layouts(void *ctx, const struct layout *l)
{
    struct card_answer *a = ctx;
    const struct survey_directory *last = answer_application(a);
    try_layout(a, last, l, &a->layout, &a->has_layout);
    if (a->survey.count > 2)
        try_layout(a, last - 1, l, &a->below, &a->has_below);
}

/* ---- What it is ---- */

static bool last_file_written(const struct survey_directory *d, const struct layout_directory *l)
{
    if (l->file_count == 0)
        return true;
    const struct survey_file *f = survey_file(d, (uint8_t)l->files[l->file_count - 1].control.id);
    return !f || !f->readable || survey_written(f, 1);
}

static bool keys_there(const struct survey_directory *d, const struct layout_directory *l)
{
    for (size_t i = 0; i < l->key_count; i++)
        if (!l->keys[i].optional && !l->keys[i].later && l->keys[i].kid < SURVEY_KIDS &&
            !survey_key(d, l->keys[i].kind, l->keys[i].kid))
            return false;
    return true;
}

static bool makers_card(const struct card_answer *a, const struct survey_directory *mf)
{
    const struct survey_file *cdf = answer_cdf(a);
    return cdf && cdf->bytes[0] == MAKERS_MARK && survey_key(mf, CARD_KEY_PURCHASE, 1) &&
           survey_key(mf, CARD_KEY_TRANSPORT, 1);
}

static enum card_nature with_layout(const struct card_answer *a, const struct survey_directory *mf)
{
    const struct survey_directory *adf = answer_application(a);
    const struct layout *l = &a->layout;
    if (!keys_there(mf, &l->mf))
        return NATURE_HALF;
    if (!adf)
        return NATURE_WASHED;
    return keys_there(adf, &l->adf) && last_file_written(adf, &l->adf) ? NATURE_ISSUED
                                                                       : NATURE_HALF;
}

static enum card_nature nature_of(const struct card_answer *a)
{
    const struct survey_directory *mf = survey_directory(&a->survey, MF_ID);
    if (mf && mf->blocked)
        return NATURE_BLOCKED;
    if (!a->survey.has_chip || !a->survey.dialect || !mf)
        return NATURE_ALIEN;
    if (makers_card(a, mf))
        return NATURE_MANUFACTURER;
    if (a->has_layout)
        return with_layout(a, mf);
    if (answer_application(a))
        return NATURE_STRANGE;
    if (answer_cdf(a))
        return NATURE_STRANGE;
    bool bare = mf->file_count == 0 && mf->key_count == 2 && survey_key(mf, CARD_KEY_INTERNAL, 0);
    return bare ? NATURE_BLANK : NATURE_HALF;
}

static void read_number(struct card_answer *a)
{
    const struct survey_file *cdf = answer_cdf(a);
    static const uint8_t none[10];
    if (a->survey.has_chip)
        hex_encode_upper(a->survey.chip, sizeof a->survey.chip, a->chip);
    if (cdf && a->nature != NATURE_MANUFACTURER && memcmp(cdf->bytes + SERIAL_AT, none, 10) != 0)
        hex_encode_upper(cdf->bytes + SERIAL_AT, 10, a->number);
}

/* ---- Is it ours ---- */

/* Of a blank the maker's, of any other the layout's; NULL: no card that could be ours. */
static const struct layout_key *control_of(const struct card_answer *a)
{
    static const struct layout_key makers = {.name = "kMprd", .kind = CARD_KEY_CONTROL};
    bool ours = a->nature == NATURE_WASHED || a->nature == NATURE_ISSUED ||
                (a->nature == NATURE_HALF && a->has_layout);
    if (a->nature == NATURE_BLANK)
        return &makers;
    return ours ? layout_key_of_kind(&a->layout.mf, CARD_KEY_CONTROL) : NULL;
}

/* By a challenge that costs no try. Left out where the vault is shut, the centre has no such key,
 * or tries are few. */
static enum kr_error prove_control(struct session *s, struct card *c, struct card_answer *a)
{
    const struct survey_key *there =
        survey_key(survey_directory(&a->survey, MF_ID), CARD_KEY_CONTROL, 0);
    const struct layout_key *k = control_of(a);
    const struct survey_file *cdf = answer_cdf(a);
    vault_handle h = 0;
    if (!k || !there || there->info.tries_left <= TRIES_FEW ||
        held_key(s, k, cdf ? cdf->bytes + SERIAL_AT : NULL, &h) != KR_OK)
        return KR_OK;
    enum kr_error err = card_open(c);
    if (!err)
        err = card_prove_derived(c, h, CARD_KEY_CONTROL, 0);
    vault_drop(session_vault(s), h);
    a->control_tried = !err || err == KR_E_CARD_FAKE;
    if (!err)
        text_put(a->control, sizeof a->control, "%s", k->name);
    else if (err == KR_E_CARD_FAKE)
        answer_add(a, FINDING_CONTROL, true, k->name, "");
    return err == KR_E_CARD_FAKE || (err && c->sw != 0) ? KR_OK : err;
}

/* ---- The journal ---- */

/* The first one present who acts; an auditor watches. KR_E_NOT_SIGNED_IN, KR_E_ROLE. */
static enum kr_error signer_find(struct session *s, struct signer *signer)
{
    struct present_person people[PEOPLE_MAX];
    size_t count = session_present(s, people, PEOPLE_MAX);
    for (size_t i = 0; i < count; i++) {
        unsigned roles = people[i].roles & ~(unsigned)ROLE_AUDITOR;
        if (!roles)
            continue;
        *signer = signer_as(s, people[i].person, first_role(roles));
        return KR_OK;
    }
    return count == 0 ? KR_E_NOT_SIGNED_IN : kr_fail(KR_E_ROLE, "%s", people[0].name);
}

static void entry_fill(struct entry *e, const struct card_answer *a)
{
    static const char *const results[] = {"agrees", "differs", "unrecorded"};
    entry_begin(e, "note");
    entry_add(e, "about", "card-query");
    entry_add(e, "reader", "%zu", a->reader + 1);
    entry_add(e, "card", "%s %s %s", a->number[0] ? a->number : "-",
              a->has_layout ? a->layout.id : card_nature_word(a->nature),
              a->chip[0] ? a->chip : "-");
    entry_add(e, "nature", "%s", card_nature_word(a->nature));
    entry_add(e, "result", "%s", results[a->verdict]);
    for (size_t i = 0; i < a->finding_count; i++)
        if (a->findings[i].differs)
            entry_add(e, "differs", "%s %s %s", answer_finding_word(a->findings[i].kind),
                      a->findings[i].a, a->findings[i].b);
    entry_add(e, "software", "%s", KEYRITE_VERSION);
}

static enum kr_error note_answer(struct session *s, struct card_answer *a)
{
    struct signer signer;
    struct entry e;
    a->not_noted = signer_find(s, &signer);
    if (a->not_noted != KR_OK)
        return KR_OK;
    entry_fill(&e, a);
    enum kr_error err = record_signed(s, &e, &signer, 1);
    entry_free(&e);
    a->noted = err == KR_OK;
    a->not_noted = err;
    return err;
}

/* ---- The whole ---- */

static enum kr_error never_changes(void *ctx)
{
    (void)ctx;
    return kr_fail(KR_E_ARGUMENT, "card-query");
}

enum kr_error card_query(struct session *s, size_t reader, struct card_answer *a)
{
    struct card c;
    memset(a, 0, sizeof *a);
    a->reader = reader;
    if (!session_store(s))
        return kr_fail(KR_E_STORE_MISSING, "%s", session_options(s)->store_dir);
    session_card(s, reader, &c);
    c.before_change = never_changes;
    enum kr_error err = card_survey(&c, &a->survey);
    if (err == KR_OK && a->survey.dialect)
        err = layouts_each(s, try_layouts, a);
    if (err == KR_OK) {
        a->nature = nature_of(a);
        read_number(a);
        err = answer_check_inventory(s, a);
    }
    if (err == KR_OK) {
        answer_check_centre(s, a);
        answer_check_keys(a);
        err = prove_control(s, &c, a);
    }
    card_close(&c);
    if (err != KR_OK)
        return err;
    answer_judge(a);
    return note_answer(s, a);
}
