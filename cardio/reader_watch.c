#include "reader_watch.h"
#include "card_backend.h"
#include "reader_places.h"
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RESTART_PAUSE_S 2    /* a watch process that keeps dying must not eat the processor */
#define APPEAR_MS       2000 /* a reader just plugged in, a pcscd just started */
#define APPEAR_LOOK_MS  10

struct watch {
    pthread_mutex_t lock;
    enum reader_kind kind;
    char *deck;
    struct child child;
    time_t started;
    enum kr_error problem;
    struct reader_places places;
};

static time_t now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

static enum kr_error start(struct watch *w)
{
    uint8_t message[CARDS_MESSAGE_MAX];
    struct wire out;
    w->started = now_s();
    enum kr_error err = child_start(&w->child, watch_role.word);
    if (err)
        return err;
    wire_begin(&out, message, sizeof message);
    wire_put_u8(&out, CARDS_OPEN);
    wire_put_u8(&out, (uint8_t)w->kind);
    wire_put_text(&out, w->deck);
    err = wire_end(&out);
    return err ? err : child_send(w->child.fd, message, out.len, -1);
}

enum kr_error watch_open(struct watch **w, enum reader_kind kind, const char *deck)
{
    struct watch *n = calloc(1, sizeof *n);
    *w = NULL;
    if (!n)
        return KR_E_MEMORY;
    pthread_mutex_init(&n->lock, NULL);
    n->kind = kind;
    n->child.fd = -1;
    n->deck = strdup(deck);
    enum kr_error err = n->deck ? start(n) : KR_E_MEMORY;
    if (err)
        watch_close(&n);
    *w = n;
    return err;
}

void watch_close(struct watch **w)
{
    if (!*w)
        return;
    child_kill(&(*w)->child);
    pthread_mutex_destroy(&(*w)->lock);
    free((*w)->deck);
    free(*w);
    *w = NULL;
}

static void read_reader(struct wire *in, struct reader_told *t)
{
    struct reader_status s = {.attached = true};
    size_t atr_len = 0;
    wire_get_text(in, s.name, sizeof s.name);
    s.present = wire_get_u8(in) != 0;
    t->changes = wire_get_u32(in);
    const uint8_t *atr = wire_get_bytes(in, &atr_len);
    if (in->broken || atr_len > sizeof s.atr)
        return;
    memcpy(s.atr, atr, atr_len);
    s.atr_len = atr_len;
    t->status = s;
}

static void take_message(struct watch *w, uint8_t *message, size_t len)
{
    struct wire in;
    wire_read(&in, message, len);
    uint32_t problem = wire_get_u32(&in);
    uint32_t count = wire_get_u32(&in);
    if (in.broken || problem >= KR_ERROR_COUNT || count > READERS_MAX)
        return;
    struct reader_told told[READERS_MAX] = {0};
    for (size_t i = 0; i < count; i++)
        read_reader(&in, &told[i]);
    if (in.broken)
        return;
    w->problem = (enum kr_error)problem;
    places_take(&w->places, told, count);
}

static bool readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return fd >= 0 && poll(&p, 1, 0) == 1 && (p.revents & POLLIN);
}

static void drain(struct watch *w)
{
    uint8_t message[WATCH_MESSAGE_MAX];
    size_t len = 0;
    /* Looked at before it is received from, so that this thread's last error detail stays what it
     * is. */
    while (readable(w->child.fd) &&
           child_receive(w->child.fd, message, sizeof message, &len, 0, NULL) == KR_OK)
        take_message(w, message, len);
    if (!child_running(&w->child) && now_s() - w->started >= RESTART_PAUSE_S)
        (void)start(w); /* tried again at a later call */
}

size_t watch_status(struct watch *w, struct reader_status *status, size_t room,
                    enum kr_error *problem)
{
    pthread_mutex_lock(&w->lock);
    drain(w);
    size_t n = w->places.count < room ? w->places.count : room;
    memcpy(status, w->places.status, n * sizeof *status);
    *problem = w->problem;
    pthread_mutex_unlock(&w->lock);
    return n;
}

static enum kr_error name_now(struct watch *w, size_t reader, char *name, size_t room)
{
    pthread_mutex_lock(&w->lock);
    drain(w);
    enum kr_error err = w->problem;
    if (err)
        err = kr_fail(err, "@watch");
    else if (reader >= w->places.count || !w->places.status[reader].attached)
        err = kr_fail(KR_E_NO_READER, "%zu", reader + 1);
    else
        snprintf(name, room, "%s", w->places.status[reader].name);
    pthread_mutex_unlock(&w->lock);
    return err;
}

enum kr_error watch_reader_name(struct watch *w, size_t reader, char *name, size_t room)
{
    const struct timespec look = {.tv_nsec = APPEAR_LOOK_MS * 1000000L};
    enum kr_error err = reader < READERS_MAX ? name_now(w, reader, name, room)
                                             : kr_fail(KR_E_NO_READER, "%zu", reader + 1);
    for (int waited = 0; err && reader < READERS_MAX && waited < APPEAR_MS;
         waited += APPEAR_LOOK_MS) {
        nanosleep(&look, NULL);
        err = name_now(w, reader, name, room);
    }
    return err;
}
