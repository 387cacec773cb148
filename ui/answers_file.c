/* Reading the YAML in a process of its own, and the tree that comes back through a pipe. */
#include "answers_tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <yaml.h>

#include "answers.h"

#define DEPTH_MAX 8
#define NODES_MAX 8192

/* What the reading process sends, in the order of the file: '[' or '{' and its line, ']' or '}', or
 * 's', its line and a text with a NUL. '!' with a sentence, or '?' (cannot be opened), ends it. */
enum mark {
    MARK_LIST = '[',
    MARK_LIST_END = ']',
    MARK_MAP = '{',
    MARK_MAP_END = '}',
    MARK_SCALAR = 's',
    MARK_WRONG = '!',
    MARK_NO_FILE = '?',
};

/* ---- The reading process ---- */

static void send_bytes(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len > 0) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(1);
        at += n;
        len -= (size_t)n;
    }
}

static void send_mark(int fd, enum mark mark, size_t line)
{
    unsigned char head[5] = {(unsigned char)mark, (unsigned char)(line >> 24),
                             (unsigned char)(line >> 16), (unsigned char)(line >> 8),
                             (unsigned char)line};

    send_bytes(fd, head, sizeof head);
}

__attribute__((noreturn)) static void send_wrong(int fd, size_t line, const char *what)
{
    send_mark(fd, MARK_WRONG, line);
    send_bytes(fd, what, strlen(what) + 1);
    _exit(0);
}

static void send_scalar(int fd, const yaml_node_t *n)
{
    const char *text = (const char *)n->data.scalar.value;
    size_t len = n->data.scalar.length;

    if (memchr(text, '\0', len))
        send_wrong(fd, n->start_mark.line + 1, "a text holds a zero byte");
    send_mark(fd, MARK_SCALAR, n->start_mark.line + 1);
    send_bytes(fd, text, len);
    send_bytes(fd, "", 1);
}

static void refuse_double_key(int fd, yaml_document_t *d, const yaml_node_t *map,
                              const yaml_node_pair_t *pair)
{
    const yaml_node_t *key = yaml_document_get_node(d, pair->key);

    for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < pair; p++) {
        const yaml_node_t *other = yaml_document_get_node(d, p->key);
        if (strcmp((const char *)other->data.scalar.value, (const char *)key->data.scalar.value) ==
            0)
            send_wrong(fd, key->start_mark.line + 1, "the same key is given twice");
    }
}

static void send_node(int fd, yaml_document_t *d, int id, unsigned depth)
{
    const yaml_node_t *n = yaml_document_get_node(d, id);
    size_t line = n->start_mark.line + 1;

    if (depth > DEPTH_MAX)
        send_wrong(fd, line, "it is nested too deeply");
    if (n->type == YAML_SCALAR_NODE) {
        send_scalar(fd, n);
        return;
    }
    if (n->type == YAML_SEQUENCE_NODE) {
        send_mark(fd, MARK_LIST, line);
        for (yaml_node_item_t *i = n->data.sequence.items.start; i < n->data.sequence.items.top;
             i++)
            send_node(fd, d, *i, depth + 1);
        send_mark(fd, MARK_LIST_END, line);
        return;
    }
    send_mark(fd, MARK_MAP, line);
    for (yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top; p++) {
        if (yaml_document_get_node(d, p->key)->type != YAML_SCALAR_NODE)
            send_wrong(fd, line, "a key is not a plain word");
        refuse_double_key(fd, d, n, p);
        send_node(fd, d, p->key, depth + 1);
        send_node(fd, d, p->value, depth + 1);
    }
    send_mark(fd, MARK_MAP_END, line);
}

__attribute__((noreturn)) static void read_and_send(const char *path, int fd)
{
    FILE *file = fopen(path, "rb");
    yaml_parser_t parser;
    yaml_document_t document;

    if (!file) {
        send_mark(fd, MARK_NO_FILE, 0);
        _exit(0);
    }
    if (!yaml_parser_initialize(&parser))
        _exit(1);
    yaml_parser_set_input_file(&parser, file);
    if (!yaml_parser_load(&parser, &document))
        send_wrong(fd, parser.problem_mark.line + 1,
                   parser.problem ? parser.problem : "it is not YAML");
    const yaml_node_t *root = yaml_document_get_root_node(&document);
    if (!root || root->type != YAML_MAPPING_NODE)
        send_wrong(fd, 1, "it has to be a map with people and answers");
    send_node(fd, &document, 1, 0);
    _exit(0);
}

/* ---- This process ---- */

static enum kr_error collect(int fd, struct secret *buffer)
{
    size_t len = 0;

    for (;;) {
        ssize_t n = read(fd, buffer->bytes + len, buffer->capacity - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return kr_fail(KR_E_SYSTEM, "read: %s", strerror(errno));
        if (n == 0)
            break;
        len += (size_t)n;
        if (len == buffer->capacity)
            return kr_fail(KR_E_TOO_LONG, "%s", "the answers file");
    }
    buffer->len = len;
    return KR_OK;
}

/* Runs the reading process and fills buffer with what it sends. */
static enum kr_error read_apart(const char *path, struct secret *buffer)
{
    int ends[2];
    int status = 0;

