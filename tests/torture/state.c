/* One of the states that a disk may be found in. */
#include "disk_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct luck {
    uint64_t seed;
    unsigned keep;       /* of 256, what is there */
    bool grows, garbage; /* the size without the bytes; then what lay there before */
    bool tears;          /* one sector may be half there */
};

static bool lucky(struct luck *l)
{
    return l->keep == 256 || (l->keep && (dice(&l->seed) & 255) < l->keep);
}

static void luck_for(struct luck *l, uint64_t seed, unsigned variant)
{
    static const unsigned keeps[] = {16, 64, 128, 192, 240, 256, 0};
    l->seed = seed + 0x1000003u * variant;
    if (variant < VARIANT_RANDOM) {
        l->keep = variant == VARIANT_ALL ? 256 : 0;
        return;
    }
    uint64_t n = dice(&l->seed);
    l->keep = keeps[n % 7];
    l->grows = n & 1u << 8;
    l->garbage = n & 1u << 9;
    l->tears = (n >> 16 & 7) == 0;
}

static void extend(struct state_file *f, size_t *room, size_t end, struct luck *l)
{
    node_grow(&f->own, room, end);
    for (size_t i = f->len; l->garbage && i < end; i++)
        f->own[i] = (uint8_t)dice(&l->seed);
    if (end > f->len)
        f->len = end;
}

/* Sector by sector, each there or not. */
static void write_some(struct state_file *f, size_t *room, const struct change *c, struct luck *l)
{
    for (size_t done = 0, n; done < c->len; done += n) {
        size_t at = (size_t)c->at + done;
        n = SECTOR - at % SECTOR;
        if (n > c->len - done)
            n = c->len - done;
        if (lucky(l)) {
            size_t part = n;
            extend(f, room, at + n, l);
            if (l->tears && n > 1 && dice(&l->seed) % 8 == 0) {
                part = dice(&l->seed) % n;
                l->tears = false;
            }
            memcpy(f->own + at, c->bytes + done, part);
        } else if (l->grows) {
            extend(f, room, at + n, l);
        }
    }
}

static void fill(struct state_file *f, struct node *n, struct luck *l)
{
    size_t room = 0;
    f->folder = n->folder;
    f->bytes = n->bytes;
    f->len = n->len;
    if (!n->first || (l->keep == 0 && !l->grows))
        return;
    node_grow(&f->own, &room, n->len);
    if (n->len)
        memcpy(f->own, n->bytes, n->len);
    for (const struct change *c = n->first; c; c = c->next) {
        if (!c->cut) {
            write_some(f, &room, c, l);
        } else if (lucky(l)) {
            if (c->at > f->len)
                extend(f, &room, (size_t)c->at, l);
            memset(f->own + c->at, 0, room - (size_t)c->at);
            f->len = (size_t)c->at;
        }
    }
    f->bytes = f->own;
}

static bool is_reachable(struct names *n, const char *path)
{
    char up[PATH_LENGTH], above[PATH_LENGTH];
    for (parent(path, up); *up; memcpy(up, parent(up, above), sizeof up))
        if (!name_find(n, up))
            return false;
    return true;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->path, ((const struct name *)b)->path);
}

static uint64_t file_hash(const struct state_file *f, struct node *n)
{
    if (f->own)
        return hash_bytes(f->len, f->own, f->len);
    if (!n->hashed)
        n->hash = hash_bytes(n->len, n->bytes, n->len);
    n->hashed = true;
    return n->hash;
}

void disk_state(struct disk *d, uint64_t seed, unsigned variant, struct state *s)
{
    struct luck l = {0};
    struct names names = d->safe;
    luck_for(&l, seed, variant);
    struct luck of_names = l;
    if (variant >= VARIANT_RANDOM && dice(&l.seed) % 2)
        of_names.keep = (unsigned[]){0, 128, 256}[dice(&l.seed) % 3];
    for (size_t i = 0; i < d->unsafe_count; i++)
        if (lucky(&of_names))
            names_change(&names, &d->unsafe[i]);
    qsort(names.list, names.count, sizeof names.list[0], by_path);
    s->count = 0;
    s->hash = 0;
    for (size_t i = 0; i < names.count; i++) {
        struct state_file *f = &s->files[s->count];
        if (!is_reachable(&names, names.list[i].path))
            continue;
        memset(f, 0, sizeof *f);
        memcpy(f->path, names.list[i].path, sizeof f->path);
        fill(f, names.list[i].node, &l);
        s->count++;
        if (is_card(f->path))
            continue;
        uint64_t h = file_hash(f, names.list[i].node);
        s->hash = hash_bytes(s->hash, f->path, strlen(f->path));
        s->hash = hash_bytes(s->hash, &h, sizeof h);
    }
}

void state_drop(struct state *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->files[i].own);
    s->count = 0;
}

const struct state_file *state_find(const struct state *s, const char *path)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->files[i].path, path) == 0)
            return &s->files[i];
    return NULL;
}

/* ---- On a real disk ---- */

static void empty_folder(const char *path)
{
    char file[2 * PATH_LENGTH];
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        snprintf(file, sizeof file, "%.200s/%s", path, e->d_name);
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            unlink(file);
    }
    if (dir)
        closedir(dir);
    rmdir(path);
}

static void write_one(const struct state_file *f, const char *to)
{
    char path[2 * PATH_LENGTH];
    snprintf(path, sizeof path, "%.200s/%s", to, f->path);
    if (f->folder) {
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            stop("%s: %s", path, strerror(errno));
        return;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, f->bytes, f->len) != (ssize_t)f->len)
        stop("%s: %s", path, strerror(errno));
    close(fd);
}

void state_write(const struct state *s, const char *only, const char *to)
{
    char path[2 * PATH_LENGTH];
    size_t n = only ? strlen(only) : 0;
    if (only) {
        snprintf(path, sizeof path, "%.200s/%s", to, only);
        empty_folder(path);
    }
    /* Names are in order, so that a folder comes before what lies in it. */
    for (size_t i = 0; i < s->count; i++) {
        const char *p = s->files[i].path;
        if (!only || (strncmp(p, only, n) == 0 && (p[n] == '/' || p[n] == '\0')))
            write_one(&s->files[i], to);
    }
}
