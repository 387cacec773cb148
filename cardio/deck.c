#include "deck.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include "deck_file.h"
#include "deck_maker.h"
#include "sim/cos.h"

#define CARD_SUFFIX ".card"

static const struct deck_kind {
    const char *kind, *name;
} kinds[] = {
    {"blank-mother", "mother"},
    {"blank-psam", "psam"},
    {"blank-user", "user"},
    {"manufacturer", "manufacturer"},
};

static enum kr_error join(char path[PATH_MAX], const char *deck, const char *middle,
                          const char *name, const char *suffix)
{
    int n = snprintf(path, PATH_MAX, "%s/%s%s%s", deck, middle, name, suffix);

    return n < PATH_MAX ? KR_OK : kr_fail(KR_E_TOO_LONG, "%s", deck);
}

static enum kr_error slot_path(char path[PATH_MAX], const char *deck, int slot)
{
    char number[16];

    if (slot < 0 || slot >= DECK_SLOTS)
        return kr_fail(KR_E_NO_READER, "%d", slot + 1);
    snprintf(number, sizeof number, "%d", slot);
    return join(path, deck, "slot-", number, "");
}

/* A name is a file's name: nothing in it may lead elsewhere. */
static bool name_usable(const char *name)
{
    size_t len = strlen(name);

    return len > 0 && len < DECK_NAME_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == len;
}

static enum kr_error card_path(char path[PATH_MAX], const char *deck, const char *name)
{
    struct stat st;
    enum kr_error rc = name_usable(name) ? join(path, deck, "cards/", name, CARD_SUFFIX)
                                         : kr_fail(KR_E_DECK_CARD, "%s", name);

    if (rc == KR_OK && stat(path, &st) != 0)
        rc = kr_fail(KR_E_DECK_CARD, "%s", name);
    return rc;
}

enum kr_error deck_make(const char *deck)
{
    return deck_make_with(deck, NULL);
}

static enum kr_error make_folder(const char *deck, const char *name)
{
    char path[PATH_MAX];
    enum kr_error rc = join(path, deck, name, "", "");

    if (rc == KR_OK && mkdir(path, 0700) != 0 && errno != EEXIST)
        rc = kr_fail(KR_E_DECK, "%s: %s", path, strerror(errno));
    return rc;
}

/* The folders on the way to it, as the person named them. */
static enum kr_error make_way(const char *deck)
{
    char path[PATH_MAX];
    enum kr_error rc = KR_OK;

    if (strlen(deck) >= sizeof path)
        rc = kr_fail(KR_E_TOO_LONG, "%.60s", deck);
    for (size_t i = 1; rc == KR_OK && deck[i] != '\0'; i++) {
        if (deck[i] != '/')
            continue;
        snprintf(path, sizeof path, "%.*s", (int)i, deck);
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            rc = kr_fail(KR_E_DECK, "%s: %s", path, strerror(errno));
    }
    return rc;
}

enum kr_error deck_make_with(const char *deck, const struct deck_options *options)
{
    static const char *const folders[] = {"", "cards", "sheets"};
    enum kr_error rc = make_way(deck);

    for (size_t i = 0; i < sizeof folders / sizeof *folders && rc == KR_OK; i++)
        rc = make_folder(deck, folders[i]);
    if (rc == KR_OK)
        rc = deck_maker_settle(deck, options ? options->manufacturer_key_file : NULL);
    return rc;
}

static const struct deck_kind *kind_row(const char *kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            return &kinds[i];
    return NULL;
}

static DIR *open_cards(const char *deck)
{
    char path[PATH_MAX];

    return join(path, deck, "cards", "", "") == KR_OK ? opendir(path) : NULL;
}

/* The card's name from a file's name; false for other files. */
static bool card_name(const char *file, char name[DECK_NAME_MAX])
{
    size_t len = strlen(file);
    size_t suffix = strlen(CARD_SUFFIX);

    if (len <= suffix || len - suffix >= DECK_NAME_MAX ||
        strcmp(file + len - suffix, CARD_SUFFIX) != 0)
        return false;
    memcpy(name, file, len - suffix);
    name[len - suffix] = '\0';
    return name_usable(name);
}

