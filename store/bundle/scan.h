/* What the two forms of a bundle share while they are read and written. Inside store/bundle. */
#ifndef KEYRITE_STORE_BUNDLE_SCAN_H
#define KEYRITE_STORE_BUNDLE_SCAN_H

#include "bundle.h"

struct bundle_reader {
    FILE *f;
    bool json;
    char origin[ORIGIN_MAX];
    uint64_t number; /* of the line read last, from 1 */
    size_t len;
    char line[BUNDLE_LINE_MAX + 1]; /* that line without its newline, with a NUL */
    bool last;                      /* JSON: the item read was the last */
};

/* The next line. KR_E_BUNDLE when there is none, it is too long, holds a NUL or has no newline. */
enum kr_error reader_line(struct bundle_reader *r);
/* KR_E_BUNDLE, saying where. */
enum kr_error reader_bad(const struct bundle_reader *r, const char *what);

/* A piece of a line that is taken off its beginning; broken once anything did not fit. */
struct scan {
    const char *at;
    bool broken;
};
void scan_expect(struct scan *s, const char *text);
bool scan_comes(const struct scan *s, const char *text);
/* Decimal, without leading zeros. */
uint64_t scan_number(struct scan *s);
/* 2 * len lower-case hexadecimal digits. */
void scan_hex(struct scan *s, uint8_t *out, size_t len);
void scan_end(struct scan *s);

/* A text that grows in a buffer of fixed size; full once it did not fit. */
struct fill {
    char *text;
    size_t room, len; /* room with the NUL */
    bool full;
};
void fill_bytes(struct fill *f, const char *bytes, size_t len);
void fill_text(struct fill *f, const char *text);

bool bundle_ceremony_fits(const char *id);

/* Each form: the head's further lines, the next item, and writing. */
enum kr_error text_read_head(struct bundle_reader *r, struct bundle_head *head);
enum kr_error text_read(struct bundle_reader *r, struct bundle_item *item);
enum kr_error json_read_head(struct bundle_reader *r, struct bundle_head *head);
enum kr_error json_read(struct bundle_reader *r, struct bundle_item *item);
void text_write_head(FILE *f, const struct bundle_head *head);
void text_write(FILE *f, const struct bundle_item *item);
void text_write_end(FILE *f, const struct bundle_counts *c);
void json_write_head(FILE *f, const struct bundle_head *head);
enum kr_error json_write(FILE *f, const struct bundle_item *item);
void json_write_end(FILE *f, const struct bundle_counts *c);

#define BUNDLE_TEXT_FIRST "keyrite-bundle/1"
#define BUNDLE_JSON_FIRST "{\"format\":\"keyrite-bundle/1\","

#endif
