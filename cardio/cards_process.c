/*
 * "@cards": the process that talks to cards. It answers one request at a time and has no deadline
 * of its own: when a card keeps it waiting, the console kills it.
 */
#include "card_backend.h"
#include "../crypto/harden.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FOLLOW_UPS_MAX   16   /* GET RESPONSEs of one command */
#define PIN_WAIT_MS      2000 /* the vault sent it before the console asked for it */
#define GET_RESPONSE_INS 0xC0

struct cards {
    int fd;
    int lane; /* -1 none */
    const struct card_backend *backend;
    void *state;
};

static enum kr_error open_backend(struct cards *c, struct wire *in)
{
    char deck[512];
    uint8_t kind = wire_get_u8(in);
    wire_get_text(in, deck, sizeof deck);
    enum kr_error err = wire_end(in);
    if (err || c->backend)
        return err ? err : kr_fail(KR_E_MESSAGE, "open twice");
    err = harden_cards(kind == READER_PCSC ? NULL : deck);
    if (err)
        return err;
    const struct card_backend *b = card_backend_of(kind == READER_PCSC ? READER_PCSC : READER_SIM);
    err = b->open(deck, &c->state);
    if (!err)
        c->backend = b;
    return err;
}

/* What is left of the request behind the reader has been read by now. */
static enum kr_error need_reader(const struct cards *c, const struct wire *in, size_t reader)
{
    enum kr_error err = wire_end(in);
    if (err)
        return err;
    if (!c->backend)
        return kr_fail(KR_E_MESSAGE, "not open");
    return reader < READERS_MAX ? KR_OK : kr_fail(KR_E_NO_READER, "%zu", reader + 1);
}

static void put_result(struct wire *out, enum kr_error err)
{
    wire_put_u32(out, (uint32_t)err);
    wire_put_text(out, err ? kr_detail() : "");
}

static void answer_connect(struct cards *c, struct wire *in, struct wire *out)
{
    uint8_t atr[33];
    char name[READER_NAME_MAX];
    size_t atr_len = 0, reader = wire_get_u32(in);
    wire_get_text(in, name, sizeof name);
    enum kr_error err = need_reader(c, in, reader);
    if (!err)
        err = c->backend->connect(c->state, reader, name, atr, &atr_len);
    put_result(out, err);
    if (!err)
        wire_put_bytes(out, atr, atr_len);
}

static enum kr_error reset_or_leave(struct cards *c, enum cards_op op, struct wire *in)
{
    size_t reader = wire_get_u32(in);
    enum kr_error err = need_reader(c, in, reader);
    if (err)
        return err;
    if (op == CARDS_RESET)
        return c->backend->reset(c->state, reader);
    c->backend->disconnect(c->state, reader);
    return KR_OK;
}

/* The next exchange that finishes the command, from the status word of the last; false when it is
 * finished. */
static bool follow_up(const uint8_t *answer, size_t len, uint8_t *next, size_t *next_len)
{
    uint8_t sw1 = answer[len - 2], sw2 = answer[len - 1];
    if (sw1 == 0x61) {
        const uint8_t get_response[5] = {0x00, GET_RESPONSE_INS, 0, 0, sw2};
        memcpy(next, get_response, sizeof get_response);
        *next_len = sizeof get_response;
        return true;
    }
    /* 6Cxx repeats the command with the Le that the card names; it has not been carried out. */
    if (sw1 == 0x6C && *next_len <= 5) {
        next[4] = sw2;
        *next_len = 5;
        return true;
    }
    if (sw1 == 0x6C && *next_len >= 5u + next[4]) {
        size_t end = 5u + next[4];
        next[end] = sw2;
        *next_len = end + 1;
        return true;
    }
    return false;
}

/* A card that stops answering halfway through a command has been sent it, whatever the reader says
 * of the rest. */
static void spoil(struct reply *r, bool begun, enum kr_error *err)
{
    if (begun && r->outcome != REPLY_OK) {
        r->outcome = REPLY_LOST;
        *err = KR_E_CARD_GONE;
    }
}

static enum kr_error converse(struct cards *c, size_t reader, uint8_t *command, size_t len,
                              struct reply *r)
{
    uint8_t answer[REPLY_MAX];
    enum kr_error err = KR_OK;
    r->len = 0;
    for (int i = 0; i < FOLLOW_UPS_MAX; i++) {
        size_t got = sizeof answer;
        r->outcome = c->backend->exchange(c->state, reader, command, len, answer, &got, &err);
        spoil(r, i > 0, &err);
        if (r->outcome != REPLY_OK)
            break;
        r->sw = (uint16_t)(answer[got - 2] << 8 | answer[got - 1]);
        if (r->len + got - 2 <= sizeof r->data) {
            memcpy(r->data + r->len, answer, got - 2);
            r->len += got - 2;
        }
        if (!follow_up(answer, got, command, &len))
            break;
    }
    secret_wipe(answer, sizeof answer);
    return err;
}

/* One datagram of the vault's: u32 tag, PIN or PINs, as long as the command's data. Those of an
 * earlier, abandoned command are thrown away. */
