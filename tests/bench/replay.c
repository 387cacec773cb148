#include "replay.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <PCSC/winscard.h>
#include <PCSC/reader.h>

#include "../../cardio/reader.h"
#include "holding.h"

#define READERS   2
#define WAIT_MS   10000
#define NO_READER 0xFF

typedef LONG (*transmit_call)(SCARDHANDLE, const SCARD_IO_REQUEST *, LPCBYTE, DWORD,
                              SCARD_IO_REQUEST *, LPBYTE, LPDWORD);
typedef LONG (*connect_call)(SCARDCONTEXT, LPCSTR, DWORD, DWORD, LPSCARDHANDLE, LPDWORD);

static transmit_call real_transmit;
static connect_call real_connect;
static int keeping = -1;               /* file that the card process writes to */
static SCARDHANDLE connected[READERS]; /* the last one of each */

__attribute__((constructor)) static void find_library(void)
{
    /* A function's address by way of an object pointer, as dlsym() gives it. */
    *(void **)&real_transmit = dlsym(RTLD_NEXT, "SCardTransmit");
    *(void **)&real_connect = dlsym(RTLD_NEXT, "SCardConnect");
}

/* ---- In the card process ---- */

static void keep_exchange(const struct exchange *e)
{
    if (write(keeping, e, sizeof *e) != (ssize_t)sizeof *e)
        _exit(1);
}

LONG SCardConnect(SCARDCONTEXT context, LPCSTR name, DWORD mode, DWORD protocols,
                  LPSCARDHANDLE handle, LPDWORD protocol)
{
    LONG rv = real_connect(context, name, mode, protocols, handle, protocol);
    size_t reader = (size_t)(name[strlen(name) - 1] - '0'); /* "Virtual PCD 00 01" */
    if (keeping >= 0 && rv == SCARD_S_SUCCESS && reader < READERS) {
        connected[reader] = *handle;
        keep_exchange(&(struct exchange){.reader = (uint8_t)reader, .reset = true});
    }
    return rv;
}

static void keep(SCARDHANDLE handle, const uint8_t *command, size_t command_len,
                 const uint8_t *answer, size_t answer_len)
{
    struct exchange e = {.reader = NO_READER};
    for (uint8_t i = 0; i < READERS; i++)
        if (connected[i] == handle)
            e.reader = i;
    if (command_len > sizeof e.command || answer_len > sizeof e.answer)
        e.reader = NO_READER;
    else {
        memcpy(e.command, command, command_len);
        memcpy(e.answer, answer, answer_len);
        e.command_len = (uint16_t)command_len;
        e.answer_len = (uint16_t)answer_len;
    }
    keep_exchange(&e);
}

LONG SCardTransmit(SCARDHANDLE handle, const SCARD_IO_REQUEST *how, LPCBYTE command, DWORD len,
                   SCARD_IO_REQUEST *got, LPBYTE answer, LPDWORD answer_len)
{
    LONG rv = real_transmit(handle, how, command, len, got, answer, answer_len);
    if (keeping >= 0 && rv == SCARD_S_SUCCESS)
        keep(handle, command, len, answer, *answer_len);
    return rv;
}

void keep_path(pid_t engine, char path[64])
{
    snprintf(path, 64, "/tmp/keyrite-bench-%ld.acts", (long)engine);
}

int recorded_cards_serve(int fd)
{
    char path[64];
    keep_path(getppid(), path);
    keeping = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    return cards_serve(fd);
}

/* ---- In the engine's process ---- */

