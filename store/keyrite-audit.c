/*
 * keyrite-audit: proves a store from its files alone. No screen, no cards, no key material; of the
 * auditor's slot only the database key is kept, in this process.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "../crypto/harden.h"
#include "../crypto/hash.h"
#include "../crypto/slot.h"
#include "verify.h"

#define EXIT_AGREES     0
#define EXIT_ALTERED    1
#define EXIT_NOT_RUN    2
#define PASSPHRASE_MAX  128
#define CHECKPOINTS_MAX 64

static const char usage[] =
    "usage: keyrite-audit verify STORE [options]\n"
    "\n"
    "Proves the journal of the store in folder STORE: every entry, signature and checkpoint, and\n"
    "that its rows (keys, cards, ceremonies, people) say what the journal says.\n"
    "Nothing is written to STORE. One of its auditors types the passphrase.\n"
    "\n"
    "  --person ID         the auditor, where there are several\n"
    "  --passphrase-fd N   read the passphrase from file descriptor N, up to its first newline\n"
    "  --checkpoint WHICH  a checkpoint kept elsewhere, which the journal must contain: a file "
    "with\n"
    "                      its text or short form, or the short form itself from the ceremony "
    "paper,\n"
    "                      \"SIZE AAAA-BBBB-CCCC-DDDD\" (may be repeated)\n"
    "  --json              one JSON object instead of text\n"
    "  --help, --version\n"
    "\n"
    "exit: 0 all agrees; 1 something was altered (the first bad entry or row is named);\n"
    "      2 could not run\n";

/* What an auditor must know before trusting the verdict. */
static const char *const not_proved[] = {
    "that the people enrolled at the founding are who they say: compare their keys with the "
    "founding protocol",
    "that what people signed is true, or that what happened was written down",
    "that nothing was cut off after the newest checkpoint you brought: bring the short form on the "
    "last ceremony paper with --checkpoint",
    "that the clock was right: times are the workstation's own",
    "that sealed keys open: an auditor has no vault key; that they are the very bytes which were "
    "stored was compared",
    "how far a ceremony has come that is not closed: its saved state is working state, which "
    "nobody "
    "signs",
    "the store's counters of its openings and of slot file generations",
    "anything about a workstation on which several signing keys were stolen",
};

struct outcome {
    struct verify_report report;
    bool opened;    /* else the report knows no more than the problem */
    bool recovered; /* an unfinished write was left out */
    char *forms;    /* short forms of the checkpoints in the store, each with its NUL */
    size_t forms_len;
};
struct options {
    const char *store, *person;
    const char *checkpoints[CHECKPOINTS_MAX];
    size_t checkpoint_count;
    int passphrase_fd; /* -1: the terminal */
    bool json;
};

/* ---- Saying no ---- */

static int not_run(const struct options *o, enum kr_error error)
{
    char text[512];
    if (o->json) {
        printf("{\"verdict\":\"not-run\",\"error\":\"%s\"}\n", kr_name(error));
    }
    /* choose_auditor() has said it already, with the list. */
    if (error != KR_E_PERSON_UNKNOWN) {
        fprintf(stderr, "%s\n", kr_explain(error, NULL, text, sizeof text));
    }
    return EXIT_NOT_RUN;
}

static int misused(const char *what, const char *which)
{
    fprintf(stderr, "%s%s%s. keyrite-audit --help shows what may be given.\n", what,
            which ? ": " : "", which ? which : "");
    return EXIT_NOT_RUN;
}

/* ---- Command line ---- */

static bool read_descriptor(const char *text, int *fd)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    bool good = end != text && *end == '\0' && errno == 0 && number >= 0 && number < 65536;
    *fd = good ? (int)number : -1;
    return good;
}

/* Takes one option with its value; false when it is unknown or its value is missing or senseless.
 */
static bool take_option(struct options *o, int argc, char **argv, int *i)
{
    const char *name = argv[*i];
    if (strcmp(name, "--json") == 0) {
        o->json = true;
        return true;
    }
    const char *value = *i + 1 < argc ? argv[++*i] : NULL;
    if (value && strcmp(name, "--person") == 0) {
        o->person = value;
        return true;
    }
    if (value && strcmp(name, "--passphrase-fd") == 0) {
        return read_descriptor(value, &o->passphrase_fd);
    }
    if (value && strcmp(name, "--checkpoint") == 0 && o->checkpoint_count < CHECKPOINTS_MAX) {
        o->checkpoints[o->checkpoint_count++] = value;
        return true;
    }
    return false;
}

