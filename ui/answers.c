#include "answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers_tree.h"

#define KEY_ROOM 64
/* One plain answer to the same request, again and again, is a ceremony going in circles. */
#define SAME_ANSWER_MAX 40
#define DECK_CARDS_MAX  500

struct answers {
    struct answers_tree tree;
    struct node *root;
    struct node *run;  /* the map of the holding that goes on, or NULL */
    bool after_resume; /* as long as requests are of the place where an earlier run stopped */
    char stopped_at[KEY_ROOM]; /* where an earlier run stopped, once it is known */
    char key[KEY_ROOM];        /* of the last request */
    struct node *value;        /* the scalar last given to it */
    bool only_here;            /* that scalar serves this key alone */
};

static const char *const sheet_words[] = {"note", "exception", "pause", "abort", "answer"};
static const enum act_kind sheet_acts[] = {ACT_NOTE, ACT_EXCEPTION, ACT_PAUSE, ACT_ABORT,
                                           ACT_VALUE};
#define SHEET_WORDS (sizeof sheet_words / sizeof sheet_words[0])

static enum act_kind act_of_word(const char *word)
{
    for (size_t i = 0; i < SHEET_WORDS; i++)
        if (strcmp(word, sheet_words[i]) == 0)
            return sheet_acts[i];
    return ACT_NOTHING;
}

/* {note: ..., answer: ...} rather than a map from index. */
static bool is_sheet(const struct node *n)
{
    return n->kind == NODE_MAP && n->first && act_of_word(n->first->key) != ACT_NOTHING;
}

/* ---- Form of the file ---- */

static enum kr_error wrong(const char *path, const struct node *n, const char *what)
{
    return kr_fail(KR_E_ANSWERS_FORM, "%s line %u: %s", path, n->line, what);
}

static enum kr_error check_top(const char *path, const struct node *root)
{
    static const char *const words[] = {"people", "answers", "defaults", "deck"};

    for (struct node *n = root->first; n; n = n->next) {
        bool known = false;
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            known = known || strcmp(n->key, words[i]) == 0;
        if (!known)
            return wrong(path, n, "only people, deck, answers and defaults stand at the top");
        if (n->kind != NODE_MAP)
            return wrong(path, n, "people, deck, answers and defaults are maps");
    }
    return KR_OK;
}

static enum kr_error check_people(const char *path, const struct node *people)
{
    for (struct node *n = people ? people->first : NULL; n; n = n->next) {
        struct node *p = node_child(n, "passphrase");
        if (!p || p->kind != NODE_SCALAR)
            return wrong(path, n, "a person needs passphrase: \"...\"");
    }
    return KR_OK;
}

static enum kr_error check_deck(const char *path, const struct node *deck)
{
    for (struct node *n = deck ? deck->first : NULL; n; n = n->next) {
        long count = n->kind == NODE_SCALAR ? strtol(n->text, NULL, 10) : 0;
        if (count < 1 || count > DECK_CARDS_MAX)
            return wrong(path, n, "deck says how many cards of a kind, 1 to 500");
    }
    return KR_OK;
}

static enum kr_error check_values(const char *path, const struct node *n)
{
    bool sheet = is_sheet(n);

    for (struct node *child = n->first; child; child = child->next) {
        if (n->kind == NODE_MAP && sheet != (act_of_word(child->key) != ACT_NOTHING))
            return wrong(path, child,
                         "note, exception, pause, abort and answer stand by themselves");
        enum kr_error rc = check_values(path, child);
        if (rc != KR_OK)
            return rc;
    }
    return KR_OK;
}

static enum kr_error check_scripts(const char *path, const struct node *scripts)
{
    for (struct node *script = scripts ? scripts->first : NULL; script; script = script->next) {
        struct node *run = script->kind == NODE_LIST ? script->first : script;
        for (; run; run = script->kind == NODE_LIST ? run->next : NULL) {
            if (run->kind != NODE_MAP)
                return wrong(path, run, "answers of a script are a map from step to value");
            enum kr_error rc = check_values(path, run);
            if (rc != KR_OK)
                return rc;
        }
    }
    return KR_OK;
}

