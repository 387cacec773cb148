#include "vpcd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "slot.h"
#include "../deck.h"
#include "../../crypto/secret.h"

#define RETRY_MS 100
#define BODY_MAX 512

enum control { POWER_OFF = 0, POWER_ON = 1, RESET = 2, GET_ATR = 4 };

struct vpcd {
    const struct vpcd_options *how;
    struct sim_slot *slot;
    uint32_t changes;  /* of the slot when the connection was made */
    int watch, socket; /* socket -1: not connected */
};

static void hang_up(struct vpcd *v)
{
    if (v->socket >= 0)
        close(v->socket);
    v->socket = -1;
    sim_slot_off(v->slot);
}

/* Without NODELAY and QUICKACK each command waits 40 ms for the kernel's delayed acknowledgement.
 */
static void keep_quick(int socket)
{
    const int on = 1;

    setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

/*
 * The driver's ports lie among those the kernel gives out: while nobody listens, a connection from
 * the same address would now and then meet itself and hold the port against pcscd. Hence another
 * loopback address.
 */
static bool leave_from(int socket)
{
    const struct sockaddr_in own = {.sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1)};

    return bind(socket, (const struct sockaddr *)&own, sizeof own) == 0;
}

static void connect_driver(struct vpcd *v)
{
    const uint16_t port = v->how->port ? v->how->port : (uint16_t)(VPCD_PORT + v->how->slot);
    const struct sockaddr_in driver = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (s < 0)
        return;
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (leave_from(s) && connect(s, (const struct sockaddr *)&driver, sizeof driver) == 0)
        v->socket = s;
    else
        close(s);
}

static bool receive_all(int socket, uint8_t *out, size_t len)
{
    for (size_t at = 0; at < len;) {
        keep_quick(socket);
        ssize_t n = recv(socket, out + at, len - at, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

/* Length and body leave in one piece: two would meet the delayed acknowledgement again. */
static bool send_body(int socket, const uint8_t *body, size_t len)
{
    uint8_t message[2 + REPLY_MAX] = {(uint8_t)(len >> 8), (uint8_t)len};
    bool sent = true;

    memcpy(message + 2, body, len);
    for (size_t at = 0; at < 2 + len && sent;) {
        ssize_t n = send(socket, message + at, 2 + len - at, MSG_NOSIGNAL);
        sent = n > 0 || (n < 0 && errno == EINTR);
        at += n > 0 ? (size_t)n : 0;
    }
    secret_wipe(message, sizeof message);
    return sent;
}

static bool power(struct vpcd *v, uint8_t atr[33], size_t *atr_len)
{
    enum kr_error rc = sim_slot_power(v->slot, atr, atr_len);

    if (rc != KR_OK && rc != KR_E_NO_CARD && v->how->complain)
        v->how->complain(rc);
    return rc == KR_OK;
}

/* False: the connection is over. */
static bool obey_control(struct vpcd *v, uint8_t control)
{
    uint8_t atr[33];
    size_t atr_len = 0;

    switch (control) {
    case POWER_OFF:
        sim_slot_off(v->slot);
        return true;
    case POWER_ON:
    case RESET:
        return power(v, atr, &atr_len);
    case GET_ATR: /* also how the driver looks, now and then, whether the card is still there */
        return sim_slot_atr(v->slot, atr, &atr_len) == KR_OK && send_body(v->socket, atr, atr_len);
    default:
        return true;
    }
}

/* As long as a real card would have taken, counted from the command's arrival. */
static void keep_pace(const struct vpcd *v, struct timespec arrived)
{
    arrived.tv_nsec += (long)(v->how->pace_ms % 1000) * 1000000L;
    arrived.tv_sec += (time_t)(v->how->pace_ms / 1000) + arrived.tv_nsec / 1000000000L;
    arrived.tv_nsec %= 1000000000L;
    if (v->how->pace_ms > 0)
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &arrived, NULL) == EINTR)
            continue;
}

static bool obey_command(struct vpcd *v, const uint8_t *command, size_t len)
{
    struct timespec arrived;
    uint8_t reply[REPLY_MAX], atr[33];
    size_t reply_len = 0, atr_len;
    enum sim_outcome outcome;
    bool sent = false;

    clock_gettime(CLOCK_MONOTONIC, &arrived);
    outcome = sim_slot_transmit(v->slot, command, len, reply, &reply_len);
    /* The driver has no word for a card that lost its power for a moment: it just forgot where it
     * was. */
    if (outcome == SIM_RESET && power(v, atr, &atr_len))
        outcome = sim_slot_transmit(v->slot, command, len, reply, &reply_len);
    keep_pace(v, arrived);
    if (outcome == SIM_ANSWERED)
        sent = send_body(v->socket, reply, reply_len);
    secret_wipe(reply, sizeof reply);
    return sent || outcome == SIM_MUTE;
}

static bool obey_message(struct vpcd *v)
{
    uint8_t head[2], body[BODY_MAX];
    bool good = receive_all(v->socket, head, sizeof head);
    size_t len = good ? (size_t)(head[0] << 8 | head[1]) : 0;

    good = good && len <= sizeof body && receive_all(v->socket, body, len);
    if (good && len == 1)
        good = obey_control(v, body[0]);
    else if (good && len > 1)
        good = obey_command(v, body, len);
    secret_wipe(body, sizeof body);
    return good;
}

/* Another card, or none, than the one the driver was told of: it has to see the removal. */
static void follow_slot(struct vpcd *v)
{
    uint32_t changes;
    bool present = sim_slot_present(v->slot, &changes);

    if (v->socket >= 0 && changes != v->changes)
        hang_up(v);
    if (present && v->socket < 0) {
        v->changes = changes;
        connect_driver(v);
    }
}

/* A card that cannot be used, or a driver that goes away, is not asked again at once. */
static void give_up(struct vpcd *v)
{
    struct pollfd watch = {.fd = v->watch, .events = POLLIN};

    hang_up(v);
    poll(&watch, 1, RETRY_MS);
}

static enum kr_error turn(struct vpcd *v)
{
    struct pollfd fds[2] = {{.fd = v->watch, .events = POLLIN}, {.events = POLLIN}};
    int n;

    follow_slot(v);
    fds[1].fd = v->socket;
    /* Without a connection: look again soon, pcscd may have come. */
    n = poll(fds, 2, v->socket < 0 && sim_slot_present(v->slot, NULL) ? RETRY_MS : -1);
    if (n < 0 && errno != EINTR)
        return kr_fail(KR_E_SYSTEM, "poll: %s", strerror(errno));
    if (n > 0 && fds[0].revents)
        deck_watch_drain(v->watch);
    else if (n > 0 && fds[1].revents && !obey_message(v))
        give_up(v);
    return KR_OK;
}

enum kr_error vpcd_serve(const struct vpcd_options *options)
{
    struct vpcd v = {.how = options, .watch = -1, .socket = -1};
    enum kr_error rc = sim_slot_open(options->deck, options->slot, &v.slot);

    if (rc == KR_OK)
        rc = deck_watch(options->deck, &v.watch);
    if (rc == KR_OK)
        sim_slot_set_t0(v.slot, options->t0);
    while (rc == KR_OK)
        rc = turn(&v);
    if (v.slot)
        hang_up(&v);
    if (v.watch >= 0)
        close(v.watch);
    sim_slot_close(&v.slot);
    return rc;
}
