/*
 * keyrite-audit: proves a store or a bundle from its files alone. No screen, no cards, no key
 * material; of the auditor's slot only the database key is kept, in this process.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../transfer_note.h"
#include "audit.h"
#include "plain_output.h"

static const char before[] =
    "usage: keyrite-audit COMMAND PATH [options]\n"
    "\n"
    "PATH is a store (a folder; one of its auditors types the passphrase), a bundle or a\n"
    "transfer note (a file; no secret). Nothing is written to it.\n"
    "\n";
static const char after[] =
    "\n"
    "  --person ID         the auditor, where there are several\n"
    "  --passphrase-fd N   read the passphrase from file descriptor N, up to its first newline\n"
    "  --checkpoint WHICH  a checkpoint kept elsewhere, which the journal must contain: a file "
    "with\n"
    "                      its text or short form, or the short form itself from the ceremony "
    "paper,\n"
    "                      \"SIZE AAAA-BBBB-CCCC-DDDD\" (may be repeated)\n"
    "  --pdf FILE          writes the report as PDF instead of text\n"
    "  --lang LANG         of the report: en or zh_CN\n"
    "  --json              one JSON object instead of text\n"
    "  --help, --version\n"
    "\n"
    "exit: 0 all agrees; 1 something was altered (the first bad entry or row is named);\n"
    "      2 could not run\n";

static void print_usage(void)
{
    fputs(before, stdout);
    for (size_t i = 0; i < audit_command_count; i++) {
        fputs(audit_commands[i].usage, stdout);
    }
    fputs(after, stdout);
}

static const struct audit_command *command_named(const char *name)
{
    for (size_t i = 0; i < audit_command_count; i++) {
        if (strcmp(audit_commands[i].name, name) == 0) {
            return &audit_commands[i];
        }
    }
    return NULL;
}

/* A bundle is a file; whatever else is meant to be a store. */
static bool is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* By its first line; what makes it a good one is the command's business. */
static bool is_note(const char *path)
{
    char begin[sizeof NOTE_FIRST_LINE] = "";
    FILE *f = is_file(path) ? fopen(path, "rb") : NULL;
    size_t len = f != NULL ? fread(begin, 1, sizeof begin - 1, f) : 0;
    if (f != NULL)
        fclose(f);
    return len == sizeof begin - 1 && memcmp(begin, NOTE_FIRST_LINE, len) == 0;
}

static int run(const struct audit_command *command, const struct audit_options *o)
{
    if (is_note(o->path)) {
        return command->on_note ? command->on_note(o)
                                : audit_misused("Not a thing to do with a transfer note", o->path);
    }
    if (o->journal || o->fingerprint) {
        return audit_misused("--journal and --fingerprint go with a transfer note", o->path);
    }
    bool bundle = is_file(o->path);
    int (*act)(const struct audit_options *) = bundle ? command->on_bundle : command->on_store;
    if (!act) {
        return audit_misused(bundle ? "This needs a store" : "This reads bundles only", o->path);
    }
    return act(o);
}

int main(int argc, char **argv)
{
    struct audit_options o;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            print_usage();
            return EXIT_AGREES;
        }
        if (strcmp(argv[i], "--version") == 0) {
            printf("keyrite-audit %s\n", KEYRITE_VERSION);
            return EXIT_AGREES;
        }
    }
    const struct audit_command *command = argc < 2 ? NULL : command_named(argv[1]);
    if (!command) {
        return audit_misused("Nothing to do", argc < 2 ? NULL : argv[1]);
    }
    int status = audit_read_options(command, argc - 2, argv + 2, &o);
    if (status == EXIT_AGREES && !o.json) {
        enum kr_error error = plain_output();
        status = error == KR_OK ? status : audit_not_run(&o, error);
    }
    return status == EXIT_AGREES ? run(command, &o) : status;
}
