#include "bundle_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "saying.h"

static enum kr_error read_brought(const struct audit_options *o, char (*texts)[CHECKPOINT_MAX + 1],
                                  struct brought_text *brought)
{
    enum kr_error error = KR_OK;
    for (size_t i = 0; error == KR_OK && i < o->checkpoint_count; i++) {
        error = audit_read_checkpoint(o->checkpoints[i], texts[i], &brought[i].len);
        brought[i].text = texts[i];
    }
    return error;
}

enum kr_error bundle_file_verify(const struct audit_options *o,
                                 enum kr_error (*item)(void *ctx, struct bundle_item *item,
                                                       const struct entry *e),
                                 void *ctx, struct bundle_report *report)
{
    struct brought_text brought[AUDIT_CHECKPOINTS_MAX];
    char(*texts)[CHECKPOINT_MAX + 1] = malloc(AUDIT_CHECKPOINTS_MAX * sizeof *texts);
    FILE *f = fopen(o->path, "rb");
    memset(report, 0, sizeof *report);
    enum kr_error error = !texts ? KR_E_MEMORY
                          : f    ? KR_OK
                                 : kr_fail(KR_E_FILE, "%s: %s", o->path, strerror(errno));
    if (error == KR_OK) {
        error = read_brought(o, texts, brought);
    }
    if (error == KR_OK) {
        const struct bundle_watch watch = {.progress = audit_talk(o), .item = item, .ctx = ctx};
        error = bundle_verify(f, brought, o->checkpoint_count, &watch, report);
    }
    if (f) {
        fclose(f);
    }
    free(texts);
    return error;
}
