#include "batch_console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../cardio/deck.h"
#include "../screens/terminal.h"
#include "holding.h"
#include "replay.h"

#define ROWS          24
#define COLUMNS       120 /* with the script, or the details, in a box of its own */
#define DETAILS_TITLE "┌ Details "
#define PATIENCE      20000 /* ms */
#define PAUSE_US      13000 /* between two keys: no multiple of anything that happens in the console */

static struct pseudo_terminal *start(const struct card_room *r)
{
    char program[ROOM_PATH + 16];
    snprintf(program, sizeof program, "%s/keyrite", r->build);
    const char *const words[] = {program,    "demo", "--store", r->store, "--deck", r->deck,
                                 "--reader", "pcsc", "--lang",  "en",     NULL};
    char *const *argv = (char *const *)(uintptr_t)words;
    char *const environment[] = {NULL};
    struct pseudo_terminal *t = pt_start(argv, environment, ROWS, COLUMNS);
    must_hold(t != NULL, "the console");
    return t;
}

/* Otherwise the screen says why. */
static void must_go_on(struct pseudo_terminal *t, bool good, const char *what)
{
    char screen[SCREEN_ROOM];
    if (good)
        return;
    pt_screen(t, screen);
    fprintf(stderr, "%s", screen);
    must_hold(false, what);
}

static void see(struct pseudo_terminal *t, const char *text)
{
    must_go_on(t, pt_wait(t, text, true, PATIENCE), text);
}

static void type(struct pseudo_terminal *t, const char *text)
{
    pt_send(t, text, strlen(text));
    pt_send(t, pt_key("Enter"), 1);
}

static void press(struct pseudo_terminal *t, const char *name)
{
    pt_send(t, pt_key(name), strlen(pt_key(name)));
}

/* ---- Until the first PSAM is asked for ---- */

static void go_on(struct pseudo_terminal *t)
{
    see(t, "Go on with the last demonstration");
    press(t, "Enter");
    see(t, "Who is here?");
    press(t, "Enter");
    see(t, "types the passphrase");
    type(t, HOLDING_FIRST_PASSPHRASE);
    see(t, HOLDING_FIRST " is signed in");
    press(t, "Esc");
    see(t, "Unfinished ceremonies");
    press(t, "Enter");
    for (size_t i = 0; i < HOLDING_SEATS; i++) {
        char asked[64];
        snprintf(asked, sizeof asked, "%s types the passphrase", holding_seats[i]);
        see(t, asked);
        type(t, holding_passphrase(holding_seats[i]));
    }
}

static void open_mother(struct pseudo_terminal *t, const struct card_room *r)
{
    see(t, "into reader 1");
    room_lay(r, "mother-01", "");
    see(t, "puts the authentication card");
    room_lay(r, "mother-01", "mother-02");
    see(t, "types the PIN");
    type(t, HOLDING_PIN);
    see(t, "takes what lies");
}

/* ---- The batch ---- */

/* One key, and the screen that shows it. */
static void ask(struct pseudo_terminal *t, struct samples *answers)
{
    static bool details;
    details = !details;
    press(t, "F4");
    double ms = pt_answer(t, DETAILS_TITLE, details, PATIENCE);
    must_go_on(t, ms >= 0, "the console does not answer a key");
    sample_add(answers, ms / 1e3);
    usleep(PAUSE_US);
}

static bool shows(struct pseudo_terminal *t, unsigned made, unsigned cards)
{
    char screen[SCREEN_ROOM], count[48];
    pt_screen(t, screen);
    snprintf(count, sizeof count, "= good %u +", made);
    return strstr(screen, count) || (made == cards && strstr(screen, "counts the cards"));
}

void batch_console(const struct card_room *r, unsigned cards, struct samples *answers)
{
    char name[24];
    struct pseudo_terminal *t = start(r);
    go_on(t);
    open_mother(t, r);
    for (unsigned i = 1; i <= cards; i++) {
        must(deck_eject(r->deck, 1), "the deck");
        while (!bare_sees(1, false))
            ask(t, answers);
        snprintf(name, sizeof name, "psam-%02u", i);
        must(deck_insert(r->deck, name, 1), "the deck");
        for (double end = bench_now() + PATIENCE / 1e3; !shows(t, i, cards);) {
            must_go_on(t, bench_now() < end, "the console does not finish a card");
            ask(t, answers);
        }
    }
    pt_end(&t);
}
