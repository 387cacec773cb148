#include "slot.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "command_log.h"
#include "cos.h"
#include "fault.h"
#include "../deck.h"

struct sim_slot {
    char deck[PATH_MAX];
    char slot_path[PATH_MAX];
    char card_path[PATH_MAX];
    int number;
    bool t0;
    bool present;
    uint32_t changes;
    struct stat seen;      /* of the slot file, to notice a card put back within one look */
    struct sim_card *card; /* NULL: not powered */
    struct sim_fault fault;
};

enum kr_error sim_slot_open(const char *deck, int number, struct sim_slot **slot)
{
    struct stat st;
    struct sim_slot *s;

    if (stat(deck, &st) != 0 || !S_ISDIR(st.st_mode))
        return kr_fail(KR_E_DECK, "%s", deck);
    if (number < 0 || number >= DECK_SLOTS)
        return kr_fail(KR_E_NO_READER, "%d", number + 1);
    s = calloc(1, sizeof *s);
    if (!s)
        return KR_E_MEMORY;
    s->number = number;
    if (snprintf(s->deck, sizeof s->deck, "%s", deck) >= (int)sizeof s->deck ||
        snprintf(s->slot_path, sizeof s->slot_path, "%s/slot-%d", deck, number) >=
            (int)sizeof s->slot_path) {
        free(s);
        return kr_fail(KR_E_TOO_LONG, "%s", deck);
    }
    *slot = s;
    return KR_OK;
}

void sim_slot_close(struct sim_slot **slot)
{
    if (!*slot)
        return;
    sim_card_free(&(*slot)->card);
    free(*slot);
    *slot = NULL;
}

void sim_slot_set_t0(struct sim_slot *s, bool on)
{
    s->t0 = on;
    if (s->card)
        sim_card_set_t0(s->card, on);
}

