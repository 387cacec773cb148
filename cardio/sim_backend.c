/* The simulated card system in place of PC/SC: the slots of a deck, in this process. */
#include "card_backend.h"
#include "deck.h"
#include "sim/slot.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sim {
    struct sim_slot *slots[DECK_SLOTS];
    uint32_t
        powered_at[DECK_SLOTS]; /* changes of the slot when its card was last powered, 0 never */
    char *deck;
    int wake; /* -1 until somebody watches */
    bool told;
};

static void sim_close(void *state)
{
    struct sim *s = state;
    for (int i = 0; i < DECK_SLOTS; i++)
        sim_slot_close(&s->slots[i]);
    if (s->wake >= 0)
        close(s->wake);
    free(s->deck);
    free(s);
}

static enum kr_error sim_open(const char *deck, void **state)
{
    struct sim *s = calloc(1, sizeof *s);
    if (!s)
        return KR_E_MEMORY;
    s->wake = -1;
    s->deck = strdup(deck);
    enum kr_error err = s->deck ? KR_OK : KR_E_MEMORY;
    for (int i = 0; i < DECK_SLOTS && !err; i++)
        err = sim_slot_open(deck, i, &s->slots[i]);
    if (err)
        sim_close(s);
    else
        *state = s;
    return err;
}

static enum kr_error slot_of(const struct sim *s, size_t reader, struct sim_slot **slot)
{
    if (reader >= DECK_SLOTS)
        return kr_fail(KR_E_NO_READER, "%zu", reader + 1);
    *slot = s->slots[reader];
    return KR_OK;
}

static enum kr_error power(struct sim *s, size_t reader, uint8_t atr[33], size_t *atr_len)
{
    struct sim_slot *slot = NULL;
    enum kr_error err = slot_of(s, reader, &slot);
    if (!err)
        err = sim_slot_power(slot, atr, atr_len);
    if (!err)
        sim_slot_present(slot, &s->powered_at[reader]);
    return err;
}

/* The slots of a deck are numbered themselves: no name is needed to find one. */
static enum kr_error sim_connect(void *state, size_t reader, const char *name, uint8_t atr[33],
                                 size_t *atr_len)
{
    (void)name;
    return power(state, reader, atr, atr_len);
}

static enum kr_error sim_reset(void *state, size_t reader)
{
    uint8_t atr[33];
    size_t atr_len;
    return power(state, reader, atr, &atr_len);
}

static void sim_disconnect(void *state, size_t reader)
{
    struct sim_slot *slot = NULL;
    if (slot_of(state, reader, &slot) == KR_OK)
        sim_slot_off(slot);
}

/* As a reader does behind which a card never answers: only a signal ends it. */
static void block_for_ever(void)
{
    for (;;)
        pause();
}

static enum reply_outcome judge(enum sim_outcome outcome, size_t len, size_t reader,
                                enum kr_error *err)
{
    if (outcome == SIM_MUTE)
        block_for_ever();
    if (outcome == SIM_ANSWERED && len >= 2)
        return REPLY_OK;
    if (outcome == SIM_NO_CARD) {
        *err = kr_fail(KR_E_NO_CARD, "%zu", reader + 1);
        return REPLY_NOT_SENT;
    }
    if (outcome == SIM_RESET) {
        *err = kr_fail(KR_E_CARD_RESET, "%zu", reader + 1);
        return REPLY_RESET;
    }
    *err = kr_fail(KR_E_CARD_GONE, "%zu", reader + 1);
    return REPLY_LOST;
}

/* A card lies there, but without power, and not because it was taken out since: its session is
 * gone, it is not. */
static bool only_unpowered(struct sim *s, size_t reader)
{
    uint32_t changes;
    return sim_slot_present(s->slots[reader], &changes) &&
           (s->powered_at[reader] == 0 || s->powered_at[reader] == changes);
}

static enum reply_outcome sim_exchange(void *state, size_t reader, const uint8_t *command,
                                       size_t command_len, uint8_t *answer, size_t *len,
                                       enum kr_error *err)
{
    struct sim_slot *slot = NULL;
    if (*len < REPLY_MAX) {
        *err = kr_fail(KR_E_ARGUMENT, "%zu", *len);
        return REPLY_NOT_SENT;
    }
    *err = slot_of(state, reader, &slot);
    if (*err)
        return REPLY_NOT_SENT;
    enum sim_outcome outcome = sim_slot_transmit(slot, command, command_len, answer, len);
    if (outcome == SIM_NO_CARD && only_unpowered(state, reader))
        outcome = SIM_RESET;
    enum reply_outcome said = judge(outcome, *len, reader, err);
    /* After anything but an answer the card's state is unknown until it is powered again. */
    if (said != REPLY_OK)
        sim_slot_off(slot);
    return said;
}

static enum kr_error sim_watch(void *state, struct reader_status *status, size_t room,
                               size_t *count, int timeout_ms)
{
    struct sim *s = state;
    enum kr_error err = s->wake < 0 ? deck_watch(s->deck, &s->wake) : KR_OK;
    *count = 0;
    if (err)
        return err;
    struct pollfd p = {.fd = s->wake, .events = POLLIN};
    if (s->told && poll(&p, 1, timeout_ms) > 0)
        deck_watch_drain(s->wake);
    s->told = true;
    for (size_t i = 0; i < DECK_SLOTS && i < room; i++) {
        memset(&status[i], 0, sizeof status[i]);
        snprintf(status[i].name, sizeof status[i].name, "Simulated reader %zu", i + 1);
        status[i].present = sim_slot_present(s->slots[i], &status[i].changes);
        (*count)++;
    }
    return KR_OK;
}

const struct card_backend backend_sim = {
    .open = sim_open,
    .close = sim_close,
    .connect = sim_connect,
    .reset = sim_reset,
    .disconnect = sim_disconnect,
    .exchange = sim_exchange,
    .watch = sim_watch,
};
