/*
 * What the cards of a deck were told, for torture: while DECK/commands is there, each command that
 * reached a simulated card is written to its end, one line each, before the answer leaves:
 *
 *   SLOT CARD DIRECTORY CLA INS P1 P2 LENGTH STATUS FAULT
 *
 * SLOT 0 or 1; CARD its name in the deck; DIRECTORY the card's current one before the command, 4
 * hexadecimal digits; the command's first 4 bytes, 2 digits each; its LENGTH in bytes, decimal;
 * STATUS what the card itself said,
 * whatever became of it on the way, "-" where it did not carry out the command; FAULT the fault's
 * name (fault.h), "-" for none. Nothing of the data.
 */
#ifndef KEYRITE_CARDIO_SIM_COMMAND_LOG_H
#define KEYRITE_CARDIO_SIM_COMMAND_LOG_H

#include <stddef.h>
#include <stdint.h>
#include "fault.h"

struct logged_command {
    int slot;
    const char *card_path; /* DECK/cards/NAME.card */
    uint16_t directory;
    const uint8_t *command;
    size_t len;
    uint16_t status; /* 0: not carried out */
    enum sim_fault_kind fault;
};
/* Does nothing where there is no log to write to; a line that cannot be written is left out. */
void command_log_write(const char *deck, const struct logged_command *c);

#endif