enum kr_error answers_read(const char *path, struct answers **a)
{
    struct answers *new = calloc(1, sizeof *new);

    if (!new)
        return KR_E_MEMORY;
    enum kr_error rc = answers_tree_read(path, &new->tree, &new->root);
    if (rc == KR_OK)
        rc = check_top(path, new->root);
    if (rc == KR_OK)
        rc = check_people(path, node_child(new->root, "people"));
    if (rc == KR_OK)
        rc = check_deck(path, node_child(new->root, "deck"));
    if (rc == KR_OK)
        rc = check_scripts(path, node_child(new->root, "answers"));
    if (rc != KR_OK)
        answers_free(&new);
    *a = new;
    return rc;
}

void answers_free(struct answers **a)
{
    if (!*a)
        return;
    answers_tree_free(&(*a)->tree);
    free(*a);
    *a = NULL;
}

/* ---- People, scripts, keys ---- */

static const char *nth_key(const struct node *map, size_t n, unsigned *line)
{
    struct node *child = map && map->kind == NODE_MAP ? map->first : NULL;

    while (child && n-- > 0)
        child = child->next;
    if (child && line)
        *line = child->line;
    return child ? child->key : NULL;
}

const char *answers_person(const struct answers *a, size_t n)
{
    return nth_key(node_child(a->root, "people"), n, NULL);
}

const char *answers_of_person(const struct answers *a, const char *person, const char *what)
{
    struct node *p = node_child(node_child(node_child(a->root, "people"), person), what);

    return p && p->kind == NODE_SCALAR ? p->text : NULL;
}

const char *answers_deck(const struct answers *a, size_t n, unsigned *count)
{
    const struct node *deck = node_child(a->root, "deck");
    const char *kind = nth_key(deck, n, NULL);

    *count = kind ? (unsigned)strtoul(node_child(deck, kind)->text, NULL, 10) : 0;
    return kind;
}

const char *answers_script(const struct answers *a, size_t n)
{
    return nth_key(node_child(a->root, "answers"), n, NULL);
}

const char *answers_key(const struct answers *a, size_t n, unsigned *line)
{
    return nth_key(a->run, n, line);
}

void answers_begin(struct answers *a, const char *script, size_t times, bool after_resume)
{
    struct node *run = node_child(node_child(a->root, "answers"), script);

    if (run && run->kind == NODE_LIST) {
        run = run->first;
        while (run && times-- > 0)
            run = run->next;
    }
    a->run = run;
    a->after_resume = after_resume;
    a->key[0] = a->stopped_at[0] = '\0';
    a->value = NULL;
}

/* ---- Finding what a key gets ---- */

/* "1.2" in a map from index: whole, or level by level; "*" for what is not named. */
static struct node *find_index(struct node *n, const char *index, bool *exact)
{
    char head[KEY_ROOM];

    while (n && n->kind == NODE_MAP && !is_sheet(n)) {
        struct node *whole = node_child(n, index);
        if (whole)
            return whole;
        size_t len = strcspn(index, ".");
        snprintf(head, sizeof head, "%.*s", (int)len, index);
        struct node *level = node_child(n, head);
        if (!level) {
            *exact = false;
            level = node_child(n, "*");
        }
        n = level;
        index += index[len] ? len + 1 : len;
    }
    if (*index)
        *exact = false;
    return n;
}

static struct node *find_key(const struct node *map, const char *key, bool *exact)
{
    char name[KEY_ROOM];
    char index[KEY_ROOM] = "";
    struct node *n = node_child(map, key);

    *exact = true;
    if (n)
        return n->kind == NODE_MAP && !is_sheet(n) ? find_index(n, "*", exact) : n;
    size_t len = strcspn(key, "[");
    if (!key[len])
        return NULL;
    snprintf(name, sizeof name, "%.*s", (int)len, key);
    snprintf(index, sizeof index, "%.*s", (int)strcspn(key + len + 1, "]"), key + len + 1);
    return find_index(node_child(map, name), index, exact);
}

/* ---- Taking ---- */

static struct act nothing(bool spent)
{
    return (struct act){.kind = ACT_NOTHING, .text = "", .spent = spent};
}

