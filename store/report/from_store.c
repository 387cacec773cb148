/* A report's parts as they lie in a store. */
#include <string.h>

#include "../store.h"
#include "model.h"
#include "statistics.h"

static enum kr_error introduce(void *ctx, const struct entry *e)
{
    return report_introduce(ctx, e);
}

static enum kr_error take(void *ctx, const struct entry *e)
{
    return report_take(ctx, e);
}

static enum kr_error add_script(struct store *s, struct report *r)
{
    struct ceremony_record record;
    enum kr_error error = ceremonies_get(s, r->ceremony, &record);
    if (error == KR_E_NOT_FOUND)
        return KR_OK;
    if (error == KR_OK)
        error = report_script(r, record.script_text, strlen(record.script_text));
    ceremony_record_free(&record);
    return error;
}

static enum kr_error add_checkpoint(struct store *s, struct report *r)
{
    char text[CHECKPOINT_MAX + 1];
    enum kr_error error =
        checkpoint_covering(s, r->entries[r->count - 1].seq + 1, text, sizeof text);
    if (error == KR_OK)
        error = report_checkpoint(r, text);
    return error == KR_E_NOT_FOUND ? KR_OK : error;
}

enum kr_error report_from_store(struct store *s, const char *ceremony, struct report **r)
{
    enum kr_error error = report_new(ceremony, r);
    if (error == KR_OK)
        error = journal_people(s, introduce, *r);
    if (error == KR_OK)
        error = journal_course(s, ceremony, take, *r);
    if (error == KR_OK)
        error = add_script(s, *r);
    if (error == KR_OK)
        error = add_checkpoint(s, *r);
    if (error != KR_OK)
        report_free(r);
    return error;
}

static enum kr_error count(void *ctx, const struct entry *e)
{
    return statistics_take(ctx, e);
}

enum kr_error statistics_from_store(struct store *store, struct statistics **s)
{
    enum kr_error error = statistics_new(s);
    if (error == KR_OK)
        error = journal_each(store, count, *s);
    if (error != KR_OK)
        statistics_free(s);
    return error;
}
