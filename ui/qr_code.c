#include "qr_code.h"

#include <errno.h>
#include <qrencode.h>
#include <string.h>

enum kr_error qr_make(const void *bytes, size_t len, enum qr_level level, int version, int most,
                      struct qr *out)
{
    QRecLevel l = level == QR_LEVEL_L ? QR_ECLEVEL_L : QR_ECLEVEL_M;
    const char *text = bytes;
    bool alphanumeric = true;
    /* The denser encoding is for these alone. */
    for (size_t i = 0; i < len; i++)
        alphanumeric = alphanumeric && text[i] &&
                       strchr("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", text[i]);
    QRinput *input = QRinput_new2(version, l);
    QRcode *code = NULL;
    if (!input)
        return KR_E_MEMORY;
    enum kr_error e = KR_OK;
    if (QRinput_append(input, alphanumeric ? QR_MODE_AN : QR_MODE_8, (int)len, bytes) != 0 ||
        !(code = QRcode_encodeInput(input)))
        e = errno == ENOMEM ? KR_E_MEMORY : kr_fail(KR_E_TOO_LONG, "QR");
    if (e == KR_OK && code->version > most)
        e = kr_fail(KR_E_TOO_LONG, "QR");
    if (e == KR_OK) {
        out->modules = code->width;
        for (int i = 0; i < code->width * code->width; i++)
            out->dark[i] = code->data[i] & 1;
    }
    QRcode_free(code);
    QRinput_free(input);
    return e;
}

int qr_version_within(int lines, int columns)
{
    int version = 0;
    while (version < 40 && QR_MODULES(version + 1) + 2 * QR_QUIET <= columns &&
           QR_MODULES(version + 1) + 2 * QR_QUIET - 1 <= 2 * lines)
        version++;
    return version;
}

int qr_lines(const struct qr *qr)
{
    return (qr->modules + 2 * QR_QUIET) / 2; /* an odd number: the last half line is left out */
}

int qr_columns(const struct qr *qr)
{
    return qr->modules + 2 * QR_QUIET;
}

static bool light(const struct qr *qr, int row, int column)
{
    row -= QR_QUIET;
    column -= QR_QUIET;
    return row < 0 || column < 0 || row >= qr->modules || column >= qr->modules ||
           !qr->dark[row * qr->modules + column];
}

void qr_draw(struct pane *p, const struct qr *qr)
{
    static const char *const cells[2][2] = {{" ", "▄"}, {"▀", "█"}};

    for (int line = 0; line < qr_lines(qr); line++) {
        char text[3 * (QR_MODULES_MAX + 2 * QR_QUIET) + 1];
        size_t at = 0;
        for (int column = 0; column < qr_columns(qr); column++) {
            const char *cell = cells[light(qr, 2 * line, column)][light(qr, 2 * line + 1, column)];
            size_t len = strlen(cell);
            memcpy(text + at, cell, len);
            at += len;
        }
        text[at] = '\0';
        pane_put(p, 0, INK_CODE, text);
        pane_next(p);
    }
}
