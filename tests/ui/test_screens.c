/* Walks through the real console: keystrokes from tests/screens/NAME.keys, screens compared as
 * text. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <ftw.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../store/checkpoint.h"
#include "../folder.h"
#include "../screens/qr_reader.h"
#include "../screens/terminal.h"

#define FOLDER    "tests/screens"
#define WALKS_MAX 64
#define WAIT_MS   90000
#define PATH_LONG 512

struct walk {
    char name[64];
    char sentence[200];
    char dir[64];
    int rows, columns;
    struct pseudo_terminal *t;
    unsigned line;
    char joined[4096]; /* parts of a QR code read so far */
};

/* ---- What differs from run to run ---- */

static void mask(char *screen, const char *pattern)
{
    regex_t re;
    regmatch_t m;
    char *from = screen;

    if (regcomp(&re, pattern, REG_EXTENDED) != 0)
        fail_msg("bad pattern %s", pattern);
    while (regexec(&re, from, 1, &m, 0) == 0 && m.rm_eo > m.rm_so) {
        for (char *c = from + m.rm_so; c < from + m.rm_eo; c++)
            if ((*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z'))
                *c = '#';
        from += m.rm_eo;
    }
    regfree(&re);
}

/* A folder's name has a length of its own on every machine. */
static void hide_folders(char *screen)
{
    for (char *line = screen, *end; *line; line = end + 1) {
        end = line + strcspn(line, "\n");
        char *path = memmem(line, (size_t)(end - line), "/keyrite-demo-", 14);
        if (path) {
            memmove(line, end, strlen(end) + 1);
            end = line;
        }
        if (*end == '\0')
            break;
    }
}

/* How long a card took has more digits on a slower machine. */
static void hide_durations(char *screen)
{
    static const char same[] = "#.# ms";
    regex_t re;
    regmatch_t m;
    char *from = screen;

    if (regcomp(&re, "[0-9]+\\.[0-9] ms", REG_EXTENDED) != 0)
        fail_msg("bad pattern");
    while (regexec(&re, from, 1, &m, 0) == 0) {
        char *at = from + m.rm_so;
        memmove(at + sizeof same - 1, from + m.rm_eo, strlen(from + m.rm_eo) + 1);
        memcpy(at, same, sizeof same - 1);
        from = at + sizeof same - 1;
    }
    regfree(&re);
}

static void mask_all(char *screen)
{
    static const char *const patterns[] = {
        "[0-9]{4}-[0-9]{2}-[0-9]{2}",
        "[0-9]{2}:[0-9]{2}(:[0-9]{2})?",
        "-[0-9]{4}-[0-9]{3}",
        "[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}",
        "[0-9A-F]{2} [0-9A-F]{2} [0-9A-F]{2}",
        "[0-9A-F]{4}[GHJ-NP-RT-Y]",
        "[0-9a-f]{40,64}",
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "· [0-9a-f]{8} ·",
        "[0-9]+\\.[0-9] (s|秒)",
        "4B52[0-9A-F]{12}",
    };

    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        mask(screen, patterns[i]);
    hide_folders(screen);
    hide_durations(screen);
}

/* ---- Comparing ---- */

static void write_expected(const char *path, const char *screen)
{
    FILE *f = fopen(path, "w");

    if (!f)
        fail_msg("cannot write %s", path);
    fputs(screen, f);
    fclose(f);
}

static void compare(struct walk *w, const char *name)
{
    static char screen[SCREEN_ROOM], expected[SCREEN_ROOM];
    char path[PATH_LONG];

    pt_listen(w->t, 400);
    pt_screen(w->t, screen);
    mask_all(screen);
    snprintf(path, sizeof path, FOLDER "/%s.%s.txt", w->name, name);
    if (getenv("SHOW"))
        printf("---- %s %s\n%s", w->name, name, screen);
    if (getenv("RECORD")) {
        write_expected(path, screen);
        return;
    }
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("%s is missing: RECORD=1 writes it", path);
    size_t len = fread(expected, 1, sizeof expected - 1, f);
    fclose(f);
    expected[len] = '\0';
    if (strcmp(expected, screen) != 0) {
        printf("---- expected (%s)\n%s---- seen\n%s----\n", path, expected, screen);
        fail_msg("%s: screen %s differs", w->name, name);
    }
}

/* ---- Code sheets ---- */

/* The value of the line that begins with head, without spaces. */
static void sheet_value(struct walk *w, const char *sheet, const char *head, char *out, size_t room)
{
    char path[PATH_LONG], line[512];
    size_t at = 0;

    out[0] = '\0';
    snprintf(path, sizeof path, "%s/keyrite-demo-%u/deck/sheets/%s.txt", w->dir,
             (unsigned)geteuid(), sheet);
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("no sheet %s", path);
    while (out[0] == '\0' && fgets(line, sizeof line, f)) {
        char *value = strstr(line, ": ");
        bool kcv = strstr(line, " kcv:") != NULL;
        if (!value || strncmp(line, head, strlen(head)) != 0 || kcv != (strcmp(head, "key") == 0))
            continue;
        for (value += 2; *value && *value != '\n' && at + 1 < room; value++)
            if (*value != ' ')
                out[at++] = *value;
        out[at] = '\0';
    }
    fclose(f);
}

static void component_kcv(struct walk *w, const char *sheet, char *out, size_t room)
{
    char path[PATH_LONG], line[512], *value;

    snprintf(path, sizeof path, "%s/keyrite-demo-%u/deck/sheets/%s.txt", w->dir,
             (unsigned)geteuid(), sheet);
    FILE *f = fopen(path, "r");
    out[0] = '\0';
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "component", 9) == 0 && (value = strstr(line, " kcv: ")))
            snprintf(out, room, "%.*s", (int)strcspn(value + 6, "\n"), value + 6);
    if (f)
        fclose(f);
}

