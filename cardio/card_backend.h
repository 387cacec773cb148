/*
 * What the card process and the watch process have in common: the messages that the console sends
 * them, and the two ways of reaching a card (PC/SC; the simulated card system on a deck). Inner
 * header of cardio/.
 */
#ifndef KEYRITE_CARDIO_CARD_BACKEND_H
#define KEYRITE_CARDIO_CARD_BACKEND_H

#include "reader.h"

/* Requests to "@cards": u8 op, then as noted. Every request has exactly one answer, TRANSMIT one
 * for each command that it came to: it stops at the first that is not answered with 9000. u32
 * error, text detail, then for CONNECT bytes ATR, for TRANSMIT u8 outcome, u32 SW, bytes data.
 */
enum cards_op {
    CARDS_OPEN = 1,     /* u8 reader_kind, text deck */
    CARDS_LANE,         /* the card process's end of the PIN lane rides along */
    CARDS_CONNECT,      /* u32 reader, text name as the watch process told it */
    CARDS_RESET,        /* u32 reader */
    CARDS_DISCONNECT,   /* u32 reader */
    CARDS_TRANSMIT,     /* u32 reader, u32 count, bytes APDU as often */
    CARDS_TRANSMIT_PIN, /* u32 reader, u32 tag, bytes APDU whose data is to be PINs */
};
#define CARDS_MESSAGE_MAX 1024

/* "@watch" gets one CARDS_OPEN, unanswered, and then pushes states whenever something changed:
 * u32 problem, u32 count, then for each reader text name, u8 present, u32 changes, bytes ATR. */
#define WATCH_MESSAGE_MAX (READERS_MAX * (READER_NAME_MAX + 64) + 16)

struct card_backend {
    /* text names a deck or is "". The state is released by close. */
    enum kr_error (*open)(const char *deck, void **state);
    void (*close)(void *state);
    /* reader is the place from here on, name what the reader there is called. */
    enum kr_error (*connect)(void *state, size_t reader, const char *name, uint8_t atr[33],
                             size_t *atr_len);
    enum kr_error (*reset)(void *state, size_t reader);
    void (*disconnect)(void *state, size_t reader);
    /* One exchange of bytes; outcome says what became of it, err why. *len in: room, out: bytes
     * with SW. */
    enum reply_outcome (*exchange)(void *state, size_t reader, const uint8_t *command,
                                   size_t command_len, uint8_t *answer, size_t *len,
                                   enum kr_error *err);
    /* Waits until something differs from the last call, at most about timeout_ms; then tells all.
     */
    enum kr_error (*watch)(void *state, struct reader_status *status, size_t room, size_t *count,
                           int timeout_ms);
};
extern const struct card_backend backend_pcsc; /* pcsc.c */
extern const struct card_backend backend_sim;  /* sim_backend.c */

static inline const struct card_backend *card_backend_of(enum reader_kind kind)
{
    return kind == READER_PCSC ? &backend_pcsc : &backend_sim;
}

#endif
