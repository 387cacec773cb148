/* The parts that washing, issuing and verifying are made of. */
#include "personalise_parts.h"
#include <string.h>

#define COUNTER_MAXIMUM 0xF0
#define NO_SUCH_KEY     0x6A88

vault_handle ring_find(const struct key_ring *ring, const struct layout_key *k)
{
    for (size_t i = 0; i < ring->count; i++)
        if (ring->values[i].group == k->group && strcmp(ring->values[i].name, k->name) == 0)
            return ring->values[i].handle;
    return 0;
}

static enum kr_error missing(const struct layout_key *k)
{
    return k->group ? kr_fail(KR_E_KEY_MISSING, "%s %d", k->name, k->group)
                    : kr_fail(KR_E_KEY_MISSING, "%s", k->name);
}

enum kr_error ring_need(const struct key_ring *ring, const struct layout_key *k,
                        vault_handle *handle)
{
    *handle = ring_find(ring, k);
    return *handle || k->optional ? KR_OK : missing(k);
}

static bool one_of_name(const struct key_ring *ring, const struct layout_directory *d,
                        const char *name)
{
    for (size_t i = 0; i < d->key_count; i++)
        if (strcmp(d->keys[i].name, name) == 0 && ring_find(ring, &d->keys[i]))
            return true;
    return false;
}

enum kr_error ring_check(const struct key_ring *ring, const struct layout_directory *d)
{
    for (size_t i = 0; i < d->key_count; i++)
        if (!one_of_name(ring, d, d->keys[i].name) ||
            (!d->keys[i].optional && !ring_find(ring, &d->keys[i])))
            return missing(&d->keys[i]);
    return KR_OK;
}

vault_handle ring_maintenance(const struct key_ring *ring, const struct layout_directory *d)
{
    for (size_t i = 0; i < d->key_count; i++)
        if (d->keys[i].kind == CARD_KEY_MAINTENANCE)
            return ring_find(ring, &d->keys[i]);
    return 0;
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

void file_content(const struct layout_file *f, const struct card_audit *audit,
                  uint8_t out[FILE_BYTES_MAX], size_t *len)
{
    *len = 0;
    if (strcmp(f->content, "audit") == 0) {
        audit_encode(audit, out);
        *len = CDF_LEN;
    } else if (strcmp(f->content, "adf-audit") == 0) {
        memcpy(out, audit->activation_id, 10);
        memcpy(out + 10, audit->date, 4);
        *len = ADF_AUDIT_LEN;
    } else if (strcmp(f->content, "limit") == 0) {
        put_u32(out, f->limit);
        put_u32(out + 4, f->limit);
        *len = LIMIT_LEN;
    }
}

/* ---- writing ---- */

static enum kr_error write_and_prove(struct card *c, const struct layout_key *k,
                                     vault_handle control, vault_handle value)
{
    /* The card's 9000 says that it understood, not which value it holds: the proof says that. */
    enum kr_error err = card_write_key(c, control, value, false, k->kid, &k->header);
    if (!err && k->kind != CARD_KEY_PIN)
        err = card_prove_derived(c, value, k->kind, k->kid);
    return err;
}

enum kr_error write_keys(struct card *c, const struct layout_directory *d, size_t first,
                         const struct key_ring *ring, vault_handle control)
{
    enum kr_error err = KR_OK;
    for (size_t i = first; i < d->key_count && !err; i++) {
        vault_handle value;
        err = ring_need(ring, &d->keys[i], &value);
        if (!err && value)
            err = write_and_prove(c, &d->keys[i], control, value);
    }
    return err;
}

enum kr_error write_files(struct card *c, const struct layout_directory *d,
                          const struct key_ring *ring, const struct card_audit *audit)
{
    vault_handle maintenance = ring_maintenance(ring, d);
    enum kr_error err = KR_OK;
    for (size_t i = 0; i < d->file_count && !err; i++)
        err = card_create_file(c, &d->files[i].control);
    for (size_t i = 0; i < d->file_count && !err; i++) {
        const struct layout_file *f = &d->files[i];
        uint8_t content[FILE_BYTES_MAX];
        size_t len;
        file_content(f, audit, content, &len);
        bool secured = (f->control.type & 0x80) != 0, encrypt = (f->control.type & 0x40) != 0;
        if (len)
            err = card_update_binary(c, (uint8_t)f->control.id, content, len,
                                     secured ? maintenance : 0, encrypt);
    }
    return err;
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

static enum kr_error compare_key(struct card *c, const struct layout_key *k, bool wanted)
{
    struct key_info info;
    enum kr_error err = card_key_info(c, k->kind, k->kid, &info);
    if (!wanted)
        return err && c->sw == NO_SUCH_KEY ? KR_OK : err ? err : differs(k);
    if (err)
        return c->sw == NO_SUCH_KEY ? differs(k) : err;
    bool fits = header_fits(&k->header, &info.header) && info.header.counter == k->header.counter;
    return fits ? KR_OK : differs(k);
}

enum kr_error compare_keys(struct card *c, const struct layout_directory *d,
                           const struct key_ring *ring)
{
    enum kr_error err = KR_OK;
    for (size_t i = 0; i < d->key_count && !err; i++)
        err = compare_key(c, &d->keys[i], ring_find(ring, &d->keys[i]) != 0);
    return err;
}

enum kr_error prove_keys(struct card *c, const struct layout_directory *d,
                         const struct key_ring *ring, size_t *proved)
{
    enum kr_error err = KR_OK;
    for (size_t i = 0; i < d->key_count && !err; i++) {
        const struct layout_key *k = &d->keys[i];
        vault_handle value;
        err = ring_need(ring, k, &value);
        if (err || !value || k->kind == CARD_KEY_PIN)
            continue;
        err = card_prove_derived(c, value, k->kind, k->kid);
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
