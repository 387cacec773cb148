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
#define HANDLES   8
#define NO_READER 0xFF

typedef LONG (*transmit_call)(SCARDHANDLE, const SCARD_IO_REQUEST *, LPCBYTE, DWORD,
                              SCARD_IO_REQUEST *, LPBYTE, LPDWORD);
typedef LONG (*connect_call)(SCARDCONTEXT, LPCSTR, DWORD, DWORD, LPSCARDHANDLE, LPDWORD);

static transmit_call real_transmit;
static connect_call real_connect;
static int keeping = -1; /* file that the card process writes to */
static struct {
    SCARDHANDLE handle;
    uint8_t reader;
} connected[HANDLES];
static size_t connected_next;

__attribute__((constructor)) static void find_library(void)
{
    /* A function's address by way of an object pointer, as dlsym() gives it. */
    *(void **)&real_transmit = dlsym(RTLD_NEXT, "SCardTransmit");
    *(void **)&real_connect = dlsym(RTLD_NEXT, "SCardConnect");
}

/* ---- In the card process ---- */

LONG SCardConnect(SCARDCONTEXT context, LPCSTR name, DWORD mode, DWORD protocols,
                  LPSCARDHANDLE handle, LPDWORD protocol)
{
    LONG rv = real_connect(context, name, mode, protocols, handle, protocol);
    if (keeping >= 0 && rv == SCARD_S_SUCCESS) {
        size_t at = connected_next++ % HANDLES;
        connected[at].handle = *handle;
        connected[at].reader = (uint8_t)(name[strlen(name) - 1] - '0'); /* "Virtual PCD 00 01" */
    }
    return rv;
}

static void keep(SCARDHANDLE handle, const uint8_t *command, size_t command_len,
                 const uint8_t *answer, size_t answer_len)
{
    struct exchange e = {.reader = NO_READER};
    for (size_t i = 0; i < HANDLES; i++)
        if (connected[i].handle == handle)
            e.reader = connected[i].reader;
    if (command_len > sizeof e.command || answer_len > sizeof e.answer)
        e.reader = NO_READER;
    else {
        memcpy(e.command, command, command_len);
        memcpy(e.answer, answer, answer_len);
        e.command_len = (uint16_t)command_len;
        e.answer_len = (uint16_t)answer_len;
    }
    if (write(keeping, &e, sizeof e) != (ssize_t)sizeof e)
        _exit(1);
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
        good = e.command_len == 0 ? act_add(acts) : exchange_add(acts, &e);
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

bool bare_wait(int reader, bool present)
{
    SCARD_READERSTATE s = {.szReader = names[reader], .dwCurrentState = SCARD_STATE_UNAWARE};
    for (double end = bench_now() + WAIT_MS / 1e3; bench_now() < end;) {
        LONG rv = SCardGetStatusChange(context, 200, &s, 1);
        bool lies = (s.dwEventState & SCARD_STATE_PRESENT) != 0;
        if (rv == SCARD_S_SUCCESS && lies == present && !(s.dwEventState & SCARD_STATE_MUTE))
            return true;
        s.dwCurrentState = s.dwEventState;
    }
    return false;
}

struct session_of_cards {
    SCARDHANDLE card[READERS];
    DWORD protocol[READERS];
    bool open[READERS];
};

static bool say(struct session_of_cards *s, const struct exchange *e, size_t reader)
{
    uint8_t answer[sizeof e->answer];
    DWORD len = sizeof answer;
    if (!s->open[reader])
        s->open[reader] = real_connect(context, names[reader], SCARD_SHARE_EXCLUSIVE,
                                       SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &s->card[reader],
                                       &s->protocol[reader]) == SCARD_S_SUCCESS;
    if (!s->open[reader] ||
        real_transmit(s->card[reader],
                      s->protocol[reader] == SCARD_PROTOCOL_T1 ? SCARD_PCI_T1 : SCARD_PCI_T0,
                      e->command, e->command_len, NULL, answer, &len) != SCARD_S_SUCCESS)
        return false;
    return len == e->answer_len && memcmp(answer, e->answer, len) == 0;
}

bool bare_replay(const struct act *act, bool swap, double *seconds)
{
    struct session_of_cards s = {.open = {false}};
    bool good = true;
    double start = bench_now();
    for (size_t i = 0; i < act->count && good; i++)
        good = say(&s, &act->exchanges[i], act->exchanges[i].reader ^ (swap ? 1u : 0u));
    for (size_t i = 0; i < READERS; i++)
        if (s.open[i])
            SCardDisconnect(s.card[i], SCARD_UNPOWER_CARD);
    *seconds = bench_now() - start;
    return good;
}
