/* Rows of a data file, kept with the ceremony that issues cards from it. */
#include "data_rows.h"

#include <stdlib.h>
#include <string.h>

#include "../crypto/hash.h"
#include "database.h"

enum kr_error data_rows_put(struct store *s, const char *ceremony, unsigned n,
                            const struct data_row_record *row)
{
    struct query q;
    query_begin(&q, s, "INSERT INTO data_rows(ceremony, n, asn, text) VALUES(?1, ?2, ?3, ?4)");
    query_text(&q, 1, ceremony);
    query_int(&q, 2, n);
    query_text(&q, 3, row->asn);
    query_text(&q, 4, row->text);
    enum kr_error error = query_run(&q, KR_E_ARGUMENT);
    return error == KR_E_ARGUMENT ? kr_fail(error, "%s, row %u", ceremony, n) : error;
}

enum kr_error data_rows_get(struct store *s, const char *ceremony, unsigned n,
                            struct data_row_record *row)
{
    struct query q;
    bool found = false;
    memset(row, 0, sizeof *row);
    query_begin(&q, s, "SELECT asn, text FROM data_rows WHERE ceremony = ?1 AND n = ?2");
    query_text(&q, 1, ceremony);
    query_int(&q, 2, n);
    if (query_row(&q)) {
        found = true;
        query_get_text(&q, 0, row->asn, sizeof row->asn);
        query_get_text(&q, 1, row->text, sizeof row->text);
    }
    enum kr_error error = query_end(&q);
    return error == KR_OK && !found ? kr_fail(KR_E_NOT_FOUND, "%s, row %u", ceremony, n) : error;
}

enum kr_error data_rows_count(struct store *s, const char *ceremony, unsigned *count)
{
    struct query q;
    *count = 0;
    query_begin(&q, s, "SELECT count(*) FROM data_rows WHERE ceremony = ?1");
    query_text(&q, 1, ceremony);
    if (query_row(&q))
        *count = (unsigned)query_get_int(&q, 0);
    return query_end(&q);
}

/* All texts of the ceremony, one after another. */
static enum kr_error texts_join(struct store *s, const char *ceremony, char *out, size_t *len)
{
    struct query q;
    size_t n;
    *len = 0;
    query_begin(&q, s, "SELECT text FROM data_rows WHERE ceremony = ?1 ORDER BY n");
    query_text(&q, 1, ceremony);
    while (query_row(&q)) {
        const void *text = query_peek(&q, 0, &n);
        if (q.error == KR_OK && n >= DATA_ROW_TEXT)
            q.error = kr_fail(KR_E_STORE_DAMAGED, "journal.db, data_rows");
        if (q.error != KR_OK || n == 0)
            continue;
        memcpy(out + *len, text, n);
        *len += n;
        out[(*len)++] = '\n';
    }
    return query_end(&q);
}

enum kr_error data_rows_digest(struct store *s, const char *ceremony, uint8_t digest[32])
{
    unsigned count;
    size_t len = 0;
    memset(digest, 0, 32);
    enum kr_error error = data_rows_count(s, ceremony, &count);
    if (error != KR_OK)
        return error;
    size_t room = ((size_t)count + 1) * DATA_ROW_TEXT;
    char *all = malloc(room);
    if (!all)
        return KR_E_MEMORY;
    error = texts_join(s, ceremony, all, &len);
    if (error == KR_OK)
        error = sha256(all, len, digest);
    explicit_bzero(all, room);
    free(all);
    return error;
}

enum kr_error data_rows_drop(struct store *s, const char *ceremony)
{
    struct query q;
    query_begin(&q, s, "DELETE FROM data_rows WHERE ceremony = ?1");
    query_text(&q, 1, ceremony);
    return query_run(&q, KR_E_ARGUMENT);
}
