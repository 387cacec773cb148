/* DECK/factory: "keyrite-factory/1\n" || kMprd 16 || kMtk 16 || PIN 3 (BCD). */
#include "deck_maker.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "deck_file.h"
#include "../crypto/component.h"
#include "../crypto/hash.h"

#define KEY_LEN   ((size_t)16)
#define PIN_LEN   ((size_t)3)
#define SHEET_MAX 1024

static const char magic[] = "keyrite-factory/1\n";
#define MAGIC_LEN (sizeof magic - 1)

static const struct suite *triple_des(void)
{
    return suite_by_id("3des");
}

void deck_maker_factory_free(struct sim_factory *f)
{
    secret_free(&f->card_key);
    secret_free(&f->transport_key);
    secret_free(&f->pin);
}

static enum kr_error read_factory(const char *path, struct sim_factory *f)
{
    struct secret *s = NULL;
    enum kr_error rc = deck_file_read(path, &s);

    if (rc != KR_OK)
        return kr_fail(KR_E_DECK, "%s", path);
    if (s->len != MAGIC_LEN + 2 * KEY_LEN + PIN_LEN || memcmp(s->bytes, magic, MAGIC_LEN) != 0) {
        rc = kr_fail(KR_E_DECK, "%s", path);
    } else {
        const uint8_t *at = s->bytes + MAGIC_LEN;
        f->card_key = secret_from(at, KEY_LEN);
        f->transport_key = secret_from(at + KEY_LEN, KEY_LEN);
        f->pin = secret_from(at + 2 * KEY_LEN, PIN_LEN);
        rc = f->card_key && f->transport_key && f->pin ? KR_OK : KR_E_MEMORY;
    }
    secret_free(&s);
    return rc;
}

enum kr_error deck_maker_factory(const char *deck, struct sim_factory *f)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/factory", deck) >= (int)sizeof path)
        return kr_fail(KR_E_TOO_LONG, "%s", deck);
    return read_factory(path, f);
}

static enum kr_error write_factory(const char *path, const struct sim_factory *f)
{
    struct secret *s = secret_new(MAGIC_LEN + 2 * KEY_LEN + PIN_LEN);
    enum kr_error rc;

    if (!s)
        return KR_E_MEMORY;
    memcpy(s->bytes, magic, MAGIC_LEN);
    memcpy(s->bytes + MAGIC_LEN, f->card_key->bytes, KEY_LEN);
    memcpy(s->bytes + MAGIC_LEN + KEY_LEN, f->transport_key->bytes, KEY_LEN);
    memcpy(s->bytes + MAGIC_LEN + 2 * KEY_LEN, f->pin->bytes, PIN_LEN);
    rc = deck_file_replace(path, s->bytes, s->len);
    secret_free(&s);
    return rc;
}

/* Six digits, each from its own byte below 250 so that none is likelier. */
static enum kr_error draw_pin(struct secret *pin)
{
    enum kr_error rc = KR_OK;

    for (size_t digit = 0; digit < 2 * PIN_LEN && rc == KR_OK;) {
        uint8_t byte;
        rc = random_bytes(&byte, 1);
        if (rc != KR_OK || byte >= 250)
            continue;
        pin->bytes[digit / 2] = (uint8_t)(pin->bytes[digit / 2] << 4 | byte % 10);
        digit++;
    }
    return rc;
}

static enum kr_error draw_factory(struct sim_factory *f)
{
    enum kr_error rc = suite_random_key(triple_des(), &f->card_key);

    if (rc == KR_OK)
        rc = suite_random_key(triple_des(), &f->transport_key);
    if (rc == KR_OK && !(f->pin = secret_new(PIN_LEN)))
        rc = KR_E_MEMORY;
    return rc == KR_OK ? draw_pin(f->pin) : rc;
}

