/*
 * Key blocks as ceremonies meet them: a file of one line that a partner sent or gets, and what its
 * header says, in words.
 */
#ifndef KEYRITE_CEREMONY_BLOCK_FILE_H
#define KEYRITE_CEREMONY_BLOCK_FILE_H

#include "run.h"

struct block_file {
    char text[KEY_BLOCK_MAX + 1]; /* without line end */
    size_t len;
    char sha256[65]; /* of the text: of ciphertext, never of a secret */
    struct key_block block;
};
/* KR_E_FILE; KR_E_BLOCK_LENGTH for a file that is longer than a block, and what key_block_read()
 * says. */
enum kr_error block_file_read(const char *path, struct block_file *f);
/* The text and its digest, from the memory of whoever made it. */
enum kr_error block_file_from(const char *text, struct block_file *f);

/* The header and the optional blocks as facts for people. */
void block_facts(struct request *r, const struct block_file *f);
/* "KIND GROUP" that the parameters key and group name. */
void block_key_title(const struct ceremony *c, char out[48]);
/* The protection key of the partner that the parameter names. KR_E_KEY_MISSING. */
enum kr_error block_protection(struct ceremony *c, vault_handle *h);

#endif
