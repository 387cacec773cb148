/* Playing the log back. */
#include "disk_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct name *name_find(struct names *n, const char *path)
{
    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->list[i].path, path) == 0)
            return &n->list[i];
    return NULL;
}

static void name_set(struct names *n, const char *path, struct node *node)
{
    struct name *found = name_find(n, path);
    if (!found) {
        if (n->count == NAMES_MAX)
            stop("too many files");
        found = &n->list[n->count++];
        snprintf(found->path, sizeof found->path, "%s", path);
    }
    found->node = node;
}

/* Only while it is that file's name: another may have taken it. */
static void name_drop(struct names *n, const char *path, const struct node *node)
{
    struct name *found = name_find(n, path);
    if (found && found->node == node)
        *found = n->list[--n->count];
}

void names_change(struct names *n, const struct renaming *r)
{
    if (r->from[0])
        name_drop(n, r->from, r->node);
    if (r->to[0])
        name_set(n, r->to, r->node);
}

bool is_card(const char *path)
{
    return strcmp(path, "deck") == 0 || strncmp(path, "deck/", 5) == 0;
}

const char *parent(const char *path, char out[PATH_LENGTH])
{
    const char *slash = strrchr(path, '/');
    snprintf(out, PATH_LENGTH, "%.*s", slash ? (int)(slash - path) : 0, path);
    return out;
}

/* ---- What a file holds ---- */

void node_grow(uint8_t **bytes, size_t *room, size_t want)
{
    if (want <= *room)
        return;
    size_t larger = want + want / 2 + 4096;
    *bytes = realloc(*bytes, larger);
    if (!*bytes)
        stop("no memory");
    memset(*bytes + *room, 0, larger - *room);
    *room = larger;
}

static void node_apply(struct node *n, const struct change *c)
{
    size_t end = (size_t)c->at + c->len;
    node_grow(&n->bytes, &n->room, end);
    if (c->cut && c->at < n->len)
        memset(n->bytes + c->at, 0, n->len - c->at);
    if (c->cut || end > n->len)
        n->len = end;
    if (!c->cut)
        memcpy(n->bytes + c->at, c->bytes, c->len);
    n->hashed = false;
}

static void node_sync(struct node *n)
{
    while (n->first) {
        struct change *c = n->first;
        n->first = c->next;
        node_apply(n, c);
        free(c);
    }
    n->last = NULL;
}

static void node_change(struct node *n, struct change c)
{
    struct change *added = memory(sizeof *added);
    *added = c;
    added->next = NULL;
    if (n->last)
        n->last->next = added;
    else
        n->first = added;
    n->last = added;
}

/* ---- The folder at the beginning ---- */

static void load(struct disk *d, const char *base, const char *below);

static void load_one(struct disk *d, const char *base, const char *path)
{
    char whole[2 * PATH_LENGTH];
    struct stat st;
    struct node *n = memory(sizeof *n);
    snprintf(whole, sizeof whole, "%s/%s", base, path);
    if (stat(whole, &st) != 0)
        stop("%s: %s", whole, strerror(errno));
    n->folder = S_ISDIR(st.st_mode);
    if (!n->folder) {
        int fd = open(whole, O_RDONLY | O_CLOEXEC);
        n->len = (size_t)st.st_size;
        node_grow(&n->bytes, &n->room, n->len);
        if (fd < 0 || read(fd, n->bytes, n->len) != (ssize_t)n->len)
            stop("%s: %s", whole, strerror(errno));
        close(fd);
    }
    name_set(&d->safe, path, n);
    name_set(&d->now, path, n);
    if (n->folder)
        load(d, base, path);
}

static void load(struct disk *d, const char *base, const char *below)
{
    char whole[2 * PATH_LENGTH], path[PATH_LENGTH];
    snprintf(whole, sizeof whole, "%s/%s", base, below);
    DIR *dir = opendir(whole);
    if (!dir)
        stop("%s: %s", whole, strerror(errno));
    for (struct dirent *e; (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof path, "%.100s%s%.100s", below, *below ? "/" : "", e->d_name);
        load_one(d, base, path);
    }
    closedir(dir);
}

struct disk *disk_new(const char *base, enum lie lie)
{
    struct disk *d = memory(sizeof *d);
    d->lie = lie;
    load(d, base, "");
    return d;
}

/* Files that lost their name are few and live as long as the program. */
void disk_free(struct disk *d)
{
    free(d);
}

/* ---- Playing ---- */

