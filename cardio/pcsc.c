/*
 * Cards through PC/SC-lite. What each return code means for a command that changes a card was
 * measured with pcscd:
 * ../shared/domain/journal.md section 3.
 */
#include "card_backend.h"
#include <PCSC/winscard.h>
#include <PCSC/reader.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libpcsclite's own constants carry no type that survives -Wconversion on every version. */
#define CODE(name)         ((LONG)(name))
#define READER_NAMES_BYTES (READERS_MAX * MAX_READERNAME)
#define ACCESS_DENIED      0x8010006A
/* pcscd knows readers coming and going under this name. */
#define PNP_NOTIFICATION "\\\\?PnP?\\Notification"

struct pcsc_card {
    SCARDHANDLE handle;
    DWORD protocol;
    bool open;
};
struct pcsc {
    SCARDCONTEXT context;
    bool ready;
    char names[READERS_MAX][MAX_READERNAME];
    size_t count;
    struct pcsc_card cards[READERS_MAX];
    SCARD_READERSTATE seen[READERS_MAX + 1];
    size_t seen_count;
};

static enum kr_error explain(LONG rv, const char *what)
{
    if (rv == CODE(SCARD_S_SUCCESS))
        return KR_OK;
    if (rv == CODE(SCARD_E_NO_SERVICE) || rv == CODE(SCARD_E_SERVICE_STOPPED) ||
        rv == CODE(SCARD_E_INVALID_HANDLE) || rv == CODE(SCARD_F_COMM_ERROR))
        return kr_fail(KR_E_PCSC_DOWN, "%s", what);
    if (rv == CODE(ACCESS_DENIED))
        return kr_fail(KR_E_PCSC_DENIED, "%s", what);
    if (rv == CODE(SCARD_E_UNKNOWN_READER) || rv == CODE(SCARD_E_READER_UNAVAILABLE) ||
        rv == CODE(SCARD_E_NO_READERS_AVAILABLE))
        return kr_fail(KR_E_NO_READER, "%s", what);
    if (rv == CODE(SCARD_E_NO_SMARTCARD) || rv == CODE(SCARD_W_REMOVED_CARD))
        return kr_fail(KR_E_NO_CARD, "%s", what);
    if (rv == CODE(SCARD_W_RESET_CARD))
        return kr_fail(KR_E_CARD_RESET, "%s", what);
    if (rv == CODE(SCARD_W_UNRESPONSIVE_CARD) || rv == CODE(SCARD_W_UNPOWERED_CARD) ||
        rv == CODE(SCARD_W_UNSUPPORTED_CARD) || rv == CODE(SCARD_E_PROTO_MISMATCH))
        return kr_fail(KR_E_CARD_MUTE, "%s", what);
    if (rv == CODE(SCARD_E_SHARING_VIOLATION))
        return kr_fail(KR_E_READER_BUSY, "%s", what);
    return kr_fail(KR_E_SYSTEM, "%s: PC/SC %08lX", what, (unsigned long)rv & 0xFFFFFFFFul);
}

/* A person knows readers by number; pcscd's name for them only where its own words are quoted. */
static enum kr_error explain_reader(LONG rv, const struct pcsc *p, size_t reader)
{
    enum kr_error err = explain(rv, p->names[reader]);
    if (err == KR_E_NO_READER || err == KR_E_NO_CARD || err == KR_E_READER_BUSY)
        err = kr_fail(err, "%zu", reader + 1);
    return err;
}

static void forget_context(struct pcsc *p)
{
    for (size_t i = 0; i < READERS_MAX; i++)
        p->cards[i].open = false;
    if (p->ready)
        SCardReleaseContext(p->context);
    p->ready = false;
    p->seen_count = 0;
}

static enum kr_error need_context(struct pcsc *p)
{
    if (p->ready && SCardIsValidContext(p->context) == CODE(SCARD_S_SUCCESS))
        return KR_OK;
    forget_context(p);
    enum kr_error err = explain(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &p->context),
                                "SCardEstablishContext");
    p->ready = err == KR_OK;
    return err;
}

static enum kr_error list_readers(struct pcsc *p)
{
    char all[READER_NAMES_BYTES] = "";
    DWORD len = sizeof all;
    LONG rv = SCardListReaders(p->context, NULL, all, &len);
    p->count = 0;
    if (rv == CODE(SCARD_E_NO_READERS_AVAILABLE))
        return KR_OK;
    enum kr_error err = explain(rv, "SCardListReaders");
    for (const char *name = all; !err && *name && p->count < READERS_MAX;
         name += strlen(name) + 1) {
        size_t n = strnlen(name, sizeof *p->names - 1);
        memcpy(p->names[p->count], name, n);
        p->names[p->count++][n] = '\0';
    }
    return err;
}

