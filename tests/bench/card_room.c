#include "card_room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../cardio/deck.h"
#include "figures.h"
#include "replay.h"

#define ARGUMENTS_MAX 32

static char fed[DECK_SLOTS][DECK_NAME_MAX]; /* whose place the fed card takes; "" none is fed */

static void path_in(char out[ROOM_PATH], const char *folder, const char *name)
{
    int n = snprintf(out, ROOM_PATH, "%s/%s", folder, name);
    must_hold(n > 0 && n < ROOM_PATH, name);
}

/* In the shell, with the folder as $F, its counterpart in memory as $M and the deck as $D. */
static void shell(const struct card_room *r, const char *line)
{
    must_hold(setenv("F", r->folder, 1) == 0 && setenv("M", r->memory, 1) == 0 &&
                  setenv("D", r->deck, 1) == 0 && system(line) == 0,
              line);
}

static int run(char *const argv[])
{
    int status = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        execv(argv[0], argv);
        perror(argv[0]);
        _exit(127);
    }
    must_hold(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status), argv[0]);
    return WEXITSTATUS(status);
}

/* ---- The room ---- */

void room_find(struct card_room *r, const char *folder, const char *memory)
{
    ssize_t n = readlink("/proc/self/exe", r->self, sizeof r->self - 1);
    must_hold(n > 0, "/proc/self/exe");
    r->self[n] = '\0';
    memcpy(r->build, r->self, (size_t)n + 1);
    for (int i = 0; i < 2; i++)
        *strrchr(r->build, '/') = '\0';
    snprintf(r->folder, sizeof r->folder, "%s", folder);
    snprintf(r->memory, sizeof r->memory, "%s", memory);
    path_in(r->store, folder, "store");
    path_in(r->deck, memory, "deck");
    path_in(r->founding, memory, "store");
    path_in(r->programs, folder, "programs");
}

void room_make(struct card_room *r, const char *where)
{
    char folder[ROOM_PATH], memory[ROOM_PATH], vcard[ROOM_PATH];
    snprintf(folder, sizeof folder, "%.200s/keyrite-cards-XXXXXX", where);
    must_hold(mkdtemp(folder) != NULL, folder);
    snprintf(memory, sizeof memory, "/dev/shm/keyrite-cards-XXXXXX");
    if (!mkdtemp(memory))
        memcpy(memory, folder, sizeof memory);
    room_find(r, folder, memory);
    path_in(vcard, r->programs, "keyrite-vcard");
    must_hold(mkdir(r->programs, 0700) == 0 && symlink(r->self, vcard) == 0, r->programs);
}

void room_end(const struct card_room *r)
{
    shell(r, "rm -rf $F $M");
}

void room_found(const struct card_room *r, const char *paper, const char *const ceremonies[])
{
    char program[ROOM_PATH];
    const char *argv[ARGUMENTS_MAX] = {program, "rehearse"};
    size_t n = 2;
    path_in(program, r->build, "keyrite");
    while (*ceremonies)
        argv[n++] = *ceremonies++;
    const char *const rest[] = {"--store",   r->founding, "--deck",  r->deck,
                                "--answers", paper,       "--quiet", NULL};
    memcpy(argv + n, rest, sizeof rest);
    must_hold(run((char *const *)(uintptr_t)argv) == 0, "the centre could not be founded");
}

void room_keep(const struct card_room *r)
{
    shell(r, "mkdir $M/before && mv $M/store $M/before/store && cp -a $D $M/before/deck");
}

void room_restore(const struct card_room *r)
{
    room_lay(r, "", "");
    memset(fed, 0, sizeof fed);
    shell(r, "rm -rf $F/store $D/cards && cp -a $M/before/store $F/store && sync $F/store/* && "
             "cp -a $M/before/deck/cards $D/cards && cd $D/cards && "
             "for c in *.card; do cp $c copy-$c; done");
}

int room_enter(const struct card_room *r, unsigned pace_ms, const char *part)
{
    char pace[16];
    snprintf(pace, sizeof pace, "%u", pace_ms);
    const char *const argv[] = {"tests/pcsc/with-pcscd",
                                "--deck",
                                r->deck,
                                "--build",
                                r->programs,
                                "--pace",
                                pace,
                                "--",
                                r->self,
                                r->folder,
                                r->memory,
                                pace,
                                part,
                                NULL};
    return run((char *const *)(uintptr_t)argv);
}

/* ---- Cards in readers ---- */

void room_lay(const struct card_room *r, const char *left, const char *right)
{
    const char *const wanted[DECK_SLOTS] = {left, right};
    char lying[DECK_SLOTS][DECK_NAME_MAX];
    for (int i = 0; i < DECK_SLOTS; i++) {
        must(deck_in_slot(r->deck, i, lying[i]), "the deck");
        if (strcmp(lying[i], wanted[i]) != 0)
            must(deck_eject(r->deck, i), "the deck");
    }
    for (int i = 0; i < DECK_SLOTS; i++)
        if (strcmp(lying[i], wanted[i]) != 0)
            must_hold(bare_wait(i, false), "a card is not seen to go");
    for (int i = 0; i < DECK_SLOTS; i++)
        if (wanted[i][0] && strcmp(lying[i], wanted[i]) != 0)
            must(deck_insert(r->deck, wanted[i], i), "the deck");
    for (int i = 0; i < DECK_SLOTS; i++)
        must_hold(!wanted[i][0] || bare_wait(i, true), "a card is not seen to come");
}

static void card_path(char out[ROOM_PATH], const struct card_room *r, const char *name)
{
    int n = snprintf(out, ROOM_PATH, "%s/cards/%s.card", r->deck, name);
    must_hold(n > 0 && n < ROOM_PATH, name);
}

/* The place is never empty: pcscd might look right then. */
static void take_place(const struct card_room *r, const char *place, const char *before,
                       const char *next)
{
    char here[ROOM_PATH], back[ROOM_PATH], from[ROOM_PATH];
    card_path(here, r, place);
    card_path(from, r, next);
    if (before[0]) {
        card_path(back, r, before);
        must_hold(link(here, back) == 0, back);
    }
    must_hold(rename(from, here) == 0, from);
}

void room_feed(const struct card_room *r, int slot, const char *name)
{
    char place[DECK_NAME_MAX], lying[DECK_SLOTS][DECK_NAME_MAX];
    snprintf(place, sizeof place, "fed-%d", slot);
    if (strcmp(fed[slot], name) != 0) {
        take_place(r, place, fed[slot], name);
        snprintf(fed[slot], sizeof fed[slot], "%s", name);
    }
    for (int i = 0; i < DECK_SLOTS; i++)
        must(deck_in_slot(r->deck, i, lying[i]), "the deck");
    if (strcmp(lying[slot], place) != 0)
        room_lay(r, slot == 0 ? place : lying[0], slot == 1 ? place : lying[1]);
}