static enum kr_error highest_number(const char *deck, const char *prefix, unsigned *highest)
{
    DIR *dir = open_cards(deck);
    size_t prefix_len = strlen(prefix);
    struct dirent *entry;
    char name[DECK_NAME_MAX];

    if (!dir)
        return kr_fail(KR_E_DECK, "%s", deck);
    *highest = 0;
    while ((entry = readdir(dir))) {
        if (!card_name(entry->d_name, name) || strncmp(name, prefix, prefix_len) != 0 ||
            name[prefix_len] != '-')
            continue;
        unsigned long n = strtoul(name + prefix_len + 1, NULL, 10);
        if (n > *highest && n < 1000000)
            *highest = (unsigned)n;
    }
    closedir(dir);
    return KR_OK;
}

static enum kr_error new_card(const char *deck, const char *kind, const char *dialect,
                              const char *name, const struct sim_factory *factory)
{
    char path[PATH_MAX];
    struct sim_card *card = NULL;
    enum kr_error rc = join(path, deck, "cards/", name, CARD_SUFFIX);

    if (rc == KR_OK)
        rc = sim_card_deliver_as(kind, dialect, factory, &card);
    if (rc == KR_OK)
        rc = sim_card_save(card, path);
    sim_card_free(&card);
    return rc;
}

enum kr_error deck_new(const char *deck, const char *kind, unsigned count,
                       char first[DECK_NAME_MAX])
{
    return deck_new_as(deck, kind, SIM_DIALECT, count, first);
}

enum kr_error deck_new_as(const char *deck, const char *kind, const char *dialect, unsigned count,
                          char first[DECK_NAME_MAX])
{
    const struct deck_kind *row = kind_row(kind);
    struct sim_factory factory = {0};
    unsigned number = 0;
    enum kr_error rc;

    if (!row || count == 0 || count > 10000)
        return kr_fail(KR_E_DECK, "%s x %u", kind, count);
    if (!dialect_by_id(dialect))
        return kr_fail(KR_E_DECK, "%s", dialect);
    rc = deck_maker_factory(deck, &factory);
    if (rc == KR_OK)
        rc = highest_number(deck, row->name, &number);
    for (unsigned i = 0; i < count && rc == KR_OK; i++) {
        char name[DECK_NAME_MAX];
        snprintf(name, sizeof name, "%s-%02u", row->name, number + 1 + i);
        rc = new_card(deck, kind, dialect, name, &factory);
        if (i == 0)
            memcpy(first, name, sizeof name);
    }
    deck_maker_factory_free(&factory);
    return rc;
}

/* Text of a small file as one line; "" when there is none. */
static void read_line(const char *path, char *line, size_t size)
{
    struct secret *s = NULL;

    line[0] = '\0';
    if (access(path, R_OK) != 0 || deck_file_read(path, &s) != KR_OK)
        return;
    if (s->len < size) {
        memcpy(line, s->bytes, s->len);
        line[s->len] = '\0';
        line[strcspn(line, "\n")] = '\0';
    }
    secret_free(&s);
}

enum kr_error deck_in_slot(const char *deck, int slot, char name[DECK_NAME_MAX])
{
    char path[PATH_MAX], held[PATH_MAX];
    enum kr_error rc = slot_path(path, deck, slot);

    name[0] = '\0';
    if (rc != KR_OK)
        return rc;
    read_line(path, name, DECK_NAME_MAX);
    /* A slot that names no card of this deck is empty. */
    if (name[0] && card_path(held, deck, name) != KR_OK)
        name[0] = '\0';
    return KR_OK;
}

static int slot_of(const char *deck, const char *name)
{
    char held[DECK_NAME_MAX];

    for (int slot = 0; slot < DECK_SLOTS; slot++)
        if (deck_in_slot(deck, slot, held) == KR_OK && strcmp(held, name) == 0)
            return slot;
    return -1;
}

