/* The anchor: the newest signed checkpoint, in a file of its own, below which the store does not
 * open. */
#include <string.h>

#include "database.h"

static const char anchor_name[] = "anchor";

enum kr_error anchor_write(struct store *s, const char *text, size_t len)
{
    enum kr_error error = file_replace(s->dir, anchor_name, text, len);
    return error == KR_OK ? KR_OK : database_freeze(s, kr_detail());
}

enum kr_error anchor_read(const char *dir, char *text, size_t room, size_t *len)
{
    enum kr_error error = file_read(dir, anchor_name, text, room - 1, len);
    text[error == KR_OK ? *len : 0] = '\0';
    return error;
}

/* How many checkpoints there are, counted no further than two, and the newest one's text. */
static enum kr_error newest_checkpoint(struct store *s, char text[CHECKPOINT_MAX], size_t *count)
{
    struct query q;
    *count = 0;
    text[0] = '\0';
    query_begin(&q, s, "SELECT text FROM checkpoints ORDER BY id DESC LIMIT 2");
    while (query_row(&q))
        if ((*count)++ == 0)
            query_get_text(&q, 0, text, CHECKPOINT_MAX);
    return query_end(&q);
}

/* The database must hold a checkpoint of the anchor's size, and it must say the same root. */
static enum kr_error find_in_database(struct store *s, const struct checkpoint *anchor)
{
    struct query q;
    char text[CHECKPOINT_MAX] = "";
    struct checkpoint c;
    if (anchor->size > s->head.tree.size)
        return kr_fail(KR_E_STORE_OLD, "%llu < %llu", (unsigned long long)s->head.tree.size,
                       (unsigned long long)anchor->size);
    query_begin(&q, s, "SELECT text FROM checkpoints WHERE size = ?1 ORDER BY id DESC LIMIT 1");
    query_int(&q, 1, (int64_t)anchor->size);
    if (query_row(&q))
        query_get_text(&q, 0, text, sizeof text);
    enum kr_error error = query_end(&q);
    if (error == KR_OK && text[0] == '\0')
        error = kr_fail(KR_E_STORE_OLD, "%llu", (unsigned long long)anchor->size);
    if (error == KR_OK)
        error = checkpoint_parse(text, strlen(text), &c);
    if (error == KR_OK && memcmp(c.root, anchor->root, sizeof c.root) != 0)
        error = kr_fail(KR_E_STORE_OLD, "%llu", (unsigned long long)anchor->size);
    return error;
}

static enum kr_error check_text(struct store *s, const char *text, size_t len)
{
    struct checkpoint anchor;
    const struct centre *centre = &s->slots.centre;
    uint64_t time;
    if (checkpoint_parse(text, len, &anchor) != KR_OK ||
        strcmp(anchor.origin, centre->origin) != 0 ||
        checkpoint_verify(text, len, centre->origin, 0x01, s->slots.log_public, &time) != KR_OK)
        return kr_fail(KR_E_STORE_DAMAGED, "%s", anchor_name);
    return find_in_database(s, &anchor);
}

enum kr_error anchor_check(struct store *s)
{
    char text[CHECKPOINT_MAX + 1], newest[CHECKPOINT_MAX];
    size_t len = 0, count = 0;
    enum kr_error error = newest_checkpoint(s, newest, &count);
    if (error != KR_OK)
        return error;
    error = anchor_read(s->dir, text, sizeof text, &len);
    if (error == KR_OK)
        error = check_text(s, text, len);
    else if (error == KR_E_NOT_FOUND && count < 2)
        error = KR_OK; /* cut off before the first anchor */
    else if (error == KR_E_NOT_FOUND)
        error = kr_fail(KR_E_STORE_OLD, "%s", anchor_name);
    else if (error == KR_E_TOO_LONG)
        error = kr_fail(KR_E_STORE_DAMAGED, "%s", anchor_name);
    /* A crash between a commit and its anchor leaves the anchor one step behind. */
    if (error == KR_OK && count > 0 && strcmp(text, newest) != 0)
        error = anchor_write(s, newest, strlen(newest));
    return error;
}
