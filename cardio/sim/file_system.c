/* Directories and files of a simulated card: SELECT, CREATE FILE, ERASE DF. */
#include "card_state.h"
#include "purse.h"

#include <stdlib.h>
#include <string.h>

#define FILE_OVERHEAD      16u
#define DIRECTORY_OVERHEAD 32u
#define NOT_FOUND          SIM_DIRECTORIES_MAX

struct sim_directory *current_directory(struct sim_card *c)
{
    return &c->directories[c->current];
}

bool right_satisfied(const struct sim_card *c, uint8_t right)
{
    return c->free || (c->state >= (right & 0x0F) && c->state <= right >> 4);
}

struct sim_file *directory_file(struct sim_directory *d, uint16_t id)
{
    for (size_t i = 0; i < d->file_count; i++)
        if (d->files[i].id == id)
            return &d->files[i];
    return NULL;
}

struct sim_file *directory_add_file(struct sim_directory *d, const struct sim_file *like)
{
    struct sim_file *f = &d->files[d->file_count];

    if (d->file_count == SIM_FILES_MAX)
        return NULL;
    *f = *like;
    f->content = calloc(1, f->size);
    if (!f->content)
        return NULL;
    d->file_count++;
    return f;
}

uint32_t directory_used(const struct sim_card *c, const struct sim_directory *d)
{
    uint32_t used = d->has_key_file ? d->key_file_size + FILE_OVERHEAD : 0;

    for (size_t i = 0; i < d->file_count; i++)
        used += d->files[i].size + FILE_OVERHEAD;
    for (size_t i = 1; d == &c->directories[0] && i < c->directory_count; i++)
        used += c->directories[i].room + DIRECTORY_OVERHEAD;
    return used;
}

void directory_empty(struct sim_directory *d, bool keep_control)
{
    size_t kept = 0;

    for (size_t i = 0; i < d->file_count; i++)
        free(d->files[i].content);
    d->file_count = 0;
    for (size_t i = 0; i < d->key_count; i++) {
        struct sim_key *k = &d->keys[i];
        if (keep_control && k->header.usage == KEY_EXTERNAL && k->kid == KID_CONTROL)
            d->keys[kept++] = *k;
        else
            secret_free(&k->value);
    }
    d->key_count = kept;
    if (!keep_control)
        d->has_key_file = false;
    d->terminal_number = 0;
}

void enter_directory(struct sim_card *c, size_t index)
{
    c->current = index;
    c->current_file = 0;
    c->state = 0;
    c->free = !c->directories[index].has_key_file;
}

static size_t directory_by_id(const struct sim_card *c, uint16_t id)
{
    for (size_t i = 0; i < c->directory_count; i++)
        if (c->directories[i].id == id)
            return i;
    return NOT_FOUND;
}

static size_t directory_by_name(const struct sim_card *c, const uint8_t *name, size_t len)
{
    for (size_t i = 0; i < c->directory_count; i++)
        if (c->directories[i].name_len == len && memcmp(c->directories[i].name, name, len) == 0)
            return i;
    return NOT_FOUND;
}

/* File control information as PBOC part 1 has it: 6F { 84 name, A5 { 88 SFI of the directory file }
 * }. */
static void answer_control_information(const struct sim_directory *d, struct exchange *x)
{
    static const uint8_t proprietary[] = {0xA5, 0x03, 0x88, 0x01, 0x01};
    uint8_t *out = x->answer;
    size_t name_len = d->name_len;

    *out++ = 0x6F;
    *out++ = (uint8_t)(2 + name_len + sizeof proprietary);
    *out++ = 0x84;
    *out++ = (uint8_t)name_len;
    memcpy(out, d->name, name_len);
    memcpy(out + name_len, proprietary, sizeof proprietary);
    x->answer_len = 4 + name_len + sizeof proprietary;
}

static uint16_t select_directory(struct sim_card *c, struct exchange *x, size_t index)
{
    if (index == NOT_FOUND)
        return SW_NO_FILE;
    enter_directory(c, index);
    answer_control_information(&c->directories[index], x);
    return SW_OK;
}

uint16_t select_file(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    uint16_t id = (uint16_t)(a->data[0] << 8 | a->data[1]);

    if (a->p2 != 0 || (a->p1 != 0x00 && a->p1 != 0x04))
        return SW_P1P2;
    if (a->p1 == 0x04)
        return select_directory(c, x, directory_by_name(c, a->data, a->lc));
    if (a->lc == 0)
        return select_directory(c, x, 0);
    if (a->lc != 2)
        return SW_LENGTH;
    if (directory_file(current_directory(c), id)) {
        c->current_file = id;
        return SW_OK;
    }
    return select_directory(c, x, directory_by_id(c, id));
}

static bool id_taken(struct sim_card *c, uint16_t id)
{
    bool directory = c->current == 0 && directory_by_id(c, id) != NOT_FOUND;

    return id == MF_ID || directory || directory_file(current_directory(c), id);
}