static int read_options(int argc, char **argv, struct options *o)
{
    *o = (struct options){.passphrase_fd = -1};
    if (argc < 2 || strcmp(argv[1], "verify") != 0) {
        return misused("Nothing to do", argc < 2 ? NULL : argv[1]);
    }
    for (int i = 2; i < argc; i++) {
        if (argv[i][0] != '-') {
            if (o->store) {
                return misused("More than one store", argv[i]);
            }
            o->store = argv[i];
        } else if (!take_option(o, argc, argv, &i)) {
            return misused("Not an option that makes sense", argv[i]);
        }
    }
    return o->store ? EXIT_AGREES : misused("No store was given", NULL);
}

/* ---- The auditor and the passphrase ---- */

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

static const struct person *choose_auditor(const struct options *o, const struct slots *slots)
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

static enum kr_error database_key(const struct options *o, const struct person *p,
                                  struct secret **key)
{
    struct secret *line = secret_new(PASSPHRASE_MAX + 1);
    if (!line) {
        return KR_E_MEMORY;
    }
    enum kr_error error =
        o->passphrase_fd < 0 ? ask_on_terminal(p, line) : read_line(o->passphrase_fd, line);
    if (error == KR_OK) {
        error = slot_database_key(&p->slot, line, key);
    }
    secret_free(&line);
    return error;
}

/* ---- The report ---- */

/* Why the entry is bad, for a sentence that begins with the entry. {} stands for the detail. */
static const char *reason(enum kr_error problem)
{
    switch (problem) {
    case KR_E_SIGNATURE:
        return "a signature does not verify: {}";
    case KR_E_ENTRY_FORMAT:
        return "not what was committed to and signed: {}";
    case KR_E_SAME_PERSON:
        return "signed twice by the same person: {}";
    case KR_E_PERSON_UNKNOWN:
        return "signed by {}, who was not enrolled with that key at that time";
    case KR_E_PERSON_REVOKED:
        return "signed by {}, who had been revoked by then";
    case KR_E_ROLE:
        return "signed by people who may not sign such an entry: {}";
    case KR_E_NOT_APPROVED:
        return "step {} was done without an approval before it";
    case KR_E_STORE_ROW:
        return "a row of the database tells something else than the journal: {}";
    case KR_E_STORE_OLD:
        return "the journal ends here although more was signed: {}";
    case KR_E_CHECKPOINT:
        return "does not agree with the checkpoint {} (of a short form: compare it letter by "
               "letter first)";
    case KR_E_SLOTS:
        return "the slot file tells something else than the journal: {}";
    case KR_E_STORE_DAMAGED:
        return "altered or damaged: {}";
    default:
        return "breaks a rule of the journal: {}";
    }
}

static void put_reason(FILE *out, enum kr_error problem, const char *detail)
{
    const char *text = reason(problem), *hole = strstr(text, "{}");
    fprintf(out, "%.*s%s%s", (int)(hole - text), text, detail, hole + 2);
}

/* JSON text: what must be escaped is, the rest is UTF-8 already. */
static void put_json_text(const char *name, const char *value)
{
    printf(",\"%s\":\"", name);
    for (const unsigned char *c = (const unsigned char *)value; *c; c++) {
        if (*c == '"' || *c == '\\') {
            printf("\\%c", *c);
        } else if (*c < 0x20) {
            printf("\\u%04x", *c);
        } else {
            putchar(*c);
        }
    }
    putchar('"');
}

static void print_json(const struct outcome *done)
{
    const struct verify_report *r = &done->report;
    char root[65];
    hex_encode(r->head.root, 32, root);
    printf("{\"verdict\":\"%s\"", r->problem == KR_OK ? "ok" : "altered");
    if (r->problem != KR_OK) {
        put_json_text("problem", kr_name(r->problem));
        put_json_text("what", r->what);
    }
    if (r->problem != KR_OK && r->bad_seq != VERIFY_NO_ENTRY) {
        printf(",\"entry\":%" PRIu64, r->bad_seq);
    }
    put_json_text("origin", r->head.origin);
    printf(",\"entries\":%" PRIu64 ",\"signatures\":%" PRIu64 ",\"checkpoints\":%" PRIu64
           ",\"cosignatures\":%" PRIu64 ",\"people\":%" PRIu64 ",\"ceremonies\":%" PRIu64
           ",\"open_intents\":%" PRIu64 ",\"anchor\":%s",
           r->entries, r->signatures, r->checkpoints, r->cosignatures, r->people, r->ceremonies,
           r->open_intents, r->anchor ? "true" : "false");
    printf(",\"keys\":%" PRIu64 ",\"cards\":%" PRIu64 ",\"knowledge\":%" PRIu64
           ",\"working\":{\"unfinished\":%" PRIu64 ",\"prepared\":%" PRIu64 ",\"sealed\":%" PRIu64
           "}",
           r->keys, r->cards, r->knowledge, r->unfinished, r->prepared, r->sealed);
    put_json_text("root", root);
    printf(",\"short_forms\":[");
    for (size_t at = 0; at < done->forms_len; at += strlen(done->forms + at) + 1) {
        printf("%s\"%s\"", at ? "," : "", done->forms + at);
    }
    printf("]}\n");
}

