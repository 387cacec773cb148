/* Card layouts as ceremonies were opened with them: each text once, under its digest. */
#include <stdlib.h>
#include <string.h>

#include "../crypto/hash.h"
#include "database.h"

static enum kr_error digest_of(const char *text, size_t len, char hex[65])
{
    uint8_t digest[32];
    enum kr_error error = sha256(text, len, digest);
    hex_encode(digest, sizeof digest, hex);
    return error;
}

enum kr_error layouts_put(struct store *s, const char *text, size_t len)
{
    struct query q;
    char hex[65];
    enum kr_error error = digest_of(text, len, hex);
    if (error != KR_OK)
        return error;
    query_begin(&q, s, "INSERT OR IGNORE INTO layouts(digest, text) VALUES(?1, ?2)");
    query_text(&q, 1, hex);
    query_blob(&q, 2, text, len);
    return query_run(&q, KR_E_ARGUMENT);
}

enum kr_error layouts_get(struct store *s, const char *digest, char **text, size_t *len)
{
    struct query q;
    char hex[65] = "";
    *text = NULL;
    *len = 0;
    query_begin(&q, s, "SELECT text FROM layouts WHERE digest = ?1");
    query_text(&q, 1, digest);
    if (query_row(&q)) {
        const void *bytes = query_peek(&q, 0, len);
        *text = malloc(*len + 1);
        if (!*text)
            q.error = KR_E_MEMORY;
        else if (*len > 0)
            memcpy(*text, bytes, *len);
        if (*text)
            (*text)[*len] = '\0';
    } else if (q.error == KR_OK) {
        q.error = kr_fail(KR_E_NOT_FOUND, "%s", digest);
    }
    enum kr_error error = query_end(&q);
    if (error == KR_OK)
        error = digest_of(*text, *len, hex);
    if (error == KR_OK && strcmp(hex, digest) != 0)
        error = kr_fail(KR_E_STORE_ROW, "layouts %s", digest);
    if (error != KR_OK) {
        free(*text);
        *text = NULL;
    }
    return error;
}
