#include "audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Saying no ---- */

int audit_not_run(const struct audit_options *o, enum kr_error error)
{
    char text[512];
    if (o->json) {
        printf("{\"verdict\":\"not-run\",\"error\":\"%s\"}\n", kr_name(error));
    }
    /* Whose passphrase opens the store was said already, with the list. */
    if (error != KR_E_PERSON_UNKNOWN) {
        fprintf(stderr, "%s\n", kr_explain(error, NULL, text, sizeof text));
    }
    return EXIT_NOT_RUN;
}

int audit_misused(const char *what, const char *which)
{
    fprintf(stderr, "%s%s%s. keyrite-audit --help shows what may be given.\n", what,
            which ? ": " : "", which ? which : "");
    return EXIT_NOT_RUN;
}

int audit_finish(const struct audit_options *o, int status)
{
    return fflush(stdout) == 0
               ? status
               : audit_not_run(o, kr_fail(KR_E_FILE, "standard output: %s", strerror(errno)));
}

static bool show_progress(void *ctx, uint64_t done, uint64_t all)
{
    (void)ctx;
    fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " entries%s", done, all, done >= all ? "\n" : "");
    return true;
}

audit_progress audit_talk(const struct audit_options *o)
{
    return !o->json && isatty(STDERR_FILENO) ? show_progress : NULL;
}

/* ---- Options ---- */

struct option {
    const char *name;
    enum { OPTION_TEXT, OPTION_NUMBER, OPTION_FLAG, OPTION_CHECKPOINT } kind;
    size_t offset; /* in struct audit_options */
};
static const struct option options[] = {
    {"--person", OPTION_TEXT, offsetof(struct audit_options, person)},
    {"--passphrase-fd", OPTION_NUMBER, offsetof(struct audit_options, passphrase_fd)},
    {"--to", OPTION_TEXT, offsetof(struct audit_options, to)},
    {"--form", OPTION_TEXT, offsetof(struct audit_options, form)},
    {"--ceremony", OPTION_TEXT, offsetof(struct audit_options, ceremony)},
    {"--entry", OPTION_NUMBER, offsetof(struct audit_options, entry)},
    {"--from", OPTION_NUMBER, offsetof(struct audit_options, from)},
    {"--until", OPTION_NUMBER, offsetof(struct audit_options, until)},
    {"--size", OPTION_NUMBER, offsetof(struct audit_options, size)},
    {"--level", OPTION_NUMBER, offsetof(struct audit_options, level)},
    {"--headers", OPTION_FLAG, offsetof(struct audit_options, headers)},
    {"--json", OPTION_FLAG, offsetof(struct audit_options, json)},
    {"--checkpoint", OPTION_CHECKPOINT, 0},
    {"--pdf", OPTION_TEXT, offsetof(struct audit_options, pdf)},
    {"--lang", OPTION_TEXT, offsetof(struct audit_options, lang)},
    {"--script", OPTION_TEXT, offsetof(struct audit_options, script)},
    {"--journal", OPTION_TEXT, offsetof(struct audit_options, journal)},
    {"--fingerprint", OPTION_TEXT, offsetof(struct audit_options, fingerprint)},
    {"--statistics", OPTION_FLAG, offsetof(struct audit_options, statistics)},
};

static bool takes(const struct audit_command *command, const char *name)
{
    size_t len = strlen(name);
    const char *at = command->options;
    for (; (at = strstr(at, name)) != NULL; at += len) {
        if (at[len] == '\0' || at[len] == ' ') {
            return true;
        }
    }
    return false;
}

static bool read_number(const char *text, int64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoll(text, &end, 10);
    return end != text && *end == '\0' && errno == 0 && *number >= 0;
}

static bool set_option(struct audit_options *o, const struct option *row, const char *value)
{
    void *place = (char *)o + row->offset;
    if (row->kind == OPTION_NUMBER) {
        return read_number(value, place);
    }
    if (row->kind == OPTION_TEXT) {
        *(const char **)place = value;
        return true;
    }
    if (o->checkpoint_count == AUDIT_CHECKPOINTS_MAX) {
        return false;
    }
    o->checkpoints[o->checkpoint_count++] = value;
    return true;
}

static const struct option *option_named(const char *name)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (strcmp(name, options[i].name) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

/* Takes one option with its value; false when it is unknown or its value is missing or senseless.
 */
static bool take_option(const struct audit_command *command, struct audit_options *o, int argc,
                        char **argv, int *i)
{
    const struct option *row = option_named(argv[*i]);
    if (!row || !(strcmp(row->name, "--json") == 0 || takes(command, row->name))) {
        return false;
    }
    if (row->kind == OPTION_FLAG) {
        *(bool *)((char *)o + row->offset) = true;
        return true;
    }
    return *i + 1 < argc && set_option(o, row, argv[++*i]);
}

int audit_read_options(const struct audit_command *command, int argc, char **argv,
                       struct audit_options *o)
{
    *o = (struct audit_options){
        .passphrase_fd = -1, .entry = -1, .from = -1, .until = -1, .size = -1, .level = -1};
    for (int i = 0; i < argc; i++) {
        const char *given = argv[i];
        if (given[0] != '-') {
            if (o->path) {
                return audit_misused("More than one store or bundle", given);
            }
            o->path = given;
        } else if (!take_option(command, o, argc, argv, &i)) {
            return audit_misused("Not an option that makes sense", given);
        }
    }
    if (o->passphrase_fd > 65535) {
        return audit_misused("Not an option that makes sense", "--passphrase-fd");
    }
    return o->path ? EXIT_AGREES : audit_misused("No store or bundle was given", NULL);
}