static uint16_t create_directory(struct sim_card *c, const struct apdu *a, uint16_t id)
{
    const uint8_t *control = a->data;
    size_t name_len = a->lc - 8u;
    uint32_t size = (uint32_t)(control[1] << 8 | control[2]);
    struct sim_directory *mf = &c->directories[0];
    struct sim_directory *d = &c->directories[c->directory_count];

    if (c->current != 0)
        return SW_CONDITIONS;
    if (a->lc < 9 || name_len > SIM_NAME_MAX || size == 0)
        return SW_DATA;
    if (directory_by_name(c, control + 8, name_len) != NOT_FOUND)
        return SW_DATA;
    if (c->directory_count == SIM_DIRECTORIES_MAX ||
        directory_used(c, mf) + size + DIRECTORY_OVERHEAD > mf->room)
        return SW_NO_ROOM;
    *d = (struct sim_directory){.id = id,
                                .name_len = name_len,
                                .create_right = control[3],
                                .erase_right = control[4],
                                .access = control[5],
                                .room = size};
    memcpy(d->name, control + 8, name_len);
    c->directory_count++;
    c->changed = true;
    return SW_OK;
}

bool protection_valid(uint8_t type)
{
    return (type & FILE_PROTECTION) != FILE_ENCRYPTED;
}

/* Only in fmcos does a key file's type say how keys are added. */
static bool is_key_file(const struct sim_card *c, uint8_t type)
{
    return type == FILE_KEYS ||
           (c->dialect->protection && (type & 0x3F) == FILE_KEYS && protection_valid(type));
}

static uint16_t create_key_file(struct sim_card *c, const uint8_t control[7])
{
    struct sim_directory *d = current_directory(c);
    uint16_t size = (uint16_t)(control[1] << 8 | control[2]);

    if (d->has_key_file || size == 0)
        return SW_DATA;
    if (directory_used(c, d) + size + FILE_OVERHEAD > d->room)
        return SW_NO_ROOM;
    d->has_key_file = true;
    d->key_file_size = size;
    d->key_file_protection = control[0] & FILE_PROTECTION;
    d->key_add_right = control[4];
    c->changed = true;
    return SW_OK;
}

bool working_file_valid(const struct sim_file *f)
{
    uint8_t kind = f->type & 0x3F;
    bool records = kind == FILE_FIXED || kind == FILE_CYCLIC;

    if (!protection_valid(f->type))
        return false;
    if (f->size == 0 || f->used > f->size)
        return false;
    if (records)
        return f->size == f->record_max * f->record_len && f->used % f->record_len == 0;
    if (kind == FILE_PURSE)
        return f->type == FILE_PURSE && purse_id(f->id) && f->size >= PURSE_LEN &&
               f->used == f->size;
    return kind == FILE_VARIABLE || (kind == FILE_TRANSPARENT && f->used == f->size);
}

static struct sim_file as_ordered(const uint8_t control[7], uint16_t id)
{
    uint8_t kind = control[0] & 0x3F;
    bool records = kind == FILE_FIXED || kind == FILE_CYCLIC;
    bool filled = kind == FILE_TRANSPARENT || kind == FILE_PURSE;
    int size = records ? control[1] * control[2] : control[1] << 8 | control[2];

    return (struct sim_file){.id = id,
                             .type = control[0],
                             .read_right = control[3],
                             .write_right = control[4],
                             .access = control[6],
                             .record_max = records ? control[1] : 0,
                             .record_len = records ? control[2] : 0,
                             .size = (uint16_t)size,
                             .used = filled ? (uint16_t)size : 0};
}

static uint16_t create_working_file(struct sim_card *c, const uint8_t control[7], uint16_t id)
{
    struct sim_directory *d = current_directory(c);
    struct sim_file f = as_ordered(control, id);

    if (!working_file_valid(&f))
        return SW_DATA;
    if (!d->has_key_file)
        return SW_CONDITIONS;
    if (directory_used(c, d) + f.size + FILE_OVERHEAD > d->room || !directory_add_file(d, &f))
        return SW_NO_ROOM;
    c->changed = true;
    return SW_OK;
}

uint16_t create_file(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    uint16_t id = (uint16_t)(a->p1 << 8 | a->p2);

    if (a->lc < 7)
        return SW_LENGTH;
    if (!right_satisfied(c, current_directory(c)->create_right))
        return SW_SECURITY;
    if (is_key_file(c, a->data[0]))
        return a->lc == 7 ? create_key_file(c, a->data) : SW_DATA;
    if (id == 0 || id_taken(c, id))
        return SW_DATA;
    if (a->data[0] == FILE_DIRECTORY)
        return create_directory(c, a, id);
    return a->lc == 7 ? create_working_file(c, a->data, id) : SW_DATA;
}

static void remove_directory(struct sim_card *c, size_t index)
{
    directory_empty(&c->directories[index], false);
    c->directory_count--;
    memmove(&c->directories[index], &c->directories[index + 1],
            (c->directory_count - index) * sizeof c->directories[0]);
}

uint16_t erase_directory(struct sim_card *c, struct exchange *x)
{
    const struct apdu *a = x->command;
    uint16_t id = (uint16_t)(a->p1 << 8 | a->p2);
    size_t index = id ? directory_by_id(c, id) : c->current;

    if (a->lc > 0)
        return SW_LENGTH;
    if (id && c->current != 0)
        return SW_CONDITIONS;
    if (index == NOT_FOUND || (id && index == 0))
        return SW_NO_FILE;
    if (!right_satisfied(c, current_directory(c)->erase_right))
        return SW_SECURITY;
    if (id) {
        remove_directory(c, index);
    } else {
        while (c->current == 0 && c->directory_count > 1)
            remove_directory(c, c->directory_count - 1);
        directory_empty(&c->directories[index], index == 0);
        c->current_file = 0;
        c->free = !c->directories[index].has_key_file;
    }
    c->changed = true;
    return SW_OK;
}