bool keep_begin(void)
{
    char path[64];
    keep_path(getpid(), path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* An exchange without bytes. */
bool keep_mark(void)
{
    static const struct exchange mark = {.reader = 0};
    char path[64];
    keep_path(getpid(), path);
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    bool good = fd >= 0 && write(fd, &mark, sizeof mark) == (ssize_t)sizeof mark;
    if (fd >= 0)
        close(fd);
    return good;
}

static bool act_add(struct acts *acts)
{
    struct act *more = realloc(acts->list, (acts->count + 1) * sizeof *more);
    if (!more)
        return false;
    acts->list = more;
    acts->list[acts->count++] = (struct act){.exchanges = NULL};
    return true;
}

static bool exchange_add(struct acts *acts, const struct exchange *e)
{
    if (acts->count == 0 || e->reader >= READERS)
        return false;
    struct act *act = &acts->list[acts->count - 1];
    struct exchange *more = realloc(act->exchanges, (act->count + 1) * sizeof *more);
    if (!more)
        return false;
    act->exchanges = more;
    act->exchanges[act->count++] = *e;
    return true;
}

bool keep_end(struct acts *acts)
{
    char path[64];
    struct exchange e;
    bool good = true;
    *acts = (struct acts){.list = NULL};
    keep_path(getpid(), path);
    FILE *f = fopen(path, "rb");
    while (f && good && fread(&e, sizeof e, 1, f) == 1)
        good = e.command_len == 0 && !e.reset ? act_add(acts) : exchange_add(acts, &e);
    good = good && f && feof(f);
    if (f)
        fclose(f);
    unlink(path);
    return good;
}

void acts_free(struct acts *acts)
{
    for (size_t i = 0; i < acts->count; i++)
        free(acts->list[i].exchanges);
    free(acts->list);
    *acts = (struct acts){.list = NULL};
}

/* ---- The bare client ---- */

static SCARDCONTEXT context;
static char names[READERS][MAX_READERNAME];

bool bare_open(void)
{
    char list[READERS * MAX_READERNAME + 1];
    DWORD len = sizeof list;
    int n = 0;
    if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) != SCARD_S_SUCCESS ||
        SCardListReaders(context, NULL, list, &len) != SCARD_S_SUCCESS)
        return false;
    for (const char *name = list; *name && n < READERS; name += strlen(name) + 1)
        memcpy(names[n++], name, strnlen(name, MAX_READERNAME - 1) + 1);
    return n == READERS;
}

void bare_close(void)
{
    SCardReleaseContext(context);
}

static bool look(SCARD_READERSTATE *s, int reader, bool present, DWORD wait_ms)
{
    s->szReader = names[reader];
    LONG rv = SCardGetStatusChange(context, wait_ms, s, 1);
    bool lies = (s->dwEventState & SCARD_STATE_PRESENT) != 0;
    s->dwCurrentState = s->dwEventState;
    return rv == SCARD_S_SUCCESS && lies == present && !(s->dwEventState & SCARD_STATE_MUTE);
}

bool bare_sees(int reader, bool present)
{
    SCARD_READERSTATE s = {.dwCurrentState = SCARD_STATE_UNAWARE};
    return look(&s, reader, present, 0);
}

bool bare_wait(int reader, bool present)
{
    SCARD_READERSTATE s = {.dwCurrentState = SCARD_STATE_UNAWARE};
    bool seen = false;
    for (double end = bench_now() + WAIT_MS / 1e3; !seen && bench_now() < end;)
        seen = look(&s, reader, present, 200);
    return seen;
}

static struct {
    SCARDHANDLE card;
    DWORD protocol;
    bool open;
} readers[READERS];

static bool open_reader(size_t reader)
{
    const DWORD protocols = SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1;
    if (!readers[reader].open)
        readers[reader].open =
            real_connect(context, names[reader], SCARD_SHARE_EXCLUSIVE, protocols,
                         &readers[reader].card, &readers[reader].protocol) == SCARD_S_SUCCESS;
    return readers[reader].open;
}

static bool open_anew(size_t reader)
{
    return SCardReconnect(readers[reader].card, SCARD_SHARE_EXCLUSIVE,
                          SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, SCARD_RESET_CARD,
                          &readers[reader].protocol) == SCARD_S_SUCCESS;
}

static bool say(const struct exchange *e, size_t reader)
{
    uint8_t answer[sizeof e->answer];
    DWORD len = sizeof answer;
    if (e->reset)
        return readers[reader].open ? open_anew(reader) : open_reader(reader);
    if (!open_reader(reader) ||
        real_transmit(readers[reader].card,
                      readers[reader].protocol == SCARD_PROTOCOL_T1 ? SCARD_PCI_T1 : SCARD_PCI_T0,
                      e->command, e->command_len, NULL, answer, &len) != SCARD_S_SUCCESS)
        return false;
    return len == e->answer_len && memcmp(answer, e->answer, len) == 0;
}

static void leave(size_t reader)
{
    if (readers[reader].open)
        SCardDisconnect(readers[reader].card, SCARD_UNPOWER_CARD);
    readers[reader].open = false;
}

void bare_leave(void)
{
    for (size_t i = 0; i < READERS; i++)
        leave(i);
}

bool bare_replay(const struct act *act, const struct replay_how *how, double *seconds)
{
    bool good = true;
    double start = bench_now();
    for (size_t i = 0; i < act->count && good; i++)
        good = say(&act->exchanges[i], act->exchanges[i].reader ^ (how->swap ? 1u : 0u));
    for (size_t i = 0; i < READERS; i++)
        if (!how->stays_open[i])
            leave(i);
    *seconds = bench_now() - start;
    return good;
}
