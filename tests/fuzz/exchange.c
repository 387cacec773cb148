/*
 * The card process: one request of the console's, a length byte (of 4) before it, then what a
 * reader gives back for each command that goes to the card. Also what the watch process tells the
 * console, and what the console makes of the card process's answers.
 */
#include "fuzz.h"

#include <sys/socket.h>

#include "../../cardio/cards_process.c"
#include "../../cardio/reader_watch.c"

static struct input from_card;
static struct cards cards;
static int console = -1;

static enum reply_outcome exchange(void *state, size_t reader, const uint8_t *command,
                                   size_t command_len, uint8_t *answer, size_t *len,
                                   enum kr_error *err)
{
    (void)state;
    (void)reader;
    HOLDS(command_len >= 4 && command_len <= APDU_MAX + 1, "a command is too long for a card");
    for (size_t i = 0; i < command_len; i++)
        answer[i % 2] ^= command[i]; /* every byte of it is looked at */
    uint8_t how = input_byte(&from_card);
    *err = KR_OK;
    if (how % 8 == 7) {
        *err = KR_E_CARD_GONE;
        return (enum reply_outcome)(1 + how / 8 % 3);
    }
    size_t data_len = how % 8 == 6 ? 256 : how % 8 == 5 ? 0 : input_byte(&from_card);
    const uint8_t *data = input_bytes(&from_card, &data_len);
    memcpy(answer, data, data_len);
    answer[data_len] = how % 8 < 2 ? 0x90 : how % 8 == 2 ? 0x61 : how % 8 == 3 ? 0x6C : 0x6A;
    answer[data_len + 1] = how % 8 < 2 ? 0 : input_byte(&from_card);
    *len = data_len + 2;
    return REPLY_OK;
}

static enum kr_error fake_connect(void *state, size_t reader, const char *name, uint8_t atr[33],
                                  size_t *atr_len)
{
    (void)state;
    HOLDS(reader < READERS_MAX && memchr(name, 0, READER_NAME_MAX), "a reader that there is not");
    memset(atr, 0x3B, 33);
    *atr_len = 33;
    return KR_OK;
}

static enum kr_error fake_reset(void *state, size_t reader)
{
    (void)state;
    HOLDS(reader < READERS_MAX, "a reader that there is not");
    return KR_OK;
}

static void fake_disconnect(void *state, size_t reader)
{
    (void)fake_reset(state, reader);
}

static const struct card_backend backend = {.connect = fake_connect,
                                            .reset = fake_reset,
                                            .disconnect = fake_disconnect,
                                            .exchange = exchange};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    int ends[2];

    (void)argc;
    (void)argv;
    HOLDS(secret_heap_open() == KR_OK, "no locked memory");
    HOLDS(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) == 0, "no socket");
    console = ends[0];
    cards = (struct cards){.fd = ends[1], .lane = -1, .backend = &backend};
    return 0;
}

static void request(struct input *in)
{
    uint8_t bytes[CARDS_MESSAGE_MAX], reply[CARDS_MESSAGE_MAX];
    size_t len = 4u * input_byte(in);
    const uint8_t *given = input_bytes(in, &len);
    struct wire message, out;

    from_card = *in;
    memcpy(bytes, given, len);
    wire_read(&message, bytes, len);
    wire_begin(&out, reply, sizeof reply);
    if (len == 0 || bytes[0] != CARDS_OPEN) /* which closes the sandbox */
        answer(&cards, &message, &out, -1);
    HOLDS(wire_end(&out) == KR_OK, "an answer does not fit into its message");
    while (recv(console, reply, sizeof reply, MSG_DONTWAIT) > 0)
        continue;
}

static void watch_tells(struct input *in)
{
    static struct watch w;
    struct reader_status *s = w.places.status;
    uint8_t message[WATCH_MESSAGE_MAX];
    size_t len = sizeof message;
    const uint8_t *bytes = input_bytes(in, &len);

    memcpy(message, bytes, len);
    memset(&w, 0, sizeof w);
    take_message(&w, message, len);
    HOLDS(w.places.count <= READERS_MAX && w.problem < KR_ERROR_COUNT,
          "more places than there are");
    for (size_t i = 0; i < w.places.count; i++)
        HOLDS(memchr(s[i].name, 0, sizeof s[i].name) && s[i].atr_len <= sizeof s[i].atr,
              "a reader is told wrongly");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};

    if (input_byte(&in) % 4 == 3)
        watch_tells(&in);
    else
        request(&in);
    return 0;
}
