/* The rules of layouts: what a card would refuse, or what would leave it open or useless. */
#include "layout_check.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MF_ID         0x3F00
#define FILE_OVERHEAD 16 /* docs/simulated-cos.md section 2: room a file takes beside its bytes */
#define KEY_OVERHEAD  8
#define KEY_BYTES     16
#define KID_MAX       0x7E
#define GROUP_MAX     5
#define NAME_MIN      5 /* ISO/IEC 7816-5: an application identifier has 5 to 16 bytes */
#define COUNTER_NEVER 0xFF
#define AUDIT_BYTES   25
#define ADF_AUDIT     14
#define LIMIT_ID      0x0019
#define LIMIT_BYTES   8
#define PURSE_BYTES   16
#define SFI_MAX       0x1E
#define ATTRIBUTES    0xC0
#define PIN_BYTES_MAX 6
#define WHOLE_LAYOUT  1 /* the line of what is wrong with a layout as a whole */

static enum kr_error at(struct layout_fault *f, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum kr_error at(struct layout_fault *f, unsigned line, const char *format, ...)
{
    va_list args;
    f->line = line;
    va_start(args, format);
    vsnprintf(f->text, sizeof f->text, format, args);
    va_end(args);
    return KR_E_LAYOUT;
}

static bool right_allows(uint8_t right, uint8_t state)
{
    return (right & 0xF) <= state && state <= right >> 4;
}

static bool sets_state(const struct layout_key *k)
{
    return k->kind == CARD_KEY_CONTROL || k->kind == CARD_KEY_EXTERNAL || k->kind == CARD_KEY_PIN;
}

static bool holds_kind(const struct layout_directory *d, enum card_key_kind kind)
{
    for (size_t i = 0; i < d->key_count; i++)
        if (d->keys[i].kind == kind)
            return true;
    return false;
}

/* State 0, or one that a key of the directory leads to. */
static bool reachable(const struct layout_directory *d, uint8_t right)
{
    if (right_allows(right, 0))
        return true;
    for (size_t i = 0; i < d->key_count; i++)
        if (sets_state(&d->keys[i]) && right_allows(right, d->keys[i].header.follow_state & 0xF))
            return true;
    return false;
}

static size_t value_bytes(const struct layout_key *k)
{
    return k->kind == CARD_KEY_PIN ? k->header.algorithm : (size_t)KEY_BYTES;
}

static enum kr_error check_counter(const struct layout_key *k, struct layout_fault *f)
{
    uint8_t high = k->header.counter >> 4, low = k->header.counter & 0xF;
    if (k->kind == CARD_KEY_PIN && k->header.counter == COUNTER_NEVER)
        return at(f, k->line, "%s: a PIN needs an error counter", k->name);
    if (low < 1 || high < low)
        return at(f, k->line, "%s: error counter %02X", k->name, k->header.counter);
    return KR_OK;
}

/* A layout may ask only for what the records of its card system can carry. */
static enum kr_error check_record(const struct dialect *dialect, const struct layout_key *k,
                                  struct layout_fault *f)
{
    const char *what;
    if (!dialect_can_say(dialect, &k->header, value_bytes(k), &what))
        return at(f, k->line, "%s: its record has no place for this %s in dialect %s", k->name,
                  what, dialect->id);
    return KR_OK;
}

/* By RELOAD PIN, whose key has the KID of the PIN. */
static bool replaceable(const struct layout_directory *d, const struct layout_key *pin)
{
    for (size_t i = 0; i < d->key_count; i++)
        if (d->keys[i].kind == CARD_KEY_PIN_RELOAD && d->keys[i].kid == pin->kid)
            return true;
    return false;
}

/* Where a value comes from must be there: a mother card wraps under a transport key that lies in
 * the same directory. */
static enum kr_error check_origin(const struct layout_directory *d, const struct layout_key *k,
                                  struct layout_fault *f)
{
    bool wrapped = false;
    if (k->drawn && k->kind != CARD_KEY_PIN)
        return at(f, k->line, "%s: only a PIN is drawn; keys come from the vault or a mother card",
                  k->name);
    if (k->drawn && !replaceable(d, k))
        return at(f, k->line,
                  "%s: nobody knows a drawn PIN, and no pin-reload key of kid %02X gives the "
                  "holder another",
                  k->name, k->kid);
    if (k->mother && k->later)
        return at(f, k->line, "%s: later, and from a mother card", k->name);
    if (!k->mother && !k->later)
        return k->under[0] ? at(f, k->line, "%s: under is for keys from a mother card", k->name)
                           : KR_OK;
    if (k->mother && !card_key_is_master(k->kind))
        return at(f, k->line,
                  "%s: a mother card gives only keys that are diversified or used in transactions",
                  k->name);
    for (size_t i = 0; i < d->key_count && &d->keys[i] != k; i++)
        wrapped = wrapped ||
                  (d->keys[i].kind == CARD_KEY_TRANSPORT && strcmp(d->keys[i].name, k->under) == 0);
    return wrapped ? KR_OK
                   : at(f, k->line, "%s: %s is no transport key that stands before it", k->name,
                        k->under[0] ? k->under : "under");
}

static enum kr_error check_key(const struct dialect *dialect, const struct layout_directory *d,
                               const struct layout_key *k, bool exports, struct layout_fault *f)
{
    if (k->kind >= CARD_KEY_KINDS)
        return at(f, k->line, "%s: unknown kind of key", k->name);
    if (k->kid > KID_MAX)
        return at(f, k->line, "%s: kid %02X", k->name, k->kid);
    if (k->group < 0 || k->group > GROUP_MAX || k->header.version != k->group)
        return at(f, k->line, "%s: group %d", k->name, k->group);
    if (k->kind == CARD_KEY_PIN && (k->header.algorithm < 2 || k->header.algorithm > PIN_BYTES_MAX))
        return at(f, k->line, "%s: PIN of %d bytes", k->name, k->header.algorithm);
    if (sets_state(k)
            ? k->header.follow_state > 0xF
            : (k->header.follow_state & ~(card_key_is_master(k->kind) ? ATTRIBUTES : 0)) != 0)
        return at(f, k->line, "%s: state %02X", k->name, k->header.follow_state);
    if (!reachable(d, k->header.use_right))
        return at(f, k->line, "%s: no key opens the use right %02X", k->name, k->header.use_right);
    if (exports && card_key_is_master(k->kind) && right_allows(k->header.use_right, 0))
        return at(f, k->line, "%s: a master key that is open without authentication", k->name);
    enum kr_error err = check_counter(k, f);
    if (!err)
        err = check_origin(d, k, f);
    return err ? err : check_record(dialect, k, f);
}

static enum kr_error check_twins(const struct layout_directory *d, size_t i, struct layout_fault *f)
{
    const struct layout_key *k = &d->keys[i];
    for (size_t j = 0; j < i; j++) {
        const struct layout_key *o = &d->keys[j];
        if (o->header.usage == k->header.usage && o->kid == k->kid)
            return at(f, k->line, "%s: kid %02X of type %02X is taken by %s", k->name, k->kid,
                      k->header.usage, o->name);
        if (o->kind == k->kind && o->group == k->group && strcmp(o->name, k->name) == 0)
            return at(f, k->line, "%s %d is there twice", k->name, k->group);
    }
    return KR_OK;
}

static enum kr_error check_keys(const struct dialect *dialect, const struct layout_directory *d,
                                bool exports, struct layout_fault *f)
{
    size_t bytes = 0;
    if (d->key_count == 0 || d->keys[0].kind != CARD_KEY_CONTROL || d->keys[0].kid != 0)
        return at(f, d->key_count ? d->keys[0].line : d->line,
                  "the control key with kid 00 must come first: nothing else can load the others");
    for (size_t i = 0; i < d->key_count; i++) {
        const struct layout_key *k = &d->keys[i];
        enum kr_error err = check_key(dialect, d, k, exports, f);
        if (!err)
            err = check_twins(d, i, f);
        if (err)
            return err;
        if (i > 0 && k->kind == CARD_KEY_CONTROL)
            return at(f, k->line, "%s: a second control key", k->name);
        bytes += KEY_OVERHEAD + value_bytes(k);
        if (bytes > d->key_file_size)
            return at(f, k->line, "%s: the key file holds %d bytes", k->name, d->key_file_size);
    }
    return KR_OK;
}

/* What may be written where, and how long a file has to be for it. */
static const struct {
    const char *content;
    bool mf, adf;
    size_t least;
} contents[] = {
    {"audit", true, false, AUDIT_BYTES},
    {"adf-audit", false, true, ADF_AUDIT},
    {"limit", false, true, LIMIT_BYTES},
    {"subject", false, true, 16},
    {"terminal", true, false, 6},
    {"user-public", false, true, 28},
    {"holder", false, true, 55},
    {"psam-public", false, true, 17},
    {"zero", true, true, 1},
};

static enum kr_error check_content(const struct layout_file *file, bool mf, struct layout_fault *f)
{
    const char *content = file->content;
    size_t least = 0;
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++)
        if (strcmp(contents[i].content, content) == 0 && (mf ? contents[i].mf : contents[i].adf))
            least = contents[i].least;
    if (least == 0)
        return at(f, file->line, "file %04X: content %s does not belong here", file->control.id,
                  content);
    bool limit = strcmp(content, "limit") == 0;
    if (limit && (file->control.id != LIMIT_ID || file->limit == 0))
        return at(f, file->line, "file %04X: the issuing limit is file 0019 and not 0",
                  file->control.id);
    if (!limit && file->limit)
        return at(f, file->line, "file %04X: no place for a limit", file->control.id);
    if (file->control.size < least)
        return at(f, file->line, "file %04X: %s needs %zu bytes", file->control.id, content, least);
    return KR_OK;
}

