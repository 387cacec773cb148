/*
 * The real console at work on a batch of PSAMs that was begun and left: a person's part is played
 * in a pseudo-terminal, cards are inserted and pulled, and all the while a key is pressed that
 * turns the script's pane into that of the details and back.
 */
#ifndef KEYRITE_BENCH_BATCH_CONSOLE_H
#define KEYRITE_BENCH_BATCH_CONSOLE_H

#include "card_room.h"
#include "figures.h"

/* Adds the seconds from each key to the screen that shows it. Ends the program with status 2 when
 * the console does not get through. */
void batch_console(const struct card_room *r, unsigned cards, struct samples *answers);

#endif
