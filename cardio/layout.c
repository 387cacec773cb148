/* Reading layout files. */
#include "layout_check.h"
#include <cyaml/cyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define LAYOUT_BYTES_MAX 65536

/* As the file writes it; turned into struct layout afterwards. */
struct key_text {
    char name[24];
    uint8_t group;
    char kind[16];
    uint8_t kid, use_right, state, change_right, counter, length;
    bool optional;
    enum { FROM_VAULT, FROM_MOTHER, FROM_DRAW } from;
    char source[24];
    enum key_factor factors[LAYOUT_FACTORS_MAX];
    uint32_t factor_count;
    char under[24];
    bool later;
};
struct file_text {
    uint16_t id, size;
    char type[12];
    uint8_t records, record_length;
    char protect[16];
    uint8_t read_right, write_right;
    char content[24];
    uint32_t limit;
};
struct directory_text {
    uint16_t id, key_file_size, size;
    char name[17];
    uint8_t create_right, erase_right, key_right;
    struct key_text keys[LAYOUT_KEYS_MAX];
    uint32_t key_count;
    struct file_text files[LAYOUT_FILES_MAX];
    uint32_t file_count;
};
struct layout_text {
    char id[24];
    char dialect[16];
    uint8_t card_type;
    bool second;
    char plastic[12];
    struct directory_text mf, adf;
};

#define BYTE(key, type, member)  CYAML_FIELD_UINT(key, CYAML_FLAG_DEFAULT, type, member)
#define MAYBE(key, type, member) CYAML_FIELD_UINT(key, CYAML_FLAG_OPTIONAL, type, member)
#define TEXT(key, type, member)  CYAML_FIELD_STRING(key, CYAML_FLAG_DEFAULT, type, member, 1)
#define WORD(key, type, member)  CYAML_FIELD_STRING(key, CYAML_FLAG_OPTIONAL, type, member, 1)

static const cyaml_strval_t origin_words[] = {
    {"vault", FROM_VAULT}, {"mother", FROM_MOTHER}, {"draw", FROM_DRAW}};