static void print_verdict(const struct verify_report *r)
{
    if (r->problem == KR_OK) {
        printf("VERDICT: everything that was checked agrees.\n\n");
        return;
    }
    printf("VERDICT: ALTERED");
    if (r->bad_seq != VERIFY_NO_ENTRY && r->problem == KR_E_STORE_ROW) {
        printf(" - not what entry %" PRIu64 " says", r->bad_seq);
    } else if (r->bad_seq != VERIFY_NO_ENTRY) {
        printf(" - first bad entry: %" PRIu64, r->bad_seq);
    }
    printf("\n         ");
    put_reason(stdout, r->problem, r->what);
    printf("\n\n");
}

static void print_counts(const struct verify_report *r)
{
    char short_form[64] = "", root[48];
    checkpoint_short_form(&r->head, short_form, sizeof short_form);
    base64_encode(r->head.root, 32, root);
    printf("  %-26s %" PRIu64 "\n", "entries that agree", r->entries);
    printf("  %-26s %" PRIu64 "\n", "signatures checked", r->signatures);
    printf("  %-26s %" PRIu64 " (%" PRIu64 " signatures of people on them)\n", "checkpoints",
           r->checkpoints, r->cosignatures);
    printf("  %-26s %s\n", "anchor file",
           r->anchor ? "checked" : "not there: nothing beside the database speaks for its length");
    printf("  %-26s %" PRIu64 "\n", "people enrolled", r->people);
    printf("  %-26s %" PRIu64 "\n", "ceremonies opened", r->ceremonies);
    printf("  %-26s %" PRIu64 "\n", "intents without outcome", r->open_intents);
    printf("  %-26s %" PRIu64 " keys, %" PRIu64 " cards, %" PRIu64 " components that people know\n",
           "rows compared", r->keys, r->cards, r->knowledge);
    printf("  %-26s %" PRIu64 " ceremonies not closed, %" PRIu64
           " prepared and not opened, %" PRIu64 " sealed components\n",
           "working state", r->unfinished, r->prepared, r->sealed);
    printf("  %-26s %s\n  %-26s %s\n", "root", root, "to compare by hand", short_form);
}

static void print_text(const struct options *o, const struct slots *slots,
                       const struct outcome *done)
{
    print_verdict(&done->report);
    printf("  %-26s %s\n  %-26s %s\n", "store", o->store, "origin", slots->centre.origin);
    printf("  %-26s %s%s\n", "centre", slots->centre.name,
           slots->centre.rehearsal ? " (REHEARSAL)" : "");
    if (!done->opened) {
        printf("\nThe damage lies so deep that no entry could be read.\n");
        return;
    }
    print_counts(&done->report);
    printf("  %-26s %zu\n", "checkpoints brought", o->checkpoint_count);
    if (done->recovered) {
        printf("\nThe store was cut off in the middle of a write; the unfinished part was left "
               "out.\n");
    }
    printf("\nShort forms of the checkpoints, to compare with the ceremony papers:\n");
    for (size_t at = 0; at < done->forms_len; at += strlen(done->forms + at) + 1) {
        printf("  %s\n", done->forms + at);
    }
    printf("\nWhat this does not prove:\n");
    for (size_t i = 0; i < sizeof not_proved / sizeof not_proved[0]; i++) {
        printf("- %s\n", not_proved[i]);
    }
}

/* ---- Verifying ---- */

static bool show_progress(void *ctx, uint64_t done, uint64_t all)
{
    (void)ctx;
    fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " entries%s", done, all, done >= all ? "\n" : "");
    return true;
}