/* Files that are not simply bytes: what is in them comes from the card. */
static enum kr_error check_shape(const struct layout_file *file, struct layout_fault *f)
{
    const struct file_control *c = &file->control;
    uint8_t type = c->type & 0x3F;
    if (type != FILE_TRANSPARENT && strcmp(file->content, "zero") != 0)
        return at(f, file->line, "file %04X: only transparent files have a content", c->id);
    if (type == FILE_PURSE && ((c->id != 0x0001 && c->id != 0x0002) || c->size < PURSE_BYTES))
        return at(f, file->line, "file %04X: a purse has the id 0001 or 0002 and %d bytes", c->id,
                  PURSE_BYTES);
    if ((type == FILE_FIXED || type == FILE_CYCLIC) &&
        ((c->size >> 8) == 0 || (uint8_t)c->size == 0))
        return at(f, file->line, "file %04X: records and record-length", c->id);
    return KR_OK;
}

static size_t file_bytes(const struct file_control *c)
{
    uint8_t type = c->type & 0x3F;
    bool records = type == FILE_FIXED || type == FILE_CYCLIC;
    return records ? (size_t)(c->size >> 8) * (uint8_t)c->size : c->size;
}

static enum kr_error check_file(const struct layout_directory *d, size_t i, struct layout_fault *f)
{
    const struct layout_file *file = &d->files[i];
    const struct file_control *c = &file->control;
    if (c->id == 0 || c->id > SFI_MAX)
        return at(f, file->line, "file %04X has no short identifier (0001 to 001E)", c->id);
    if (c->type == 0)
        return at(f, file->line, "file %04X: protect is none, mac or encrypt", c->id);
    if ((c->type & 0x80) && !holds_kind(d, CARD_KEY_MAINTENANCE))
        return at(f, file->line, "file %04X: no maintenance key protects it", c->id);
    if (right_allows(c->write_right, 0) && !(c->type & 0x80))
        return at(f, file->line, "file %04X: anybody may write it", c->id);
    for (size_t j = 0; j < i; j++)
        if (d->files[j].control.id == c->id)
            return at(f, file->line, "file %04X is there twice", c->id);
    enum kr_error err = check_shape(file, f);
    return err ? err : check_content(file, d->id == MF_ID, f);
}