    if (pipe(ends) != 0)
        return kr_fail(KR_E_SYSTEM, "pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        read_and_send(path, ends[1]);
    }
    close(ends[1]);
    enum kr_error rc =
        pid < 0 ? kr_fail(KR_E_SYSTEM, "fork: %s", strerror(errno)) : collect(ends[0], buffer);
    close(ends[0]);
    if (pid > 0 && (waitpid(pid, &status, 0) != pid || status != 0) && rc == KR_OK)
        rc = kr_fail(KR_E_SYSTEM, "%s", "reading the answers file");
    return rc;
}

struct reading {
    const char *path;
    struct answers_tree *tree;
    size_t at;
    bool wrong;
};

static struct node *read_node(struct reading *r, enum mark *end);

/* Elements up to the closing mark; in a map each key's scalar comes before its value. */
static void read_children(struct reading *r, struct node *parent, enum mark closing)
{
    struct node **link = &parent->first;
    enum mark end = 0;

    for (;;) {
        struct node *key = closing == MARK_MAP_END ? read_node(r, &end) : NULL;
        if (r->wrong || end == closing)
            break;
        struct node *n = read_node(r, &end);
        if (r->wrong || end == closing)
            break;
        if (key) {
            n->key = key->text;
            n->line = key->line;
        }
        *link = n;
        link = &n->next;
    }
}

static struct node *node_new(struct reading *r, enum node_kind kind, unsigned line)
{
    struct answers_tree *t = r->tree;

    if (t->count == t->room) {
        r->wrong = true;
        return NULL;
    }
    struct node *n = &t->nodes[t->count++];
    n->kind = kind;
    n->line = line;
    return n;
}

static struct node *read_node(struct reading *r, enum mark *end)
{
    const struct secret *s = r->tree->text;

    if (r->wrong || r->at + 5 > s->len) {
        r->wrong = true;
        return NULL;
    }
    const uint8_t *head = s->bytes + r->at;
    unsigned line = (unsigned)head[1] << 24 | (unsigned)head[2] << 16 | (unsigned)head[3] << 8 |
                    (unsigned)head[4];
    r->at += 5;
    if (head[0] == MARK_LIST_END || head[0] == MARK_MAP_END) {
        *end = (enum mark)head[0];
        return NULL;
    }
    enum node_kind kind = head[0] == MARK_LIST  ? NODE_LIST
                          : head[0] == MARK_MAP ? NODE_MAP
                                                : NODE_SCALAR;
    struct node *n = node_new(r, kind, line);
    if (!n)
        return NULL;
    if (kind == NODE_SCALAR) {
        n->text = (char *)r->tree->text->bytes + r->at;
        r->at += strlen(n->text) + 1;
    } else {
        read_children(r, n, kind == NODE_LIST ? MARK_LIST_END : MARK_MAP_END);
    }
    return n;
}

/* The reading process said what is wrong instead of sending a whole tree: its last mark. */
static enum kr_error complaint(const char *path, const struct secret *s)
{
    for (size_t i = 0; i + 5 <= s->len;) {
        const uint8_t *head = s->bytes + i;
        unsigned line = (unsigned)head[3] << 8 | (unsigned)head[4];
        const char *text = (const char *)head + 5;
        if (head[0] == MARK_NO_FILE)
            return kr_fail(KR_E_FILE, "%s", path);
        if (head[0] == MARK_WRONG)
            return kr_fail(KR_E_ANSWERS_FORM, "%s line %u: %s", path, line, text);
        i += 5 + (head[0] == MARK_SCALAR ? strlen(text) + 1 : 0);
    }
    return KR_OK;
}

enum kr_error answers_tree_read(const char *path, struct answers_tree *t, struct node **root)
{
    struct reading r = {.path = path, .tree = t};
    enum mark end = 0;

    memset(t, 0, sizeof *t);
    t->text = secret_new(ANSWERS_BYTES_MAX);
    t->nodes = calloc(NODES_MAX, sizeof *t->nodes);
    t->room = NODES_MAX;
    if (!t->text || !t->nodes)
        return KR_E_MEMORY;
    enum kr_error rc = read_apart(path, t->text);
    if (rc == KR_OK)
        rc = complaint(path, t->text);
    if (rc != KR_OK)
        return rc;
    *root = read_node(&r, &end);
    if (r.wrong || !*root)
        return kr_fail(KR_E_ANSWERS_FORM, "%s: more than %d values", path, NODES_MAX);
    return KR_OK;
}

void answers_tree_free(struct answers_tree *t)
{
    secret_free(&t->text);
    free(t->nodes);
    memset(t, 0, sizeof *t);
}

struct node *node_child(const struct node *map, const char *key)
{
    if (!map || map->kind != NODE_MAP)
        return NULL;
    for (struct node *n = map->first; n; n = n->next)
        if (strcmp(n->key, key) == 0)
            return n;
    return NULL;
}
