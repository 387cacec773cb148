#include "places.h"

#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DEPTH_MAX 16
#define OWN       2 /* failing_here() and what stands before the call */

extern const char __executable_start[], etext[];

struct failing *failing;
static char role; /* 'p' program, 'v' vault, 'c' cards, 'w' watch */

void failing_arm(void)
{
    if (failing != NULL) {
        failing->last[0] = '\0';
        atomic_store(&failing->armed, 1);
    }
}

bool failing_disarm(void)
{
    return failing != NULL && atomic_exchange(&failing->armed, 0) == 0;
}

/* Addresses of other objects differ from run to run, and a place is remembered over runs. */
static uint64_t place_now(const char *call, void *frames[OWN + DEPTH_MAX], int count)
{
    uint64_t place = (14695981039346656037U ^ (uint64_t)role) * 1099511628211U;
    uint32_t left = failing->depth;
    for (const char *c = call; *c != '\0'; c++)
        place = (place ^ (uint64_t)*c) * 1099511628211U;
    for (int i = OWN; i < count && left > 0; i++) {
        const char *at = frames[i];
        if (at < __executable_start || at >= etext)
            continue;
        place = (place ^ (uint64_t)(at - __executable_start)) * 1099511628211U;
        left--;
    }
    return place == 0 ? 1 : place;
}

static bool is_new(uint64_t place)
{
    size_t at = place % PLACES_MAX;
    for (size_t tries = 0; tries < 256; tries++, at = (at + 1) % PLACES_MAX) {
        uint64_t empty = 0;
        if (atomic_compare_exchange_strong(&failing->seen[at], &empty, place))
            return true;
        if (empty == place)
            return false;
    }
    return false;
}

static void remember(const char *call, void *const *frames, int count)
{
    char *out = failing->last;
    size_t room = sizeof failing->last;
    size_t len = (size_t)snprintf(out, room, "%c %s", role, call);
    for (int i = OWN; i < count && len + 10 < room; i++)
        if ((const char *)frames[i] >= __executable_start && (const char *)frames[i] < etext)
            len += (size_t)snprintf(out + len, room - len, " %lx",
                                    (unsigned long)((const char *)frames[i] - __executable_start));
}

bool failing_here(const char *call)
{
    static _Thread_local bool within;
    void *frames[OWN + DEPTH_MAX];
    bool hit = false;
    if (failing == NULL || within || atomic_load(&failing->armed) == 0)
        return false;
    within = true;
    int count = backtrace(frames, OWN + DEPTH_MAX);
    uint64_t place = place_now(call, frames, count);
    if (is_new(place)) {
        atomic_fetch_add(&failing->reached, 1);
        hit = (place >> 32) % failing->every == 0 && atomic_exchange(&failing->armed, 0) == 1;
    }
    if (hit) {
        atomic_fetch_add(&failing->fired, 1);
        remember(call, frames, count);
    }
    within = false;
    return hit;
}

bool failing_seldom(void)
{
    return atomic_load(&failing->fired) % 16 == 0;
}

static void forget(void)
{
    failing = NULL;
}

__attribute__((constructor)) static void begin(int argc, char **argv)
{
    const char *path = getenv(FAILING_VARIABLE);
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    role = argc == 2 && argv[1][0] == '@' ? argv[1][1] : 'p';
    void *map = mmap(NULL, sizeof *failing, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        abort();
    /* Loads what it needs before a sandbox forbids it. */
    void *frame[1];
    backtrace(frame, 1);
    /* What is forked off and starts no program of ours is none. */
    pthread_atfork(NULL, NULL, forget);
    failing = map;
}