static enum kr_error check_files(const struct layout_directory *d, bool exports,
                                 struct layout_fault *f)
{
    const char *last = d->id == MF_ID ? "audit" : "adf-audit";
    bool limit = false;
    size_t bytes = d->key_file_size + FILE_OVERHEAD;
    for (size_t i = 0; i < d->file_count; i++) {
        enum kr_error err = check_file(d, i, f);
        if (err)
            return err;
        limit |= strcmp(d->files[i].content, "limit") == 0;
        bytes += file_bytes(&d->files[i].control) + FILE_OVERHEAD;
        if (d->id != MF_ID && bytes > d->size)
            return at(f, d->files[i].line, "file %04X: the directory holds %d bytes",
                      d->files[i].control.id, d->size);
    }
    if (d->file_count == 0 || strcmp(d->files[d->file_count - 1].content, last) != 0)
        return at(f, d->file_count ? d->files[d->file_count - 1].line : d->line,
                  "the %s file must come last: it marks a finished card", last);
    if (exports && holds_kind(d, CARD_KEY_TRANSPORT) && !limit)
        return at(f, d->line, "a directory that exports keys needs an issuing limit");
    return KR_OK;
}

/* The MF of a blank is there already, with create and erase right FF: only state F goes on from
 * there. */
static enum kr_error check_mf(const struct layout_directory *d, struct layout_fault *f)
{
    if (d->id != MF_ID)
        return at(f, d->line, "the MF has the id 3F00, not %04X", d->id);
    if (d->key_count && (!right_allows(d->create_right, d->keys[0].header.follow_state) ||
                         !right_allows(d->erase_right, d->keys[0].header.follow_state)))
        return at(f, d->keys[0].line, "%s: leads to no state in which files can be made and erased",
                  d->keys[0].name);
    for (size_t i = 0; i < d->key_count; i++)
        if (card_key_is_master(d->keys[i].kind) || d->keys[i].kind == CARD_KEY_PIN)
            return at(f, d->keys[i].line, "%s: belongs into the application", d->keys[i].name);
    return KR_OK;
}

