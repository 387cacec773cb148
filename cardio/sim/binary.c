/* READ BINARY and UPDATE BINARY on transparent files. */
#include "card_state.h"

#include <string.h>

struct place {
    struct sim_file *file;
    size_t offset;
};

/* P1 = 100xxxxx names the file by its short identifier; otherwise P1 P2 is an offset in the current
 * EF. */
static uint16_t find_place(struct sim_card *c, const struct apdu *a, struct place *p)
{
    struct sim_directory *d = current_directory(c);
    bool named = a->p1 & 0x80;

    if (named && (a->p1 & 0x60))
        return SW_P1P2;
    if (!named && c->current_file == 0)
        return SW_CONDITIONS;
    p->file = directory_file(d, named ? a->p1 & 0x1F : c->current_file);
    p->offset = named ? a->p2 : (size_t)(a->p1 << 8 | a->p2);
    if (!p->file)
        return SW_NO_FILE;
    return (p->file->type & 0x3F) == FILE_TRANSPARENT ? SW_OK : SW_FILE_KIND;
}

uint16_t read_binary(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    struct place p;
    size_t rest, wanted;
    uint16_t sw = find_place(c, a, &p);

    if (sw != SW_OK)
        return sw;
    if (!right_satisfied(c, p.file->read_right))
        return SW_SECURITY;
    if (p.offset >= p.file->size)
        return SW_P1P2;
    sw = messaging_open_read(c, x, p.file);
    if (sw != SW_OK)
        return sw;
    rest = p.file->size - p.offset;
    wanted = a->has_le && a->le != 0 ? a->le : rest < 256 ? rest : 256;
    if (wanted > rest)
        return (uint16_t)(SW_WRONG_LE | rest);
    memcpy(x->answer, p.file->content + p.offset, wanted);
    x->answer_len = wanted;
    return messaging_close_read(c, x, p.file);
}

uint16_t update_binary(struct sim_card *c, struct exchange *x)
{
    uint8_t data[256];
    size_t len = 0;
    struct place p;
    uint16_t sw = find_place(c, x->command, &p);

    if (sw != SW_OK)
        return sw;
    if (x->command->lc == 0)
        return SW_LENGTH;
    if (!right_satisfied(c, p.file->write_right))
        return SW_SECURITY;
    sw = messaging_open_update(c, x, p.file, data, &len);
    if (sw != SW_OK)
        return sw;
    if (p.offset >= p.file->size)
        return SW_P1P2;
    if (len > p.file->size - p.offset)
        return SW_NO_ROOM;
    memcpy(p.file->content + p.offset, data, len);
    c->changed = true;
    return SW_OK;
}
