/* What the two halves of the injector have in common. */
#ifndef KEYRITE_TESTS_TORTURE_FAULTS_PARTS_H
#define KEYRITE_TESTS_TORTURE_FAULTS_PARTS_H

#include "faults.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

#define EXPORT __attribute__((visibility("default")))
#define CALLER __builtin_return_address(0)

/* The function that stands behind ours. */
#define NEXT(name)                                                                                 \
    static __typeof__(name) *next_##name;                                                          \
    if (next_##name == NULL)                                                                       \
        *(void **)&next_##name = dlsym(RTLD_NEXT, #name);

extern struct faults *state; /* NULL: nothing fails, nothing is noted */

/* One line, at the end of what was noted. */
__attribute__((format(printf, 1, 2))) void note(const char *form, ...);
/* An enum fault_role by the word that a child is started with; the program's own for NULL. */
uint32_t role_of(const char *word);
/* This call for memory fails; errno is set. */
bool no_memory(const char *call, void *caller);

#endif
