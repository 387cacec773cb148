/* "@watch": the process that only looks which cards lie in which readers, and says so whenever that
 * changes. */
#include "card_backend.h"
#include "../crypto/harden.h"
#include <string.h>
#include <time.h>

#define LOOK_MS  1000 /* how long one look waits for a change */
#define PAUSE_MS 500  /* between looks while the service is down */

struct watch_state {
    enum kr_error problem;
    struct reader_status status[READERS_MAX];
    size_t count;
};

static bool same_state(const struct watch_state *a, const struct watch_state *b)
{
    bool same = a->problem == b->problem && a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        const struct reader_status *x = &a->status[i], *y = &b->status[i];
        same = strcmp(x->name, y->name) == 0 && x->present == y->present &&
               x->changes == y->changes && x->atr_len == y->atr_len &&
               memcmp(x->atr, y->atr, x->atr_len) == 0;
    }
    return same;
}

static enum kr_error tell(int fd, const struct watch_state *w)
{
    uint8_t message[WATCH_MESSAGE_MAX];
    struct wire out;
    wire_begin(&out, message, sizeof message);
    wire_put_u32(&out, (uint32_t)w->problem);
    wire_put_u32(&out, (uint32_t)w->count);
    for (size_t i = 0; i < w->count; i++) {
        wire_put_text(&out, w->status[i].name);
        wire_put_u8(&out, w->status[i].present);
        wire_put_u32(&out, w->status[i].changes);
        wire_put_bytes(&out, w->status[i].atr, w->status[i].atr_len);
    }
    enum kr_error err = wire_end(&out);
    return err ? err : child_send(fd, message, out.len, -1);
}

static enum kr_error look_for_ever(int fd, const struct card_backend *b, void *state)
{
    struct watch_state last = {.problem = KR_ERROR_COUNT}, now;
    enum kr_error err = KR_OK;
    while (!err) {
        now.problem = b->watch(state, now.status, READERS_MAX, &now.count, LOOK_MS);
        if (!same_state(&last, &now)) {
            err = tell(fd, &now);
            last = now;
        }
        if (!err && now.problem) {
            struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
            nanosleep(&pause, NULL);
        }
    }
    return err;
}

int watch_serve(int fd)
{
    uint8_t message[CARDS_MESSAGE_MAX];
    char deck[512];
    size_t len = 0;
    if (child_receive(fd, message, sizeof message, &len, -1, NULL))
        return 1;
    struct wire in;
    wire_read(&in, message, len);
    (void)wire_get_u8(&in);
    bool pcsc = wire_get_u8(&in) == READER_PCSC;
    wire_get_text(&in, deck, sizeof deck);
    void *state = NULL;
    const struct card_backend *b = card_backend_of(pcsc ? READER_PCSC : READER_SIM);
    enum kr_error err = wire_end(&in);
    if (!err)
        err = harden_cards(pcsc ? NULL : deck);
    if (!err)
        err = b->open(deck, &state);
    if (err) {
        struct watch_state failed = {.problem = err};
        return tell(fd, &failed) ? 1 : 0;
    }
    err = look_for_ever(fd, b, state);
    b->close(state);
    return err ? 1 : 0;
}

const struct child_role watch_role = {"@watch", watch_serve};
