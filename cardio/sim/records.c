/*
 * READ, UPDATE and APPEND RECORD. Fixed and cyclic files hold records of one length in order of
 * writing; variable files hold each record behind its length byte.
 */
#include "card_state.h"

#include <string.h>

/* Where a record lies in the file's content. */
struct span {
    size_t at, len;
};

static uint8_t kind_of(const struct sim_file *f)
{
    return f->type & 0x3F;
}

static uint16_t find_record_file(struct sim_card *c, const struct apdu *a, struct sim_file **f)
{
    struct sim_directory *d = current_directory(c);
    uint16_t sfi = a->p2 >> 3;

    if (sfi == 0 && c->current_file == 0)
        return SW_CONDITIONS;
    *f = directory_file(d, sfi ? sfi : c->current_file);
    if (!*f)
        return SW_NO_FILE;
    return kind_of(*f) == FILE_TRANSPARENT || kind_of(*f) == FILE_PURSE ? SW_FILE_KIND : SW_OK;
}

static bool find_variable(const struct sim_file *f, uint8_t number, struct span *s)
{
    size_t at = 0;

    for (uint8_t n = 1; n < number && at < f->used; n++)
        at += 1u + f->content[at];
    *s = (struct span){at + 1, at < f->used ? f->content[at] : 0};
    return at < f->used;
}

/* Record 1 of a cyclic file is the newest. */
static bool find_record(const struct sim_file *f, uint8_t number, struct span *s)
{
    if (number == 0)
        return false;
    if (kind_of(f) == FILE_VARIABLE)
        return find_variable(f, number, s);
    size_t count = f->used / f->record_len;
    if (number > count)
        return false;
    size_t index = kind_of(f) == FILE_CYCLIC ? count - number : number - 1u;
    *s = (struct span){index * f->record_len, f->record_len};
    return true;
}

uint16_t read_record(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    struct sim_file *f;
    struct span s;
    uint16_t sw = find_record_file(c, a, &f);

    if (sw != SW_OK)
        return sw;
    if ((a->p2 & 7) != 4)
        return SW_P1P2;
    if (!right_satisfied(c, f->read_right))
        return SW_SECURITY;
    sw = messaging_open_read(c, x, f);
    if (sw != SW_OK)
        return sw;
    if (!find_record(f, a->p1, &s))
        return SW_NO_RECORD;
    if (a->cla == 0x00 && a->has_le && a->le != 0 && a->le != s.len)
        return (uint16_t)(SW_WRONG_LE | s.len);
    memcpy(x->answer, f->content + s.at, s.len);
    x->answer_len = s.len;
    return messaging_close_read(c, x, f);
}

/* A record of a variable file may change its length as long as the file holds it. */
static uint16_t replace_variable(struct sim_file *f, struct span s, const uint8_t *data, size_t len)
{
    size_t tail = f->used - s.at - s.len;

    if (f->used - s.len + len > f->size)
        return SW_NO_ROOM;
    memmove(f->content + s.at + len, f->content + s.at + s.len, tail);
    f->content[s.at - 1] = (uint8_t)len;
    memcpy(f->content + s.at, data, len);
    f->used = (uint16_t)(f->used - s.len + len);
    return SW_OK;
}

static uint16_t replace_record(struct sim_file *f, uint8_t number, const uint8_t *data, size_t len)
{
    struct span s;

    if (!find_record(f, number, &s))
        return SW_NO_RECORD;
    if (kind_of(f) == FILE_VARIABLE)
        return replace_variable(f, s, data, len);
    if (len != s.len)
        return SW_LENGTH;
    memcpy(f->content + s.at, data, len);
    return SW_OK;
}

static uint16_t open_record_update(struct sim_card *c, struct exchange *x, struct sim_file **f,
                                   uint8_t data[256], size_t *len)
{
    uint16_t sw = find_record_file(c, x->command, f);

    if (sw != SW_OK)
        return sw;
    if (x->command->lc == 0)
        return SW_LENGTH;
    if (!right_satisfied(c, (*f)->write_right))
        return SW_SECURITY;
    return messaging_open_update(c, x, *f, data, len);
}

uint16_t update_record(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    uint8_t data[256];
    size_t len = 0;
    struct sim_file *f;
    uint16_t sw = (a->p2 & 7) == 4 ? open_record_update(c, x, &f, data, &len) : SW_P1P2;

    if (sw == SW_OK && kind_of(f) == FILE_CYCLIC)
        sw = SW_FILE_KIND;
    if (sw == SW_OK)
        sw = replace_record(f, a->p1, data, len);
    if (sw == SW_OK)
        c->changed = true;
    return sw;
}

uint16_t append_to_file(struct sim_file *f, const uint8_t *data, size_t len)
{
    bool variable = kind_of(f) == FILE_VARIABLE;
    size_t takes = variable ? 1 + len : len;

    if (!variable && len != f->record_len)
        return SW_LENGTH;
    if (kind_of(f) == FILE_CYCLIC && f->used == f->size) {
        memmove(f->content, f->content + len, f->used - len);
        f->used = (uint16_t)(f->used - len);
    }
    if (f->used + takes > f->size)
        return SW_NO_ROOM;
    if (variable)
        f->content[f->used] = (uint8_t)len;
    memcpy(f->content + f->used + (takes - len), data, len);
    f->used = (uint16_t)(f->used + takes);
    return SW_OK;
}

uint16_t append_record(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    uint8_t data[256];
    size_t len = 0;
    struct sim_file *f;
    uint16_t sw = SW_P1P2;

    if (a->p1 == 0 && ((a->p2 & 7) == 0 || (a->p2 & 7) == 4))
        sw = open_record_update(c, x, &f, data, &len);
    if (sw == SW_OK)
        sw = append_to_file(f, data, len);
    if (sw == SW_OK)
        c->changed = true;
    return sw;
}
