/*
 * QR codes (ISO/IEC 18004) on a text screen: a module is half a character high and one wide, drawn
 * light on dark, so that it is the right way round whatever colours the terminal has.
 */
#ifndef KEYRITE_UI_QR_CODE_H
#define KEYRITE_UI_QR_CODE_H

#include <stdint.h>
#include "draw.h"

#define QR_MODULES_MAX 177
#define QR_QUIET       4 /* modules around it, as the standard asks for */
/* Of version v. */
#define QR_MODULES(v) (4 * (v) + 17)

enum qr_level { QR_LEVEL_L, QR_LEVEL_M };
struct qr {
    int modules;                                   /* a side */
    uint8_t dark[QR_MODULES_MAX * QR_MODULES_MAX]; /* by rows */
};
/* version: of at least that size, 1 for the smallest; most: no greater one. KR_E_TOO_LONG. */
enum kr_error qr_make(const void *bytes, size_t len, enum qr_level level, int version, int most,
                      struct qr *out);
/* The greatest version that fits with its quiet zone, of which the lowest row may be missing; 0
 * where none does. */
int qr_version_within(int lines, int columns);
/* Lines and columns of a code with its quiet zone. */
int qr_lines(const struct qr *qr);
int qr_columns(const struct qr *qr);
/* At the pane's upper left corner. */
void qr_draw(struct pane *p, const struct qr *qr);

#endif
