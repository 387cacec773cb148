#include "ahead.h"

#include <stdlib.h>
#include <string.h>

#include "../../store/data_rows.h"

/* One level by the card's number: what vault_diversify() is going to be asked for. */
static void masters_of(const struct layout_directory *d, const struct key_roots *roots,
                       vault_handle masters[VAULT_PREPARE_KEYS], size_t *count)
{
    for (size_t i = 0; i < d->key_count; i++) {
        const struct layout_key *k = &d->keys[i];
        const struct key_root *root = root_of(roots, k);
        if (k->kind == CARD_KEY_PIN || k->later || root == NULL || k->factor_count != 1 ||
            k->factors[0] != FACTOR_SERIAL)
            continue;
        bool there = false;
        for (size_t m = 0; m < *count; m++)
            there = there || masters[m] == root->handle;
        if (!there && *count < VAULT_PREPARE_KEYS)
            masters[(*count)++] = root->handle;
    }
}

/* Factors of the rows from this one on, at most so many; how many there are. */
static size_t factors_from(struct ceremony *c, unsigned row, size_t most, uint8_t *factors)
{
    struct data_row_record rec;
    size_t n = 0;
    while (n < most &&
           data_rows_get(session_store(c->session), c->id, row + (unsigned)n, &rec) == KR_OK &&
           factor_bytes(c, FACTOR_SERIAL, rec.asn, factors + 8 * n) == KR_OK)
        n++;
    explicit_bzero(&rec, sizeof rec);
    return n;
}

void ahead_prepare(struct ceremony *c, const struct piece_kit *kit, unsigned *until)
{
    vault_handle masters[VAULT_PREPARE_KEYS];
    size_t count = 0;
    unsigned done, total;
    batch_size(c, &done, &total);
    if (step_now(c)->data == NULL || done < *until || done >= total)
        return;
    masters_of(&kit->layout.mf, &kit->roots, masters, &count);
    if (kit->with_adf)
        masters_of(&kit->layout.adf, &kit->roots, masters, &count);
    *until = total;
    size_t most = count > 0 ? DIVERSIFY_MAX / count : 0;
    if (most > total - done)
        most = total - done;
    uint8_t *factors = most > 0 ? malloc(8 * most) : NULL;
    size_t rows = factors != NULL ? factors_from(c, done + 1, most, factors) : 0;
    if (rows > 0 &&
        vault_prepare(session_vault(c->session), masters, count, factors, rows) == KR_OK)
        *until = done + (unsigned)rows;
    free(factors);
    kr_detail_clear();
}
