/* Encoding and strict decoding of the slot file. */
#include <string.h>

#include "slot_format.h"
#include "../crypto/hash.h"
#include "../crypto/wire.h"

static const char magic[] = "keyrite-slots\n";
#define MAGIC_LEN (sizeof magic - 1)
#define TAIL_LEN  (2 * SHA256_LEN) /* MAC, then digest */
#define ROLES_ALL                                                                                  \
    (ROLE_ADMINISTRATOR | ROLE_CUSTODIAN | ROLE_SUPERVISOR | ROLE_OPERATOR | ROLE_AUDITOR)

static void put_centre(struct wire *w, const struct slots *s)
{
    wire_put_text(w, s->cipher);
    wire_put_text(w, s->centre.origin);
    wire_put_text(w, s->centre.name);
    wire_put_u8(w, (uint8_t)s->centre.tier);
    wire_put_text(w, s->centre.suite);
    wire_put_bytes(w, s->centre.identifier, sizeof s->centre.identifier);
    wire_put_u8(w, s->centre.rehearsal);
    wire_put_text(w, s->centre.card_control_policy);
    wire_put_u32(w, s->quorum);
    wire_put_u32(w, s->holders);
    wire_put_bytes(w, s->log_public, sizeof s->log_public);
    wire_put_bytes(w, s->founding, sizeof s->founding);
    if (s->format == SLOT_FOUNDING)
        return;
    wire_put_u32(w, s->founded_quorum);
    wire_put_u32(w, s->founded_holders);
}

static void put_renewed(struct wire *w, const struct slot *slot)
{
    wire_put_bytes(w, slot->share_key, sizeof slot->share_key);
    wire_put_u32(w, slot->sharing);
    wire_put_u8(w, slot->sealed_index);
    wire_put_u8(w, slot->sealed_quorum);
    wire_put_bytes(w, slot->box, slot->box_len);
}

static void put_person(struct wire *w, uint32_t format, const struct person *p)
{
    wire_put_text(w, p->slot.person);
    wire_put_text(w, p->name);
    wire_put_u32(w, p->roles);
    wire_put_u8(w, p->revoked);
    wire_put_u32(w, p->slot.cost.memory_kib);
    wire_put_u32(w, p->slot.cost.passes);
    wire_put_u32(w, p->slot.cost.lanes);
    wire_put_bytes(w, p->slot.salt, sizeof p->slot.salt);
    wire_put_bytes(w, p->slot.public_key, sizeof p->slot.public_key);
    wire_put_u8(w, p->slot.share_index);
    wire_put_u8(w, p->slot.quorum);
    wire_put_bytes(w, p->slot.sealed, p->slot.sealed_len);
    if (format != SLOT_FOUNDING)
        put_renewed(w, &p->slot);
}

/* Exactly len bytes, or broken. */
static void get_exact(struct wire *w, uint8_t *out, size_t len)
{
    size_t got = 0;
    const uint8_t *bytes = wire_get_bytes(w, &got);
    if (!bytes || got != len)
        w->broken = true;
    else
        memcpy(out, bytes, len);
}

static bool get_flag(struct wire *w)
{
    uint8_t v = wire_get_u8(w);
    if (v > 1)
        w->broken = true;
    return v == 1;
}

static void get_centre(struct wire *w, struct slots *s)
{
    wire_get_text(w, s->cipher, sizeof s->cipher);
    wire_get_text(w, s->centre.origin, sizeof s->centre.origin);
    wire_get_text(w, s->centre.name, sizeof s->centre.name);
    s->centre.tier = (enum tier)wire_get_u8(w);
    wire_get_text(w, s->centre.suite, sizeof s->centre.suite);
    get_exact(w, s->centre.identifier, sizeof s->centre.identifier);
    s->centre.rehearsal = get_flag(w);
    wire_get_text(w, s->centre.card_control_policy, sizeof s->centre.card_control_policy);
    s->quorum = wire_get_u32(w);
    s->holders = wire_get_u32(w);
    get_exact(w, s->log_public, sizeof s->log_public);
    get_exact(w, s->founding, sizeof s->founding);
    if (s->format == SLOT_FOUNDING)
        return;
    s->founded_quorum = wire_get_u32(w);
    s->founded_holders = wire_get_u32(w);
}

/* At most room bytes, or broken. */
static size_t get_upto(struct wire *w, uint8_t *out, size_t room)
{
    size_t len = 0;
    const uint8_t *bytes = wire_get_bytes(w, &len);
    if (!bytes || len > room) {
        w->broken = true;
        return 0;
    }
    memcpy(out, bytes, len);
    return len;
}

static void get_renewed(struct wire *w, struct slot *slot)
{
    get_exact(w, slot->share_key, sizeof slot->share_key);
    slot->sharing = wire_get_u32(w);
    slot->sealed_index = wire_get_u8(w);
    slot->sealed_quorum = wire_get_u8(w);
    slot->box_len = get_upto(w, slot->box, sizeof slot->box);
}

