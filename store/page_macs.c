#include "page_macs.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../crypto/hash.h"

#define PAGE     4096u
#define RESERVED 48u
#define SALT     16u
#define IV       16u
#define MAC      20u
#define MAC_KEY  32u
#define ROUNDS   2

static enum kr_error mac_key(const uint8_t salt[SALT], const struct secret *database_key,
                             struct secret **key)
{
    uint8_t turned[SALT];
    for (size_t i = 0; i < SALT; i++)
        turned[i] = salt[i] ^ 0x3A;
    *key = secret_new(MAC_KEY);
    return *key == NULL ? KR_E_MEMORY
                        : pbkdf2_sha1(database_key->bytes, database_key->len, turned, SALT, ROUNDS,
                                      (*key)->bytes, MAC_KEY);
}

/* SQLite makes room by writing zeros: such a page was never encrypted. */
static bool is_empty(const uint8_t page[PAGE])
{
    return page[0] == 0 && memcmp(page, page + 1, PAGE - 1) == 0;
}

static enum kr_error page_check(const uint8_t page[PAGE], uint32_t number, const struct secret *key)
{
    uint8_t covered[PAGE], mac[MAC];
    size_t skip = number == 1 ? SALT : 0, len = PAGE - RESERVED + IV - skip;
    memcpy(covered, page + skip, len);
    for (size_t i = 0; i < 4; i++)
        covered[len + i] = (uint8_t)(number >> (8 * i));
    enum kr_error err = hmac_sha1(key->bytes, key->len, covered, len + 4, mac);
    return err != KR_OK || memcmp(mac, page + PAGE - RESERVED + IV, MAC) == 0
               ? err
               : kr_fail(KR_E_STORE_DAMAGED, "journal.db, page %u", number);
}

enum kr_error page_macs_check(const char *path, const struct secret *database_key)
{
    uint8_t page[PAGE];
    struct secret *key = NULL;
    enum kr_error err = KR_OK;
    size_t got = 0;
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        return kr_fail(KR_E_FILE, "%s: %s", path, strerror(errno));
    for (uint32_t number = 1; err == KR_OK; number++) {
        got = fread(page, 1, sizeof page, in);
        if (got < sizeof page)
            break;
        if (number == 1)
            err = mac_key(page, database_key, &key);
        if (err == KR_OK && !is_empty(page))
            err = page_check(page, number, key);
    }
    if (err == KR_OK && ferror(in))
        err = kr_fail(KR_E_FILE, "%s: %s", path, strerror(errno));
    else if (err == KR_OK && got > 0)
        err = kr_fail(KR_E_STORE_DAMAGED, "journal.db, last page");
    fclose(in);
    secret_free(&key);
    return err;
}
