/* Inside ui/answers*: the answers file as a tree of nodes over one secret buffer. */
#ifndef KEYRITE_UI_ANSWERS_TREE_H
#define KEYRITE_UI_ANSWERS_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "../crypto/secret.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };
struct node {
    enum node_kind kind;
    unsigned line;
    char *key;          /* in a map: its key; else NULL */
    char *text;         /* scalar */
    struct node *first; /* list, map: elements in the order of the file */
    struct node *next;  /* sibling */
    unsigned taken;     /* scalar: times given; list: elements done with */
    bool said;          /* note, exception, pause, abort: over */
    bool wiped;
};
struct answers_tree {
    struct secret *text; /* every key and scalar, each ended by a NUL */
    struct node *nodes;
    size_t count, room;
};

/* Errors as answers_read(). *root is the top map. */
enum kr_error answers_tree_read(const char *path, struct answers_tree *t, struct node **root);
void answers_tree_free(struct answers_tree *t);
struct node *node_child(const struct node *map, const char *key); /* NULL when absent or no map */

#endif
