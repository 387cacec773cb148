/*
 * What the engine's card process says to pcscd, kept once and said again without the engine. While
 * a file keep_path() lies there, the card process (started by the process of that path) writes into
 * it each command and its answer; marks cut it into acts. The calls of PC/SC are defined in this
 * program before the library's, so the product has no way of recording.
 */
#ifndef KEYRITE_BENCH_REPLAY_H
#define KEYRITE_BENCH_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct exchange {
    uint8_t reader;
    bool reset; /* the card was opened anew; no command */
    uint16_t command_len, answer_len;
    uint8_t command[261], answer[258];
};
struct act {
    struct exchange *exchanges;
    size_t count;
};
struct acts {
    struct act *list;
    size_t count;
};

void keep_path(pid_t engine, char path[64]);
/* In this process: from now on, the next act. */
bool keep_begin(void);
bool keep_mark(void);
/* Reads what was kept and takes the file away. */
bool keep_end(struct acts *acts);
void acts_free(struct acts *acts);

/* Role of the card process. */
int recorded_cards_serve(int fd);

/* The bare client. */
bool bare_open(void);
void bare_close(void);
/* What pcscd says just now. */
bool bare_sees(int reader, bool present);
/* Waits until pcscd says that a card lies in the reader, or none. */
bool bare_wait(int reader, bool present);
struct replay_how {
    bool swap;          /* the copy lies in the other reader */
    bool stays_open[2]; /* these readers are left open for the next act */
};
/* SCardConnect, SCardTransmit for each command, SCardReconnect where the card was opened a second
 * time in the act (a card forgets then who has authenticated, and answers as one that has), and
 * SCardDisconnect. False when an answer is not the one that was kept: the copies were not
 * identical. */
bool bare_replay(const struct act *act, const struct replay_how *how, double *seconds);
/* Closes what was left open. */
void bare_leave(void);

#endif