void sim_slot_off(struct sim_slot *s)
{
    sim_card_free(&s->card);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool sim_slot_present(struct sim_slot *s, uint32_t *changes)
{
    char name[DECK_NAME_MAX] = "";
    struct stat st;

    if (stat(s->slot_path, &st) != 0)
        memset(&st, 0, sizeof st);
    if (!same_file(&st, &s->seen)) {
        s->seen = st;
        bool now = deck_in_slot(s->deck, s->number, name) == KR_OK && name[0] != '\0' &&
                   snprintf(s->card_path, sizeof s->card_path, "%s/cards/%s.card", s->deck, name) <
                       (int)sizeof s->card_path;
        if (now || s->present)
            s->changes++;
        s->present = now;
        sim_slot_off(s);
    }
    if (changes)
        *changes = s->changes;
    return s->present;
}

enum kr_error sim_slot_power(struct sim_slot *s, uint8_t atr[33], size_t *atr_len)
{
    enum kr_error rc = KR_OK;

    if (!sim_slot_present(s, NULL))
        return kr_fail(KR_E_NO_CARD, "%d", s->number + 1);
    sim_fault_arm(&s->fault, s->deck, s->number);
    if (!s->card)
        rc = sim_card_load(s->card_path, &s->card);
    if (rc != KR_OK)
        return rc;
    sim_card_set_t0(s->card, s->t0);
    sim_card_reset(s->card);
    sim_card_atr(sim_card_dialect(s->card), atr);
    *atr_len = SIM_ATR_LEN;
    return KR_OK;
}

enum kr_error sim_slot_atr(struct sim_slot *s, uint8_t atr[33], size_t *atr_len)
{
    const struct dialect *d;
    enum kr_error rc = KR_OK;

    if (!sim_slot_present(s, NULL))
        return kr_fail(KR_E_NO_CARD, "%d", s->number + 1);
    if (s->card)
        d = sim_card_dialect(s->card);
    else
        rc = sim_card_speaks(s->card_path, &d);
    if (rc != KR_OK)
        return rc;
    sim_card_atr(d, atr);
    *atr_len = SIM_ATR_LEN;
    return KR_OK;
}

static void answer_status(uint16_t sw, uint8_t reply[REPLY_MAX], size_t *reply_len)
{
    reply[0] = (uint8_t)(sw >> 8);
    reply[1] = (uint8_t)sw;
    *reply_len = 2;
}

/* What could not be kept was not done: the card goes on from what its file says. */
static void carry_out(struct sim_slot *s, const uint8_t *command, size_t len,
                      uint8_t reply[REPLY_MAX], size_t *reply_len)
{
    sim_card_process(s->card, command, len, reply, reply_len);
    if (!sim_card_changed(s->card) || sim_card_save(s->card, s->card_path) == KR_OK)
        return;
    secret_wipe(reply, REPLY_MAX);
    answer_status(0x6581, reply, reply_len);
    sim_slot_off(s);
    if (sim_card_load(s->card_path, &s->card) == KR_OK)
        sim_card_set_t0(s->card, s->t0);
}

static enum sim_outcome pull(struct sim_slot *s)
{
    deck_eject(s->deck, s->number);
    sim_slot_present(s, NULL);
    return SIM_GONE;
}

/* The faults that leave the command undone. */
static enum sim_outcome fail_before(struct sim_slot *s, enum sim_fault_kind fault)
{
    if (fault == FAULT_GONE_BEFORE)
        return pull(s);
    if (fault == FAULT_MUTE)
        return SIM_MUTE;
    sim_slot_off(s);
    return SIM_RESET;
}

static enum sim_outcome fail_after(struct sim_slot *s, enum sim_fault_kind fault,
                                   uint8_t reply[REPLY_MAX], size_t *reply_len)
{
    switch (fault) {
    case FAULT_GONE_AFTER:
        return pull(s);
    case FAULT_EMPTY:
        *reply_len = 0;
        break;
    case FAULT_ONE_BYTE:
        *reply_len = 1;
        break;
    case FAULT_WRONG_SW:
        answer_status(0x6F00, reply, reply_len);
        break;
    case FAULT_61XX:
        answer_status(0x6110, reply, reply_len);
        break;
    default:
        break;
    }
    return SIM_ANSWERED;
}

/* What happens to one command; *status: what the card said to it, 0 when it never carried it out.
 */
static enum sim_outcome exchange(struct sim_slot *s, enum sim_fault_kind fault,
                                 const uint8_t *command, size_t len, uint8_t reply[REPLY_MAX],
                                 size_t *reply_len, uint16_t *status)
{
    if (fault == FAULT_GONE_BEFORE || fault == FAULT_MUTE || fault == FAULT_RESET)
        return fail_before(s, fault);
    if (fault == FAULT_6CXX) {
        answer_status(0x6C10, reply, reply_len);
        return SIM_ANSWERED;
    }
    carry_out(s, command, len, reply, reply_len);
    *status = (uint16_t)(reply[*reply_len - 2] << 8 | reply[*reply_len - 1]);
    return fail_after(s, fault, reply, reply_len);
}

enum sim_outcome sim_slot_transmit(struct sim_slot *s, const uint8_t *command, size_t len,
                                   uint8_t reply[REPLY_MAX], size_t *reply_len)
{
    struct logged_command told = {.slot = s->number, .command = command, .len = len};
    char card_path[PATH_MAX];

    *reply_len = 0;
    if (!sim_slot_present(s, NULL) || !s->card)
        return SIM_NO_CARD;
    memcpy(card_path, s->card_path, sizeof card_path); /* the fault may pull the card */
    told.card_path = card_path;
    told.directory = sim_card_directory(s->card);
    told.fault = sim_fault_next(&s->fault);
    enum sim_outcome outcome =
        exchange(s, told.fault, command, len, reply, reply_len, &told.status);
    command_log_write(s->deck, &told);
    return outcome;
}
