/*
 * What a terminal sends. The first byte says in what pieces the rest arrives; byte by byte it has
 * to mean the same.
 */
#include "fuzz.h"

#include "../../crypto/error.h"
#include "../../store/body.h"
#include "../../ui/keymap.h"

#define SOON ((int64_t)0)
#define LATE ((int64_t)(2 * KEYBOARD_ESCAPE_MS))

/* What the events came to: those that mean nothing are not told apart by their number. */
struct heard {
    size_t count;
    struct key_event event[4096];
};

static void rest_is_wiped(const struct keyboard *k)
{
    for (size_t i = k->len; i < KEYBOARD_ROOM; i++)
        HOLDS(k->bytes[i] == 0, "a byte stays behind");
}

static void listen(struct keyboard *k, int64_t now, struct heard *h)
{
    for (;;) {
        size_t before = k->len;
        struct key_event e = keyboard_next(k, now);
        rest_is_wiped(k);
        if (e.code == KEY_NONE_YET)
            return;
        HOLDS(k->len < before, "an event out of nothing");
        HOLDS((e.code == KEY_CHARACTER) == (e.len > 0) && e.len <= sizeof e.utf8,
              "a character has no bytes");
        HOLDS(e.len == 0 || utf8_is_valid((const char *)e.utf8, e.len), "a character is no UTF-8");
        (void)keymap_command(&e, true);
        (void)keymap_command(&e, false);
        if (e.code != KEY_IGNORED && h->count < sizeof h->event / sizeof h->event[0])
            h->event[h->count++] = e;
    }
}

static void type(const uint8_t *bytes, size_t len, size_t piece, struct keyboard *k,
                 struct heard *h)
{
    keyboard_begin(k);
    keyboard_learn(k, "\033[1;5A", KEY_PAGE_UP);
    h->count = 0;
    while (len > 0) {
        size_t taken = keyboard_feed(k, bytes, piece < len ? piece : len, SOON);
        HOLDS(taken > 0, "a full keyboard that has no event");
        bytes += taken;
        len -= taken;
        listen(k, SOON, h);
    }
    listen(k, LATE, h);
    HOLDS(k->pasting || !keyboard_waits(k), "something waits for ever");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct keyboard a, b;
    static struct heard together, single;

    if (size < 2)
        return 0;
    type(data + 1, size - 1, 1u + data[0] % KEYBOARD_ROOM, &a, &together);
    type(data + 1, size - 1, 1, &b, &single);
    HOLDS(together.count == single.count &&
              memcmp(together.event, single.event, single.count * sizeof single.event[0]) == 0,
          "in other pieces it means something else");
    HOLDS(a.pasting == b.pasting, "in other pieces a paste does not end");
    return 0;
}
