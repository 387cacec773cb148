/* What had been recorded, and when. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cut.h"
#include "../../store/database.h"

static void take_slots(struct look *l, const struct state *last)
{
    static const char *const names[] = {"store/slots.a", "store/slots.b"};
    for (size_t i = 0; i < 2; i++) {
        const struct state_file *f = state_find(last, names[i]);
        const struct state_file *there = state_find(&l->state, names[i]);
        enum kr_error error = f ? KR_OK : KR_E_NOT_FOUND;
        if (f && !there)
            error = file_replace(l->store, names[i] + 6, f->bytes, f->len);
        if (error != KR_OK)
            stop("%s: %s", names[i], kr_detail());
    }
}

static void add_commit(struct cut *c, struct look *l, const struct state *last, size_t point)
{
    struct store *s = NULL;
    struct commit *n = &c->commits[c->commit_count];
    uint64_t digest = 0;
    l->point = point;
    state_write(&l->state, "store", l->folder);
    take_slots(l, last);
    enum kr_error error = look_open(l, false, &s);
    if (error == KR_OK)
        error = look_content(s, &digest);
    /* The tables are made before anybody is in them. */
    if (error != KR_OK && c->founded != SIZE_MAX)
        stop("commit at %zu, all of it on the disk: %s: %s", point, kr_name(error), kr_detail());
    *n = (struct commit){point, s ? journal_size(s) : 0, digest};
    c->commit_count++;
    store_close(&s);
}

static void add_told(struct cut *c, struct look *l, const struct record_head *r, size_t point)
{
    struct told *t = &c->told[c->told_count];
    const struct state_file *f = state_find(&l->state, record_path(r, t->path));
    if (!f || c->told_count == sizeof c->told / sizeof c->told[0])
        stop("%s is not there, or there is too much", t->path);
    t->point = point;
    t->hash = hash_bytes(f->len, f->bytes, f->len);
    c->told_count++;
}

/* The disk with everything on it must be the folder that the programs left. */
static void compare_with(const struct state *s, const char *folder)
{
    char path[2 * PATH_LENGTH];
    for (size_t i = 0; i < s->count; i++) {
        const struct state_file *f = &s->files[i];
        struct stat st;
        snprintf(path, sizeof path, "%.200s/%s", folder, f->path);
        FILE *file = f->folder ? NULL : fopen(path, "rb");
        uint8_t *bytes = malloc(f->len + 1);
        if (!bytes || (!file && !f->folder) || (f->folder && stat(path, &st) != 0) ||
            (file &&
             (fread(bytes, 1, f->len + 1, file) != f->len || memcmp(bytes, f->bytes, f->len) != 0)))
            stop("%s is not what was recorded: the recorder has missed something", path);
        free(bytes);
        if (file)
            fclose(file);
    }
}

static bool is_at(const struct record_head *r, enum record_kind kind, const char *end)
{
    return r->kind == kind && r->len >= strlen(end) &&
           memcmp(record_data(r) + r->len - strlen(end), end, strlen(end)) == 0;
}

void survey(struct cut *c, const char *folder)
{
    struct disk *d = disk_new(c->base, LIE_NONE);
    struct state last;
    struct look l;
    bool named = false;
    look_begin(&l, c, 99);
    for (size_t i = 0; i < c->log.count; i++)
        disk_play(d, c->log.records[i]);
    disk_state(d, 0, VARIANT_ALL, &last);
    if (folder)
        compare_with(&last, folder);
    state_write(&last, "store", l.folder);
    look_key(l.store, c->person, &c->slots, &c->key);
    struct disk *again = disk_new(c->base, LIE_NONE);
    c->commits = calloc(c->log.count + 1, sizeof *c->commits);
    c->founded = SIZE_MAX;
    for (size_t i = 0; i < c->log.count && c->commits; i++) {
        const struct record_head *r = c->log.records[i];
        disk_play(again, r);
        named = named || is_at(r, RECORD_RENAME, "store/slots.b");
        if (r->kind != RECORD_COMMITTED && r->kind != RECORD_TOLD)
            continue;
        disk_state(again, 0, VARIANT_ALL, &l.state);
        if (r->kind == RECORD_TOLD)
            add_told(c, &l, r, i + 1);
        else
            add_commit(c, &l, &last, i + 1);
        if (named && c->founded == SIZE_MAX)
            c->founded = i + 1;
        state_drop(&l.state);
    }
    if (c->founded == SIZE_MAX)
        stop("no store was founded");
    state_drop(&last);
    disk_free(again);
    disk_free(d);
    look_end(&l);
}

/* What was sent to cards while a commit was on its way may look at a card and no more: SELECT, READ
 * BINARY, READ RECORD, GET CHALLENGE, GET RESPONSE, INTERNAL
 * AUTHENTICATE, and the makers' own GET. */
static bool only_looks(const struct record_head *r)
{
    static const uint8_t looks[] = {0xA4, 0xB0, 0xB2, 0x84, 0xC0, 0x88, 0xCA};
    bool harmless = true;
    for (size_t i = 1; i < r->len; i += 2)
        harmless = harmless && memchr(looks, record_data(r)[i], sizeof looks);
    return harmless;
}

void order_of(const struct cut *c, struct order *o)
{
    uint64_t begun = 0;
    memset(o, 0, sizeof *o);
    for (size_t i = 0; i < c->log.count; i++) {
        const struct record_head *r = c->log.records[i];
        char path[PATH_LENGTH];
        begun += r->kind == RECORD_BEGUN;
        begun -= r->kind == RECORD_COMMITTED && begun;
        o->effects += r->kind == RECORD_EFFECT;
        o->early += r->kind == RECORD_EFFECT && begun;
        bool sent = r->kind == RECORD_EFFECT && !only_looks(r);
        bool changed =
            r->kind == RECORD_RENAME && strncmp(record_path(r, path), "deck/cards/", 11) == 0;
        if (begun && (sent || changed)) {
            o->wrong++;
            printf("at %zu a card %s while a commit was on its way: %02X%02X\n", i + 1,
                   sent ? "was told to change" : "changed", r->len ? record_data(r)[0] : 0u,
                   r->len > 1 ? record_data(r)[1] : 0u);
        }
    }
}
