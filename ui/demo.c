#include "demo.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../cardio/deck.h"
#include "language.h"

const struct demo_person demo_people[DEMO_PEOPLE] = {
    {"zhang", "Zhang 张", "administrator", "zhang-demo-1"},
    {"wang", "Wang 王", "supervisor", "wang-demo-1"},
    {"zhou", "Zhou 周", "supervisor", "zhou-demo-1"},
    {"chen", "Chen 陈", "custodian", "chen-demo-1"},
    {"li", "Li 李", "custodian", "li-demo-1"},
    {"zhao", "Zhao 赵", "custodian", "zhao-demo-1"},
    {"sun", "Sun 孙", "operator", "sun-demo-1"},
    {"qian", "Qian 钱", "auditor", "qian-demo-1"},
};

/* In /tmp anybody could have put a folder of that name there first. */
static enum kr_error own_folder(const char *path)
{
    struct stat st;

    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return kr_fail(KR_E_FILE, "%s", path);
    if (lstat(path, &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
        (st.st_mode & 077) != 0)
        return kr_fail(KR_E_FILE, "%s", path);
    return KR_OK;
}

static enum kr_error join(char out[PATH_ROOM], const char *head, const char *tail)
{
    int n = snprintf(out, PATH_ROOM, "%s/%s", head, tail);

    return n > 0 && n < PATH_ROOM ? KR_OK : kr_fail(KR_E_TOO_LONG, "%.60s", head);
}

enum kr_error demo_place(struct demo *d, const char *store, const char *deck,
                         enum reader_kind readers)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    char name[64];
    enum kr_error e = KR_OK;

    memset(d, 0, sizeof *d);
    d->readers = readers;
    if (!store || !deck) {
        snprintf(name, sizeof name, "keyrite-demo-%u", (unsigned)geteuid());
        e = join(d->folder, runtime && runtime[0] == '/' ? runtime : "/tmp", name);
        if (e == KR_OK)
            e = own_folder(d->folder);
    }
    if (e == KR_OK && !store)
        e = join(d->store, d->folder, "store");
    else if (e == KR_OK && snprintf(d->store, sizeof d->store, "%s", store) >= PATH_ROOM)
        e = kr_fail(KR_E_TOO_LONG, "--store");
    if (e == KR_OK && !deck)
        e = join(d->deck, d->folder, "deck");
    else if (e == KR_OK && snprintf(d->deck, sizeof d->deck, "%s", deck) >= PATH_ROOM)
        e = kr_fail(KR_E_TOO_LONG, "--deck");
    if (store || deck)
        d->folder[0] = '\0'; /* what others named is never cleared */
    return e;
}

bool demo_exists(const struct demo *d)
{
    struct slots *slots = calloc(1, sizeof *slots);
    bool there = slots && slots_read(d->store, slots) == KR_OK;

    free(slots);
    return there;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static enum kr_error remove_tree(const char *path)
{
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        return kr_fail(KR_E_FILE, "%s", path);
    return KR_OK;
}

enum kr_error demo_clear(struct demo *d)
{
    enum kr_error e = KR_OK;

    if (!d->folder[0])
        return KR_OK;
    e = own_folder(d->folder);
    if (e == KR_OK)
        e = remove_tree(d->store);
    if (e == KR_OK)
        e = remove_tree(d->deck);
    d->desk[0] = '\0';
    return e;
}

enum kr_error demo_fill_deck(const struct demo *d)
{
    struct deck_card cards[64];
    char sheets[SHEETS_MAX][SHEET_NAME_MAX], first[DECK_NAME_MAX];
    size_t count = 0;
    enum kr_error e = deck_make(d->deck);

    if (e == KR_OK)
        e = deck_list(d->deck, cards, 64, &count);
    if (e == KR_OK && count == 0)
        e = deck_new(d->deck, "manufacturer", 1, first);
    if (e == KR_OK && count == 0)
        e = deck_new(d->deck, "blank-mother", 6, first);
    size_t have = sheets_list(d->deck, sheets, SHEETS_MAX);
    bool components = false;
    for (size_t i = 0; i < have; i++)
        components = components || strncmp(sheets[i], "GMPK-", 5) == 0;
    if (e == KR_OK && !components)
        e = sheets_make(d->deck);
    return e;
}

enum kr_error demo_session(const struct demo *d, const struct paths *p, struct session **s)
{
    struct session_options o = {.store_dir = d->store,
                                .scripts_dir = p->scripts,
                                .layouts_dir = p->layouts,
                                .readers = d->readers,
                                .deck = d->deck,
                                .rehearsal = true};

    return session_start(&o, s);
}

const char *demo_hint(struct console *c, const char *person)
{
    struct demo *d = c->setup.demo;
    const struct slots *slots = c->session ? session_slots(c->session) : NULL;

    /* A centre that somebody founds by hand may have a Wang with another passphrase. */
    if (!d || !slots || strcmp(slots->centre.origin, DEMO_ORIGIN) != 0)
        return NULL;
    for (size_t i = 0; i < DEMO_PEOPLE; i++)
        if (strcmp(demo_people[i].id, person) == 0) {
            snprintf(d->hint, sizeof d->hint, _("passphrase: %s"), demo_people[i].passphrase);
            return d->hint;
        }
    return NULL;
}
