#include "vault_message.h"

#include <string.h>
#include <sys/mman.h>

uint8_t *vault_buffer_new(void)
{
    void *pages = mmap(NULL, WIRE_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return NULL;
    if (mlock(pages, WIRE_MAX) != 0) {
        munmap(pages, WIRE_MAX);
        return NULL;
    }
    madvise(pages, WIRE_MAX, MADV_DONTDUMP);
    return pages;
}

void vault_buffer_free(uint8_t **buffer)
{
    if (!*buffer)
        return;
    secret_wipe(*buffer, WIRE_MAX);
    munmap(*buffer, WIRE_MAX);
    *buffer = NULL;
}

void wire_get_exactly(struct wire *w, uint8_t *out, size_t len)
{
    size_t have = 0;
    const uint8_t *bytes = wire_get_bytes(w, &have);
    if (bytes && have == len)
        memcpy(out, bytes, len);
    else
        w->broken = true;
}

void wire_get_upto(struct wire *w, uint8_t *out, size_t *len)
{
    size_t have = 0;
    const uint8_t *bytes = wire_get_bytes(w, &have);
    if (bytes && have <= *len) {
        memcpy(out, bytes, have);
        *len = have;
    } else {
        w->broken = true;
        *len = 0;
    }
}

void vault_put_kcv(struct wire *w, const struct kcv *k)
{
    wire_put_bytes(w, k->bytes, k->len);
    wire_put_text(w, k->algorithm);
}

void vault_get_kcv(struct wire *w, struct kcv *k)
{
    *k = (struct kcv){.len = KCV_MAX};
    wire_get_upto(w, k->bytes, &k->len);
    wire_get_text(w, k->algorithm, sizeof k->algorithm);
}

void vault_put_cost(struct wire *w, const struct kdf_cost *c)
{
    wire_put_u32(w, c->memory_kib);
    wire_put_u32(w, c->passes);
    wire_put_u32(w, c->lanes);
}

void vault_get_cost(struct wire *w, struct kdf_cost *c)
{
    c->memory_kib = wire_get_u32(w);
    c->passes = wire_get_u32(w);
    c->lanes = wire_get_u32(w);
}

void vault_put_slot(struct wire *w, const struct slot *s)
{
    wire_put_text(w, s->person);
    vault_put_cost(w, &s->cost);
    wire_put_bytes(w, s->salt, sizeof s->salt);
    wire_put_bytes(w, s->public_key, sizeof s->public_key);
    wire_put_u8(w, s->share_index);
    wire_put_u8(w, s->quorum);
    wire_put_bytes(w, s->founding, sizeof s->founding);
    /* A length out of range is refused by the reader, not read past here. */
    wire_put_bytes(w, s->sealed, s->sealed_len <= sizeof s->sealed ? s->sealed_len : 0);
    wire_put_bytes(w, s->share_key, sizeof s->share_key);
    wire_put_u32(w, s->sharing);
    wire_put_u8(w, s->sealed_index);
    wire_put_u8(w, s->sealed_quorum);
    wire_put_bytes(w, s->box, s->box_len <= sizeof s->box ? s->box_len : 0);
}

void vault_get_slot(struct wire *w, struct slot *s)
{
    memset(s, 0, sizeof *s);
    wire_get_text(w, s->person, sizeof s->person);
    vault_get_cost(w, &s->cost);
    wire_get_exactly(w, s->salt, sizeof s->salt);
    wire_get_exactly(w, s->public_key, sizeof s->public_key);
    s->share_index = wire_get_u8(w);
    s->quorum = wire_get_u8(w);
    wire_get_exactly(w, s->founding, sizeof s->founding);
    s->sealed_len = sizeof s->sealed;
    wire_get_upto(w, s->sealed, &s->sealed_len);
    wire_get_exactly(w, s->share_key, sizeof s->share_key);
    s->sharing = wire_get_u32(w);
    s->sealed_index = wire_get_u8(w);
    s->sealed_quorum = wire_get_u8(w);
    s->box_len = sizeof s->box;
    wire_get_upto(w, s->box, &s->box_len);
}

void vault_put_spec(struct wire *w, const struct secret_entry_spec *s)
{
    wire_put_u8(w, (uint8_t)s->kind);
    wire_put_u32(w, s->digits > UINT32_MAX ? UINT32_MAX : (uint32_t)s->digits);
    wire_put_u8(w, s->check_letters);
}

void vault_get_spec(struct wire *w, struct secret_entry_spec *s)
{
    s->kind = (enum secret_entry_kind)wire_get_u8(w);
    s->digits = wire_get_u32(w);
    s->check_letters = wire_get_u8(w) != 0;
}

void vault_put_state(struct wire *w, const struct secret_entry_state *s)
{
    wire_put_u32(w, (uint32_t)s->typed);
    wire_put_u32(w, (uint32_t)s->wanted);
    wire_put_u8(w, (uint8_t)s->blocks);
    wire_put_u8(w, (uint8_t)s->block);
    for (size_t i = 0; i < s->blocks; i++) {
        wire_put_u8(w, s->fill[i]);
        wire_put_u8(w, (uint8_t)s->state[i]);
    }
    wire_put_u8(w, s->complete);
}

void vault_get_state(struct wire *w, struct secret_entry_state *s)
{
    memset(s, 0, sizeof *s);
    s->typed = wire_get_u32(w);
    s->wanted = wire_get_u32(w);
    s->blocks = wire_get_u8(w);
    s->block = wire_get_u8(w);
    if (s->blocks > ENTRY_BLOCKS_MAX) {
        s->blocks = 0;
        w->broken = true;
    }
    for (size_t i = 0; i < s->blocks; i++) {
        s->fill[i] = wire_get_u8(w);
        s->state[i] = (enum block_state)wire_get_u8(w);
    }
    s->complete = wire_get_u8(w) != 0;
}

void vault_put_presence(struct wire *w, const struct vault_presence *p)
{
    wire_put_u8(w, (uint8_t)p->quorum);
    wire_put_u8(w, (uint8_t)p->shares);
    wire_put_u8(w, p->open);
}

void vault_get_presence(struct wire *w, struct vault_presence *p)
{
    p->quorum = wire_get_u8(w);
    p->shares = wire_get_u8(w);
    p->open = wire_get_u8(w) != 0;
}
