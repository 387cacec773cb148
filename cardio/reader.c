/* The console's side of the card process: one request, one answer, one deadline. */
#include "card_backend.h"
#include "reader_watch.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define START_DEADLINE_MS                                                                          \
    READER_DEADLINE_MS /* until it is there: no card is asked anything yet                         \
                        */

struct readers {
    enum reader_kind kind;
    char *deck; /* "" with PC/SC */
    struct vault *vault;
    pid_t lane_vault; /* the vault process that has the other end of the PIN lane; 0 none */
    struct child child;
    struct watch *watch;
    int deadline_ms;
    unsigned restarts;
    bool started_once;
};

/* ---- one request ---- */

static enum kr_error get_result(struct wire *in)
{
    char detail[192];
    uint32_t code = wire_get_u32(in);
    wire_get_text(in, detail, sizeof detail);
    if (in->broken || code >= KR_ERROR_COUNT)
        return kr_fail(KR_E_MESSAGE, "@cards");
    return code ? kr_fail((enum kr_error)code, "%s", detail) : KR_OK;
}

/* The process is of no further use: killed here, started anew by the next request. */
static void give_up(struct readers *r)
{
    child_kill(&r->child);
    r->lane_vault = 0;
}

static enum kr_error say(struct readers *r, const struct wire *out, int pass_fd)
{
    enum kr_error err = wire_end(out);
    if (!err && child_send(r->child.fd, out->bytes, out->len, pass_fd)) {
        give_up(r);
        err = kr_fail(KR_E_CARD_GONE, "@cards");
    }
    return err;
}

/* KR_E_CARD_MUTE after the deadline, KR_E_CARD_GONE when the process died over it: in both the
 * command may have been carried out. */
static enum kr_error hear(struct readers *r, int deadline_ms, uint8_t buffer[CARDS_MESSAGE_MAX],
                          struct wire *in)
{
    size_t len = 0;
    enum kr_error err =
        child_receive(r->child.fd, buffer, CARDS_MESSAGE_MAX, &len, deadline_ms, NULL);
    if (err) {
        bool late = strcmp(kr_detail(), "timeout") == 0;
        give_up(r);
        return late ? kr_fail(KR_E_CARD_MUTE, "%d ms", deadline_ms)
                    : kr_fail(KR_E_CARD_GONE, "@cards");
    }
    wire_read(in, buffer, len);
    return KR_OK;
}

static enum kr_error ask(struct readers *r, const struct wire *out, int pass_fd, int deadline_ms,
                         uint8_t buffer[CARDS_MESSAGE_MAX], struct wire *in)
{
    enum kr_error err = say(r, out, pass_fd);
    return err ? err : hear(r, deadline_ms, buffer, in);
}

static enum kr_error ask_plain(struct readers *r, const struct wire *out, int pass_fd,
                               int deadline_ms)
{
    uint8_t answer[CARDS_MESSAGE_MAX];
    struct wire in;
    enum kr_error err = ask(r, out, pass_fd, deadline_ms, answer, &in);
    if (!err)
        err = get_result(&in);
    return err ? err : wire_end(&in);
}

/* ---- the process's life ---- */

/* One end to each process; the console keeps none, so it can read no PIN. */
static enum kr_error lay_lane(struct readers *r)
{
    uint8_t message[8];
    struct wire out;
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return kr_fail(KR_E_SYSTEM, "socketpair: %s", strerror(errno));
    wire_begin(&out, message, sizeof message);
    wire_put_u8(&out, CARDS_LANE);
    enum kr_error err = ask_plain(r, &out, ends[1], START_DEADLINE_MS);
    close(ends[1]);
    if (err) {
        close(ends[0]);
        return err;
    }
    err = vault_lane(r->vault, ends[0]);
    if (!err)
        r->lane_vault = vault_pid(r->vault);
    return err;
}