/* pcscd may have been restarted since: its old context answers nothing any more, so once more from
 * the beginning. */
static enum kr_error refresh(struct pcsc *p)
{
    enum kr_error err = need_context(p);
    if (!err)
        err = list_readers(p);
    if (err != KR_E_PCSC_DOWN)
        return err;
    forget_context(p);
    err = need_context(p);
    return err ? err : list_readers(p);
}

static enum kr_error pcsc_open(const char *deck, void **state)
{
    (void)deck;
    *state = calloc(1, sizeof(struct pcsc));
    return *state ? KR_OK : KR_E_MEMORY;
}

static void pcsc_disconnect(void *state, size_t reader)
{
    struct pcsc *p = state;
    if (reader >= READERS_MAX || !p->cards[reader].open)
        return;
    /* Powered down, so that no security state is left to whoever opens the reader next. */
    SCardDisconnect(p->cards[reader].handle, SCARD_UNPOWER_CARD);
    p->cards[reader].open = false;
}

static void pcsc_close(void *state)
{
    struct pcsc *p = state;
    for (size_t i = 0; i < READERS_MAX; i++)
        pcsc_disconnect(p, i);
    forget_context(p);
    free(p);
}

static enum kr_error power_cycle(struct pcsc *p, size_t reader)
{
    struct pcsc_card *c = &p->cards[reader];
    return explain_reader(SCardReconnect(c->handle, SCARD_SHARE_EXCLUSIVE,
                                         SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, SCARD_RESET_CARD,
                                         &c->protocol),
                          p, reader);
}

static enum kr_error read_atr(struct pcsc *p, size_t reader, uint8_t atr[33], size_t *atr_len)
{
    DWORD state = 0, protocol = 0, name_len = 0, len = 33;
    enum kr_error err = explain_reader(
        SCardStatus(p->cards[reader].handle, NULL, &name_len, &state, &protocol, atr, &len), p,
        reader);
    *atr_len = err ? 0 : len;
    return err;
}

static enum kr_error take_reader(struct pcsc *p, size_t reader)
{
    struct pcsc_card *c = &p->cards[reader];
    enum kr_error err = need_context(p);
    if (err)
        return err;
    return explain_reader(SCardConnect(p->context, p->names[reader], SCARD_SHARE_EXCLUSIVE,
                                       SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &c->handle,
                                       &c->protocol),
                          p, reader);
}

static enum kr_error pcsc_connect(void *state, size_t reader, const char *name, uint8_t atr[33],
                                  size_t *atr_len)
{
    struct pcsc *p = state;
    pcsc_disconnect(p, reader);
    snprintf(p->names[reader], sizeof p->names[reader], "%s", name);
    enum kr_error err = take_reader(p, reader);
    if (err == KR_E_PCSC_DOWN) { /* restarted since: once more from the beginning */
        forget_context(p);
        err = take_reader(p, reader);
    }
    if (err)
        return err;
    p->cards[reader].open = true;
    /* The card may still be powered from another program's session; only a reset makes its state
     * known. */
    err = power_cycle(p, reader);
    if (!err)
        err = read_atr(p, reader, atr, atr_len);
    if (err)
        pcsc_disconnect(p, reader);
    return err;
}

static enum kr_error pcsc_reset(void *state, size_t reader)
{
    struct pcsc *p = state;
    if (reader >= READERS_MAX || !p->cards[reader].open)
        return kr_fail(KR_E_CARD_RESET, "%zu", reader + 1);
    enum kr_error err = power_cycle(p, reader);
    if (err)
        pcsc_disconnect(p, reader);
    return err;
}

/* The reader state is asked for before anything is sent, so these two codes alone mean: not carried
 * out. */
