#include "auditor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "../../crypto/harden.h"
#include "../../crypto/slot.h"

#define PASSPHRASE_MAX 128

/* ---- Who ---- */

static void list_auditors(const struct slots *slots)
{
    for (size_t i = 0; i < slots->count; i++) {
        const struct person *p = &slots->people[i];
        if ((p->roles & ROLE_AUDITOR) && !p->revoked) {
            fprintf(stderr, "  %-23s %s\n", p->slot.person, p->name);
        }
    }
}

static const struct person *only_auditor(const struct slots *slots, size_t *count)
{
    const struct person *found = NULL;
    *count = 0;
    for (size_t i = 0; i < slots->count; i++) {
        const struct person *p = &slots->people[i];
        if ((p->roles & ROLE_AUDITOR) && !p->revoked) {
            found = p;
            ++*count;
        }
    }
    return found;
}

static const struct person *choose_auditor(const struct audit_options *o, const struct slots *slots)
{
    size_t count;
    const struct person *p = only_auditor(slots, &count);
    if (o->person) {
        p = slots_find(slots, o->person);
        if (p && (p->roles & ROLE_AUDITOR) && !p->revoked) {
            return p;
        }
        fprintf(stderr, "%s is not an auditor of this store. Its auditors are:\n", o->person);
    } else if (count == 1) {
        return p;
    } else if (count == 0) {
        fprintf(stderr, "This store has no auditor; only an auditor's passphrase opens it here.\n");
    } else {
        fprintf(stderr, "This store has several auditors; choose one with --person ID:\n");
    }
    list_auditors(slots);
    return NULL;
}

/* ---- The passphrase ---- */

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

/* Bytes up to a newline or the end; one more byte than allowed is kept as the sign of too long a
 * line. */
static enum kr_error read_line(int fd, struct secret *line)
{
    size_t used = 0;
    while (used < line->capacity) {
        ssize_t n = read(fd, line->bytes + used, 1);
        if (n < 0 && errno == EINTR && !interrupted) {
            continue;
        }
        if (n < 0) {
            return interrupted ? KR_E_CANCELLED
                               : kr_fail(KR_E_FILE, "passphrase: %s", strerror(errno));
        }
        if (n == 0 || line->bytes[used] == '\n') {
            break;
        }
        used++;
    }
    line->len = used;
    return used > PASSPHRASE_MAX ? kr_fail(KR_E_TOO_LONG, "passphrase") : KR_OK;
}

static enum kr_error ask_on_terminal(const struct person *p, struct secret *line)
{
    struct termios before, silent;
    struct sigaction stop = {.sa_handler = on_interrupt}, old;
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || tcgetattr(fd, &before) != 0) {
        if (fd >= 0) {
            close(fd);
        }
        return kr_fail(KR_E_FILE, "no terminal to type the passphrase on (--passphrase-fd)");
    }
    silent = before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    sigaction(SIGINT, &stop, &old);
    dprintf(fd, "Passphrase of %s (%s): ", p->name, p->slot.person);
    tcsetattr(fd, TCSAFLUSH, &silent);
    enum kr_error error = read_line(fd, line);
    tcsetattr(fd, TCSAFLUSH, &before);
    dprintf(fd, "\n");
    sigaction(SIGINT, &old, NULL);
    close(fd);
    return error;
}

static enum kr_error database_key(const struct audit_options *o, const struct person *p,
                                  struct secret **key)
{
    struct secret *line = secret_new(PASSPHRASE_MAX + 1);
    if (!line) {
        return KR_E_MEMORY;
    }
    enum kr_error error =
        o->passphrase_fd < 0 ? ask_on_terminal(p, line) : read_line((int)o->passphrase_fd, line);
    if (error == KR_OK) {
        error = slot_database_key(&p->slot, line, key);
    }
    secret_free(&line);
    return error;
}

/* ---- The store ---- */

bool auditor_shows_alteration(enum kr_error error)
{
    return error == KR_E_STORE_DAMAGED || error == KR_E_STORE_OLD || error == KR_E_SLOTS ||
           error == KR_E_CHECKPOINT || error == KR_E_STORE_SETTING;
}

static enum kr_error open_as(const struct audit_options *o, const struct slots *slots,
                             struct store **s)
{
    struct secret *key = NULL;
    const struct person *p = choose_auditor(o, slots);
    if (!p) {
        return KR_E_PERSON_UNKNOWN;
    }
    enum kr_error error = database_key(o, p, &key);
    if (error == KR_OK) {
        error = store_open(o->path, slots, key, true, s);
    }
    secret_free(&key);
    return error;
}

enum kr_error auditor_open(const struct audit_options *o, struct slots *slots, struct store **s)
{
    *slots = (struct slots){.count = 0};
    *s = NULL;
    enum kr_error error = harden_process();
    if (error == KR_OK) {
        error = slots_read(o->path, slots);
    }
    return error == KR_OK ? open_as(o, slots, s) : error;
}

void auditor_note_alteration(struct verify_report *report, const struct slots *slots,
                             enum kr_error error)
{
    *report = (struct verify_report){.problem = error, .bad_seq = VERIFY_NO_ENTRY};
    snprintf(report->what, sizeof report->what, "%s", kr_detail());
    snprintf(report->head.origin, sizeof report->head.origin, "%s", slots->centre.origin);
}
