#include "script.h"

#include <cyaml/cyaml.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "../crypto/hash.h"

#define SCRIPT_BYTES_MAX 131072

static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED),
};
#define TEXT(name, type, member)                                                                   \
    CYAML_FIELD_STRING_PTR(name, CYAML_FLAG_POINTER, type, member, 1, CYAML_UNLIMITED)
#define TEXT_OPT(name, type, member)                                                               \
    CYAML_FIELD_STRING_PTR(name, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 1,        \
                           CYAML_UNLIMITED)
#define LIST_OPT(name, type, member)                                                               \
    CYAML_FIELD_SEQUENCE(name, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member,             \
                         &text_value, 1, 32)
#define ROWS(name, flags, member, schema, least, most)                                             \
    CYAML_FIELD_SEQUENCE(name, CYAML_FLAG_POINTER | (flags), struct script, member, &(schema),     \
                         least, most)
#define WORDS(name, flags, type, member)                                                           \
    CYAML_FIELD_MAPPING(name, flags, type, member, words_fields)
#define INT_OPT(name, type, member)  CYAML_FIELD_INT(name, CYAML_FLAG_OPTIONAL, type, member)
#define BOOL_OPT(name, type, member) CYAML_FIELD_BOOL(name, CYAML_FLAG_OPTIONAL, type, member)

static const cyaml_schema_field_t words_fields[] = {
    TEXT("en", struct words, en),
    TEXT("zh", struct words, zh),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t seat_fields[] = {
    TEXT("id", struct script_seat, id),
    TEXT("role", struct script_seat, role),
    INT_OPT("least", struct script_seat, least),
    INT_OPT("most", struct script_seat, most),
    TEXT_OPT("count", struct script_seat, count),
    WORDS("title", CYAML_FLAG_DEFAULT, struct script_seat, title),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t parameter_fields[] = {
    TEXT("id", struct script_parameter, id),
    TEXT("type", struct script_parameter, type),
    INT_OPT("least", struct script_parameter, least),
    INT_OPT("most", struct script_parameter, most),
    TEXT_OPT("preset", struct script_parameter, preset),
    LIST_OPT("options", struct script_parameter, options),
    WORDS("ask", CYAML_FLAG_DEFAULT, struct script_parameter, ask),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t step_fields[] = {
    TEXT("id", struct script_step, id),
    TEXT("kind", struct script_step, kind),
    TEXT_OPT("who", struct script_step, who),
    TEXT_OPT("with", struct script_step, with),
    LIST_OPT("repeat", struct script_step, repeat),
    TEXT_OPT("key", struct script_step, key),
    TEXT_OPT("purpose", struct script_step, purpose),
    LIST_OPT("keys", struct script_step, keys),
    LIST_OPT("layouts", struct script_step, layouts),
    TEXT_OPT("layout", struct script_step, layout),
    TEXT_OPT("card", struct script_step, card),
    INT_OPT("reader", struct script_step, reader),
    TEXT_OPT("mother", struct script_step, mother),
    TEXT_OPT("from", struct script_step, from),
    TEXT_OPT("data", struct script_step, data),
    BOOL_OPT("blank", struct script_step, blank),
    TEXT_OPT("partner", struct script_step, partner),
    TEXT_OPT("refuses", struct script_step, refuses),
    TEXT_OPT("unless-key", struct script_step, unless_key),
    LIST_OPT("covers", struct script_step, covers),
    LIST_OPT("requires", struct script_step, requires),
    WORDS("title", CYAML_FLAG_DEFAULT, struct script_step, title),
    WORDS("text", CYAML_FLAG_OPTIONAL, struct script_step, text),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t seat_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct script_seat, seat_fields),
};
static const cyaml_schema_value_t parameter_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct script_parameter, parameter_fields),
};
static const cyaml_schema_value_t step_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct script_step, step_fields),
};
static const cyaml_schema_field_t script_fields[] = {
    TEXT("id", struct script, id),
    TEXT("prefix", struct script, prefix),
    CYAML_FIELD_INT("version", CYAML_FLAG_DEFAULT, struct script, version),
    INT_OPT("order", struct script, order),
    LIST_OPT("tiers", struct script, tiers),
    LIST_OPT("key-holding", struct script, key_holding),
    BOOL_OPT("founding", struct script, founding),
    BOOL_OPT("vault", struct script, vault),
    WORDS("title", CYAML_FLAG_DEFAULT, struct script, title),
    WORDS("purpose", CYAML_FLAG_DEFAULT, struct script, purpose),
    ROWS("seats", CYAML_FLAG_OPTIONAL, seats, seat_value, 1, SCRIPT_SEATS_MAX),
    ROWS("parameters", CYAML_FLAG_OPTIONAL, parameters, parameter_value, 1, SCRIPT_PARAMETERS_MAX),
    ROWS("steps", CYAML_FLAG_DEFAULT, steps, step_value, 1, SCRIPT_STEPS_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t script_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct script, script_fields),
};