static void keep_form(void *ctx, const char *form)
{
    struct outcome *done = ctx;
    size_t len = strlen(form) + 1;
    char *forms = realloc(done->forms, done->forms_len + len);
    if (!forms) {
        return;
    }
    memcpy(forms + done->forms_len, form, len);
    done->forms = forms;
    done->forms_len += len;
}

static enum kr_error against(struct store *s, const char *path, struct verify_report *r)
{
    char text[CHECKPOINT_MAX], form[CHECKPOINT_SHORT_MAX];
    uint64_t size;
    FILE *f = fopen(path, "rb");
    if (!f && checkpoint_short_read(path, strlen(path), &size, form) == KR_OK) {
        return store_verify_against(s, form, strlen(form), r);
    }
    if (!f) {
        return kr_fail(KR_E_FILE, "%s: %s", path, strerror(errno));
    }
    size_t len = fread(text, 1, sizeof text, f);
    bool failed = ferror(f) != 0;
    fclose(f);
    return failed ? kr_fail(KR_E_FILE, "%s", path) : store_verify_against(s, text, len, r);
}

static enum kr_error verify(const struct options *o, struct store *s, struct outcome *done)
{
    bool talk = !o->json && isatty(STDERR_FILENO);
    struct verify_report *r = &done->report;
    enum kr_error error = store_verify(s, talk ? show_progress : NULL, NULL, r);
    for (size_t i = 0; error == KR_OK && i < o->checkpoint_count; i++) {
        error = against(s, o->checkpoints[i], r);
    }
    /* Where they cannot be read the report says so already. */
    if (error == KR_OK && store_checkpoints(s, keep_form, done) != KR_OK && r->problem == KR_OK) {
        error = KR_E_MEMORY;
    }
    return error;
}

/* Damage so deep that the journal cannot be read from entry to entry. */
static bool shows_alteration(enum kr_error error)
{
    return error == KR_E_STORE_DAMAGED || error == KR_E_STORE_OLD || error == KR_E_SLOTS ||
           error == KR_E_CHECKPOINT || error == KR_E_STORE_SETTING;
}

static void note_alteration(struct outcome *done, const struct slots *slots, enum kr_error error)
{
    struct verify_report *r = &done->report;
    *r = (struct verify_report){.problem = error, .bad_seq = VERIFY_NO_ENTRY};
    snprintf(r->what, sizeof r->what, "%s", kr_detail());
    snprintf(r->head.origin, sizeof r->head.origin, "%s", slots->centre.origin);
}

static enum kr_error open_and_verify(const struct options *o, const struct slots *slots,
                                     struct outcome *done)
{
    struct secret *key = NULL;
    struct store *s = NULL;
    const struct person *p = choose_auditor(o, slots);
    if (!p) {
        return KR_E_PERSON_UNKNOWN;
    }
    enum kr_error error = database_key(o, p, &key);
    if (error == KR_OK) {
        error = store_open(o->store, slots, key, true, &s);
    }
    secret_free(&key);
    if (error == KR_OK) {
        done->opened = true;
        done->recovered = store_recovered(s);
        error = verify(o, s, done);
    } else if (shows_alteration(error)) {
        note_alteration(done, slots, error);
        error = KR_OK;
    }
    store_close(&s);
    return error;
}

static int audit(const struct options *o)
{
    struct slots slots = {.count = 0};
    struct outcome done = {.opened = false};
    enum kr_error error = harden_process();
    if (error == KR_OK) {
        error = slots_read(o->store, &slots);
    }
    if (error == KR_OK) {
        error = open_and_verify(o, &slots, &done);
    } else if (shows_alteration(error)) {
        note_alteration(&done, &slots, error);
        error = KR_OK;
    }
    if (error != KR_OK) {
        return not_run(o, error);
    }
    if (o->json) {
        print_json(&done);
    } else {
        print_text(o, &slots, &done);
    }
    if (fflush(stdout) != 0) {
        return not_run(o, kr_fail(KR_E_FILE, "standard output: %s", strerror(errno)));
    }
    free(done.forms);
    return done.report.problem == KR_OK ? EXIT_AGREES : EXIT_ALTERED;
}

int main(int argc, char **argv)
{
    struct options o;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            return EXIT_AGREES;
        }
        if (strcmp(argv[i], "--version") == 0) {
            printf("keyrite-audit %s\n", KEYRITE_VERSION);
            return EXIT_AGREES;
        }
    }
    int status = read_options(argc, argv, &o);
    return status == EXIT_AGREES ? audit(&o) : status;
}
