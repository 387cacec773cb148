/* The parts that washing, issuing and verifying are made of. */
#include "personalise_parts.h"
#include <string.h>

#define COUNTER_MAXIMUM 0xF0
#define NO_SUCH_KEY     0x6A88

const struct layout_value *ring_value(const struct key_ring *ring, const struct layout_key *k)
{
    for (size_t i = 0; i < ring->count; i++)
        if (ring->values[i].group == k->group && strcmp(ring->values[i].name, k->name) == 0 &&
            (ring->values[i].handle || ring->values[i].mother || ring->values[i].elsewhere))
            return &ring->values[i];
    return NULL;
}

vault_handle ring_find(const struct key_ring *ring, const struct layout_key *k)
{
    const struct layout_value *value = ring_value(ring, k);
    return value ? value->handle : 0;
}

static enum kr_error missing(const struct layout_key *k)
{
    return k->group ? kr_fail(KR_E_KEY_MISSING, "%s %d", k->name, k->group)
                    : kr_fail(KR_E_KEY_MISSING, "%s", k->name);
}

enum kr_error ring_need(const struct key_ring *ring, const struct layout_key *k,
                        const struct layout_value **value)
{
    *value = ring_value(ring, k);
    return *value || k->optional || k->later ? KR_OK : missing(k);
}

static bool one_of_name(const struct key_ring *ring, const struct layout_directory *d,
                        const char *name)
{
    for (size_t i = 0; i < d->key_count; i++)
        if (strcmp(d->keys[i].name, name) == 0 && ring_value(ring, &d->keys[i]))
            return true;
    return false;
}

enum kr_error ring_check(const struct key_ring *ring, const struct layout_directory *d)
{
    for (size_t i = 0; i < d->key_count; i++)
        if (!d->keys[i].later && (!one_of_name(ring, d, d->keys[i].name) ||
                                  (!d->keys[i].optional && !ring_value(ring, &d->keys[i]))))
            return missing(&d->keys[i]);
    return KR_OK;
}

vault_handle ring_maintenance(const struct key_ring *ring, const struct layout_directory *d)
{
    const struct layout_key *key = layout_key_of_kind(d, CARD_KEY_MAINTENANCE);
    return key ? ring_find(ring, key) : 0;
}

/* ---- contents ---- */

void audit_encode(const struct card_audit *a, uint8_t out[CDF_LEN])
{
    out[0] = a->personalisation_id;
    memcpy(out + 1, a->activation_id, 10);
    memcpy(out + 11, a->serial, 10);
    memcpy(out + 21, a->date, 4);
}

void audit_decode(const uint8_t in[CDF_LEN], struct card_audit *a)
{
    memset(a, 0, sizeof *a);
    a->personalisation_id = in[0];
    memcpy(a->activation_id, in + 1, 10);
    memcpy(a->serial, in + 11, 10);
    memcpy(a->date, in + 21, 4);
}

static void put_u32(uint8_t *out, uint32_t v)
{
    for (size_t i = 0; i < 4; i++)
        out[i] = (uint8_t)(v >> (24 - 8 * i));
}

static size_t put_audit(const struct layout_file *f, const struct card_audit *a, uint8_t *out)
{
    (void)f;
    audit_encode(a, out);
    return CDF_LEN;
}

static size_t put_adf_audit(const struct layout_file *f, const struct card_audit *a, uint8_t *out)
{
    (void)f;
    memcpy(out, a->activation_id, 10);
    memcpy(out + 10, a->date, 4);
    return ADF_AUDIT_LEN;
}

static size_t put_limit(const struct layout_file *f, const struct card_audit *a, uint8_t *out)
{
    (void)a;
    put_u32(out, f->limit);
    put_u32(out + 4, f->limit);
    return LIMIT_LEN;
}

static size_t put_subject(const struct layout_file *f, const struct card_audit *a, uint8_t *out)
{
    (void)f;
    memcpy(out, a->region, 8);
    memcpy(out + 8, a->bank, 8);
    return SUBJECT_LEN;
}