static void append(struct secret *sheet, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void append(struct secret *sheet, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf((char *)sheet->bytes + sheet->len, sheet->capacity - sheet->len, format, args);
    va_end(args);
    if (n > 0 && (size_t)n < sheet->capacity - sheet->len)
        sheet->len += (size_t)n;
}

static enum kr_error append_kcv(struct secret *sheet, const char *name, const struct secret *key)
{
    struct kcv kcv;
    char text[2 * KCV_MAX + 1];
    enum kr_error rc = suite_kcv(triple_des(), key, &kcv);

    if (rc != KR_OK)
        return rc;
    hex_encode_upper(kcv.bytes, kcv.len, text);
    append(sheet, "%s kcv: %s\n", name, text);
    return KR_OK;
}

static struct secret *sheet_begin(const char *title)
{
    struct secret *sheet = secret_new(SHEET_MAX);

    if (sheet) {
        sheet->len = 0;
        append(sheet, "REHEARSAL - for simulated cards only\nsheet: %s\n", title);
    }
    return sheet;
}

static enum kr_error sheet_end(const char *deck, const char *name, struct secret **sheet)
{
    char path[PATH_MAX];
    enum kr_error rc = KR_OK;

    if (snprintf(path, sizeof path, "%s/sheets/%s.txt", deck, name) >= (int)sizeof path)
        rc = kr_fail(KR_E_TOO_LONG, "%s", deck);
    if (rc == KR_OK)
        rc = deck_file_replace(path, (*sheet)->bytes, (*sheet)->len);
    secret_free(sheet);
    return rc;
}

static void append_component(struct secret *sheet, int number, const struct secret *component)
{
    append(sheet, "component %d:", number);
    for (size_t block = 0; block < component->len / 2; block++) {
        const uint8_t *pair = component->bytes + 2 * block;
        const uint8_t digits[BLOCK_DIGITS] = {pair[0] >> 4, pair[0] & 0x0F, pair[1] >> 4,
                                              pair[1] & 0x0F};
        append(sheet, " %02X%02X%c", pair[0], pair[1], component_check_letter(block, digits));
    }
    append(sheet, "\n");
}

static enum kr_error component_sheet(const char *deck, int number, const struct secret *component,
                                     const struct secret *key)
{
    char name[40], title[64], label[24];
    struct secret *sheet;
    enum kr_error rc;

    snprintf(name, sizeof name, "kMtk-component-%d", number);
    snprintf(title, sizeof title, "manufacturer's transport key kMtk, component %d of 2", number);
    snprintf(label, sizeof label, "component %d", number);
    sheet = sheet_begin(title);
    if (!sheet)
        return KR_E_MEMORY;
    append_component(sheet, number, component);
    rc = append_kcv(sheet, label, component);
    if (rc == KR_OK)
        rc = append_kcv(sheet, "key", key);
    if (rc == KR_OK)
        return sheet_end(deck, name, &sheet);
    secret_free(&sheet);
    return rc;
}

/* A component that may not serve as one is drawn again. */
static enum kr_error split(const struct secret *key, struct secret **first, struct secret **second)
{
    enum kr_error rc;

    do {
        secret_free(first);
        secret_free(second);
        rc = suite_random_key(triple_des(), first);
        *second = rc == KR_OK ? secret_duplicate(key) : NULL;
        if (!*second)
            return rc == KR_OK ? KR_E_MEMORY : rc;
        for (size_t i = 0; i < KEY_LEN; i++)
            (*second)->bytes[i] ^= (*first)->bytes[i];
    } while (component_check(triple_des(), *second) != KR_OK);
    return KR_OK;
}

static enum kr_error transport_sheets(const char *deck, const struct secret *key)
{
    struct secret *first = NULL, *second = NULL;
    enum kr_error rc = split(key, &first, &second);

    if (rc == KR_OK)
        rc = component_sheet(deck, 1, first, key);
    if (rc == KR_OK)
        rc = component_sheet(deck, 2, second, key);
    secret_free(&second);
    secret_free(&first);
    return rc;
}

static enum kr_error card_sheet(const char *deck, const struct sim_factory *f)
{
    struct secret *sheet = sheet_begin("manufacturer mother card");
    enum kr_error rc;

    if (!sheet)
        return KR_E_MEMORY;
    append(sheet, "pin: %02X%02X%02X\n", f->pin->bytes[0], f->pin->bytes[1], f->pin->bytes[2]);
    rc = append_kcv(sheet, "kMtk", f->transport_key);
    if (rc == KR_OK)
        rc = append_kcv(sheet, "kMprd", f->card_key);
    if (rc == KR_OK)
        return sheet_end(deck, "manufacturer-card", &sheet);
    secret_free(&sheet);
    return rc;
}

/* The factory file comes last: a deck has its maker only when the sheets lie there too. */
enum kr_error deck_maker_settle(const char *deck, const char *other)
{
    char path[PATH_MAX];
    struct sim_factory f = {0};
    enum kr_error rc;

    if (snprintf(path, sizeof path, "%s/factory", deck) >= (int)sizeof path)
        return kr_fail(KR_E_TOO_LONG, "%s", deck);
    if (access(path, F_OK) == 0)
        return KR_OK;
    rc = other ? read_factory(other, &f) : draw_factory(&f);
    if (rc == KR_OK)
        rc = transport_sheets(deck, f.transport_key);
    if (rc == KR_OK)
        rc = card_sheet(deck, &f);
    if (rc == KR_OK)
        rc = write_factory(path, &f);
    deck_maker_factory_free(&f);
    return rc;
}