static enum reply_outcome judge(LONG rv, DWORD len, const struct pcsc *p, size_t reader,
                                enum kr_error *err)
{
    if (rv == CODE(SCARD_S_SUCCESS) && len >= 2)
        return REPLY_OK;
    if (rv == CODE(SCARD_W_RESET_CARD) || rv == CODE(SCARD_W_REMOVED_CARD)) {
        *err = explain_reader(rv, p, reader);
        return *err == KR_E_CARD_RESET ? REPLY_RESET : REPLY_NOT_SENT;
    }
    /* Success with nothing, a communication error, a service that died: whether it was carried out
     * is unknown. */
    *err = kr_fail(KR_E_CARD_GONE, "%s: PC/SC %08lX", p->names[reader],
                   (unsigned long)rv & 0xFFFFFFFFul);
    return REPLY_LOST;
}

static enum reply_outcome pcsc_exchange(void *state, size_t reader, const uint8_t *command,
                                        size_t command_len, uint8_t *answer, size_t *len,
                                        enum kr_error *err)
{
    struct pcsc *p = state;
    if (reader >= READERS_MAX || !p->cards[reader].open) {
        *err = kr_fail(KR_E_CARD_RESET, "%zu", reader + 1);
        return REPLY_RESET;
    }
    struct pcsc_card *c = &p->cards[reader];
    const SCARD_IO_REQUEST *pci = c->protocol == SCARD_PROTOCOL_T1 ? SCARD_PCI_T1 : SCARD_PCI_T0;
    /* T=0 has no room for Le behind data (ISO/IEC 7816-3, case 4); the card says 61xx instead. */
    if (c->protocol == SCARD_PROTOCOL_T0 && command_len > 5 && command_len == 6u + command[4])
        command_len--;
    DWORD room = (DWORD)*len;
    LONG rv = SCardTransmit(c->handle, pci, command, (DWORD)command_len, NULL, answer, &room);
    enum reply_outcome outcome = judge(rv, room, p, reader, err);
    *len = outcome == REPLY_OK ? room : 0;
    if (outcome != REPLY_OK)
        pcsc_disconnect(p, reader);
    return outcome;
}

/* The states to wait on: every reader as last seen, and the arrival of new ones. */
static void prepare_watch(struct pcsc *p)
{
    bool same = p->seen_count == p->count + 1;
    for (size_t i = 0; same && i < p->count; i++)
        same = strcmp(p->seen[i].szReader, p->names[i]) == 0;
    if (same)
        return;
    memset(p->seen, 0, sizeof p->seen);
    for (size_t i = 0; i < p->count; i++)
        p->seen[i].szReader = p->names[i];
    p->seen[p->count].szReader = PNP_NOTIFICATION;
    p->seen_count = p->count + 1;
}

static void describe(const struct pcsc *p, struct reader_status *status, size_t room, size_t *count)
{
    *count = p->count < room ? p->count : room;
    for (size_t i = 0; i < *count; i++) {
        const SCARD_READERSTATE *s = &p->seen[i];
        struct reader_status *out = &status[i];
        memset(out, 0, sizeof *out);
        out->attached = true;
        memcpy(out->name, p->names[i], strlen(p->names[i]) + 1);
        out->present = (s->dwCurrentState & SCARD_STATE_PRESENT) != 0;
        out->changes = (uint32_t)(s->dwCurrentState >> 16) & 0xFFFF;
        out->atr_len = s->cbAtr <= sizeof out->atr ? s->cbAtr : 0;
        memcpy(out->atr, s->rgbAtr, out->atr_len);
    }
}

static enum kr_error pcsc_watch(void *state, struct reader_status *status, size_t room,
                                size_t *count, int timeout_ms)
{
    struct pcsc *p = state;
    *count = 0;
    enum kr_error err = refresh(p);
    if (err)
        return err;
    prepare_watch(p);
    LONG rv = SCardGetStatusChange(p->context, (DWORD)timeout_ms, p->seen, (DWORD)p->seen_count);
    if (rv == CODE(SCARD_E_UNKNOWN_READER)) { /* one was unplugged between the list and now */
        p->seen_count = 0;
        return KR_OK;
    }
    if (rv != CODE(SCARD_E_TIMEOUT))
        err = explain(rv, "SCardGetStatusChange");
    for (size_t i = 0; !err && i < p->seen_count; i++)
        p->seen[i].dwCurrentState = p->seen[i].dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
    if (!err)
        describe(p, status, room, count);
    return err;
}

const struct card_backend backend_pcsc = {
    .open = pcsc_open,
    .close = pcsc_close,
    .connect = pcsc_connect,
    .reset = pcsc_reset,
    .disconnect = pcsc_disconnect,
    .exchange = pcsc_exchange,
    .watch = pcsc_watch,
};