static struct act take_from(struct answers *a, struct node *n, enum asked asked);

static struct act take_scalar(struct answers *a, struct node *n, enum asked asked)
{
    if (n->wiped || n->taken >= SAME_ANSWER_MAX ||
        (n->taken > 0 && asked == ASKED_AGAIN && a->value == n))
        return nothing(true);
    n->taken++;
    a->value = n;
    return (struct act){.kind = ACT_VALUE, .text = n->text};
}

static struct act take_from_list(struct answers *a, struct node *list, enum asked asked)
{
    struct node *element = list->first;

    for (unsigned i = 0; element && i < list->taken; i++)
        element = element->next;
    for (; element; element = element->next) {
        struct act act = take_from(a, element, asked);
        if (act.kind == ACT_VALUE || act.kind == ACT_NOTHING)
            list->taken++;
        if (act.kind != ACT_NOTHING)
            return act;
    }
    return nothing(true);
}

static struct act take_from_sheet(struct answers *a, struct node *sheet, enum asked asked)
{
    for (struct node *n = sheet->first; n; n = n->next) {
        enum act_kind kind = act_of_word(n->key);
        if (kind == ACT_VALUE)
            return take_from(a, n, asked);
        if (!n->said) {
            n->said = true;
            return (struct act){.kind = kind, .text = n->text ? n->text : ""};
        }
    }
    return nothing(false);
}

static struct act take_from(struct answers *a, struct node *n, enum asked asked)
{
    switch (n->kind) {
    case NODE_SCALAR:
        return take_scalar(a, n, asked);
    case NODE_LIST:
        return take_from_list(a, n, asked);
    case NODE_MAP:
        break;
    }
    return is_sheet(n) ? take_from_sheet(a, n, asked) : nothing(false);
}

/* Everything up to a pause was said before the run that is now gone on with. */
static void forget_past_pause(struct node *n)
{
    struct node *pause = is_sheet(n) ? node_child(n, "pause") : NULL;

    for (struct node *child = n->first; pause; child = child->next) {
        child->said = true;
        if (child == pause)
            break;
    }
}

/* "component.kcv[1.2]" and "component[1.2]" are one place of the script. */
static void place_of(const char *key, char place[KEY_ROOM])
{
    size_t name = strcspn(key, ".[");
    const char *index = strchr(key, '[');

    snprintf(place, KEY_ROOM, "%.*s%s", (int)name, key, index ? index : "");
}

/* After a resume people sign in first; then comes the place where the earlier run stopped, perhaps
 * from its beginning. */
static bool is_where_it_stopped(struct answers *a, const char *key)
{
    char place[KEY_ROOM];

    if (!a->after_resume || strncmp(key, "sign-in[", 8) == 0)
        return false;
    place_of(key, place);
    if (!a->stopped_at[0])
        memcpy(a->stopped_at, place, sizeof place);
    a->after_resume = strcmp(place, a->stopped_at) == 0;
    return a->after_resume;
}

struct act answers_take(struct answers *a, const char *key, enum asked asked)
{
    bool same = strcmp(key, a->key) == 0;
    bool exact;

    if (same && asked == ASKED_TWICE && a->value && !a->value->wiped)
        return (struct act){.kind = ACT_VALUE, .text = a->value->text};
    struct node *n = find_key(a->run, key, &exact);
    if (!n) {
        exact = false;
        n = find_key(node_child(a->root, "defaults"), key, &exact);
        exact = false;
    }
    if (is_where_it_stopped(a, key) && n)
        forget_past_pause(n);
    if (!same)
        a->value = NULL;
    snprintf(a->key, sizeof a->key, "%s", key);
    a->only_here = exact;
    return n ? take_from(a, n, asked) : nothing(false);
}

const char *answers_default(const struct answers *a, const char *word)
{
    struct node *n = node_child(node_child(a->root, "defaults"), word);

    return n && n->kind == NODE_SCALAR ? n->text : NULL;
}

void answers_used_up(struct answers *a)
{
    if (!a->value || !a->only_here || a->value->wiped)
        return;
    secret_wipe(a->value->text, strlen(a->value->text));
    a->value->wiped = true;
}