static void get_person(struct wire *w, uint32_t format, struct person *p)
{
    wire_get_text(w, p->slot.person, sizeof p->slot.person);
    wire_get_text(w, p->name, sizeof p->name);
    p->roles = wire_get_u32(w);
    p->revoked = get_flag(w);
    p->slot.cost.memory_kib = wire_get_u32(w);
    p->slot.cost.passes = wire_get_u32(w);
    p->slot.cost.lanes = wire_get_u32(w);
    get_exact(w, p->slot.salt, sizeof p->slot.salt);
    get_exact(w, p->slot.public_key, sizeof p->slot.public_key);
    p->slot.share_index = wire_get_u8(w);
    p->slot.quorum = wire_get_u8(w);
    p->slot.sealed_len = get_upto(w, p->slot.sealed, sizeof p->slot.sealed);
    if (format != SLOT_FOUNDING)
        get_renewed(w, &p->slot);
}

/* What holds for every slot file, whoever wrote it. */
static bool makes_sense(const struct slots *s)
{
    if (s->count > PEOPLE_MAX || s->centre.origin[0] == '\0' || !tier_name(s->centre.tier))
        return false;
    for (size_t i = 0; i < s->count; i++) {
        const struct person *p = &s->people[i];
        if (p->slot.person[0] == '\0' || p->slot.sealed_len > sizeof p->slot.sealed ||
            p->slot.box_len > sizeof p->slot.box || p->roles == 0 ||
            (p->roles & ~(unsigned)ROLES_ALL) != 0 || slots_find(s, p->slot.person) != p)
            return false;
    }
    return true;
}

static enum kr_error slot_mac(const struct secret *database_key, const uint8_t *bytes, size_t len,
                              uint8_t mac[SHA256_LEN])
{
    struct secret *key = secret_new(SHA256_LEN);
    if (!key)
        return KR_E_MEMORY;
    enum kr_error error = hkdf_sha256(database_key->bytes, database_key->len, "keyrite slots",
                                      key->bytes, SHA256_LEN);
    if (error == KR_OK)
        error = hmac_sha256(key->bytes, SHA256_LEN, bytes, len, mac);
    secret_free(&key);
    return error;
}

enum kr_error slot_file_encode(const struct slots *s, const struct secret *database_key,
                               uint8_t *bytes, size_t *len)
{
    if (!makes_sense(s))
        return kr_fail(KR_E_ARGUMENT, "slots");
    struct wire w;
    memcpy(bytes, magic, MAGIC_LEN);
    wire_begin(&w, bytes + MAGIC_LEN, SLOT_FILE_MAX - MAGIC_LEN - TAIL_LEN);
    wire_put_u32(&w, s->format);
    wire_put_u64(&w, s->generation);
    put_centre(&w, s);
    wire_put_u32(&w, (uint32_t)s->count);
    for (size_t i = 0; i < s->count; i++)
        put_person(&w, s->format, &s->people[i]);
    if (w.broken)
        return kr_fail(KR_E_TOO_LONG, "slots");
    *len = MAGIC_LEN + w.len;
    enum kr_error error = slot_mac(database_key, bytes, *len, bytes + *len);
    *len += SHA256_LEN;
    if (error == KR_OK)
        error = sha256(bytes, *len, bytes + *len);
    *len += SHA256_LEN;
    return error;
}

static enum kr_error check_digest(const uint8_t *bytes, size_t len, const char *name)
{
    uint8_t digest[SHA256_LEN];
    if (len < MAGIC_LEN + TAIL_LEN || memcmp(bytes, magic, MAGIC_LEN) != 0)
        return kr_fail(KR_E_SLOTS, "%s", name);
    enum kr_error error = sha256(bytes, len - SHA256_LEN, digest);
    if (error == KR_OK && memcmp(digest, bytes + len - SHA256_LEN, SHA256_LEN) != 0)
        error = kr_fail(KR_E_SLOTS, "%s", name);
    return error;
}

enum kr_error slot_file_decode(const uint8_t *bytes, size_t len, const char *name, struct slots *s)
{
    uint8_t body[SLOT_FILE_MAX];
    memset(s, 0, sizeof *s);
    if (len > sizeof body)
        return kr_fail(KR_E_SLOTS, "%s", name);
    enum kr_error error = check_digest(bytes, len, name);
    if (error != KR_OK)
        return error;
    struct wire w;
    memcpy(body, bytes, len);
    wire_read(&w, body + MAGIC_LEN, len - MAGIC_LEN - TAIL_LEN);
    s->format = wire_get_u32(&w);
    if (s->format > SLOT_FORMAT)
        return kr_fail(KR_E_STORE_NEWER, "%s: %u", name, s->format);
    s->generation = wire_get_u64(&w);
    get_centre(&w, s);
    s->count = wire_get_u32(&w);
    for (size_t i = 0; i < s->count && i < PEOPLE_MAX && !w.broken; i++) {
        get_person(&w, s->format, &s->people[i]);
        memcpy(s->people[i].slot.founding, s->founding, sizeof s->founding);
    }
    if (wire_end(&w) != KR_OK || s->format < SLOT_FOUNDING || !makes_sense(s))
        return kr_fail(KR_E_SLOTS, "%s", name);
    return KR_OK;
}
