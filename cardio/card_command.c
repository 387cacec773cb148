/* How commands reach a card: one by one, or several that wait for each other in one request. */
#include "card_command.h"
#include <string.h>
#include <time.h>

#define NO_SUCH_KEY  0x6A88
#define TOGETHER_MAX 768 /* bytes of APDUs in one request, within CARDS_MESSAGE_MAX */

static uint32_t micros_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((now.tv_sec - start->tv_sec) * 1000000L +
                      (now.tv_nsec - start->tv_nsec) / 1000L);
}

enum kr_error card_status_error(const struct apdu *a, uint16_t sw)
{
    if (sw == 0x9000)
        return KR_OK;
    if ((sw & 0xFFF0) == 0x63C0)
        return kr_fail(KR_E_CARD_AUTH, "%d", sw & 0xF);
    if (sw == 0x6983)
        return kr_fail(KR_E_CARD_LOCKED, "%s %02X", apdu_name(a), a->p2);
    if (sw == 0x6A84)
        return kr_fail(KR_E_CARD_FULL, "%s", apdu_name(a));
    return kr_fail(KR_E_CARD_REFUSED, "%s %04X", apdu_name(a), sw);
}

/* SELECT, READ, GET DATA, GET CHALLENGE, INTERNAL AUTHENTICATE, GET RESPONSE: the card is the same
 * afterwards. Anything else counts as a change. */
static bool only_looks(const struct apdu *a)
{
    static const uint8_t looks[] = {0xA4, 0xB0, 0xB2, GET_DATA_INS, 0x84, 0x88, 0xC0};
    return memchr(looks, a->ins, sizeof looks) != NULL;
}

enum kr_error card_allow(struct card *c, const struct apdu *a, struct reply *reply)
{
    enum kr_error (*ask)(void *ctx) = c->before_change;
    if (!ask || only_looks(a))
        return KR_OK;
    c->before_change = NULL;
    enum kr_error err = ask(c->before_change_ctx);
    if (err) {
        c->sw = 0;
        *reply = (struct reply){.outcome = REPLY_NOT_SENT};
    }
    return err;
}

/* ---- One request ---- */

/* All that goes with one request; an answer that was wanted beforehand is judged here. */
struct request_of_card {
    const struct apdu *commands[CARD_PUT_OFF_MAX + 1];
    size_t count, waited; /* the first so many had waited */
};

static enum kr_error judge(struct card *c, const struct card_put_off *p, const struct reply *reply)
{
    const struct card_wanted *w = &p->wanted;
    uint8_t differs = reply->len != sizeof w->answer;
    if (w->differs == KR_E_CARD_DIFFERS && c->sw == NO_SUCH_KEY)
        return kr_fail(w->differs, "%s", w->what);
    enum kr_error err = card_status_error(&p->apdu, c->sw);
    if (err || w->differs == KR_OK)
        return err;
    for (size_t i = 0; !differs && i < sizeof w->answer; i++)
        differs |= w->answer[i] ^ reply->data[i];
    return differs ? kr_fail(w->differs, "%s", w->what) : KR_OK;
}

/* Proving who is there writes nothing, and asking for the tries left does not either; a proof that
 * did not succeed may have cost a try. */
void card_heard(struct card *c, const struct apdu *a, const struct reply *reply)
{
    bool reached = reply->outcome == REPLY_OK || reply->outcome == REPLY_LOST;
    bool asks = a->ins == 0x20 && a->lc == 0;
    bool proves = a->ins == 0x82 || a->ins == 0x20;
    c->sw = reply->outcome == REPLY_OK ? reply->sw : 0;
    if (reached && !only_looks(a) && !asks && !(proves && c->sw == 0x9000))
        c->touched = true;
}

static enum kr_error hear(struct card *c, const struct apdu *a, struct reply *reply)
{
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    enum kr_error err = reader_reply(c->readers, reply);
    c->fresh = c->fresh && !err && a->cla == GET_DATA_CLA && a->ins == GET_DATA_INS;
    card_heard(c, a, reply);
    if (c->trace) {
        struct card_trace line = {
            .command = apdu_name(a), .sw = c->sw, .micros = micros_since(&start)};
        c->trace(c->trace_ctx, &line);
    }
    return err;
}

/* The card process stops at the first command that is not answered with 9000, and so does this. An
 * answer that is not the one wanted stops neither; the first error is the one that counts. */
static enum kr_error hear_all(struct card *c, const struct request_of_card *r, struct reply *reply)
{
    enum kr_error first = KR_OK;
    size_t heard = 0;
    for (bool more = true; more && heard < r->count; heard++) {
        enum kr_error err = hear(c, r->commands[heard], reply);
        more = !err && c->sw == 0x9000;
        if (!err && !first)
            err = heard < r->waited ? judge(c, &c->waiting[heard], reply)
                                    : card_status_error(r->commands[heard], c->sw);
        first = first ? first : err;
    }
    if (heard < r->count && reply->outcome == REPLY_OK)
        *reply = (struct reply){.outcome = REPLY_NOT_SENT};
    return first;
}

static enum kr_error exchange(struct card *c, const struct apdu *last, struct reply *reply)
{
    struct request_of_card r = {.waited = c->put_off};
    enum kr_error err = KR_OK;
    for (size_t i = 0; i < c->put_off; i++)
        r.commands[r.count++] = &c->waiting[i].apdu;
    if (last)
        r.commands[r.count++] = last;
    for (size_t i = 0; i < r.count && !err; i++)
        err = card_allow(c, r.commands[i], reply);
    c->put_off = 0;
    if (err)
        return err;
    err = reader_send(c->readers, c->reader, r.commands, r.count, reply);
    return err ? err : hear_all(c, &r, reply);
}

enum kr_error card_command(struct card *c, const struct apdu *a, struct reply *reply)
{
    return exchange(c, a, reply);
}

enum kr_error card_ask(struct card *c, const struct apdu *a, uint8_t *out, size_t len)
{
    struct reply reply;
    enum kr_error err = card_command(c, a, &reply);
    if (!err && reply.len != len)
        err = kr_fail(KR_E_CARD_REFUSED, "%s: %zu/%zu", apdu_name(a), reply.len, len);
    if (!err)
        memcpy(out, reply.data, len);
    return err;
}

/* ---- Commands that wait ---- */

enum kr_error card_flush(struct card *c)
{
    struct reply reply;
    return c->put_off > 0 ? exchange(c, NULL, &reply) : KR_OK;
}

static bool fits(const struct card *c, const struct apdu *a)
{
    uint8_t bytes[APDU_MAX];
    size_t sum = apdu_encode(a, bytes);
    for (size_t i = 0; i < c->put_off; i++)
        sum += apdu_encode(&c->waiting[i].apdu, bytes);
    return c->put_off < CARD_PUT_OFF_MAX - 1 && sum + APDU_MAX <= TOGETHER_MAX;
}

enum kr_error card_want(struct card *c, const struct apdu *a, const struct card_wanted *wanted)
{
    bool full = !c->puts_off || !fits(c, a);
    c->waiting[c->put_off++] = (struct card_put_off){.apdu = *a, .wanted = *wanted};
    return full ? card_flush(c) : KR_OK;
}

enum kr_error card_tell(struct card *c, const struct apdu *a)
{
    const struct card_wanted anything = {.differs = KR_OK};
    return card_want(c, a, &anything);
}

void card_put_off(struct card *c)
{
    c->puts_off = true;
}

enum kr_error card_settle(struct card *c, enum kr_error err)
{
    if (!err)
        err = card_flush(c);
    c->puts_off = false;
    c->put_off = 0;
    return err;
}
