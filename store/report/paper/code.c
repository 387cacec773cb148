/* The QR code of a checkpoint: ISO/IEC 18004, byte mode, error correction level M, the smallest
 * version that holds it, four modules of quiet zone. */
#include <string.h>
#include <qrencode.h>

#include "page.h"

#define QUIET 4

static QRcode *encode(const char *text)
{
    return QRcode_encodeData((int)strlen(text), (const unsigned char *)text, 0, QR_ECLEVEL_M);
}

double code_height(const char *text)
{
    QRcode *code = encode(text);
    double height = code == NULL ? 0 : (code->width + 2 * QUIET) * CODE_MODULE;
    QRcode_free(code);
    return height;
}

void code_draw(cairo_t *cr, double x, double top, const char *text)
{
    QRcode *code = encode(text);
    if (code == NULL)
        return;
    double side = (code->width + 2 * QUIET) * CODE_MODULE;
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_rectangle(cr, x, top, side, side);
    cairo_fill(cr);
    cairo_set_source_rgb(cr, 0, 0, 0);
    for (int row = 0; row < code->width; row++)
        for (int column = 0; column < code->width; column++)
            if (code->data[row * code->width + column] & 1)
                cairo_rectangle(cr, x + (column + QUIET) * CODE_MODULE,
                                top + (row + QUIET) * CODE_MODULE, CODE_MODULE, CODE_MODULE);
    cairo_fill(cr);
    QRcode_free(code);
}
