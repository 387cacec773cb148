/*
 * A disk as a power cut may leave it: the log of recorder.so played back, keeping apart what has
 * been synced and what has not.
 *
 * Of a file that was written but not synced, each 512-byte sector may be there or not, whatever
 * became of the others; where the file grew, sectors that are missing in the middle of it hold
 * zeros or whatever lay on the disk before. Of a folder that was not synced, each change of a name
 * may be there or not; a rename is there whole or not at all. A sync of a file says nothing of its
 * name. Files under `deck` are simulated cards, which lose nothing.
 */
#ifndef KEYRITE_TESTS_TORTURE_DISK_H
#define KEYRITE_TESTS_TORTURE_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "recorder_log.h"

#define SECTOR      512
#define NAMES_MAX   256
#define PATH_LENGTH 256

struct log {
    const uint8_t *bytes;
    size_t len;
    const struct record_head **records; /* where each begins */
    size_t count;
};
/* Ends the program with a sentence when the log is not whole. */
void log_read(struct log *l, const char *path);
const char *record_path(const struct record_head *r, char out[PATH_LENGTH]);
const uint8_t *record_data(const struct record_head *r);

/* Which syncs the disk takes for nothing: a disk that lies, for control. */
enum lie { LIE_NONE, LIE_ALL, LIE_FOLDERS, LIE_ROLLBACK, LIE_DATABASE, LIE_SIDE_FILES };

struct disk;
/* The folder as it was when the recording began. */
struct disk *disk_new(const char *base, enum lie lie);
void disk_free(struct disk *d);
void disk_play(struct disk *d, const struct record_head *r);

/* One state: names and what they hold. Bytes belong to the state or to the disk; the state is to be
 * dropped before the disk goes on. */
struct state_file {
    char path[PATH_LENGTH];
    bool folder;
    const uint8_t *bytes;
    size_t len;
    uint8_t *own; /* to be freed, or NULL */
};
struct state {
    struct state_file files[NAMES_MAX];
    size_t count;
    uint64_t hash; /* of everything but the cards */
};
enum { VARIANT_NONE, VARIANT_ALL, VARIANT_RANDOM };
/* Variant 0: nothing that was not synced; 1: everything; from 2 on: a random part, always the same
 * for that seed. */
void disk_state(struct disk *d, uint64_t seed, unsigned variant, struct state *s);
void state_drop(struct state *s);
const struct state_file *state_find(const struct state *s, const char *path);
/* Everything below `only` (all for NULL) in the folder to. What lay there before is removed when
 * `only` is given. */
void state_write(const struct state *s, const char *only, const char *to);

uint64_t hash_bytes(uint64_t h, const void *bytes, size_t len);
/* splitmix64 */
uint64_t dice(uint64_t *seed);
void stop(const char *form, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