static enum kr_error start(struct readers *r)
{
    uint8_t message[CARDS_MESSAGE_MAX];
    struct wire out;
    if (r->started_once)
        r->restarts++;
    enum kr_error err = child_start(&r->child, cards_role.word);
    if (err)
        return err;
    r->started_once = true;
    wire_begin(&out, message, sizeof message);
    wire_put_u8(&out, CARDS_OPEN);
    wire_put_u8(&out, (uint8_t)r->kind);
    wire_put_text(&out, r->deck);
    err = ask_plain(r, &out, -1, START_DEADLINE_MS);
    if (!err && r->vault) {
        /* A vault that is gone is told to whoever needs it next, not to somebody who needs a card.
         */
        err = lay_lane(r);
        if (err == KR_E_VAULT_GONE)
            err = KR_OK;
    }
    if (err)
        give_up(r);
    return err;
}

static enum kr_error need_process(struct readers *r)
{
    return child_running(&r->child) ? KR_OK : start(r);
}

enum kr_error readers_pin_lane(struct readers *r)
{
    if (!r->vault)
        return kr_fail(KR_E_ARGUMENT, "PIN lane");
    enum kr_error err = need_process(r);
    if (!err && r->lane_vault != vault_pid(r->vault))
        err = lay_lane(r);
    return err;
}

enum kr_error readers_open(struct readers **r, enum reader_kind kind, const char *deck,
                           struct vault *vault)
{
    struct readers *n = calloc(1, sizeof *n);
    *r = NULL;
    if (!n)
        return KR_E_MEMORY;
    n->kind = kind;
    n->vault = vault;
    n->child.fd = -1;
    n->deadline_ms = READER_DEADLINE_MS;
    n->deck = strdup(deck ? deck : "");
    enum kr_error err = n->deck ? watch_open(&n->watch, kind, n->deck) : KR_E_MEMORY;
    if (!err)
        err = start(n);
    if (err)
        readers_close(&n);
    *r = n;
    return err;
}

void readers_close(struct readers **r)
{
    if (!*r)
        return;
    child_kill(&(*r)->child);
    watch_close(&(*r)->watch);
    free((*r)->deck);
    free(*r);
    *r = NULL;
}

void readers_set_deadline(struct readers *r, int ms)
{
    r->deadline_ms = ms;
}

pid_t readers_pid(const struct readers *r)
{
    return r->child.pid;
}

unsigned readers_restarts(const struct readers *r)
{
    return r->restarts;
}

size_t readers_status(struct readers *r, struct reader_status *status, size_t room,
                      enum kr_error *problem)
{
    return watch_status(r->watch, status, room, problem);
}

/* ---- cards ---- */

static void begin_request(struct wire *out, uint8_t *buffer, size_t size, enum cards_op op,
                          size_t reader)
{
    wire_begin(out, buffer, size);
    wire_put_u8(out, (uint8_t)op);
    wire_put_u32(out, (uint32_t)reader);
}

enum kr_error reader_connect(struct readers *r, size_t reader, uint8_t atr[33], size_t *atr_len)
{
    uint8_t message[16 + READER_NAME_MAX], answer[CARDS_MESSAGE_MAX];
    char name[READER_NAME_MAX] = "";
    struct wire out, in;
    *atr_len = 0;
    enum kr_error err = watch_reader_name(r->watch, reader, name, sizeof name);
    if (!err)
        err = need_process(r);
    if (err)
        return err;
    begin_request(&out, message, sizeof message, CARDS_CONNECT, reader);
    wire_put_text(&out, name);
    err = ask(r, &out, -1, r->deadline_ms, answer, &in);
    if (!err)
        err = get_result(&in);
    if (err)
        return err;
    size_t len = 0;
    const uint8_t *got = wire_get_bytes(&in, &len);
    err = wire_end(&in);
    if (!err && len > 33)
        err = kr_fail(KR_E_MESSAGE, "ATR");
    if (!err) {
        memcpy(atr, got, len);
        *atr_len = len;
    }
    return err;
}