/* What libcyaml says when a file does not fit: its first complaint and the first line number it
 * names. */
struct complaint {
    char what[160];
    char line[16];
};

__attribute__((format(printf, 3, 0))) static void complaint_note(cyaml_log_t level, void *ctx,
                                                                 const char *format, va_list args)
{
    struct complaint *complaint = ctx;
    char text[256];
    (void)level;
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = '\0';
    const char *line = strstr(text, "line: ");
    if (line != NULL && complaint->line[0] == '\0')
        snprintf(complaint->line, sizeof complaint->line, "%.*s",
                 (int)strspn(line + 6, "0123456789"), line + 6);
    if (complaint->what[0] == '\0') {
        const char *start = strncmp(text, "Load: ", 6) == 0 ? text + 6 : text;
        snprintf(complaint->what, sizeof complaint->what, "%.150s", start);
    }
}

static const cyaml_config_t *script_config(cyaml_config_t *config, struct complaint *complaint)
{
    memset(config, 0, sizeof *config);
    config->log_fn = complaint_note;
    config->log_ctx = complaint;
    config->log_level = CYAML_LOG_ERROR;
    config->mem_fn = cyaml_mem;
    return config;
}

/* libcyaml forgets where things stood; the document's nodes remember. */
static void lines_of(yaml_document_t *document, int list, unsigned *lines, size_t room)
{
    yaml_node_t *node = yaml_document_get_node(document, list);
    if (node == NULL || node->type != YAML_SEQUENCE_NODE)
        return;
    size_t n = 0;
    for (yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top && n < room; item++, n++) {
        yaml_node_t *row = yaml_document_get_node(document, *item);
        if (row != NULL)
            lines[n] = (unsigned)row->start_mark.line + 1;
    }
}

/* A second document would be read by people and by nobody else. */
static enum kr_error nothing_follows(const char *name, yaml_parser_t *parser)
{
    yaml_document_t document;
    if (!yaml_parser_load(parser, &document))
        return kr_fail(KR_E_SCRIPT_SYNTAX, "%s line %zu: no YAML", name,
                       parser->problem_mark.line + 1);
    bool more = yaml_document_get_root_node(&document) != NULL;
    unsigned line = (unsigned)document.start_mark.line + 1;
    yaml_document_delete(&document);
    return more ? kr_fail(KR_E_SCRIPT_SYNTAX, "%s line %u: a second document", name, line) : KR_OK;
}

static enum kr_error script_lines(const char *name, struct script *s)
{
    yaml_parser_t parser;
    yaml_document_t document;
    enum kr_error err = KR_OK;
    if (!yaml_parser_initialize(&parser))
        return KR_E_MEMORY;
    yaml_parser_set_input_string(&parser, (const unsigned char *)s->source, s->source_len);
    if (yaml_parser_load(&parser, &document)) {
        unsigned lines[SCRIPT_STEPS_MAX] = {0};
        yaml_node_t *root = yaml_document_get_root_node(&document);
        for (yaml_node_pair_t *pair = root->data.mapping.pairs.start;
             pair < root->data.mapping.pairs.top; pair++) {
            const char *key =
                (const char *)yaml_document_get_node(&document, pair->key)->data.scalar.value;
            memset(lines, 0, sizeof lines);
            lines_of(&document, pair->value, lines, SCRIPT_STEPS_MAX);
            for (size_t i = 0; strcmp(key, "steps") == 0 && i < s->steps_count; i++)
                s->steps[i].line = lines[i];
            for (size_t i = 0; strcmp(key, "seats") == 0 && i < s->seats_count; i++)
                s->seats[i].line = lines[i];
            for (size_t i = 0; strcmp(key, "parameters") == 0 && i < s->parameters_count; i++)
                s->parameters[i].line = lines[i];
        }
        yaml_document_delete(&document);
        err = nothing_follows(name, &parser);
    }
    yaml_parser_delete(&parser);
    return err;
}

static void script_presets(struct script *s)
{
    for (size_t i = 0; i < s->seats_count; i++) {
        if (s->seats[i].least == 0)
            s->seats[i].least = 1;
        if (s->seats[i].most == 0)
            s->seats[i].most = s->seats[i].least;
    }
}

/* libcyaml names the line of the field before the one it does not know; the key itself is not far.
 */
