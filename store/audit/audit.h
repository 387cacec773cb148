/*
 * keyrite-audit, the program: its commands are rows of one table (commands.c), each with a function
 * for a store and one for a bundle. What they share: the command line, opening a store with an
 * auditor's passphrase, saying a verdict. Inside store/audit.
 *
 * A new command is one file command_NAME.c, one row, and its options' names in the table of
 * command_line.c.
 */
#ifndef KEYRITE_STORE_AUDIT_AUDIT_H
#define KEYRITE_STORE_AUDIT_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../crypto/error.h"

/* What the program exits with, whatever the command. */
#define EXIT_AGREES  0 /* it was done, and everything that was checked agrees */
#define EXIT_ALTERED 1 /* something was altered, or does not follow; it is named */
#define EXIT_NOT_RUN 2 /* it could not run: no verdict */

#define AUDIT_CHECKPOINTS_MAX 64

/* Every option of every command; NULL, or -1 for a number, where it was not given. */
struct audit_options {
    const char *path; /* the store's folder, the bundle, or the transfer note */
    const char *person;
    const char *checkpoints[AUDIT_CHECKPOINTS_MAX];
    size_t checkpoint_count;
    const char *to;                  /* a file to be made */
    const char *form;                /* of that file: text or json */
    const char *ceremony;            /* id */
    const char *pdf, *lang, *script; /* of a report */
    const char *journal;             /* store or bundle beside a transfer note */
    const char *fingerprint;         /* as typed from the paper of a transfer note */
    int64_t entry;                   /* number of one entry */
    int64_t from, until;             /* numbers of entries, or sizes of the journal */
    int64_t size;
    int64_t level;
    int64_t passphrase_fd; /* -1: the terminal */
    bool headers, statistics;
    bool json;
};

struct audit_command {
    const char *name;
    const char *options; /* names of those it takes, separated by spaces; --json always */
    const char *usage;   /* its lines in --help */
    /* Exit status; NULL where the command has no business with such a thing. */
    int (*on_store)(const struct audit_options *o);
    int (*on_bundle)(const struct audit_options *o);
    int (*on_note)(const struct audit_options *o); /* a transfer note */
};
extern const struct audit_command audit_commands[];
extern const size_t audit_command_count;

int audit_verify_store(const struct audit_options *o);
int audit_verify_bundle(const struct audit_options *o);
int audit_verify_note(const struct audit_options *o);
int audit_verify_note_with_bundle(const struct audit_options *o);
int audit_show_store(const struct audit_options *o);
int audit_show_bundle(const struct audit_options *o);
int audit_export(const struct audit_options *o);
int audit_prove_store(const struct audit_options *o);
int audit_prove_bundle(const struct audit_options *o);
int audit_report_store(const struct audit_options *o);
int audit_report_bundle(const struct audit_options *o);
int audit_report_note(const struct audit_options *o);

/* ---- The command line ---- */

/* What follows the command's name, up to the options that the command takes. EXIT_AGREES, or
 * EXIT_NOT_RUN after saying on stderr what makes no sense. */
int audit_read_options(const struct audit_command *command, int argc, char **argv,
                       struct audit_options *o);
/* Says on stderr that the command line makes no sense, and where to read; EXIT_NOT_RUN. which may
 * be NULL. */
int audit_misused(const char *what, const char *which);
/* Says why nothing could be done, as --json asks too; EXIT_NOT_RUN. */
int audit_not_run(const struct audit_options *o, enum kr_error error);
/* Flushes what was printed; status, or EXIT_NOT_RUN when it did not reach the output. */
int audit_finish(const struct audit_options *o, int status);

/* For long work: counts on stderr, where that is a terminal and no --json was asked for. NULL
 * otherwise. */
typedef bool (*audit_progress)(void *ctx, uint64_t done, uint64_t all);
audit_progress audit_talk(const struct audit_options *o);

/* ---- Saying ---- */

/* ,"name":"value", escaped. */
void audit_json_text(const char *name, const char *value);

#endif