/* "GMPK-1-A 3": only the third block. */
static void one_block(struct walk *w, const char *rest, char *out, size_t room)
{
    char sheet[64], value[256];
    unsigned block = 0;

    assert_int_equal(sscanf(rest, "%63s %u", sheet, &block), 2);
    sheet_value(w, sheet, "component", value, sizeof value);
    snprintf(out, room, "%.5s", value + (block - 1) * 5);
}

static bool play_sheet(struct walk *w, const char *word, const char *sheet)
{
    char value[256] = "";

    if (strcmp(word, "sheet") == 0 || strcmp(word, "spoil") == 0)
        sheet_value(w, sheet, "component", value, sizeof value);
    else if (strcmp(word, "sheet-block") == 0)
        one_block(w, sheet, value, sizeof value);
    else if (strcmp(word, "sheet-kcv") == 0)
        component_kcv(w, sheet, value, sizeof value);
    else if (strcmp(word, "key-kcv") == 0)
        sheet_value(w, sheet, "key", value, sizeof value);
    else if (strcmp(word, "sheet-pin") == 0)
        sheet_value(w, sheet, "pin", value, sizeof value);
    else
        return false;
    if (value[0] == '\0')
        fail_msg("%s.keys:%u: nothing on sheet %s", w->name, w->line, sheet);
    if (strcmp(word, "spoil") == 0)
        value[11] = value[11] == '0' ? '1' : '0';
    pt_send(w->t, value, strlen(value));
    pt_listen(w->t, 200);
    return true;
}

/* ---- Playing ---- */

static void split(char *text, char *words[], size_t room)
{
    size_t n = 0;

    for (char *word = strtok(text, " "); word && n + 1 < room; word = strtok(NULL, " "))
        words[n++] = word;
    words[n] = NULL;
}

