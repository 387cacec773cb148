#include "card_survey.h"

#include <string.h>

#define MF             0x3F00
#define FIRST_ADF      0x3F01
#define SW_OTHER_FILE  0x6981
#define SW_BLOCKED     0x6A81
#define SW_NO_KEY      0x6A88
#define SW_NOT_ALLOWED 0x6982

/* The card itself said so; it is not the reader's trouble. */
static bool said_no(const struct card *c, enum kr_error err)
{
    return err && c->sw != 0 && c->sw != 0x9000;
}

/* ---- Keys ---- */

/* 39/00 is the control key of its directory, all others of that type authenticate somebody. */
static bool asks_for(enum card_key_kind kind, uint8_t kid)
{
    if (kind == CARD_KEY_CONTROL)
        return kid == 0;
    return kind != CARD_KEY_EXTERNAL || kid != 0;
}

/* *told false: the card does not answer such questions here. */
static enum kr_error look_at_key(struct card *c, struct survey_directory *d,
                                 enum card_key_kind kind, uint8_t kid, bool *told)
{
    struct key_info info;
    enum kr_error err = card_key_info(c, kind, kid, &info);
    if (said_no(c, err)) {
        *told = c->sw == SW_NO_KEY;
        return KR_OK;
    }
    if (!err && d->key_count < SURVEY_KEYS_MAX && info.kid == kid)
        d->keys[d->key_count++] = (struct survey_key){kind, info};
    return err;
}

static enum kr_error look_at_keys(struct card *c, struct survey_directory *d)
{
    enum kr_error err = KR_OK;
    bool told = true;
    for (int kind = 0; !err && told && kind < CARD_KEY_KINDS; kind++)
        for (uint8_t kid = 0; !err && told && kid < SURVEY_KIDS; kid++)
            if (asks_for((enum card_key_kind)kind, kid))
                err = look_at_key(c, d, (enum card_key_kind)kind, kid, &told);
    return err;
}

/* ---- Files ---- */

static enum kr_error look_at_file(struct card *c, struct survey_directory *d, uint8_t sfi)
{
    struct survey_file *f = &d->files[d->file_count];
    memset(f, 0, sizeof *f);
    f->sfi = sfi;
    f->len = sizeof f->bytes;
    enum kr_error err = card_read_binary(c, sfi, f->bytes, &f->len);
    f->readable = err == KR_OK;
    if (!err || c->sw == SW_NOT_ALLOWED || c->sw == SW_OTHER_FILE)
        d->file_count++;
    if (err)
        f->len = 0;
    return said_no(c, err) ? KR_OK : err;
}

static enum kr_error look_at_files(struct card *c, struct survey_directory *d)
{
    static const uint8_t files[SURVEY_FILES_MAX] = {0x15, 0x16, 0x17, 0x19, 0x1A, 0x1B};
    enum kr_error err = KR_OK;
    for (size_t i = 0; !err && i < SURVEY_FILES_MAX; i++)
        err = look_at_file(c, d, files[i]);
    return err;
}

/* ---- Directories ---- */

static enum kr_error look_at_directory(struct card *c, struct card_survey *s, uint16_t id)
{
    struct survey_directory *d = &s->directories[s->count];
    memset(d, 0, sizeof *d);
    d->id = id;
    enum kr_error err = card_select_directory(c, id, d->name, &d->name_len);
    d->blocked = c->sw == SW_BLOCKED;
    if (d->blocked)
        s->count++;
    if (err) /* KR_E_CARD_FOREIGN: it answered, but with a form that we do not know */
        return said_no(c, err) || err == KR_E_CARD_FOREIGN ? KR_OK : err;
    s->count++;
    err = look_at_files(c, d);
    return err ? err : look_at_keys(c, d);
}

/* The card's control key tells its dialect: a card of another one names another type. */
static enum kr_error find_dialect(struct card *c, struct card_survey *s)
{
    const struct dialect *before = c->dialect, *d;
    struct key_info info;
    for (size_t n = 0; !s->dialect && (d = dialect_at(n)) != NULL; n++) {
        c->dialect = d;
        enum kr_error err = card_key_info(c, CARD_KEY_CONTROL, 0, &info);
        if (err && !said_no(c, err))
            return err;
        if (!err && info.kid == 0 && info.header.usage == d->type[CARD_KEY_CONTROL])
            s->dialect = d;
    }
    if (!s->dialect)
        c->dialect = before;
    return KR_OK;
}

enum kr_error card_survey(struct card *c, struct card_survey *s)
{
    memset(s, 0, sizeof *s);
    enum kr_error err = card_open(c);
    if (err)
        return err;
    err = card_chip_serial(c, s->chip);
    s->has_chip = err == KR_OK;
    if (!s->has_chip)
        return said_no(c, err) || err == KR_E_CARD_REFUSED ? KR_OK : err;
    err = find_dialect(c, s);
    if (!err)
        err = look_at_directory(c, s, MF);
    for (uint16_t n = 0; !err && s->dialect && n + 1 < SURVEY_DIRECTORIES; n++)
        err = look_at_directory(c, s, (uint16_t)(FIRST_ADF + n));
    return err;
}

/* ---- Finding in it ---- */

const struct survey_directory *survey_directory(const struct card_survey *s, uint16_t id)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->directories[i].id == id)
            return &s->directories[i];
    return NULL;
}

const struct survey_file *survey_file(const struct survey_directory *d, uint8_t sfi)
{
    for (size_t i = 0; d && i < d->file_count; i++)
        if (d->files[i].sfi == sfi)
            return &d->files[i];
    return NULL;
}

const struct survey_key *survey_key(const struct survey_directory *d, enum card_key_kind kind,
                                    uint8_t kid)
{
    for (size_t i = 0; d && i < d->key_count; i++)
        if (d->keys[i].kind == kind && d->keys[i].info.kid == kid)
            return &d->keys[i];
    return NULL;
}

bool survey_written(const struct survey_file *f, size_t least)
{
    uint8_t any = 0;
    for (size_t i = 0; f && i < f->len; i++)
        any |= f->bytes[i];
    return f && f->readable && f->len >= least && any != 0;
}
