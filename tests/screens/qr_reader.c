#include "qr_reader.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE_MAX 192
#define DOTS     4 /* of the image, for a module */

/* "▀" is light above, "▄" light below, "█" both, " " neither; 0 for anything else. */
static size_t cell(const char *at, bool *above, bool *below)
{
    static const char *const glyphs[] = {" ", "▄", "▀", "█"};

    for (size_t i = 0; i < 4; i++) {
        size_t len = strlen(glyphs[i]);
        if (strncmp(at, glyphs[i], len) == 0) {
            *above = i >= 2;
            *below = i == 1 || i == 3;
            return len;
        }
    }
    return 0;
}

/* The quiet zone above is one bright line from end to end. */
static int width_of(const char *screen)
{
    bool above = true, below = true;
    int width = 0;
    size_t len;

    while ((len = cell(screen, &above, &below)) > 0 && above && below) {
        screen += len;
        width++;
    }
    return width;
}

static void take_line(const char *line, int width, uint8_t *above, uint8_t *below)
{
    for (int column = 0; column < width; column++) {
        bool a = false, b = false;
        size_t len = *line && *line != '\n' ? cell(line, &a, &b) : 0;
        above[column] = a ? 255 : 0;
        below[column] = b ? 255 : 0;
        line += len;
    }
}

static bool write_image(const char *path, uint8_t image[][SIDE_MAX], int width, int height)
{
    FILE *f = fopen(path, "wb");

    if (!f)
        return false;
    fprintf(f, "P5\n%d %d\n255\n", width * DOTS, height * DOTS);
    for (int y = 0; y < height * DOTS; y++)
        for (int x = 0; x < width * DOTS; x++)
            fputc(image[y / DOTS][x / DOTS], f);
    return fclose(f) == 0;
}

static bool decode(const char *path, char *text, size_t room)
{
    char command[256];
    FILE *f;
    size_t len;

    snprintf(command, sizeof command,
             "zbarimg --quiet --raw -Sdisable -Sqrcode.enable -Sbinary '%.150s' 2>/dev/null", path);
    f = popen(command, "r");
    if (!f)
        return false;
    len = fread(text, 1, room - 1, f);
    text[len] = '\0';
    return pclose(f) == 0 && len > 0;
}

bool qr_read(const char *screen, const char *dir, char *text, size_t room)
{
    static uint8_t image[SIDE_MAX + 1][SIDE_MAX];
    char path[128];
    int width = width_of(screen), lines = width / 2;

    if (width < 21 || width >= SIDE_MAX)
        return false;
    for (int line = 0; line < lines; line++) {
        take_line(screen, width, image[2 * line], image[2 * line + 1]);
        screen = strchr(screen, '\n');
        if (!screen++)
            return false;
    }
    snprintf(path, sizeof path, "%.100s/code.pgm", dir);
    return write_image(path, image, width, 2 * lines) && decode(path, text, room);
}
