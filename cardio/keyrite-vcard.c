/* keyrite-vcard: simulated cards behind pcscd's virtual reader, and the drawer they come from. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "deck.h"
#include "sim/cos.h"
#include "sim/fault.h"
#include "sim/vpcd.h"
#include "../crypto/harden.h"

#define LIST_MAX 4096

static const char usage[] =
    "keyrite-vcard - simulated cards for keyrite\n"
    "\n"
    "  keyrite-vcard --deck DIR --slot N [--port P] [--pace MS] [--t0] [--fault N:KIND]\n"
    "      be the card that lies in reader N (0 or 1) of the deck, behind pcscd's virtual\n"
    "      reader (package vsmartcard-vpcd), until stopped\n"
    "        --port P        the driver's port (default 35963 + N)\n"
    "        --pace MS       answer each command after MS milliseconds, as a real card does\n"
    "        --t0            61xx and 6Cxx as on a T=0 card\n"
    "        --fault N:KIND  let the N-th command go wrong: mute, gone-before, gone-after,\n"
    "                        empty, one-byte, wrong-sw, 61xx, 6cxx, reset\n"
    "  keyrite-vcard list --deck DIR\n"
    "  keyrite-vcard new --kind KIND [--dialect NAME] [--count N] --deck DIR\n"
    "      KIND: blank-mother, blank-psam, blank-user, manufacturer; makes the deck when missing\n"
    "      NAME: the card system's commands, pboc-key (default) or fmcos\n"
    "  keyrite-vcard insert NAME --slot N --deck DIR\n"
    "  keyrite-vcard eject --slot N --deck DIR\n"
    "  keyrite-vcard label NAME TEXT --deck DIR\n"
    "      writes TEXT on the card\n"
    "  keyrite-vcard --help | --version\n"
    "\n"
    "Exit status: 0 done, 1 refused, 2 wrong use.\n";

struct order {
    const char *deck, *kind, *dialect, *fault;
    int slot; /* -1 not given */
    unsigned long port, pace, count;
    bool t0;
    char **words; /* command and its arguments */
    int word_count;
};

static int complain(enum kr_error rc)
{
    char text[1024];

    fprintf(stderr, "%s\n", kr_explain(rc, NULL, text, sizeof text));
    return 1;
}

static void complain_and_go_on(enum kr_error rc)
{
    complain(rc);
}

static int misuse(const char *what)
{
    fprintf(stderr, "%s Try keyrite-vcard --help.\n", what);
    return 2;
}

static bool parse_number(const char *text, unsigned long max, unsigned long *out)
{
    char *end;

    *out = strtoul(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *out <= max;
}

static const struct option options[] = {
    {"deck", required_argument, NULL, 'd'},  {"slot", required_argument, NULL, 's'},
    {"port", required_argument, NULL, 'p'},  {"pace", required_argument, NULL, 'm'},
    {"kind", required_argument, NULL, 'k'},  {"dialect", required_argument, NULL, 'a'},
    {"count", required_argument, NULL, 'n'}, {"fault", required_argument, NULL, 'f'},
    {"t0", no_argument, NULL, 't'},          {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'v'},     {NULL, 0, NULL, 0},
};

/* False when an option's value makes no sense. */
static bool take_option(struct order *o, int option)
{
    unsigned long slot;

    switch (option) {
    case 'd':
        o->deck = optarg;
        return true;
    case 'k':
        o->kind = optarg;
        return true;
    case 'a':
        o->dialect = optarg;
        return true;
    case 'f':
        o->fault = optarg;
        return true;
    case 't':
        o->t0 = true;
        return true;
    case 's':
        if (!parse_number(optarg, DECK_SLOTS - 1, &slot))
            return false;
        o->slot = (int)slot;
        return true;
    case 'p':
        return parse_number(optarg, 65535, &o->port) && o->port > 0;
    case 'm':
        return parse_number(optarg, 60000, &o->pace);
    case 'n':
        return parse_number(optarg, 10000, &o->count) && o->count > 0;
    default:
        return false;
    }
}

/* Returns -1 to go on, else the exit status. */
static int read_order(int argc, char **argv, struct order *o)
{
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'h' || option == 'v') {
            fputs(option == 'h' ? usage : "keyrite-vcard " KEYRITE_VERSION "\n", stdout);
            return 0;
        }
        if (option == '?')
            return misuse("That option is not known or lacks its value.");
        if (!take_option(o, option))
            return misuse("The value of an option makes no sense.");
    }
    o->words = argv + optind;
    o->word_count = argc - optind;
    return o->deck ? -1 : misuse("Which deck? Give its folder with --deck.");
}

