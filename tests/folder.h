/*
 * A test's own folder, in memory where that is possible: these tests end processes, not the power,
 * and what is durable is tried in tests/torture.
 */
#ifndef KEYRITE_TESTS_FOLDER_H
#define KEYRITE_TESTS_FOLDER_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* name: what it is for, a few letters. */
static inline bool folder_make(char folder[64], const char *name)
{
    const char *place = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(folder, 64, "%s/keyrite-%s-XXXXXX", place, name);
    return mkdtemp(folder) != NULL;
}

#endif
