/* Setting text on the grid. */
#include <math.h>
#include <string.h>
#include <unistd.h>
#include <fontconfig/fontconfig.h>
#include <pango/pangofc-fontmap.h>

#include "../text.h"
#include "page.h"

/* Package fonts-wqy-microhei: Latin and Chinese in one file, its Latin all of one width. */
#define FONT_FILE   "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"
#define FONT_FAMILY "WenQuanYi Micro Hei Mono"
/* Its Latin is 0.6 em wide; Chinese is set a little smaller than its two columns. */
#define LATIN_SIZE   (COLUMN / 0.6)
#define CHINESE_SIZE (2 * COLUMN - 0.6)

static FcConfig *fonts(void)
{
    FcConfig *config = FcConfigCreate();
    if (config != NULL && !FcConfigAppFontAddFile(config, (const FcChar8 *)FONT_FILE)) {
        FcConfigDestroy(config);
        config = NULL;
    }
    return config;
}

enum kr_error pen_begin(struct pen *pen, cairo_t *cr)
{
    FcConfig *config = access(FONT_FILE, R_OK) == 0 ? fonts() : NULL;
    pen->cr = cr;
    pen->layout = NULL;
    if (config == NULL)
        return kr_fail(KR_E_FILE, "%s", FONT_FILE);
    PangoFontMap *map = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
    pango_fc_font_map_set_config(PANGO_FC_FONT_MAP(map), config);
    FcConfigDestroy(config);
    PangoContext *context = pango_font_map_create_context(map);
    pango_cairo_update_context(cr, context);
    pango_context_set_language(context, pango_language_from_string("zh-cn"));
    pango_context_set_round_glyph_positions(context, FALSE);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context, options);
    cairo_font_options_destroy(options);
    pen->layout = pango_layout_new(context);
    g_object_unref(context);
    g_object_unref(map);
    return KR_OK;
}

void pen_end(struct pen *pen)
{
    if (pen->layout != NULL)
        g_object_unref(pen->layout);
    pen->layout = NULL;
}

static void choose(struct pen *pen, double size, double spacing)
{
    PangoFontDescription *font = pango_font_description_from_string(FONT_FAMILY);
    PangoAttrList *list = pango_attr_list_new();
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_layout_set_font_description(pen->layout, font);
    pango_font_description_free(font);
    if (spacing > 0)
        pango_attr_list_insert(list, pango_attr_letter_spacing_new((int)(spacing * PANGO_SCALE)));
    pango_layout_set_attributes(pen->layout, list);
    pango_attr_list_unref(list);
}

static void show(struct pen *pen, double x, double baseline, const char *text, size_t len)
{
    pango_layout_set_text(pen->layout, text, (int)len);
    cairo_move_to(pen->cr, x, baseline);
    pango_cairo_show_layout_line(pen->cr, pango_layout_get_line_readonly(pen->layout, 0));
}

/* How a character is set: alike ones go together, those of other widths each on its own cell. */
enum set { SET_LATIN, SET_CHINESE, SET_ALONE, SET_DRAWN };

static enum set set_of(wchar_t glyph, int columns)
{
    if (glyph >= 0x2500 && glyph <= 0x259F)
        return SET_DRAWN;
    if (columns == 2)
        return SET_CHINESE;
    return glyph >= 0x20 && glyph < 0x7F ? SET_LATIN : SET_ALONE;
}

/* Bytes and columns of the longest run from text on that is set alike. */
static size_t run_of(const char *text, enum set *set, wchar_t *glyph, int *columns)
{
    int step;
    wchar_t next;
    size_t at = text_next(text, glyph, columns), len;
    *set = set_of(*glyph, *columns);
    while ((len = text_next(text + at, &next, &step)) != 0 &&
           (step == 0 || (set_of(next, step) == *set && *set < SET_ALONE))) {
        at += len;
        *columns += step;
    }
    return at;
}

void pen_line(struct pen *pen, double x, double baseline, double scale, const char *text)
{
    double cell = COLUMN * scale, height = LINE_HEIGHT * scale;
    while (*text != '\0') {
        enum set set;
        wchar_t glyph;
        int columns;
        size_t len = run_of(text, &set, &glyph, &columns);
        if (set == SET_DRAWN) {
            cell_draw(pen->cr, x, baseline - height * 0.75, cell, height, glyph);
        } else {
            bool chinese = set == SET_CHINESE;
            choose(pen, (chinese ? CHINESE_SIZE : LATIN_SIZE) * scale, chinese ? 0.6 * scale : 0);
            show(pen, x, baseline, text, len);
        }
        x += columns * cell;
        text += len;
    }
}

void pen_watermark(struct pen *pen, const char *text)
{
    PangoRectangle ink;
    cairo_save(pen->cr);
    choose(pen, 90, 0);
    pango_layout_set_text(pen->layout, text, -1);
    pango_layout_get_pixel_extents(pen->layout, NULL, &ink);
    cairo_translate(pen->cr, PAGE_WIDTH / 2, PAGE_HEIGHT / 2);
    cairo_rotate(pen->cr, -M_PI / 4);
    cairo_move_to(pen->cr, -ink.width / 2.0, -ink.height / 2.0);
    pango_cairo_layout_path(pen->cr, pen->layout);
    cairo_set_source_rgb(pen->cr, 0.93, 0.93, 0.93);
    cairo_fill(pen->cr);
    cairo_restore(pen->cr);
}
