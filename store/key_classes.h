/*
 * What kinds of keys are for: the level whose centres make them and the application that they
 * serve, for grouping and counting. Source: ../shared/domain/system.md section 2.
 */
#ifndef KEYRITE_STORE_KEY_CLASSES_H
#define KEYRITE_STORE_KEY_CLASSES_H

struct key_class {
    const char *kind;
    const char *level;       /* national regional member maker: a word of the vocabulary */
    const char *application; /* purchase, load ... : a word of the vocabulary */
};
/* Never NULL: of a kind that is not in the table the level "" and the application "other". */
const struct key_class *key_class_of(const char *kind);

#endif