enum kr_error reader_reset(struct readers *r, size_t reader)
{
    uint8_t message[16];
    struct wire out;
    enum kr_error err = need_process(r);
    if (err)
        return err;
    begin_request(&out, message, sizeof message, CARDS_RESET, reader);
    return ask_plain(r, &out, -1, r->deadline_ms);
}

void reader_disconnect(struct readers *r, size_t reader)
{
    uint8_t message[16];
    struct wire out;
    if (!child_running(&r->child))
        return;
    begin_request(&out, message, sizeof message, CARDS_DISCONNECT, reader);
    /* Nothing is left to be done about a reader that cannot even be left. */
    (void)ask_plain(r, &out, -1, r->deadline_ms);
}

static enum kr_error read_reply(struct wire *in, struct reply *reply)
{
    size_t len = 0;
    enum kr_error result = get_result(in);
    if (result == KR_E_MESSAGE)
        return result;
    reply->outcome = (enum reply_outcome)wire_get_u8(in);
    reply->sw = (uint16_t)wire_get_u32(in);
    const uint8_t *data = wire_get_bytes(in, &len);
    enum kr_error err = wire_end(in);
    if (err || len > sizeof reply->data || reply->outcome > REPLY_RESET) {
        reply->outcome = REPLY_LOST;
        return kr_fail(KR_E_MESSAGE, "@cards");
    }
    if (len)
        memcpy(reply->data, data, len);
    reply->len = len;
    return result;
}

enum kr_error reader_reply(struct readers *r, struct reply *reply)
{
    uint8_t answer[CARDS_MESSAGE_MAX];
    struct wire in;
    memset(reply, 0, sizeof *reply);
    reply->outcome = REPLY_LOST;
    enum kr_error err = child_running(&r->child) ? hear(r, r->deadline_ms, answer, &in)
                                                 : kr_fail(KR_E_CARD_GONE, "@cards");
    if (err)
        return err;
    err = read_reply(&in, reply);
    secret_wipe(answer, sizeof answer);
    return err;
}

static void put_command(struct wire *out, const struct apdu *a)
{
    uint8_t bytes[APDU_MAX];
    wire_put_bytes(out, bytes, apdu_encode(a, bytes));
}

enum kr_error reader_send(struct readers *r, size_t reader, const struct apdu *const *commands,
                          size_t count, struct reply *reply)
{
    uint8_t message[CARDS_MESSAGE_MAX];
    struct wire out;
    memset(reply, 0, sizeof *reply);
    reply->outcome = REPLY_NOT_SENT;
    enum kr_error err = need_process(r);
    if (err)
        return err;
    begin_request(&out, message, sizeof message, CARDS_TRANSMIT, reader);
    wire_put_u32(&out, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        put_command(&out, commands[i]);
    err = say(r, &out, -1);
    if (err == KR_E_CARD_GONE)
        reply->outcome = REPLY_LOST;
    return err;
}

enum kr_error reader_transmit(struct readers *r, size_t reader, const struct apdu *a,
                              struct reply *reply)
{
    enum kr_error err = reader_send(r, reader, &a, 1, reply);
    return err ? err : reader_reply(r, reply);
}

enum kr_error reader_transmit_pin(struct readers *r, size_t reader, const struct apdu *a,
                                  uint32_t tag, struct reply *reply)
{
    uint8_t message[CARDS_MESSAGE_MAX];
    struct wire out;
    memset(reply, 0, sizeof *reply);
    reply->outcome = REPLY_NOT_SENT;
    enum kr_error err = need_process(r);
    if (err)
        return err;
    begin_request(&out, message, sizeof message, CARDS_TRANSMIT_PIN, reader);
    wire_put_u32(&out, tag);
    put_command(&out, a);
    err = say(r, &out, -1);
    if (err == KR_E_CARD_GONE)
        reply->outcome = REPLY_LOST;
    return err ? err : reader_reply(r, reply);
}
