/* What there is on a disk, for disk.c and state.c. */
#ifndef KEYRITE_TESTS_TORTURE_DISK_PARTS_H
#define KEYRITE_TESTS_TORTURE_DISK_PARTS_H

#include "disk.h"

struct change { /* of what a file holds */
    struct change *next;
    bool cut; /* to `at` bytes; else len bytes are written at `at` */
    uint64_t at;
    const uint8_t *bytes;
    size_t len;
};
struct node {
    bool folder;
    uint8_t *bytes; /* that are safe */
    size_t len, room;
    struct change *first, *last; /* that are not */
    uint64_t hash;
    bool hashed;
};
struct name {
    char path[PATH_LENGTH];
    struct node *node;
};
struct names {
    struct name list[NAMES_MAX];
    size_t count;
};
struct renaming { /* a change of names that is not safe yet: `from` goes, `to` comes */
    char from[PATH_LENGTH], to[PATH_LENGTH];
    struct node *node;
};
#define RENAMINGS_MAX 512
#define HANDLES_MAX   4096
struct disk {
    enum lie lie;
    struct names safe, now;
    struct renaming unsafe[RENAMINGS_MAX];
    size_t unsafe_count;
    struct {
        uint64_t handle;
        struct node *node;
        char path[PATH_LENGTH];
    } handles[HANDLES_MAX];
    size_t handle_count;
};

void *memory(size_t size);
/* At least want bytes, what is new of them zero. */
void node_grow(uint8_t **bytes, size_t *room, size_t want);
struct name *name_find(struct names *n, const char *path);
void names_change(struct names *n, const struct renaming *r);
/* Part of a simulated card. */
bool is_card(const char *path);
/* "" for a name in the folder recorded. */
const char *parent(const char *path, char out[PATH_LENGTH]);

#endif