static enum kr_error check_adf(const struct layout_directory *d, struct layout_fault *f)
{
    if (d->id == MF_ID || d->id <= 0x00FF)
        return at(f, d->line, "%04X is no id for an application", d->id);
    if (d->name_len < NAME_MIN || d->name_len > 16)
        return at(f, d->line, "the application's name has %zu bytes, not 5 to 16", d->name_len);
    return KR_OK;
}

/* Without it a partner would open whatever says 9000 to it. */
static enum kr_error check_pair(const struct layout_directory *d, bool exports,
                                struct layout_fault *f)
{
    if (!exports || d->id == MF_ID || !holds_kind(d, CARD_KEY_TRANSPORT) ||
        !holds_kind(d, CARD_KEY_EXTERNAL) || holds_kind(d, CARD_KEY_INTERNAL))
        return KR_OK;
    return at(f, d->line,
              "a mother card that a partner opens proves itself to it: no internal key");
}

static enum kr_error check_directory(const struct dialect *dialect,
                                     const struct layout_directory *d, bool mf, bool exports,
                                     struct layout_fault *f)
{
    enum kr_error err = mf ? check_mf(d, f) : check_adf(d, f);
    if (!err)
        err = check_keys(dialect, d, exports, f);
    if (!err)
        err = check_pair(d, exports, f);
    return err ? err : check_files(d, exports, f);
}

enum kr_error layout_find_fault(const struct layout *l, struct layout_fault *fault)
{
    const struct dialect *dialect = dialect_by_id(l->dialect);
    if (!dialect)
        return at(fault, WHOLE_LAYOUT, "unknown dialect %s", l->dialect);
    if (l->card_type == 0)
        return at(fault, WHOLE_LAYOUT, "card-type 00 is what an unwritten card says");
    bool mother = strcmp(l->plastic, "mother") == 0;
    if (!mother && strcmp(l->plastic, "psam") != 0 && strcmp(l->plastic, "user") != 0)
        return at(fault, WHOLE_LAYOUT, "unknown plastic %s", l->plastic);
    enum kr_error err = check_directory(dialect, &l->mf, true, mother, fault);
    if (!err && l->adf.id)
        err = check_directory(dialect, &l->adf, false, mother, fault);
    return err;
}

enum kr_error layout_check(const struct layout *l)
{
    struct layout_fault fault;
    enum kr_error err = layout_find_fault(l, &fault);
    return err ? kr_fail(err, "%s: %s", l->id, fault.text) : KR_OK;
}
