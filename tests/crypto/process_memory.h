/* Looks for bytes in every readable page of a process, the way a thief with root would. */
#ifndef KEYRITE_TESTS_PROCESS_MEMORY_H
#define KEYRITE_TESTS_PROCESS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PATTERN_MAX  64
#define PATTERN_MASK 0x5A

/* What is looked for, never in clear in the searching process: each byte is XORed with
 * PATTERN_MASK. */
struct pattern {
    uint8_t masked[PATTERN_MAX];
    size_t len;
};

/* False where /proc/PID/mem may not be opened (not root), and in a build with sanitizers, whose
 * shadow is terabytes of address space and whose quarantine keeps what was freed. */
bool memory_can_be_read(pid_t pid);
/* How often the pattern occurs in the process (the caller's own included, save for the buffer of
 * the search). */
size_t memory_count(pid_t pid, const struct pattern *p);

#endif