static const cyaml_strval_t factor_words[] = {
    {"region", FACTOR_REGION},
    {"bank", FACTOR_BANK},
    {"serial", FACTOR_SERIAL},
};
static const cyaml_schema_value_t factor_value = {
    CYAML_VALUE_ENUM(CYAML_FLAG_STRICT, enum key_factor, factor_words, FACTOR_KINDS),
};
static const cyaml_schema_field_t key_fields[] = {
    TEXT("name", struct key_text, name),
    MAYBE("group", struct key_text, group),
    TEXT("kind", struct key_text, kind),
    BYTE("kid", struct key_text, kid),
    BYTE("use-right", struct key_text, use_right),
    BYTE("state", struct key_text, state),
    BYTE("change-right", struct key_text, change_right),
    BYTE("counter", struct key_text, counter),
    MAYBE("length", struct key_text, length),
    CYAML_FIELD_BOOL("optional", CYAML_FLAG_OPTIONAL, struct key_text, optional),
    CYAML_FIELD_ENUM("from", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct key_text, from,
                     origin_words, 3),
    WORD("source", struct key_text, source),
    CYAML_FIELD_SEQUENCE_COUNT("factors", CYAML_FLAG_OPTIONAL, struct key_text, factors,
                               factor_count, &factor_value, 1, LAYOUT_FACTORS_MAX),
    WORD("under", struct key_text, under),
    CYAML_FIELD_BOOL("later", CYAML_FLAG_OPTIONAL, struct key_text, later),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t file_fields[] = {
    BYTE("id", struct file_text, id),
    WORD("type", struct file_text, type),
    MAYBE("size", struct file_text, size),
    MAYBE("records", struct file_text, records),
    MAYBE("record-length", struct file_text, record_length),
    TEXT("protect", struct file_text, protect),
    BYTE("read-right", struct file_text, read_right),
    BYTE("write-right", struct file_text, write_right),
    TEXT("content", struct file_text, content),
    MAYBE("limit", struct file_text, limit),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t key_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct key_text, key_fields),
};
static const cyaml_schema_value_t file_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_text, file_fields),
};
static const cyaml_schema_field_t directory_fields[] = {
    BYTE("id", struct directory_text, id),
    TEXT("name", struct directory_text, name),
    BYTE("key-file-size", struct directory_text, key_file_size),
    MAYBE("size", struct directory_text, size),
    BYTE("create-right", struct directory_text, create_right),
    BYTE("erase-right", struct directory_text, erase_right),
    BYTE("key-right", struct directory_text, key_right),
    CYAML_FIELD_SEQUENCE_COUNT("keys", CYAML_FLAG_DEFAULT, struct directory_text, keys, key_count,
                               &key_value, 1, LAYOUT_KEYS_MAX),
    CYAML_FIELD_SEQUENCE_COUNT("files", CYAML_FLAG_DEFAULT, struct directory_text, files,
                               file_count, &file_value, 0, LAYOUT_FILES_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t layout_fields[] = {
    TEXT("id", struct layout_text, id),
    TEXT("dialect", struct layout_text, dialect),
    BYTE("card-type", struct layout_text, card_type),
    WORD("plastic", struct layout_text, plastic),
    CYAML_FIELD_BOOL("second", CYAML_FLAG_OPTIONAL, struct layout_text, second),
    CYAML_FIELD_MAPPING("mf", CYAML_FLAG_DEFAULT, struct layout_text, mf, directory_fields),
    CYAML_FIELD_MAPPING("adf", CYAML_FLAG_OPTIONAL, struct layout_text, adf, directory_fields),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t layout_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct layout_text, layout_fields),
};

/* libcyaml's first complaint, and the first line number of the backtrace it logs after it. */
struct complaint {
    char text[96];
    unsigned line;
};

static void note_complaint(cyaml_log_t level, void *ctx, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static void note_complaint(cyaml_log_t level, void *ctx, const char *format, va_list args)
{
    struct complaint *c = ctx;
    char message[256];
    if (level < CYAML_LOG_ERROR)
        return;
    vsnprintf(message, sizeof message, format, args);
    message[strcspn(message, "\n")] = '\0';
    const char *line = strstr(message, "line: ");
    if (line && !c->line)
        c->line = (unsigned)strtoul(line + 6, NULL, 10);
    const char *text = strncmp(message, "Load: ", 6) == 0 ? message + 6 : message;
    if (!*c->text)
        snprintf(c->text, sizeof c->text, "%.90s", text);
}

/* ---- lines of keys and files, which libcyaml does not keep ---- */

static yaml_node_t *child_of(yaml_document_t *d, yaml_node_t *map, const char *key)
{
    if (!map || map->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top;
         p++) {
        yaml_node_t *k = yaml_document_get_node(d, p->key);
        if (k->type == YAML_SCALAR_NODE && strcmp((const char *)k->data.scalar.value, key) == 0)
            return yaml_document_get_node(d, p->value);
    }
    return NULL;
}

static unsigned line_in(yaml_document_t *d, const yaml_node_t *list, size_t i)
{
    if (!list || list->type != YAML_SEQUENCE_NODE ||
        i >= (size_t)(list->data.sequence.items.top - list->data.sequence.items.start))
        return 0;
    return (unsigned)yaml_document_get_node(d, list->data.sequence.items.start[i])
               ->start_mark.line +
           1;
}

static void directory_lines(yaml_document_t *d, yaml_node_t *root, const char *part,
                            struct layout_directory *out)
{
    yaml_node_t *map = child_of(d, root, part);
    if (!map)
        return;
    out->line = (unsigned)map->start_mark.line + 1;
    yaml_node_t *keys = child_of(d, map, "keys"), *files = child_of(d, map, "files");
    for (size_t i = 0; i < out->key_count; i++)
        out->keys[i].line = line_in(d, keys, i);
    for (size_t i = 0; i < out->file_count; i++)
        out->files[i].line = line_in(d, files, i);
}

/* Before libcyaml, because libyaml itself says in which line the syntax breaks. */
static enum kr_error read_document(const char *name, const uint8_t *text, size_t len,
                                   yaml_document_t *document)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return KR_E_MEMORY;
    yaml_parser_set_input_string(&parser, text, len);
    enum kr_error err = KR_OK;
    if (!yaml_parser_load(&parser, document))
        err = kr_fail(KR_E_LAYOUT, "%s line %zu: %s", name, parser.problem_mark.line + 1,
                      parser.problem ? parser.problem : "?");
    yaml_parser_delete(&parser);
    return err;
}

static void note_lines(yaml_document_t *document, struct layout *out)
{
    yaml_node_t *root = yaml_document_get_root_node(document);
    directory_lines(document, root, "mf", &out->mf);
    directory_lines(document, root, "adf", &out->adf);
}

/* ---- from the file's words to the card's bytes ---- */

static void take_key(const struct key_text *t, const struct dialect *d, struct layout_key *k)
{
    memcpy(k->name, t->name, sizeof k->name);
    k->group = t->group;
    k->kind = card_key_kind_by_name(t->kind);
    k->kid = t->kid;
    k->optional = t->optional;
    memcpy(k->source, t->source[0] ? t->source : t->name, sizeof k->source);
    memcpy(k->factors, t->factors, sizeof k->factors);
    k->factor_count = t->factor_count;
    k->mother = t->from == FROM_MOTHER;
    k->drawn = t->from == FROM_DRAW;
    memcpy(k->under, t->under, sizeof k->under);
    k->later = t->later;
    k->header = (struct key_header){
        .version = t->group,
        .algorithm = k->kind == CARD_KEY_PIN ? t->length
                     : d                     ? d->algorithm_3des
                                             : 0,
        .usage = d && k->kind < CARD_KEY_KINDS ? d->type[k->kind] : 0,
        .use_right = t->use_right,
        .follow_state = t->state,
        .change_right = t->change_right,
        .counter = t->counter,
    };
}

#define TYPE_UNKNOWN 0x00

static uint8_t file_type(const char *type, const char *protect)
{
    static const struct {
        const char *word;
        uint8_t type;
    } types[] = {{"", FILE_TRANSPARENT},
                 {"transparent", FILE_TRANSPARENT},
                 {"fixed", FILE_FIXED},
                 {"cyclic", FILE_CYCLIC},
                 {"purse", FILE_PURSE}};
    uint8_t found = TYPE_UNKNOWN;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].word, type) == 0)
            found = types[i].type;
    if (!found || strcmp(protect, "none") == 0)
        return found;
    if (strcmp(protect, "mac") == 0)
        return found | FILE_MAC;
    return strcmp(protect, "encrypt") == 0 ? found | FILE_ENCRYPT : TYPE_UNKNOWN;
}

