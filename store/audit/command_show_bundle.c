/* show: entries of a bundle. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "show.h"

static enum kr_error show_entry(struct show *show, struct bundle_item *item)
{
    struct entry e;
    enum kr_error error = entry_decode(item->leaf, item->leaf_len, &e);
    if (error == KR_OK && !item->withheld) {
        error = entry_set_body(&e, item->salt, item->body, item->body_len);
    }
    if (error == KR_OK) {
        error = show_item(show, item, &e);
    }
    entry_free(&e);
    return error;
}

static enum kr_error show_items(FILE *f, struct show *show, struct bundle_item *item)
{
    struct bundle_reader *r = NULL;
    struct bundle_head head;
    enum kr_error error = bundle_reader_open(f, &r, &head);
    item->kind = BUNDLE_ENTRY;
    while (error == KR_OK && item->kind != BUNDLE_END) {
        error = bundle_read(r, item);
        if (error == KR_OK && item->kind == BUNDLE_ENTRY) {
            error = show_entry(show, item);
        }
    }
    bundle_reader_close(&r);
    return error;
}

int audit_show_bundle(const struct audit_options *o)
{
    struct show show;
    struct bundle_item *item = malloc(sizeof *item);
    FILE *f = fopen(o->path, "rb");
    enum kr_error error = !item ? KR_E_MEMORY
                          : f   ? KR_OK
                                : kr_fail(KR_E_FILE, "%s: %s", o->path, strerror(errno));
    if (error == KR_OK) {
        show_begin(&show, o);
        error = show_items(f, &show, item);
    }
    if (f) {
        fclose(f);
    }
    free(item);
    return error == KR_OK ? show_end(&show) : audit_not_run(o, error);
}