static enum kr_error pin_from_lane(struct cards *c, uint32_t tag, uint8_t *pin, size_t pin_len)
{
    uint8_t message[4 + VAULT_PIN_CHANGE_MAX + 4]; /* room to see that a longer one is wrong */
    size_t len = 0;
    enum kr_error err = c->lane < 0 ? kr_fail(KR_E_MESSAGE, "PIN lane") : KR_OK;
    for (bool found = false; !err && !found;) {
        err = child_receive(c->lane, message, sizeof message, &len, PIN_WAIT_MS, NULL);
        if (err)
            break;
        uint32_t got = (uint32_t)message[0] << 24 | (uint32_t)message[1] << 16 |
                       (uint32_t)message[2] << 8 | message[3];
        found = len == 4 + pin_len && got == tag;
        if (found)
            memcpy(pin, message + 4, pin_len);
    }
    secret_wipe(message, sizeof message);
    return err;
}

/* tag: of the PIN that the command lacks, NULL for one that is whole. True when the card said 9000.
 */
static bool transmit_one(struct cards *c, size_t reader, struct wire *in, const uint32_t *tag,
                         struct wire *out)
{
    struct reply r = {.outcome = REPLY_NOT_SENT};
    size_t len = 0;
    const uint8_t *apdu = wire_get_bytes(in, &len);
    enum kr_error err = KR_OK;
    if (in->broken || !c->backend || reader >= READERS_MAX || len < 4 || len > APDU_MAX)
        err = kr_fail(KR_E_MESSAGE, "transmit");
    struct secret *command = err ? NULL : secret_new(APDU_MAX + 1);
    if (!err && !command)
        err = KR_E_MEMORY;
    if (!err)
        memcpy(command->bytes, apdu, len);
    if (!err && tag)
        err = len > 5 && len <= 5 + VAULT_PIN_CHANGE_MAX
                  ? pin_from_lane(c, *tag, command->bytes + 5, len - 5)
                  : kr_fail(KR_E_MESSAGE, "PIN command");
    if (!err)
        err = converse(c, reader, command->bytes, len, &r);
    bool good = !err && r.outcome == REPLY_OK && r.sw == 0x9000;
    put_result(out, err);
    wire_put_u8(out, (uint8_t)r.outcome);
    wire_put_u32(out, r.sw);
    wire_put_bytes(out, r.data, r.len);
    secret_free(&command);
    secret_wipe(&r, sizeof r);
    return good;
}

/* The console asks for one PIN command at a time. */
static void answer_transmit_pin(struct cards *c, struct wire *in, struct wire *out)
{
    size_t reader = wire_get_u32(in);
    uint32_t tag = wire_get_u32(in);
    transmit_one(c, reader, in, &tag, out);
}

static enum kr_error send_answer(struct cards *c, struct wire *out)
{
    enum kr_error err = wire_end(out);
    if (!err)
        err = child_send(c->fd, out->bytes, out->len, -1);
    secret_wipe(out->bytes, out->len);
    wire_begin(out, out->bytes, out->size);
    return err;
}

/* The last answer is left to whoever sends every answer. */
static void answer_transmit(struct cards *c, struct wire *in, struct wire *out)
{
    size_t reader = wire_get_u32(in);
    uint32_t count = wire_get_u32(in);
    bool more = transmit_one(c, reader, in, NULL, out);
    for (uint32_t i = 1; more && i < count; i++)
        more = send_answer(c, out) == KR_OK && transmit_one(c, reader, in, NULL, out);
}

static void answer(struct cards *c, struct wire *in, struct wire *out, int passed_fd)
{
    enum cards_op op = (enum cards_op)wire_get_u8(in);
    switch (op) {
    case CARDS_OPEN:
        put_result(out, open_backend(c, in));
        break;
    case CARDS_LANE:
        if (c->lane >= 0)
            close(c->lane);
        c->lane = passed_fd;
        put_result(out, passed_fd < 0 ? kr_fail(KR_E_MESSAGE, "PIN lane") : KR_OK);
        break;
    case CARDS_CONNECT:
        answer_connect(c, in, out);
        break;
    case CARDS_RESET:
    case CARDS_DISCONNECT:
        put_result(out, reset_or_leave(c, op, in));
        break;
    case CARDS_TRANSMIT:
        answer_transmit(c, in, out);
        break;
    case CARDS_TRANSMIT_PIN:
        answer_transmit_pin(c, in, out);
        break;
    default:
        put_result(out, kr_fail(KR_E_MESSAGE, "%d", (int)op));
    }
    if (op != CARDS_LANE && passed_fd >= 0)
        close(passed_fd);
}

int cards_serve(int fd)
{
    struct cards c = {.fd = fd, .lane = -1};
    uint8_t request[CARDS_MESSAGE_MAX], reply[CARDS_MESSAGE_MAX];
    for (;;) {
        size_t len = 0;
        int passed_fd = -1;
        if (child_receive(fd, request, sizeof request, &len, -1, &passed_fd))
            break;
        struct wire in, out;
        wire_read(&in, request, len);
        wire_begin(&out, reply, sizeof reply);
        answer(&c, &in, &out, passed_fd);
        secret_wipe(request, len);
        if (send_answer(&c, &out))
            break;
    }
    if (c.backend)
        c.backend->close(c.state);
    if (c.lane >= 0)
        close(c.lane);
    return 0;
}

const struct child_role cards_role = {"@cards", cards_serve};