static void rename_unsafe(struct disk *d, const char *from, const char *to, struct node *node)
{
    struct renaming r = {.node = node};
    snprintf(r.from, sizeof r.from, "%s", from);
    snprintf(r.to, sizeof r.to, "%s", to);
    names_change(&d->now, &r);
    if (is_card(*to ? to : from)) {
        names_change(&d->safe, &r);
        return;
    }
    if (d->unsafe_count == RENAMINGS_MAX)
        stop("a folder is never synced");
    d->unsafe[d->unsafe_count++] = r;
}

static void folder_sync(struct disk *d, const char *path)
{
    char of[PATH_LENGTH];
    size_t kept = 0;
    for (size_t i = 0; i < d->unsafe_count; i++) {
        const struct renaming *r = &d->unsafe[i];
        if (strcmp(parent(*r->to ? r->to : r->from, of), path) == 0)
            names_change(&d->safe, r);
        else
            d->unsafe[kept++] = *r;
    }
    d->unsafe_count = kept;
}

static size_t handle_find(struct disk *d, uint64_t handle)
{
    for (size_t i = d->handle_count; i-- > 0;)
        if (d->handles[i].handle == handle)
            return i;
    stop("a file was written that was never opened");
}

static void play_open(struct disk *d, const struct record_head *r, const char *path)
{
    struct name *found = name_find(&d->now, path);
    struct node *node = found ? found->node : NULL;
    if (!node && *path) {
        node = memory(sizeof *node);
        if (r->at & OPEN_MADE)
            rename_unsafe(d, "", path, node);
    }
    if (node && r->at & OPEN_EMPTIED)
        node_change(node, (struct change){.cut = true});
    if (node && is_card(path))
        node_sync(node);
    /* The oldest handles are long closed. */
    if (d->handle_count == HANDLES_MAX) {
        memmove(d->handles, d->handles + HANDLES_MAX / 2, sizeof d->handles / 2);
        d->handle_count = HANDLES_MAX / 2;
    }
    d->handles[d->handle_count].handle = r->handle;
    d->handles[d->handle_count].node = node;
    snprintf(d->handles[d->handle_count].path, PATH_LENGTH, "%s", path);
    d->handle_count++;
}

static bool lied(const struct disk *d, const char *path, bool folder)
{
    const char *last = strrchr(path, '/');
    last = last ? last + 1 : path;
    bool rollback = strcmp(last, "journal.db-journal") == 0,
         database = strcmp(last, "journal.db") == 0;
    switch (d->lie) {
    case LIE_ALL:
        return true;
    case LIE_FOLDERS:
        return folder;
    case LIE_ROLLBACK:
        return rollback;
    case LIE_DATABASE:
        return database;
    case LIE_SIDE_FILES:
        return !folder && !rollback && !database;
    default:
        return false;
    }
}

static void play_handle(struct disk *d, const struct record_head *r)
{
    size_t h = handle_find(d, r->handle);
    struct node *node = d->handles[h].node;
    const char *path = d->handles[h].path;
    bool folder = !node || node->folder;
    if (r->kind == RECORD_WRITE)
        node_change(node, (struct change){.at = r->at, .bytes = record_data(r), .len = r->len});
    else if (r->kind == RECORD_TRUNCATE)
        node_change(node, (struct change){.cut = true, .at = r->at});
    else if (!lied(d, path, folder) && folder)
        folder_sync(d, path);
    else if (!lied(d, path, folder))
        node_sync(node);
    if (is_card(path) && !folder)
        node_sync(node);
}

static void play_name(struct disk *d, const struct record_head *r, const char *path)
{
    struct name *found = name_find(&d->now, path);
    char other[PATH_LENGTH];
    snprintf(other, sizeof other, "%.*s", (int)r->len, (const char *)record_data(r));
    if (r->kind == RECORD_MKDIR) {
        struct node *node = memory(sizeof *node);
        node->folder = true;
        rename_unsafe(d, "", path, node);
        return;
    }
    if (!found)
        stop("%s has no such name: the recorder has missed something", path);
    rename_unsafe(d, r->kind == RECORD_LINK ? "" : path, other, found->node);
}

void disk_play(struct disk *d, const struct record_head *r)
{
    char path[PATH_LENGTH];
    record_path(r, path);
    switch (r->kind) {
    case RECORD_OPEN:
        play_open(d, r, path);
        break;
    case RECORD_WRITE:
    case RECORD_TRUNCATE:
    case RECORD_SYNC:
        play_handle(d, r);
        break;
    case RECORD_RENAME:
    case RECORD_LINK:
    case RECORD_UNLINK:
    case RECORD_MKDIR:
    case RECORD_RMDIR:
        play_name(d, r, path);
        break;
    default:
        break;
    }
}
