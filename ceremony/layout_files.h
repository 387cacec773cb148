/*
 * The card layouts that a script names: what a card becomes is decided in them as much as in the
 * script, so their bytes are part of what is read aloud, signed at the opening and kept with the
 * ceremony.
 */
#ifndef KEYRITE_CEREMONY_LAYOUT_FILES_H
#define KEYRITE_CEREMONY_LAYOUT_FILES_H

#include "../store/store.h"
#include "script.h"

#define LAYOUT_FILES_MAX 16
struct script_layout {
    char name[24];
    char hex[65]; /* SHA-256 of the bytes */
    char *text;
    size_t len;
};
struct layout_files {
    struct script_layout list[LAYOUT_FILES_MAX]; /* in the order in which the script names them */
    size_t count;
};
/* Where the layout of a name lies. */
typedef enum kr_error layout_finder(const void *ctx, const char *name, char *path, size_t room);
/* From the files. KR_E_FILE, KR_E_TOO_LONG. */
enum kr_error layout_files_read(const struct script *s, layout_finder *find, const void *ctx,
                                struct layout_files *f);
void layout_files_free(struct layout_files *f);
const struct script_layout *layout_files_find(const struct layout_files *f, const char *name);

/* "layout NAME HEX64" for each; the rows in the store, inside a transaction. */
void layout_files_describe(const struct layout_files *f, struct entry *e);
enum kr_error layout_files_keep(const struct layout_files *f, struct store *s);
/* What the opening entry names, out of the store. KR_E_SCRIPT_CHANGED unless it names just what the
 * script does. */
enum kr_error layout_files_restore(const struct script *s, const struct entry *opening,
                                   struct store *store, struct layout_files *f);

/* What is read aloud: SHA-256 of "script ID HEX64\n" and the lines "layout NAME HEX64\n". */
enum kr_error evidence_hash(const struct script *s, const struct layout_files *f, uint8_t hash[32]);

#endif
