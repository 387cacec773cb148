/*
 * The stream that pcscd's virtual reader sends to keyrite-vcard. The first byte says which card and
 * in what pieces the stream comes, the rest is the stream. What has to come back is worked out here
 * from the stream alone.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../cardio/deck.h"
#include "../../cardio/deck_file.h"
#include "../folder.h"

/* The socket: reads and writes stop short and are interrupted, as they may. */
static struct input stream;
static uint8_t pieces;
static unsigned calls;
static uint8_t heard[4096];
static size_t heard_len;

static bool disturbed(void)
{
    if (++calls % 5 != 0 || !(pieces & 1))
        return false;
    errno = EINTR;
    return true;
}

static ssize_t piecewise_recv(int socket, void *out, size_t len, int flags)
{
    size_t piece = 1 + (pieces * 7u + calls * 3u) % 64;

    (void)socket;
    (void)flags;
    if (disturbed())
        return -1;
    if (piece > len)
        piece = len;
    const uint8_t *bytes = input_bytes(&stream, &piece);
    memcpy(out, bytes, piece);
    return (ssize_t)piece;
}

static ssize_t piecewise_send(int socket, const void *bytes, size_t len, int flags)
{
    size_t piece = 1 + (pieces * 5u + calls) % 300;

    (void)socket;
    HOLDS(flags & MSG_NOSIGNAL, "a driver that goes away ends the program");
    if (disturbed())
        return -1;
    if (piece > len)
        piece = len;
    HOLDS(heard_len + piece <= sizeof heard, "there is no end of answers");
    memcpy(heard + heard_len, bytes, piece);
    heard_len += piece;
    return (ssize_t)piece;
}

#define recv piecewise_recv
#define send piecewise_send
#include "../../cardio/sim/vpcd.c"
#undef recv
#undef send

static char deck[64];
static const char *const kinds[] = {"blank-mother", "manufacturer", "blank-user", "blank-psam"};
#define KINDS (sizeof kinds / sizeof kinds[0])
static char names[KINDS][DECK_NAME_MAX];
static struct secret *delivered[KINDS];

static void forget(void)
{
    char command[96];

    snprintf(command, sizeof command, "rm -rf '%s'", deck);
    if (system(command) != 0)
        fprintf(stderr, "%s stays\n", deck);
}

static void card_path(size_t kind, char path[160])
{
    snprintf(path, 160, "%s/cards/%s.card", deck, names[kind]);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char path[160];

    (void)argc;
    (void)argv;
    HOLDS(secret_heap_open() == KR_OK && folder_make(deck, "vpcd") && deck_make(deck) == KR_OK,
          "no deck");
    for (size_t i = 0; i < KINDS; i++) {
        HOLDS(deck_new(deck, kinds[i], 1, names[i]) == KR_OK, "no card");
        card_path(i, path);
        HOLDS(deck_file_read(path, &delivered[i]) == KR_OK, "a card has no file");
    }
    atexit(forget);
    return 0;
}

/* What the driver is owed for the message that the stream goes on with. */
struct owed {
    bool on;            /* the connection */
    bool powered;       /* the card, behind the message */
    size_t least, most; /* bytes of the answer's body; 0 most: no answer */
};

static struct owed owed_next(bool powered)
{
    struct input in = stream;
    struct owed o = {.powered = powered};

    if (in.left < 2)
        return o;
    size_t len = (size_t)input_byte(&in) << 8;
    len |= input_byte(&in);
    if (len > 512 || in.left < len)
        return o;
    o.on = true;
    if (len == 1) {
        uint8_t control = input_byte(&in);
        o.powered = control == 1 || control == 2 ? true : control == 0 ? false : powered;
        if (control == 4)
            o.least = 2, o.most = 33;
    } else if (len > 1) {
        o.on = powered;
        o.least = powered ? 2 : 0;
        o.most = powered ? 258 : 0;
    }
    return o;
}

static void message(struct vpcd *v, bool *on, bool *powered)
{
    struct owed o = owed_next(*powered);

    heard_len = 0;
    *on = obey_message(v);
    HOLDS(*on == o.on, *on ? "nonsense keeps the connection" : "a message ends the connection");
    if (!o.on || o.most == 0)
        HOLDS(heard_len == 0, "an answer that nobody asked for");
    else
        HOLDS(heard_len >= 2 && (size_t)(heard[0] << 8 | heard[1]) == heard_len - 2 &&
                  heard_len - 2 >= o.least && heard_len - 2 <= o.most,
              "an answer is not what the driver takes it for");
    *powered = o.powered;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct vpcd_options how = {.deck = deck};
    struct vpcd v = {.how = &how, .watch = -1, .socket = -1};
    bool on = true, powered = false;
    char path[160];
    struct secret *after = NULL;

    stream = (struct input){data, size};
    pieces = input_byte(&stream);
    calls = 0;
    size_t kind = pieces / 2 % KINDS;
    card_path(kind, path);
    HOLDS(deck_file_replace(path, delivered[kind]->bytes, delivered[kind]->len) == KR_OK &&
              deck_eject(deck, 0) == KR_OK && deck_insert(deck, names[kind], 0) == KR_OK &&
              sim_slot_open(deck, 0, &v.slot) == KR_OK,
          "no card in the reader");
    while (on)
        message(&v, &on, &powered);
    hang_up(&v);
    sim_slot_close(&v.slot);
    HOLDS(deck_file_read(path, &after) == KR_OK, "the card has lost its file");
    secret_free(&after);
    return 0;
}
