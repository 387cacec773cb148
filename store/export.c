#include "export.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle/gaps.h"
#include "database.h"
#include "roster.h"
#include "walk.h"

struct exporting {
    struct store *store;
    const struct export_choice *choice;
    uint64_t size, done; /* entries covered; written so far */
    bool (*progress)(void *ctx, uint64_t done, uint64_t all);
    void *ctx;
    struct bundle_writer writer;
    struct gaps gaps;
    struct bundle_item gap; /* the one being written */
    bool found;             /* the ceremony's opening was among the entries */
};

/* ---- Item by item ---- */

static enum kr_error hide(struct exporting *x, const struct bundle_item *item)
{
    uint8_t hash[32];
    enum kr_error error = tree_leaf_hash(item->leaf, item->leaf_len, hash);
    return error == KR_OK ? gaps_add(&x->gaps, x->done, hash) : error;
}

static enum kr_error write_item(struct exporting *x, const struct bundle_item *item)
{
    enum kr_error error = gaps_write(&x->gaps, &x->writer, &x->gap);
    return error == KR_OK ? bundle_write(&x->writer, item) : error;
}

static enum kr_error take_entry(struct exporting *x, struct bundle_item *item,
                                const struct entry *e)
{
    const char *ceremony = x->choice->ceremony;
    bool ours = !ceremony || entry_is_of(e, ceremony), roster = roster_concerns(e->kind);
    bool opening = strcmp(e->kind, "open") == 0 || strcmp(e->kind, "found") == 0;
    x->found = x->found || (ours && opening);
    item->withheld = !roster && (!ours || confidentiality(e) > x->choice->level);
    return ours || roster || x->choice->headers ? write_item(x, item) : hide(x, item);
}

static enum kr_error take_item(void *ctx, struct bundle_item *item, const struct entry *e)
{
    struct exporting *x = ctx;
    enum kr_error error = e ? take_entry(x, item, e) : write_item(x, item);
    x->done += e != NULL;
    bool talks = x->progress && e && (x->done % 256 == 0 || x->done == x->size);
    return error == KR_OK && talks && !x->progress(x->ctx, x->done, x->size) ? KR_E_CANCELLED
                                                                             : error;
}

static enum kr_error write_all(struct exporting *x)
{
    enum kr_error error = journal_walk(x->store, x->size, take_item, x);
    if (error == KR_OK && x->choice->ceremony && !x->found) {
        error = kr_fail(KR_E_NOT_FOUND, "%s", x->choice->ceremony);
    }
    return error == KR_OK ? bundle_write_end(&x->writer) : error;
}

/* ---- The file ---- */

static enum kr_error failed(const char *path)
{
    return kr_fail(KR_E_FILE, "%s: %s", path, strerror(errno));
}

/* The bundle as it lies on the disk. */
static enum kr_error write_file(struct exporting *x, FILE *f, const char *path)
{
    struct bundle_head head = {.size = x->size};
    memcpy(head.origin, store_slots(x->store)->centre.origin, sizeof head.origin);
    if (x->choice->ceremony) {
        snprintf(head.ceremony, sizeof head.ceremony, "%s", x->choice->ceremony);
    }
    enum kr_error error = bundle_write_head(&x->writer, f, x->choice->json, &head);
    if (error == KR_OK) {
        error = write_all(x);
    }
    return error == KR_OK && (fflush(f) != 0 || fsync(fileno(f)) != 0) ? failed(path) : error;
}

static enum kr_error read_back(FILE *f, struct export_result *result)
{
    struct verify_report *r = &result->proved.journal;
    rewind(f);
    enum kr_error error = bundle_verify(f, NULL, 0, NULL, &result->proved);
    return error == KR_OK && r->problem != KR_OK ? kr_fail(r->problem, "%s", r->what) : error;
}

static enum kr_error export_to(struct exporting *x, const char *path, const char *unfinished,
                               struct export_result *result)
{
    int fd = open(unfinished, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    FILE *f = fd >= 0 ? fdopen(fd, "w+") : NULL;
    enum kr_error error = f ? write_file(x, f, unfinished) : failed(unfinished);
    if (error == KR_OK) {
        error = read_back(f, result);
    }
    if (error == KR_OK && rename(unfinished, path) != 0) {
        error = failed(path);
    } else if (error == KR_OK && (error = parent_sync(path)) != KR_OK) {
        unlink(path);
    }
    if (f) {
        fclose(f);
    } else if (fd >= 0) {
        close(fd);
    }
    if (error != KR_OK && fd >= 0) {
        unlink(unfinished);
    }
    return error;
}

enum kr_error store_export(struct store *s, const struct export_choice *choice, const char *path,
                           bool (*progress)(void *ctx, uint64_t done, uint64_t all), void *ctx,
                           struct export_result *result)
{
    char unfinished[PATH_MAX];
    memset(result, 0, sizeof *result);
    if (choice->ceremony && strlen(choice->ceremony) >= CEREMONY_ID_MAX) {
        return kr_fail(KR_E_NOT_FOUND, "%.60s", choice->ceremony);
    }
    if (snprintf(unfinished, sizeof unfinished, "%s.new", path) >= (int)sizeof unfinished) {
        return kr_fail(KR_E_TOO_LONG, "path");
    }
    if (access(path, F_OK) == 0) {
        return kr_fail(KR_E_FILE, "%s: %s", path, strerror(EEXIST));
    }
    struct exporting *x = calloc(1, sizeof *x);
    if (!x) {
        return KR_E_MEMORY;
    }
    x->store = s;
    x->choice = choice;
    x->progress = progress;
    x->ctx = ctx;
    enum kr_error error = journal_covered(s, &x->size);
    if (error == KR_OK && x->size == 0) {
        error = kr_fail(KR_E_NOT_FOUND, "checkpoint");
    }
    if (error == KR_OK) {
        error = export_to(x, path, unfinished, result);
    }
    result->beyond = journal_size(s) - x->size;
    free(x);
    return error;
}