static void play_run(struct walk *w, char *rest)
{
    static char program[PATH_LONG], arguments[16][PATH_LONG], environment[7][PATH_LONG];
    char *words[16], *argv[17], *env[8];
    const char *build = getenv("BUILD");
    size_t n = 0;

    snprintf(program, sizeof program, "%s/keyrite", build ? build : "build");
    split(rest, words, 16);
    argv[0] = program;
    for (; words[n]; n++) {
        bool dir = strncmp(words[n], "{dir}", 5) == 0;
        snprintf(arguments[n], PATH_LONG, "%s%s", dir ? w->dir : "", dir ? words[n] + 5 : words[n]);
        argv[n + 1] = arguments[n];
    }
    argv[n + 1] = NULL;
    snprintf(environment[0], PATH_LONG, "XDG_RUNTIME_DIR=%s", w->dir);
    snprintf(environment[1], PATH_LONG, "HOME=%s", w->dir);
    snprintf(environment[2], PATH_LONG, "KEYRITE_SOURCE=.");
    snprintf(environment[3], PATH_LONG, "ASAN_OPTIONS=quarantine_size_mb=8:log_path=%s/sanitizer",
             w->dir);
    snprintf(environment[4], PATH_LONG, "UBSAN_OPTIONS=log_path=%s/sanitizer:print_stacktrace=1",
             w->dir);
    snprintf(environment[5], PATH_LONG, "LANG=en_US.UTF-8");
    snprintf(environment[6], PATH_LONG,
             "LSAN_OPTIONS=suppressions=" FOLDER "/leaks.supp:print_suppressions=0");
    for (size_t i = 0; i < 7; i++)
        env[i] = environment[i];
    env[7] = NULL;
    pt_end(&w->t);
    w->t = pt_start(argv, env, w->rows, w->columns);
    assert_non_null(w->t);
}

static void play_keys(struct walk *w, char *rest)
{
    char *words[64];

    split(rest, words, 64);
    for (size_t i = 0; words[i]; i++) {
        char *star = strchr(words[i], '*');
        int times = star ? atoi(star + 1) : 1;
        if (star)
            *star = '\0';
        const char *bytes = pt_key(words[i]);
        if (!bytes)
            bytes = words[i];
        for (; times > 0; times--) {
            pt_send(w->t, bytes, strlen(bytes));
            pt_listen(w->t, 100);
        }
    }
}

static void play_signal(struct walk *w, const char *name)
{
    static const struct {
        const char *name;
        int number;
    } signals[] = {{"TERM", SIGTERM}, {"HUP", SIGHUP},   {"INT", SIGINT},  {"ABRT", SIGABRT},
                   {"KILL", SIGKILL}, {"STOP", SIGSTOP}, {"CONT", SIGCONT}};
    int number = 0;

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (strcmp(signals[i].name, name) == 0)
            number = signals[i].number;
    assert_int_not_equal(number, 0);
    kill(pt_pid(w->t), number);
}

static void play_wait(struct walk *w, const char *text, bool present)
{
    static char screen[SCREEN_ROOM];

    if (pt_wait(w->t, text, present, WAIT_MS))
        return;
    pt_screen(w->t, screen);
    printf("---- seen\n%s----\n", screen);
    fail_msg("%s.keys:%u: waited in vain for %s%s", w->name, w->line, present ? "" : "the end of ",
             text);
}

static void no_sanitizer_report(struct walk *w)
{
    struct dirent *entry;
    DIR *dir = opendir(w->dir);

    while (dir && (entry = readdir(dir)) != NULL)
        if (strncmp(entry->d_name, "sanitizer", 9) == 0) {
            char command[PATH_LONG];
            snprintf(command, sizeof command, "cat %.60s/%.200s", w->dir, entry->d_name);
            if (system(command) != 0)
                printf("unreadable\n");
            fail_msg("%s: the sanitizer found something", w->name);
        }
    if (dir)
        closedir(dir);
}

static void play_exit(struct walk *w, int wanted)
{
    int status = pt_exit(w->t, WAIT_MS);

    no_sanitizer_report(w); /* says more than a status */
    assert_int_equal(status, wanted);
}

