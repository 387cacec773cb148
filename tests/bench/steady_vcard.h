/*
 * keyrite-vcard for a benchmark: the same cards, but their challenges are always the same bytes, so
 * that commands with a MAC over a challenge can be said again to a copy of the card.
 */
#ifndef KEYRITE_BENCH_STEADY_VCARD_H
#define KEYRITE_BENCH_STEADY_VCARD_H

/* --deck DIR --slot N --port P --pace MS, each in its place. Serves until it is ended. */
int steady_vcard(int argc, char **argv);

#endif