static void describe(const char *deck, const char *name, struct deck_card *card)
{
    char path[PATH_MAX];
    const struct dialect *dialect;

    *card = (struct deck_card){.slot = slot_of(deck, name)};
    snprintf(card->name, sizeof card->name, "%s", name);
    if (join(path, deck, "cards/", name, CARD_SUFFIX) == KR_OK &&
        sim_card_kind(path, card->kind) == KR_OK && sim_card_speaks(path, &dialect) == KR_OK)
        snprintf(card->dialect, sizeof card->dialect, "%s", dialect->id);
    if (join(path, deck, "cards/", name, ".looks") == KR_OK)
        read_line(path, card->looks, sizeof card->looks);
}

static int by_name(const void *a, const void *b)
{
    const struct deck_card *left = a, *right = b;

    return strverscmp(left->name, right->name);
}

enum kr_error deck_list(const char *deck, struct deck_card *cards, size_t room, size_t *count)
{
    DIR *dir = open_cards(deck);
    struct dirent *entry;
    char name[DECK_NAME_MAX];
    size_t n = 0;

    if (!dir)
        return kr_fail(KR_E_DECK, "%s", deck);
    while (n < room && (entry = readdir(dir)))
        if (card_name(entry->d_name, name))
            describe(deck, name, &cards[n++]);
    closedir(dir);
    qsort(cards, n, sizeof *cards, by_name);
    *count = n;
    return KR_OK;
}

enum kr_error deck_insert(const char *deck, const char *name, int slot)
{
    char path[PATH_MAX], held[DECK_NAME_MAX];
    int lies_in;
    enum kr_error rc = card_path(path, deck, name);

    if (rc == KR_OK)
        rc = deck_in_slot(deck, slot, held);
    if (rc != KR_OK)
        return rc;
    lies_in = slot_of(deck, name);
    if (lies_in >= 0 && lies_in != slot)
        return kr_fail(KR_E_DECK, "%s -> %d", name, lies_in);
    if (held[0] && strcmp(held, name) != 0)
        return kr_fail(KR_E_DECK, "%d: %s", slot, held);
    if (lies_in == slot)
        return KR_OK;
    rc = slot_path(path, deck, slot);
    if (rc == KR_OK)
        rc = deck_file_replace(path, name, strlen(name));
    return rc;
}

enum kr_error deck_eject(const char *deck, int slot)
{
    char path[PATH_MAX];
    enum kr_error rc = slot_path(path, deck, slot);

    if (rc == KR_OK && unlink(path) != 0 && errno != ENOENT)
        rc = kr_fail(KR_E_DECK, "%s: %s", path, strerror(errno));
    return rc;
}

enum kr_error deck_label(const char *deck, const char *name, const char *text)
{
    char path[PATH_MAX];
    enum kr_error rc = card_path(path, deck, name);

    if (rc == KR_OK &&
        (strlen(text) >= sizeof(((struct deck_card *)0)->looks) || strpbrk(text, "\r\n")))
        rc = kr_fail(KR_E_TOO_LONG, "%s", text);
    if (rc == KR_OK)
        rc = join(path, deck, "cards/", name, ".looks");
    if (rc == KR_OK)
        rc = deck_file_replace(path, text, strlen(text));
    return rc;
}

enum kr_error deck_watch(const char *deck, int *fd)
{
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    if (watch < 0)
        return kr_fail(KR_E_SYSTEM, "inotify: %s", strerror(errno));
    if (inotify_add_watch(watch, deck, IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE) < 0) {
        enum kr_error rc = kr_fail(KR_E_DECK, "%s: %s", deck, strerror(errno));
        close(watch);
        return rc;
    }
    *fd = watch;
    return KR_OK;
}

void deck_watch_drain(int fd)
{
    char events[4096];

    while (read(fd, events, sizeof events) > 0)
        continue;
}
