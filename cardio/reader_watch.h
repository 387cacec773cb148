/* The console's side of the watch process: the last state of the readers it told of. Inner header
 * of cardio/. */
#ifndef KEYRITE_CARDIO_READER_WATCH_H
#define KEYRITE_CARDIO_READER_WATCH_H

#include "reader.h"

struct watch;
/* deck "" with PC/SC. */
enum kr_error watch_open(struct watch **w, enum reader_kind kind, const char *deck);
void watch_close(struct watch **w);
/* Any thread; takes what has arrived and never waits for more. */
size_t watch_status(struct watch *w, struct reader_status *status, size_t room,
                    enum kr_error *problem);
/*
 * The name by which the card process reaches the reader of that place (0 is "reader 1"). Waits up
 * to 2 s for one that is just being plugged in. KR_E_NO_READER, KR_E_PCSC_*.
 */
enum kr_error watch_reader_name(struct watch *w, size_t reader, char *name, size_t room);

#endif
