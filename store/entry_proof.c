#include "entry_proof.h"

#include <stdlib.h>
#include <string.h>

#include "../crypto/seal.h"
#include "journal_reading.h"
#include "sealed.h"
#include "signing_rules.h"

/* ---- Who signed ---- */

static enum kr_error prove_signature(const struct entry *e, struct roster *roster, size_t i,
                                     const char *header, size_t len)
{
    const struct entry_signer *s = &e->signers[i];
    const struct enrolled *p = roster_find(roster, s->person);
    if (!p || memcmp(p->key_id, s->key_id, sizeof s->key_id) != 0)
        return KR_E_PERSON_UNKNOWN;
    if (p->revoked)
        return KR_E_PERSON_REVOKED;
    return sign_verify(p->public_key, (const uint8_t *)header, len, s->signature);
}

static enum kr_error prove_signatures(const struct entry *e, struct roster *roster,
                                      struct entry_proof *proof)
{
    char header[ENTRY_HEADER_MAX];
    size_t len;
    enum kr_error error = entry_header(e, header, &len);
    for (size_t i = 0; error == KR_OK && i < e->signer_count; i++)
        proof->signatures[i] = prove_signature(e, roster, i, header, len);
    proof->allowed = error == KR_OK ? signing_check(e, roster) : error;
    return error;
}

/* ---- The checkpoint after it ---- */

static unsigned count_cosigners(const struct sealed *c, const struct roster *roster)
{
    char name[ORIGIN_MAX + 40];
    unsigned count = 0;
    for (size_t i = 0; i < roster->count; i++)
        if (checkpoint_person_name(c->head.origin, roster->people[i].person, name, sizeof name) ==
                KR_OK &&
            checkpoint_verify(c->text, strlen(c->text), name, 0x04, roster->people[i].public_key,
                              NULL) == KR_OK)
            count++;
    return count;
}

static enum kr_error prove_inclusion(struct store *s, uint64_t seq, int64_t id,
                                     struct sealed *around, struct entry_proof *proof)
{
    struct sealed *before = &around[0], *after = &around[1];
    uint8_t root[32];
    enum kr_error error = sealed_load(s, id, after);
    if (error == KR_OK && id > 1)
        error = sealed_load(s, id - 1, before);
    else
        tree_begin(&before->tree);
    if (error == KR_OK)
        error = sealed_grow(s, &before->tree, after->head.size, seq, proof->leaf_hash);
    if (error == KR_OK)
        error = tree_root(&before->tree, root);
    if (error == KR_OK &&
        (before->tree.size != after->head.size || memcmp(root, after->head.root, 32) != 0))
        error = KR_E_CHECKPOINT;
    proof->checkpoint = after->head;
    return error;
}

static enum kr_error prove_sealed(struct store *s, uint64_t seq, const struct roster *roster,
                                  struct entry_proof *proof)
{
    int64_t id = 0;
    struct sealed *around = calloc(2, sizeof *around);
    enum kr_error error = around ? sealed_after(s, seq, &id) : KR_E_MEMORY;
    proof->sealed = error == KR_OK && id > 0;
    if (proof->sealed) {
        proof->included = prove_inclusion(s, seq, id, around, proof);
        proof->cosigners = count_cosigners(&around[1], roster);
    }
    free(around);
    return error;
}

enum kr_error journal_prove(struct store *s, uint64_t seq, struct entry *e,
                            struct entry_proof *proof)
{
    struct roster *roster = calloc(1, sizeof *roster);
    memset(proof, 0, sizeof *proof);
    memset(e, 0, sizeof *e);
    enum kr_error error = roster ? journal_read(s, seq, e) : KR_E_MEMORY;
    if (error == KR_OK)
        error = entry_leaf_hash(e, proof->leaf_hash);
    if (error == KR_OK)
        error = roster_at(s, seq, roster);
    if (error == KR_OK)
        error = prove_signatures(e, roster, proof);
    if (error == KR_OK)
        error = prove_sealed(s, seq, roster, proof);
    free(roster);
    return error;
}
