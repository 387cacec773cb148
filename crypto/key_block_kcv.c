/* The check value that a key block states: optional block KC, ANSI X9.143-2021 section 6.3.6.7. */
#include "key_block.h"
#include "hash.h"

#include <stdio.h>
#include <string.h>

/* The first two characters: how it was computed. */
#define OF_ZEROS "00"
#define OF_CMAC  "01"

static const char *method_of(const char *kcv_algorithm)
{
    return strcmp(kcv_algorithm, "AES-CMAC0") == 0 ? OF_CMAC : OF_ZEROS;
}

void key_block_check_value(const struct kcv *kcv, char version, char out[KEY_BLOCK_KC_MAX])
{
    char digits[2 * KCV_MAX + 1];
    const char *method = method_of(kcv->algorithm);
    size_t block = key_block_unit(version);
    size_t len = 6 + 2 * kcv->len;
    size_t fill = (block - len % block) % block;

    if (fill > 0 && fill < 4)
        fill += block;
    hex_encode_upper(kcv->bytes, kcv->len, digits);
    snprintf(out, KEY_BLOCK_KC_MAX, "KC%02zX%s%s", len, method, digits);
    if (fill > 0)
        snprintf(out + len, KEY_BLOCK_KC_MAX - len, "PB%02zX%.*s", fill, (int)(fill - 4),
                 "00000000000000000000");
}

static enum kr_error verify_one(const struct suite *suite, const char *data, size_t len,
                                const struct kcv *own)
{
    char text[2 * KCV_MAX + 1];
    struct kcv stated;
    enum kr_error rc = KR_OK;

    if (len < 6 || len > 2 + 2 * KCV_MAX || strncmp(data, method_of(suite->kcv_algorithm), 2) != 0)
        return kr_fail(KR_E_BLOCK_FORM, "KC");
    memcpy(text, data + 2, len - 2);
    text[len - 2] = '\0';
    if (kcv_parse(suite, text, &stated) != KR_OK)
        rc = kr_fail(KR_E_BLOCK_FORM, "KC");
    else if (stated.len > own->len || memcmp(stated.bytes, own->bytes, stated.len) != 0)
        rc = kr_fail(KR_E_KCV_DIFFERS, "KC");
    return rc;
}

enum kr_error key_block_verify_kcv(const struct key_block *block, const char *text,
                                   const struct secret *key)
{
    const struct suite *suite = key_block_suite(block->head.algorithm);
    struct kcv own;
    enum kr_error rc = suite ? suite_kcv(suite, key, &own)
                             : kr_fail(KR_E_BLOCK_USAGE, "%c", block->head.algorithm);

    for (size_t i = 0; i < block->option_count && rc == KR_OK; i++)
        if (strcmp(block->options[i].id, "KC") == 0)
            rc = verify_one(suite, text + block->options[i].at, block->options[i].len, &own);
    return rc;
}