/* Ordered of the simulated card in reader 2, as tests of ceremonies do (cardio/sim/fault.h). */
static void play_fault(const struct walk *w, const char *order)
{
    char path[PATH_LONG];

    snprintf(path, sizeof path, "%s/keyrite-demo-%u/deck/fault-1", w->dir, (unsigned)geteuid());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(order, f);
    fclose(f);
}

/* ---- QR codes ---- */

/* What the store says itself: the file anchor holds the newest checkpoint. */
static void read_anchor(const struct walk *w, char note[CHECKPOINT_MAX])
{
    char path[PATH_LONG];

    snprintf(path, sizeof path, "%s/keyrite-demo-%u/store/anchor", w->dir, (unsigned)geteuid());
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t len = fread(note, 1, CHECKPOINT_MAX - 1, f);
    fclose(f);
    note[len] = '\0';
}

static void read_code(struct walk *w, char *text, size_t room)
{
    static char screen[SCREEN_ROOM];

    pt_listen(w->t, 400);
    pt_screen(w->t, screen);
    if (!qr_read(screen, w->dir, text, room)) {
        printf("---- seen\n%s----\n%s\n", screen, text);
        fail_msg("%s.keys:%u: no code that can be read", w->name, w->line);
    }
}

/* The log's own line stands first among the signatures. */
static void code_is_compact(struct walk *w, const char *text, const char *note)
{
    char expanded[CHECKPOINT_MAX], origin[ORIGIN_MAX];

    snprintf(origin, sizeof origin, "%.*s", (int)strcspn(note, "\n"), note);
    if (checkpoint_compact_read(text, strlen(text), origin, expanded) != KR_OK)
        fail_msg("%s.keys:%u: no compact checkpoint: %s", w->name, w->line, text);
    if (strncmp(expanded, note, strlen(expanded)) != 0)
        fail_msg("%s.keys:%u: the code says\n%sthe anchor says\n%s", w->name, w->line, expanded,
                 note);
}

/* Parts are taken one after the other, each behind its first line; the last one completes them. */
static void code_is_part(struct walk *w, const char *text, const char *note)
{
    unsigned part = 0, parts = 0;
    int head = 0;

    if (sscanf(text, "checkpoint %u/%u%n", &part, &parts, &head) != 2 || text[head] != '\n')
        fail_msg("%s.keys:%u: no part: %s", w->name, w->line, text);
    if (part == 1)
        w->joined[0] = '\0';
    size_t len = strlen(w->joined);
    snprintf(w->joined + len, sizeof w->joined - len, "%s", text + head + 1);
    if (part == parts)
        assert_string_equal(w->joined, note);
}

static void play_code(struct walk *w, const char *what)
{
    static char text[4096], note[CHECKPOINT_MAX];

    read_code(w, text, sizeof text);
    read_anchor(w, note);
    if (strcmp(what, "compact") == 0)
        code_is_compact(w, text, note);
    else if (strcmp(what, "part") == 0)
        code_is_part(w, text, note);
    else
        assert_string_equal(text, note);
}

/* Types the short form that stands on the screen. */
static void play_paper(struct walk *w)
{
    static char screen[SCREEN_ROOM];
    regex_t re;
    regmatch_t m;

    pt_listen(w->t, 200);
    pt_screen(w->t, screen);
    assert_int_equal(regcomp(&re, "[0-9]+ [A-Z2-7]{4}(-[A-Z2-7]{4}){3}", REG_EXTENDED), 0);
    if (regexec(&re, screen, 1, &m, 0) != 0)
        fail_msg("%s.keys:%u: no short form is shown", w->name, w->line);
    pt_send(w->t, screen + m.rm_so, (size_t)(m.rm_eo - m.rm_so));
    pt_listen(w->t, 200);
    regfree(&re);
}