/* The terminal's id: the last six bytes of the PSAM's number, which is printed on it. */
static size_t put_terminal(const struct layout_file *f, const struct card_audit *a, uint8_t *out)
{
    (void)f;
    memcpy(out, a->serial + 4, TERMINAL_LEN);
    return TERMINAL_LEN;
}

/* Issuer 8, type 01, version 01, serial number 10, valid from 4, valid to 4 (cards.md section 6).
 */
static size_t put_user_public(const struct layout_file *f, const struct card_audit *a, uint8_t *out)
{
    (void)f;
    memcpy(out, a->bank, 8);
    out[8] = out[9] = 0x01;
    memcpy(out + 10, a->serial, 10);
    memcpy(out + 20, a->valid_from, 4);
    memcpy(out + 24, a->valid_to, 4);
    return USER_PUBLIC_LEN;
}

static size_t put_holder(const struct layout_file *f, const struct card_audit *a, uint8_t *out)
{
    (void)f;
    memcpy(out, a->holder, CARD_HOLDER_LEN);
    return CARD_HOLDER_LEN;
}

/* Key index of the purchase key, issuer 8, valid from 4, valid to 4 (cards.md section 6). */
static size_t put_psam_public(const struct layout_file *f, const struct card_audit *a, uint8_t *out)
{
    (void)f;
    out[0] = 0x01;
    memcpy(out + 1, a->activation_id, 8);
    memcpy(out + 9, a->valid_from, 4);
    memcpy(out + 13, a->valid_to, 4);
    return PSAM_PUBLIC_LEN;
}

void file_content(const struct layout_file *f, const struct card_audit *audit,
                  uint8_t out[FILE_BYTES_MAX], size_t *len)
{
    static const struct {
        const char *content;
        size_t (*put)(const struct layout_file *f, const struct card_audit *a, uint8_t *out);
    } contents[] = {
        {"audit", put_audit},       {"adf-audit", put_adf_audit},
        {"limit", put_limit},       {"subject", put_subject},
        {"terminal", put_terminal}, {"user-public", put_user_public},
        {"holder", put_holder},     {"psam-public", put_psam_public},
    };
    *len = 0;
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++)
        if (strcmp(contents[i].content, f->content) == 0)
            *len = contents[i].put(f, audit, out);
}

/* ---- writing ---- */

/* By the vault where it knows the value, else by the mother card that gave it. */
static enum kr_error prove(struct card *c, const struct layout_key *k,
                           const struct layout_value *value)
{
    return value->handle ? card_prove_derived(c, value->handle, k->kind, k->kid)
                         : card_prove_against(c, value->mother, k->kind, k->kid);
}

static enum kr_error write_and_prove(struct card *c, const struct layout_key *k,
                                     vault_handle control, const struct layout_value *value)
{
    /* The card's 9000 says that it understood, not which value it holds: the proof says that. */
    enum kr_error err = value->mother
                            ? card_write_key_from(c, value->mother, k->kid, &k->header)
                            : card_write_key(c, control, value->handle, false, k->kid, &k->header);
    return err || k->kind == CARD_KEY_PIN ? err : prove(c, k, value);
}

enum kr_error write_keys(struct card *c, const struct layout_directory *d, size_t first,
                         const struct key_ring *ring, vault_handle control, bool from_mother)
{
    enum kr_error err = KR_OK;
    for (size_t i = first; i < d->key_count && !err; i++) {
        const struct layout_value *value;
        err = ring_need(ring, &d->keys[i], &value);
        if (!err && value && !value->handle && !value->mother)
            err = missing(&d->keys[i]);
        if (!err && value && (value->mother != NULL) == from_mother)
            err = write_and_prove(c, &d->keys[i], control, value);
    }
    return err;
}

static enum kr_error write_file(struct card *c, const struct layout_file *f,
                                vault_handle maintenance, const struct card_audit *audit)
{
    uint8_t content[FILE_BYTES_MAX];
    size_t len;
    bool secured = (f->control.type & FILE_MAC) != 0;
    bool encrypt = (f->control.type & FILE_ENCRYPT) == FILE_ENCRYPT;
    file_content(f, audit, content, &len);
    return len ? card_update_binary(c, (uint8_t)f->control.id, content, len,
                                    secured ? maintenance : 0, encrypt)
               : KR_OK;
}

