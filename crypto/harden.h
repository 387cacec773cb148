/*
 * What the kernel offers to keep secrets in, and what of it is in force. A build with sanitizers
 * stays dumpable and gives the vault a looser sandbox (their runtime needs both); security_probe()
 * says so.
 */
#ifndef KEYRITE_CRYPTO_HARDEN_H
#define KEYRITE_CRYPTO_HARDEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "error.h"

/* PR_SET_DUMPABLE 0, RLIMIT_CORE 0, no_new_privs, umask 077, secure heap. First line of every
 * program. May be called again. KR_E_SYSTEM, KR_E_LOCKED_MEMORY. */
enum kr_error harden_process(void);
/* For the vault child, after start and once every library it uses has been warmed up: no files, no
 * network, no exec: Landlock with no path allowed (where the kernel has it) and a seccomp filter
 * that lets only datagrams on sockets it already has, memory that cannot be executed, threads,
 * futex, clock, getrandom and exit through; everything else kills the process. Binds this process
 * for good; no other thread may run yet. */
enum kr_error harden_vault(void);
/* For the card child with simulated cards: only files below deck_dir (where the kernel has
 * Landlock), no new sockets, no exec, no looking into other processes; with PC/SC (deck NULL): no
 * filter on files and sockets but the rest. Call before threads are started and after anything
 * outside deck_dir was read. KR_E_FILE when deck_dir is not there. */
enum kr_error harden_cards(const char *deck_dir);

enum security_level { SECURITY_GOOD, SECURITY_WARN, SECURITY_BAD };
struct security_item {
    const char *name;    /* N_() text: "Core dumps" */
    const char *finding; /* N_() text: "are off" */
    enum security_level level;
    char detail[96]; /* data, may be "" */
};
/* Probes this machine and process (core dumps, ptrace, locked memory, swap, Landlock, seccomp,
 * memfd_secret, virtual terminal / tmux / screen / ssh / script, getrandom, suspend, vault_pid's
 * sandbox as /proc shows it). vault_pid 0 when none. Returns the number of rows: at most
 * SECURITY_ITEMS, never more than room. Names and findings are marked for the catalogue and always
 * set. */
#define SECURITY_ITEMS 16
size_t security_probe(pid_t vault_pid, struct security_item *items, size_t room);

#endif
