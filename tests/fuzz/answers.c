/* Answers files; each is read by a process of its own, as ever. */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "../../ui/answers.h"

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
