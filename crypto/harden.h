/* What the kernel offers to keep secrets in, and what of it is in force. */
#ifndef KEYRITE_CRYPTO_HARDEN_H
#define KEYRITE_CRYPTO_HARDEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "error.h"

/* PR_SET_DUMPABLE 0, RLIMIT_CORE 0, no_new_privs, umask 077, secure heap. First line of every program. */
enum kr_error harden_process(void);
/* For the vault child, after start: no files, no network, no exec: Landlock with no path allowed (where the
 * kernel has it) and a seccomp filter that lets only its own socket's reads and writes, memory, futex, clock,
 * getrandom and exit through; everything else kills the process. */
enum kr_error harden_vault(void);
/* For the card child with simulated cards: only files below deck_dir; with PC/SC (deck NULL): no filter on
 * files but no exec. */
enum kr_error harden_cards(const char *deck_dir);

enum security_level { SECURITY_GOOD, SECURITY_WARN, SECURITY_BAD };
struct security_item {
    const char *name;         /* N_() text: "Core dumps" */
    const char *finding;      /* N_() text: "are off" */
    enum security_level level;
    char detail[96];          /* data, may be "" */
};
/* Probes this machine and process (core dumps, ptrace, locked memory, swap, Landlock, seccomp, memfd_secret,
 * virtual terminal / tmux / screen / ssh / script, getrandom, suspend, vault_pid's sandbox as /proc shows it).
 * vault_pid 0 when none. Returns the number of rows. */
size_t security_probe(pid_t vault_pid, struct security_item *items, size_t room);

#endif
