#include "outline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "text.h"

/* ---- A YAML document's nodes ---- */

static const yaml_node_t *member(yaml_document_t *doc, const yaml_node_t *map, const char *name)
{
    if (map == NULL || map->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top;
         p++) {
        const yaml_node_t *key = yaml_document_get_node(doc, p->key);
        if (key != NULL && key->type == YAML_SCALAR_NODE &&
            strcmp((const char *)key->data.scalar.value, name) == 0)
            return yaml_document_get_node(doc, p->value);
    }
    return NULL;
}

static size_t item_count(const yaml_node_t *list)
{
    if (list == NULL || list->type != YAML_SEQUENCE_NODE)
        return 0;
    return (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
}

static const yaml_node_t *item(yaml_document_t *doc, const yaml_node_t *list, size_t n)
{
    return yaml_document_get_node(doc, list->data.sequence.items.start[n]);
}

static void scalar(const yaml_node_t *node, char *out, size_t room)
{
    bool is_text = node != NULL && node->type == YAML_SCALAR_NODE;
    text_copy(is_text ? (const char *)node->data.scalar.value : "", out, room);
}

static void words(yaml_document_t *doc, const yaml_node_t *map, struct outline_words *w)
{
    scalar(member(doc, map, "en"), w->en, sizeof w->en);
    scalar(member(doc, map, "zh"), w->zh, sizeof w->zh);
}

static void read_step(yaml_document_t *doc, const yaml_node_t *node, struct outline_step *s)
{
    const yaml_node_t *requires = member(doc, node, "requires");
    const yaml_node_t *repeat = member(doc, node, "repeat");
    scalar(member(doc, node, "id"), s->id, sizeof s->id);
    scalar(member(doc, node, "kind"), s->kind, sizeof s->kind);
    words(doc, member(doc, node, "title"), &s->title);
    s->unless_key = member(doc, node, "unless-key") != NULL;
    for (size_t i = 0; i < item_count(repeat) && i < 2; i++)
        scalar(item(doc, repeat, i), s->repeat[i], sizeof s->repeat[i]);
    for (size_t i = 0; i < item_count(requires) && i < OUTLINE_REQUIRES_MAX; i++)
        scalar(item(doc, requires, i), s->requires[s->requires_count++], sizeof s->requires[0]);
}

static enum kr_error read_document(yaml_document_t *doc, struct outline *o)
{
    const yaml_node_t *root = yaml_document_get_root_node(doc);
    const yaml_node_t *steps = member(doc, root, "steps");
    scalar(member(doc, root, "id"), o->id, sizeof o->id);
    scalar(member(doc, root, "version"), o->version, sizeof o->version);
    words(doc, member(doc, root, "title"), &o->title);
    o->count = item_count(steps);
    o->steps = o->count == 0 ? NULL : calloc(o->count, sizeof *o->steps);
    if (o->count > 0 && o->steps == NULL)
        return KR_E_MEMORY;
    for (size_t i = 0; i < o->count; i++)
        read_step(doc, item(doc, steps, i), &o->steps[i]);
    return KR_OK;
}

enum kr_error outline_read(const char *text, size_t len, struct outline *o)
{
    yaml_parser_t parser;
    yaml_document_t doc;
    memset(o, 0, sizeof *o);
    if (len > OUTLINE_TEXT_MAX)
        return kr_fail(KR_E_SCRIPT_SYNTAX, "%zu bytes", len);
    if (!yaml_parser_initialize(&parser))
        return KR_E_MEMORY;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    enum kr_error error = KR_OK;
    if (yaml_parser_load(&parser, &doc)) {
        error = read_document(&doc, o);
        yaml_document_delete(&doc);
    } else {
        error = kr_fail(KR_E_SCRIPT_SYNTAX, "%s", parser.problem ? parser.problem : "YAML");
    }
    yaml_parser_delete(&parser);
    return error;
}

void outline_free(struct outline *o)
{
    free(o->steps);
    memset(o, 0, sizeof *o);
}

/* ---- Instances ---- */

/* "component[1.3]": its step's id, and up to two numbers; 0 for none. */
static void split_key(const char *key, char id[32], int n[2])
{
    n[0] = n[1] = 0;
    id[0] = '\0';
    (void)sscanf(key, "%31[^[][%d.%d", id, &n[0], &n[1]);
}

const struct outline_step *outline_step_of(const struct outline *o, const char *key)
{
    char id[32];
    int n[2];
    split_key(key, id, n);
    for (size_t i = 0; i < o->count; i++)
        if (strcmp(o->steps[i].id, id) == 0)
            return &o->steps[i];
    return NULL;
}

/* What {group} and {letter} stand for in this instance; other names show nothing. */
static void fill_name(const struct outline_step *s, const int n[2], const char *name, size_t len,
                      char out[16])
{
    bool group = len == 5 && strncmp(name, "group", len) == 0;
    bool letter = len == 6 && strncmp(name, "letter", len) == 0;
    out[0] = '\0';
    for (size_t i = 0; i < 2; i++) {
        bool over_groups = strcmp(s->repeat[i], "groups") == 0;
        if (group && over_groups)
            snprintf(out, 16, "%d", n[i]);
        else if (letter && s->repeat[i][0] != '\0' && !over_groups && n[i] > 0 && n[i] <= 26)
            snprintf(out, 16, "%c", 'A' + n[i] - 1);
    }
}

void outline_title(const struct outline *o, const char *key, bool chinese, char *out, size_t room)
{
    char id[32], filled[16];
    int n[2], columns;
    wchar_t glyph;
    size_t at = 0;
    const struct outline_step *s = outline_step_of(o, key);
    const char *title = s == NULL ? key : chinese ? s->title.zh : s->title.en;
    split_key(key, id, n);
    out[0] = '\0';
    while (*title != '\0' && at + 16 < room) {
        const char *end = s != NULL && *title == '{' ? strchr(title, '}') : NULL;
        if (end == NULL) {
            size_t step = text_next(title, &glyph, &columns);
            memcpy(out + at, title, step);
            at += step;
            title += step;
        } else {
            fill_name(s, n, title + 1, (size_t)(end - title - 1), filled);
            at += (size_t)snprintf(out + at, room - at, "%s", filled);
            title = end + 1;
        }
    }
    out[at] = '\0';
}
