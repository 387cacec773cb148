/*
 * Answers files. The process that reads the YAML is played here by the same one, or every input
 * would cost a fork, and libFuzzer would not see the walk through it: it ends by a jump back to
 * where it began, and a pipe is between the two as ever.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <yaml.h>

#define PIPE_ROOM (1 << 20)

static jmp_buf begun;
static bool reading, loaded;
static int exit_status;
static FILE *file_read;
static yaml_parser_t *parser_used;
static yaml_document_t *document_read;

static int play_pipe(int ends[2])
{
    int err = pipe(ends);

    HOLDS(err == 0 && fcntl(ends[1], F_SETPIPE_SZ, PIPE_ROOM) >= PIPE_ROOM &&
              fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0,
          "no pipe");
    return err;
}

static pid_t play_start(void)
{
    reading = true;
    loaded = false;
    file_read = NULL;
    parser_used = NULL;
    return 0;
}

/* What the end of a process gives back. */
__attribute__((noreturn)) static void play_exit(int status)
{
    if (loaded)
        yaml_document_delete(document_read);
    if (parser_used)
        yaml_parser_delete(parser_used);
    if (file_read)
        fclose(file_read);
    reading = false;
    exit_status = status;
    longjmp(begun, 1);
}

static pid_t play_wait(pid_t pid, int *status)
{
    *status = exit_status << 8;
    return pid;
}

#define fork()                    (setjmp(begun) ? 1 : play_start())
#define _exit(status)             play_exit(status)
#define pipe(ends)                play_pipe(ends)
#define waitpid(pid, status, how) play_wait(pid, status)
#define close(fd)                 (reading ? 0 : close(fd))
#define fopen(path, how)          (file_read = fopen(path, how))
#define yaml_parser_initialize(p) (yaml_parser_initialize(parser_used = (p)))
#define yaml_parser_load(p, d)    (loaded = yaml_parser_load(p, document_read = (d)))
#include "../../ui/answers_file.c"
#undef fork
#undef _exit
#undef pipe
#undef waitpid
#undef close
#undef fopen
#undef yaml_parser_initialize
#undef yaml_parser_load

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    HOLDS(secret_heap_open() == KR_OK, "no locked memory");
    return 0;
}

static void ask(struct answers *a)
{
    static const enum asked times[] = {ASKED_NEW, ASKED_AGAIN, ASKED_TWICE, ASKED_NEW};
    const char *key, *script;
    unsigned line, count;

    for (size_t i = 0; (key = answers_person(a, i)); i++)
        HOLDS(answers_of_person(a, key, "passphrase"), "a person has no passphrase");
    for (size_t i = 0; answers_deck(a, i, &count); i++)
        continue;
    for (size_t s = 0; s < 4 && (script = answers_script(a, s)); s++) {
        answers_begin(a, script, s % 2, s == 3);
        for (size_t i = 0; (key = answers_key(a, i, &line)); i++)
            for (size_t t = 0; t < 4; t++) {
                struct act act = answers_take(a, key, times[t]);
                HOLDS(act.kind == ACT_NOTHING || act.text, "an act has no text");
                if (act.kind == ACT_VALUE && t == 2)
                    answers_used_up(a);
            }
        (void)answers_take(a, "component[1.2]", ASKED_NEW);
        (void)answers_take(a, "passphrase", ASKED_NEW);
    }
    (void)answers_default(a, "any-choice");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[32];
    struct answers *a = NULL;
    int fd = memfd_create("answers", MFD_CLOEXEC);

    HOLDS(fd >= 0 && write(fd, data, size) == (ssize_t)size, "no file");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    enum kr_error err = answers_read(path, &a);
    close(fd);
    HOLDS((err == KR_OK) == (a != NULL), "refused answers leave something behind");
    if (a)
        ask(a);
    answers_free(&a);
    return 0;
}