static int list(const struct order *o)
{
    struct deck_card *cards = calloc(LIST_MAX, sizeof *cards);
    size_t count = 0;
    enum kr_error rc = cards ? deck_list(o->deck, cards, LIST_MAX, &count) : KR_E_MEMORY;

    for (size_t i = 0; i < count; i++) {
        const struct deck_card *c = &cards[i];
        char place[16] = "";
        if (c->slot >= 0)
            snprintf(place, sizeof place, "slot %d", c->slot);
        printf("%-20s %-14s %-9s %-7s %s\n", c->name, c->kind[0] ? c->kind : "damaged", c->dialect,
               place, c->looks);
    }
    free(cards);
    return rc == KR_OK ? 0 : complain(rc);
}

static int make_cards(const struct order *o)
{
    char first[DECK_NAME_MAX];
    enum kr_error rc;

    if (!o->kind)
        return misuse("Which kind of card? Give it with --kind.");
    rc = deck_make(o->deck);
    if (rc == KR_OK)
        rc = deck_new_as(o->deck, o->kind, o->dialect, (unsigned)o->count, first);
    if (rc != KR_OK)
        return complain(rc);
    printf("%s\n", first);
    return 0;
}

static int insert(const struct order *o)
{
    enum kr_error rc;

    if (o->slot < 0)
        return misuse("Which reader? Give it with --slot.");
    rc = deck_insert(o->deck, o->words[1], o->slot);
    return rc == KR_OK ? 0 : complain(rc);
}

static int eject(const struct order *o)
{
    enum kr_error rc;

    if (o->slot < 0)
        return misuse("Which reader? Give it with --slot.");
    rc = deck_eject(o->deck, o->slot);
    return rc == KR_OK ? 0 : complain(rc);
}

static int label(const struct order *o)
{
    enum kr_error rc = deck_label(o->deck, o->words[1], o->words[2]);

    return rc == KR_OK ? 0 : complain(rc);
}

static int serve(const struct order *o)
{
    struct vpcd_options how = {.deck = o->deck,
                               .slot = o->slot,
                               .port = (uint16_t)o->port,
                               .pace_ms = (unsigned)o->pace,
                               .t0 = o->t0,
                               .complain = complain_and_go_on};
    enum kr_error rc = KR_OK;

    if (o->slot < 0)
        return misuse("Which reader? Give it with --slot.");
    if (o->fault)
        rc = sim_fault_order(o->deck, o->slot, o->fault);
    if (rc == KR_OK)
        rc = vpcd_serve(&how);
    return complain(rc);
}

static const struct subcommand {
    const char *word;
    int arguments;
    int (*run)(const struct order *o);
} subcommands[] = {
    {"list", 0, list},   {"new", 0, make_cards}, {"insert", 1, insert},
    {"eject", 0, eject}, {"label", 2, label},
};

static int obey(const struct order *o)
{
    if (o->word_count == 0)
        return serve(o);
    for (size_t i = 0; i < sizeof subcommands / sizeof *subcommands; i++) {
        const struct subcommand *s = &subcommands[i];
        if (strcmp(s->word, o->words[0]) != 0)
            continue;
        if (o->word_count != 1 + s->arguments)
            return misuse("That command takes other arguments.");
        return s->run(o);
    }
    return misuse("That command is not known.");
}

int main(int argc, char **argv)
{
    struct order o = {.slot = -1, .count = 1, .dialect = SIM_DIALECT};
    int status = read_order(argc, argv, &o);
    enum kr_error rc;

    if (status >= 0)
        return status;
    rc = harden_process();
    return rc == KR_OK ? obey(&o) : complain(rc);
}