static void play(struct walk *w, char *line)
{
    char *rest = strchr(line, ' ');

    if (rest)
        *rest++ = '\0';
    else
        rest = line + strlen(line);
    if (strcmp(line, "run") == 0)
        play_run(w, rest);
    else if (strcmp(line, "size") == 0) {
        assert_int_equal(sscanf(rest, "%dx%d", &w->columns, &w->rows), 2);
        if (w->t)
            pt_resize(w->t, w->rows, w->columns);
    } else if (strcmp(line, "key") == 0)
        play_keys(w, rest);
    else if (strcmp(line, "type") == 0) {
        if (strncmp(rest, "{dir}", 5) == 0) {
            pt_send(w->t, w->dir, strlen(w->dir));
            rest += 5;
        }
        pt_send(w->t, rest, strlen(rest));
        pt_listen(w->t, 200);
    } else if (strcmp(line, "wait") == 0 || strcmp(line, "gone") == 0)
        play_wait(w, rest, line[0] == 'w');
    else if (strcmp(line, "screen") == 0)
        compare(w, rest);
    else if (strcmp(line, "signal") == 0)
        play_signal(w, rest);
    else if (strcmp(line, "exit") == 0)
        play_exit(w, atoi(rest));
    else if (strcmp(line, "code") == 0)
        play_code(w, rest);
    else if (strcmp(line, "paper") == 0)
        play_paper(w);
    else if (strcmp(line, "fault") == 0)
        play_fault(w, rest);
    else if (!play_sheet(w, line, rest))
        fail_msg("%s.keys:%u: %s?", w->name, w->line, line);
}

/* ---- One walk ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static void walk_test(void **state)
{
    struct walk *w = *state;
    char path[PATH_LONG], line[512];

    snprintf(path, sizeof path, FOLDER "/%s.keys", w->name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        w->line++;
        line[strcspn(line, "\n")] = '\0';
        if (line[0] && line[0] != '#')
            play(w, line);
    }
    fclose(f);
    pt_end(&w->t);
    no_sanitizer_report(w);
}

static int walk_begin(void **state)
{
    struct walk *w = *state;

    w->rows = 24;
    w->columns = 80;
    return folder_make(w->dir, "screens") ? 0 : -1;
}

static int walk_end(void **state)
{
    struct walk *w = *state;

    pt_end(&w->t);
    return nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void read_sentence(struct walk *w)
{
    char path[PATH_LONG];

    snprintf(path, sizeof path, FOLDER "/%s.keys", w->name);
    FILE *f = fopen(path, "r");
    if (!f || !fgets(w->sentence, sizeof w->sentence, f))
        w->sentence[0] = '\0';
    w->sentence[strcspn(w->sentence, "\n")] = '\0';
    if (f)
        fclose(f);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct walk *)a)->name, ((const struct walk *)b)->name);
}

static size_t find_walks(struct walk *walks, const char *only)
{
    struct dirent *entry;
    size_t count = 0;
    DIR *dir = opendir(FOLDER);

    while (dir && count < WALKS_MAX && (entry = readdir(dir)) != NULL) {
        size_t len = strlen(entry->d_name);
        if (len < 6 || len > 60 || strcmp(entry->d_name + len - 5, ".keys") != 0)
            continue;
        struct walk *w = &walks[count];
        snprintf(w->name, sizeof w->name, "%.*s", (int)len - 5, entry->d_name);
        if (only && strcmp(only, w->name) != 0)
            continue;
        read_sentence(w);
        count++;
    }
    if (dir)
        closedir(dir);
    qsort(walks, count, sizeof walks[0], by_name);
    return count;
}

int main(int argc, char **argv)
{
    static struct walk walks[WALKS_MAX];
    static struct CMUnitTest tests[WALKS_MAX];
    size_t count = find_walks(walks, argc > 1 ? argv[1] : NULL);

    for (size_t i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){.name = walks[i].sentence[0] == '#' ? walks[i].sentence + 2
                                                                           : walks[i].name,
                                       .test_func = walk_test,
                                       .setup_func = walk_begin,
                                       .teardown_func = walk_end,
                                       .initial_state = &walks[i]};
    return _cmocka_run_group_tests("screens", tests, count, NULL, NULL);
}
