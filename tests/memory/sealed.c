/*
 * What lies sealed in a store, for a search that has to know it.
 *
 *   sealed STORE    "PERSON PASSPHRASE" on standard input, one a line
 *
 * Prints "PERSON NAME HEX" for database key, log seed, signing seed and share; once shares enough
 * are there "- vault-key HEX" and
 * "- LABEL HEX" of every key that is kept.
 */
#include <stdio.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "../../crypto/seal.h"
#include "../../crypto/slot.h"
#include "../../crypto/wire.h"
#include "../../store/store.h"

#define KEYS_ROOM 256

static const char *const names[] = {"database-key", "log-seed", "signing-seed", "share"};
static struct secret *shares[PEOPLE_MAX];
static uint8_t indices[PEOPLE_MAX];
static size_t share_count;
static struct secret *database_key;
static struct slots slots;

static void print(const char *person, const char *name, const uint8_t *bytes, size_t len)
{
    char hex[2 * SLOT_PIECE + 1];
    hex_encode(bytes, len, hex);
    printf("%s %s %s\n", person, name, hex);
}

static enum kr_error open_slot(const struct slot *slot, const char *passphrase)
{
    struct secret *typed = secret_from(passphrase, strlen(passphrase)), *content = NULL;
    enum kr_error err = typed ? slot_unseal(slot, typed, &content) : KR_E_MEMORY;
    for (size_t i = 0; !err && i < sizeof names / sizeof names[0]; i++) {
        const uint8_t *piece = content->bytes + i * SLOT_PIECE;
        if (i == 0 && !database_key)
            database_key = secret_from(piece, SLOT_PIECE);
        if (i < 3 || slot->share_index)
            print(slot->person, names[i], piece, SLOT_PIECE);
        if (i == 3 && slot->share_index) {
            indices[share_count] = slot->share_index;
            shares[share_count++] = secret_from(piece, SLOT_PIECE);
        }
    }
    secret_free(&content);
    secret_free(&typed);
    return err;
}

/* ---- Keys: docs/store-format.md ---- */

static enum kr_error open_key(const struct secret *vault_key, struct key_record *k)
{
    char label[64], bound[128], suite[16];
    size_t len;
    struct wire w;
    struct secret *key = NULL;
    if (k->blob_len == 0)
        return KR_OK;
    key_label(k, label);
    wire_read(&w, k->blob, k->blob_len);
    (void)wire_get_u8(&w);
    unsigned purpose = wire_get_u8(&w);
    wire_get_text(&w, suite, sizeof suite);
    const uint8_t *blob = wire_get_bytes(&w, &len);
    enum kr_error err = wire_end(&w);
    snprintf(bound, sizeof bound, "keyrite-key/1 %s %u %s", suite, purpose, label);
    if (!err)
        err = unseal(vault_key, bound, blob, len, &key);
    if (!err)
        print("-", label, key->bytes, key->len);
    secret_free(&key);
    return err;
}

static enum kr_error open_keys(const char *dir, const struct secret *vault_key)
{
    static struct key_record keys[KEYS_ROOM];
    size_t count = 0;
    struct store *store = NULL;
    enum kr_error err = store_open(dir, &slots, database_key, true, &store);
    if (!err)
        err = keys_list(store, keys, KEYS_ROOM, &count);
    for (size_t i = 0; !err && i < count; i++)
        err = open_key(vault_key, &keys[i]);
    store_close(&store);
    return err;
}

static enum kr_error join(const char *dir)
{
    struct secret *key = NULL;
    enum kr_error err = KR_OK;
    if (slots.quorum > 0 && share_count >= slots.quorum)
        err = shares_join((const struct secret *const *)shares, indices, slots.quorum, &key);
    if (!err && key) {
        print("-", "vault-key", key->bytes, key->len);
        err = open_keys(dir, key);
    }
    secret_free(&key);
    return err;
}

int main(int argc, char **argv)
{
    char line[256];
    enum kr_error err = argc == 2 ? secret_heap_open() : KR_E_ARGUMENT;
    if (!err)
        err = slots_read(argv[1], &slots);
    while (!err && fgets(line, sizeof line, stdin)) {
        char *passphrase = strchr(line, ' ');
        line[strcspn(line, "\n")] = '\0';
        if (!passphrase)
            continue;
        *passphrase++ = '\0';
        const struct person *p = slots_find(&slots, line);
        err = p ? open_slot(&p->slot, passphrase) : KR_E_PERSON_UNKNOWN;
    }
    if (!err)
        err = join(argv[1]);
    for (size_t i = 0; i < share_count; i++)
        secret_free(&shares[i]);
    secret_free(&database_key);
    if (err)
        fprintf(stderr, "sealed: %s\n", kr_detail());
    return err != KR_OK;
}