static void line_of_unexpected(const char *text, size_t len, struct complaint *complaint)
{
    static const char words[] = "Unexpected key: ";
    const char *key = strstr(complaint->what, words);
    unsigned wanted = (unsigned)strtoul(complaint->line, NULL, 10), line = 1;
    if (key == NULL)
        return;
    key += sizeof words - 1;
    for (size_t at = 0; at + strlen(key) < len; at++) {
        if (text[at] == '\n')
            line++;
        if (line >= wanted && strncmp(text + at, key, strlen(key)) == 0 &&
            text[at + strlen(key)] == ':') {
            snprintf(complaint->line, sizeof complaint->line, "%u", line);
            return;
        }
    }
}

enum kr_error script_parse(const char *name, const char *text, size_t len, struct script **out)
{
    enum kr_error err = KR_OK;
    struct complaint complaint = {"", ""};
    cyaml_config_t config;
    struct script *s = NULL;
    *out = NULL;
    cyaml_err_t rc = cyaml_load_data((const uint8_t *)text, len, script_config(&config, &complaint),
                                     &script_value, (cyaml_data_t **)&s, NULL);
    if (rc != CYAML_OK)
        line_of_unexpected(text, len, &complaint);
    if (rc != CYAML_OK)
        return kr_fail(KR_E_SCRIPT_SYNTAX, "%s line %s: %s", name,
                       complaint.line[0] != '\0' ? complaint.line : "?",
                       complaint.what[0] != '\0' ? complaint.what : cyaml_strerror(rc));
    if (s == NULL)
        return kr_fail(KR_E_SCRIPT_SYNTAX, "%s line 1: nothing in it", name);
    s->source = malloc(len + 1);
    if (s->source == NULL) {
        err = KR_E_MEMORY;
        goto done;
    }
    memcpy(s->source, text, len);
    s->source[len] = '\0';
    s->source_len = len;
    script_presets(s);
    err = script_lines(name, s);
    if (err == KR_OK)
        err = sha256(text, len, s->hash);
done:
    if (err == KR_OK)
        *out = s;
    else
        script_free(&s);
    return err;
}

enum kr_error script_load(const char *path, struct script **s)
{
    enum kr_error err = KR_OK;
    char *text = malloc(SCRIPT_BYTES_MAX);
    FILE *f = fopen(path, "rb");
    *s = NULL;
    if (text == NULL || f == NULL) {
        err = text == NULL ? KR_E_MEMORY : kr_fail(KR_E_FILE, "%s", path);
        goto done;
    }
    size_t len = fread(text, 1, SCRIPT_BYTES_MAX, f);
    if (ferror(f) || len == SCRIPT_BYTES_MAX) {
        err = kr_fail(KR_E_FILE, "%s", path);
        goto done;
    }
    err = script_parse(path, text, len, s);
done:
    if (f != NULL)
        fclose(f);
    free(text);
    return err;
}

void script_free(struct script **s)
{
    struct complaint complaint = {"", ""};
    cyaml_config_t config;
    if (*s == NULL)
        return;
    free((*s)->source);
    (*s)->source = NULL;
    cyaml_free(script_config(&config, &complaint), &script_value, *s, 0);
    *s = NULL;
}

static void summarise(const struct script *s, const char *path, struct script_summary *out)
{
    snprintf(out->path, sizeof out->path, "%s", path);
    snprintf(out->id, sizeof out->id, "%s", s->id);
    snprintf(out->title_en, sizeof out->title_en, "%s", s->title.en);
    snprintf(out->title_zh, sizeof out->title_zh, "%s", s->title.zh);
    out->founding = s->founding;
    out->order = s->order;
    out->tiers = 0;
    for (size_t i = 0; i < s->tiers_count; i++)
        out->tiers |= 1u << tier_by_name(s->tiers[i]);
}

static int by_file_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_script(const struct dirent *entry)
{
    const char *end = strrchr(entry->d_name, '.');
    return end != NULL && strcmp(end, ".yaml") == 0;
}

static int by_order(const void *a, const void *b)
{
    const struct script_summary *one = a, *other = b;
    int difference = one->order - other->order;
    return difference != 0 ? difference : strcmp(one->id, other->id);
}

size_t script_list(const char *dir, struct script_summary *out, size_t room)
{
    struct dirent **files = NULL;
    size_t n = 0;
    int count = scandir(dir, &files, is_script, by_file_name);
    for (int i = 0; i < count; i++) {
        char path[256];
        struct script *s = NULL;
        if (snprintf(path, sizeof path, "%s/%s", dir, files[i]->d_name) < (int)sizeof path &&
            n < room && script_load(path, &s) == KR_OK)
            summarise(s, path, &out[n++]);
        script_free(&s);
        free(files[i]);
    }
    free(files);
    qsort(out, n, sizeof *out, by_order);
    return n;
}
