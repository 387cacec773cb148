/*
 * Where a benchmark works with cards: a folder on the disk for the store, a deck of cards (in
 * memory where it can be had: real cards wait for no disk), and the benchmark itself started anew
 * as the child of tests/pcsc/with-pcscd, once for each pace. Every function ends the program with
 * status 2 when it cannot.
 */
#ifndef KEYRITE_BENCH_CARD_ROOM_H
#define KEYRITE_BENCH_CARD_ROOM_H

#include <stddef.h>

#define ROOM_PATH 1024
struct card_room {
    char self[ROOM_PATH], build[ROOM_PATH];    /* this program; folder of the programs */
    char folder[ROOM_PATH], memory[ROOM_PATH]; /* on the disk; in memory */
    char store[ROOM_PATH], deck[ROOM_PATH];    /* in these two */
    char founding[ROOM_PATH]; /* the store while it is in memory, before room_keep() */
    char programs[ROOM_PATH]; /* where with-pcscd finds this program as keyrite-vcard */
};

void room_make(struct card_room *r, const char *where);
/* The same room in the process that room_enter() started. */
void room_find(struct card_room *r, const char *folder, const char *memory);
/* Holds ceremonies by `keyrite rehearse` (names, NULL-ended). */
void room_found(const struct card_room *r, const char *paper, const char *const ceremonies[]);
/* Store and deck are to be again as they are now. */
void room_keep(const struct card_room *r);
/* Store and deck as room_keep() found them, and beside each card NAME a copy-NAME; no card in a
 * reader. */
void room_restore(const struct card_room *r);
/* This program with the arguments folder, memory, pace, part under a pcscd of its own; its exit
 * status. */
int room_enter(const struct card_room *r, unsigned pace_ms, const char *part);
void room_end(const struct card_room *r);

/* Names of the cards in the two readers, "" for none; returns when pcscd has seen it. */
void room_lay(const struct card_room *r, const char *left, const char *right);
/* As a machine feeds a reader: while the reader is powered down, the next card takes the place of
 * the one before, which pcscd, looking for another card a few times a second, does not notice. The
 * first one is inserted. */
void room_feed(const struct card_room *r, int slot, const char *name);

#endif