enum kr_error write_files(struct card *c, const struct layout_directory *d,
                          const struct key_ring *ring, const struct card_audit *audit)
{
    vault_handle maintenance = ring_maintenance(ring, d);
    enum kr_error err = KR_OK;
    for (size_t i = 0; i < d->file_count && !err; i++)
        err = card_create_file(c, &d->files[i].control);
    for (size_t i = 0; i + 1 < d->file_count && !err; i++)
        err = write_file(c, &d->files[i], maintenance, audit);
    return err;
}

enum kr_error write_mark(struct card *c, const struct layout_directory *d,
                         const struct key_ring *ring, const struct card_audit *audit)
{
    return write_file(c, &d->files[d->file_count - 1], ring_maintenance(ring, d), audit);
}

/* ---- comparing and proving ---- */

bool header_fits(const struct key_header *wanted, const struct key_header *got)
{
    return wanted->version == got->version && wanted->algorithm == got->algorithm &&
           wanted->usage == got->usage && wanted->use_right == got->use_right &&
           wanted->follow_state == got->follow_state && wanted->change_right == got->change_right &&
           (wanted->counter & COUNTER_MAXIMUM) == (got->counter & COUNTER_MAXIMUM);
}

static enum kr_error differs(const struct layout_key *k)
{
    return kr_fail(KR_E_CARD_DIFFERS, "%s %s/%02X", k->name, card_key_kind_name(k->kind), k->kid);
}

/* A key that may be there or not. A status that is an answer here must be this command's own. */
static enum kr_error compare_absent(struct card *c, const struct layout_key *k,
                                    const struct layout_value *wanted)
{
    struct key_info info;
    enum kr_error err = card_flush(c);
    if (err)
        return err;
    err = card_key_info(c, k->kind, k->kid, &info);
    if (err)
        return c->sw == NO_SUCH_KEY ? KR_OK : err;
    bool fits = header_fits(&k->header, &info.header) && info.header.counter == k->header.counter;
    return wanted && fits ? KR_OK : differs(k);
}

static enum kr_error compare_key(struct card *c, const struct layout_key *k,
                                 const struct layout_value *wanted)
{
    /* Nobody here knows which groups the centre that issued it has. */
    if (!wanted || (wanted->elsewhere && k->optional))
        return compare_absent(c, k, wanted);
    return card_key_is(c, k->kind, k->kid, &k->header, k->name);
}

enum kr_error compare_keys(struct card *c, const struct layout_directory *d,
                           const struct key_ring *ring)
{
    enum kr_error err = KR_OK;
    for (size_t i = 0; i < d->key_count && !err; i++)
        if (!d->keys[i].later)
            err = compare_key(c, &d->keys[i], ring_value(ring, &d->keys[i]));
    return err;
}

enum kr_error prove_keys(struct card *c, const struct layout_directory *d,
                         const struct key_ring *ring, size_t *proved)
{
    enum kr_error err = KR_OK;
    for (size_t i = 0; i < d->key_count && !err; i++) {
        const struct layout_key *k = &d->keys[i];
        const struct layout_value *value;
        err = ring_need(ring, k, &value);
        if (err || !value || (!value->handle && !value->mother) || k->kind == CARD_KEY_PIN)
            continue;
        err = prove(c, k, value);
        *proved += err ? 0 : 1;
    }
    return err;
}

enum kr_error compare_files(struct card *c, const struct layout_directory *d,
                            const struct card_audit *audit)
{
    enum kr_error err = KR_OK;
    for (size_t i = 0; i < d->file_count && !err; i++) {
        const struct layout_file *f = &d->files[i];
        uint8_t wanted[FILE_BYTES_MAX], got[256];
        size_t len, got_len = sizeof got;
        file_content(f, audit, wanted, &len);
        if (!len)
            continue;
        err = card_read_binary(c, (uint8_t)f->control.id, got, &got_len);
        if (!err && (got_len < len || memcmp(got, wanted, len) != 0))
            err = kr_fail(KR_E_CARD_DIFFERS, "%04X %s", f->control.id, f->content);
    }
    return err;
}