/* A file of records says its size in two bytes: how many, and how long each is. */
static uint16_t file_size(const struct file_text *f)
{
    return (uint16_t)(f->records ? f->records << 8 | f->record_length : f->size);
}

static void take_directory(const struct directory_text *t, const struct dialect *d,
                           struct layout_directory *out)
{
    out->id = t->id;
    out->name_len = strlen(t->name);
    memcpy(out->name, t->name, out->name_len);
    out->key_file_size = t->key_file_size;
    out->size = t->size;
    out->create_right = t->create_right;
    out->erase_right = t->erase_right;
    out->key_right = t->key_right;
    out->key_count = t->key_count;
    out->file_count = t->file_count;
    for (size_t i = 0; i < t->key_count; i++)
        take_key(&t->keys[i], d, &out->keys[i]);
    for (size_t i = 0; i < t->file_count; i++) {
        const struct file_text *f = &t->files[i];
        out->files[i].control = (struct file_control){.id = f->id,
                                                      .type = file_type(f->type, f->protect),
                                                      .size = file_size(f),
                                                      .read_right = f->read_right,
                                                      .write_right = f->write_right};
        memcpy(out->files[i].content, f->content, sizeof f->content);
        out->files[i].limit = f->limit;
    }
}

static void take_layout(const struct layout_text *t, struct layout *out)
{
    const struct dialect *d = dialect_by_id(t->dialect);
    memset(out, 0, sizeof *out);
    memcpy(out->id, t->id, sizeof out->id);
    memcpy(out->dialect, t->dialect, sizeof out->dialect);
    out->card_type = t->card_type;
    out->second = t->second;
    snprintf(out->plastic, sizeof out->plastic, "%s", t->plastic[0] ? t->plastic : "mother");
    take_directory(&t->mf, d, &out->mf);
    take_directory(&t->adf, d, &out->adf);
}

static enum kr_error read_text(const char *path, uint8_t *text, size_t *len)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return kr_fail(KR_E_FILE, "%s", path);
    *len = fread(text, 1, LAYOUT_BYTES_MAX, f);
    bool whole = feof(f) && !ferror(f);
    fclose(f);
    return whole ? KR_OK : kr_fail(KR_E_FILE, "%s", path);
}

static enum kr_error parse(const char *name, const uint8_t *text, size_t len, struct layout *out)
{
    struct complaint complaint = {0};
    struct layout_text *t = NULL;
    const cyaml_config_t config = {.log_fn = note_complaint,
                                   .log_ctx = &complaint,
                                   .mem_fn = cyaml_mem,
                                   .log_level = CYAML_LOG_ERROR};
    cyaml_err_t rc = cyaml_load_data(text, len, &config, &layout_schema, (cyaml_data_t **)&t, NULL);
    if (rc != CYAML_OK)
        return kr_fail(KR_E_LAYOUT, "%s line %u: %s", name, complaint.line ? complaint.line : 1,
                       *complaint.text ? complaint.text : cyaml_strerror(rc));
    if (!t) /* an empty document is no fault to libcyaml */
        return kr_fail(KR_E_LAYOUT, "%s line 1: empty", name);
    take_layout(t, out);
    cyaml_free(&config, &layout_schema, t, 0);
    return KR_OK;
}

enum kr_error layout_parse(const char *name, const uint8_t *text, size_t len, struct layout *out)
{
    yaml_document_t document;
    struct layout_fault fault;
    enum kr_error err = read_document(name, text, len, &document);
    if (err)
        return err;
    err = parse(name, text, len, out);
    if (!err) {
        note_lines(&document, out);
        err = layout_find_fault(out, &fault);
        if (err)
            kr_fail(err, "%s line %u: %s", name, fault.line, fault.text);
    }
    yaml_document_delete(&document);
    return err;
}

enum kr_error layout_load(const char *path, struct layout *out)
{
    const char *slash = strrchr(path, '/');
    size_t len = 0;
    uint8_t *text = malloc(LAYOUT_BYTES_MAX);
    if (!text)
        return KR_E_MEMORY;
    enum kr_error err = read_text(path, text, &len);
    if (!err)
        err = layout_parse(slash ? slash + 1 : path, text, len, out);
    free(text);
    return err;
}

const struct layout_key *layout_key_of_kind(const struct layout_directory *d,
                                            enum card_key_kind kind)
{
    for (size_t i = 0; i < d->key_count; i++)
        if (d->keys[i].kind == kind)
            return &d->keys[i];
    return NULL;
}
