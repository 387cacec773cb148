/*
 * Child processes of keyrite: started by executing this same program with a role word, spoken to
 * over one SOCK_SEQPACKET socket (one message = one datagram, at most WIRE_MAX bytes; file
 * descriptors may ride along). Every main() that uses the vault or the readers calls
 * child_dispatch() first.
 */
#ifndef KEYRITE_CRYPTO_CHILD_H
#define KEYRITE_CRYPTO_CHILD_H

#include <sys/types.h>
#include "wire.h"

struct child {
    pid_t pid;
    int fd; /* our end; -1 when not running */
};

/* A role: its word on the command line (e.g. "@vault") and its main loop, given its end of the
 * socket. */
struct child_role {
    const char *word;
    int (*serve)(int fd);
};
/* Roles linked into this program, in one list given by the program's main. Returns true and sets
 * *status when this process was started as a child and has finished serving. Call before anything
 * else. */
bool child_dispatch(int argc, char **argv, const struct child_role *roles, size_t count,
                    int *status);

enum kr_error child_start(struct child *c, const char *word);
/* SIGKILL, reap, close. Fine when it is not running. */
void child_kill(struct child *c);
bool child_running(struct child *c);

/* One message; timeout in milliseconds (-1 none). pass_fd -1 for none.
 * KR_E_SYSTEM with detail "timeout" / "closed". */
enum kr_error child_send(int fd, const uint8_t *bytes, size_t len, int pass_fd);
enum kr_error child_receive(int fd, uint8_t *bytes, size_t size, size_t *len, int timeout_ms,
                            int *passed_fd /* or NULL */);

#endif
