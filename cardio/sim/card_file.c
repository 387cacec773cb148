/*
 * A card in one file: "keyrite-card/1\n", then (crypto/wire.h) kind, chip serial, directories with
 * their keys and files, then the SHA-256 of all that. Of any dialect but pboc-key:
 * "keyrite-card/2\n", and the dialect's name stands after the kind; key types and the byte that
 * says that there is a key file carry their protection. That byte has bit 2 when a PSAM's terminal
 * transaction number follows the directory's rights. Everything read is checked as strictly as
 * the commands would have checked it, so that a damaged or hostile file makes an error and never a
 * strange card.
 */
#include "card_state.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../deck_file.h"
#include "../../crypto/hash.h"
#include "../../crypto/wire.h"

static const char magic[] = "keyrite-card/1\n", magic_dialect[] = "keyrite-card/2\n";
#define MAGIC_LEN           (sizeof magic - 1)
#define DIALECT_MAX         16
#define HAS_KEY_FILE        1
#define HAS_TERMINAL_NUMBER 2

static void put_u16(struct wire *w, uint16_t v)
{
    wire_put_u8(w, (uint8_t)(v >> 8));
    wire_put_u8(w, (uint8_t)v);
}

static uint16_t get_u16(struct wire *w)
{
    uint8_t high = wire_get_u8(w);

    return (uint16_t)(high << 8 | wire_get_u8(w));
}

static void put_key(struct wire *w, const struct sim_key *k)
{
    const struct key_header *h = &k->header;
    const uint8_t fixed[8] = {
        k->kid,       h->version,      h->algorithm,    h->usage | k->protection,
        h->use_right, h->follow_state, h->change_right, h->counter};

    for (size_t i = 0; i < sizeof fixed; i++)
        wire_put_u8(w, fixed[i]);
    wire_put_bytes(w, k->value->bytes, k->value->len);
}

static void put_file(struct wire *w, const struct sim_file *f)
{
    put_u16(w, f->id);
    wire_put_u8(w, f->type);
    wire_put_u8(w, f->read_right);
    wire_put_u8(w, f->write_right);
    wire_put_u8(w, f->access);
    wire_put_u8(w, f->record_len);
    wire_put_u8(w, f->record_max);
    put_u16(w, f->size);
    wire_put_bytes(w, f->content, f->used);
}

static uint8_t key_file_byte(const struct sim_directory *d)
{
    uint8_t byte = d->has_key_file ? HAS_KEY_FILE | d->key_file_protection : 0;

    return d->terminal_number ? byte | HAS_TERMINAL_NUMBER : byte;
}

static void put_directory(struct wire *w, const struct sim_directory *d)
{
    put_u16(w, d->id);
    wire_put_bytes(w, d->name, d->name_len);
    wire_put_u8(w, d->create_right);
    wire_put_u8(w, d->erase_right);
    wire_put_u8(w, d->access);
    wire_put_u32(w, d->room);
    wire_put_u8(w, key_file_byte(d));
    put_u16(w, d->key_file_size);
    wire_put_u8(w, d->key_add_right);
    if (d->terminal_number)
        wire_put_u32(w, d->terminal_number);
    wire_put_u8(w, (uint8_t)d->key_count);
    for (size_t i = 0; i < d->key_count; i++)
        put_key(w, &d->keys[i]);
    wire_put_u8(w, (uint8_t)d->file_count);
    for (size_t i = 0; i < d->file_count; i++)
        put_file(w, &d->files[i]);
}

/* More than enough for what put_directory() writes. */
static size_t room_for(const struct sim_card *c)
{
    size_t room = 256;

    for (size_t i = 0; i < c->directory_count; i++) {
        const struct sim_directory *d = &c->directories[i];
        room += 64 + d->key_count * 32;
        for (size_t j = 0; j < d->file_count; j++)
            room += 16u + d->files[j].used;
    }
    return room;
}

enum kr_error sim_card_save(struct sim_card *c, const char *path)
{
    struct secret *s = secret_new(room_for(c));
    struct wire w;
    enum kr_error rc = s ? KR_OK : KR_E_MEMORY;

    if (rc != KR_OK)
        return rc;
    bool named = strcmp(c->dialect->id, SIM_DIALECT) != 0;
    memcpy(s->bytes, named ? magic_dialect : magic, MAGIC_LEN);
    wire_begin(&w, s->bytes + MAGIC_LEN, s->len - MAGIC_LEN - SHA256_LEN);
    wire_put_text(&w, c->kind);
    if (named)
        wire_put_text(&w, c->dialect->id);
    wire_put_bytes(&w, c->serial, SIM_SERIAL_LEN);
    wire_put_u8(&w, (uint8_t)c->directory_count);
    for (size_t i = 0; i < c->directory_count; i++)
        put_directory(&w, &c->directories[i]);
    rc = wire_end(&w);
    size_t len = MAGIC_LEN + w.len;
    if (rc == KR_OK)
        rc = sha256(s->bytes, len, s->bytes + len);
    if (rc == KR_OK)
        rc = deck_file_replace(path, s->bytes, len + SHA256_LEN);
    if (rc == KR_OK)
        c->changed = false;
    secret_free(&s);
    return rc;
}

static bool counter_sane(uint8_t counter)
{
    return (counter & 0x0F) <= counter >> 4;
}

/* The protection bits of a byte, taken out of it; any at all are wrong where the dialect has none.
 */
static uint8_t get_protection(struct wire *w, const struct dialect *dialect, uint8_t *byte)
{
    uint8_t bits = *byte & FILE_PROTECTION;

    *byte &= (uint8_t)~FILE_PROTECTION;
    if ((bits && !dialect->protection) || !protection_valid(bits))
        w->broken = true;
    return bits;
}

static void get_key(struct wire *w, const struct dialect *dialect, struct sim_directory *d)
{
    struct key_header h;
    size_t len;
    uint8_t kid = wire_get_u8(w);

    h.version = wire_get_u8(w);
    h.algorithm = wire_get_u8(w);
    h.usage = wire_get_u8(w);
    uint8_t protection = get_protection(w, dialect, &h.usage);
    h.use_right = wire_get_u8(w);
    h.follow_state = wire_get_u8(w);
    h.change_right = wire_get_u8(w);
    h.counter = wire_get_u8(w);
    const uint8_t *value = wire_get_bytes(w, &len);
    if (w->broken || !value || kid >= 0x7F || directory_key(d, h.usage, kid) ||
        !key_record_valid(dialect, &h, value, len) || !counter_sane(h.counter) ||
        !d->has_key_file || directory_put_key(d, kid, &h, value, len) != KR_OK)
        w->broken = true;
    else
        directory_key(d, h.usage, kid)->protection = protection;
}

/* Every length byte of a variable file leads to another one, or just behind the last record. */
static bool records_chain(const struct sim_file *f, const uint8_t *content)
{
    size_t at = 0;

    while ((f->type & 0x3F) == FILE_VARIABLE && at < f->used) {
        at += 1u + content[at];
        if (at > f->used)
            return false;
    }
    return true;
}

static void get_file(struct wire *w, struct sim_directory *d)
{
    struct sim_file f = {.id = get_u16(w)};
    struct sim_file *added;
    size_t used;

    f.type = wire_get_u8(w);
    f.read_right = wire_get_u8(w);
    f.write_right = wire_get_u8(w);
    f.access = wire_get_u8(w);
    f.record_len = wire_get_u8(w);
    f.record_max = wire_get_u8(w);
    f.size = get_u16(w);
    const uint8_t *content = wire_get_bytes(w, &used);
    f.used = (uint16_t)used;
    if (w->broken || !content || used > f.size || !working_file_valid(&f) ||
        !records_chain(&f, content) || directory_file(d, f.id)) {
        w->broken = true;
        return;
    }
    added = directory_add_file(d, &f);
    if (added)
        memcpy(added->content, content, used);
    else
        w->broken = true;
}

static void get_directory(struct wire *w, const struct dialect *dialect, struct sim_directory *d)
{
    const uint8_t *name;
    uint8_t count, key_file;

    d->id = get_u16(w);
    name = wire_get_bytes(w, &d->name_len);
    if (!name || d->name_len == 0 || d->name_len > SIM_NAME_MAX) {
        w->broken = true;
        return;
    }
    memcpy(d->name, name, d->name_len);
    d->create_right = wire_get_u8(w);
    d->erase_right = wire_get_u8(w);
    d->access = wire_get_u8(w);
    d->room = wire_get_u32(w);
    key_file = wire_get_u8(w);
    d->key_file_protection = get_protection(w, dialect, &key_file);
    if (key_file & (uint8_t) ~(HAS_KEY_FILE | HAS_TERMINAL_NUMBER))
        w->broken = true;
    d->has_key_file = key_file & HAS_KEY_FILE;
    d->key_file_size = get_u16(w);
    d->key_add_right = wire_get_u8(w);
    if (key_file & HAS_TERMINAL_NUMBER)
        d->terminal_number = wire_get_u32(w);
    count = wire_get_u8(w);
    for (uint8_t i = 0; i < count && !w->broken; i++)
        get_key(w, dialect, d);
    count = wire_get_u8(w);
    for (uint8_t i = 0; i < count && !w->broken; i++)
        get_file(w, d);
}

static bool card_sane(const struct sim_card *c)
{
    const struct sim_directory *mf = &c->directories[0];

    if (c->directory_count == 0 || mf->id != MF_ID || mf->room > DECK_FILE_MAX / 2 ||
        !mf->has_key_file)
        return false;
    for (size_t i = 0; i < c->directory_count; i++)
        if (directory_used(c, &c->directories[i]) > c->directories[i].room)
            return false;
    return true;
}

/* NULL: unknown. A pboc-key card is never written with its dialect's name. */
static const struct dialect *get_dialect(struct wire *w, const uint8_t *start)
{
    char id[DIALECT_MAX];

    if (memcmp(start, magic, MAGIC_LEN) == 0)
        return dialect_by_id(SIM_DIALECT);
    wire_get_text(w, id, sizeof id);
    return strcmp(id, SIM_DIALECT) != 0 ? dialect_by_id(id) : NULL;
}

static enum kr_error get_card(struct wire *w, const uint8_t *start, struct sim_card *c)
{
    size_t len;
    uint8_t count;

    wire_get_text(w, c->kind, sizeof c->kind);
    c->dialect = get_dialect(w, start);
    if (!c->dialect)
        return KR_E_DECK;
    const uint8_t *serial = wire_get_bytes(w, &len);
    if (!serial || len != SIM_SERIAL_LEN)
        return KR_E_DECK;
    memcpy(c->serial, serial, SIM_SERIAL_LEN);
    count = wire_get_u8(w);
    if (count > SIM_DIRECTORIES_MAX)
        return KR_E_DECK;
    for (uint8_t i = 0; i < count && !w->broken; i++)
        get_directory(w, c->dialect, &c->directories[c->directory_count++]);
    return wire_end(w) == KR_OK && card_sane(c) ? KR_OK : KR_E_DECK;
}

static bool magic_fits(const uint8_t *start)
{
    return memcmp(start, magic, MAGIC_LEN) == 0 || memcmp(start, magic_dialect, MAGIC_LEN) == 0;
}

static bool sealed(const struct secret *s)
{
    uint8_t digest[SHA256_LEN];
    size_t len = s->len - SHA256_LEN;

    return s->len > MAGIC_LEN + SHA256_LEN && magic_fits(s->bytes) &&
           sha256(s->bytes, len, digest) == KR_OK &&
           memcmp(digest, s->bytes + len, SHA256_LEN) == 0;
}

enum kr_error sim_card_load(const char *path, struct sim_card **card)
{
    struct secret *s = NULL;
    struct sim_card *c = NULL;
    struct wire w;
    enum kr_error rc = deck_file_read(path, &s);

    if (rc != KR_OK)
        return rc;
    if (!sealed(s))
        rc = KR_E_DECK;
    else if (!(c = calloc(1, sizeof *c)))
        rc = KR_E_MEMORY;
    if (rc == KR_OK) {
        wire_read(&w, s->bytes + MAGIC_LEN, s->len - MAGIC_LEN - SHA256_LEN);
        rc = get_card(&w, s->bytes, c);
    }
    secret_free(&s);
    if (rc == KR_OK) {
        sim_card_reset(c);
        *card = c;
        return KR_OK;
    }
    sim_card_free(&c);
    return rc == KR_E_DECK ? kr_fail(KR_E_DECK, "%s", path) : rc;
}

static enum kr_error read_head(const char *path, char kind[SIM_KIND_MAX],
                               const struct dialect **dialect)
{
    uint8_t head[MAGIC_LEN + 4 + SIM_KIND_MAX + 4 + DIALECT_MAX] = {0};
    struct wire w;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof head);

    if (fd >= 0)
        close(fd);
    kind[0] = '\0';
    if (n < (ssize_t)MAGIC_LEN || !magic_fits(head))
        return kr_fail(KR_E_DECK, "%s", path);
    wire_read(&w, head + MAGIC_LEN, (size_t)n - MAGIC_LEN);
    wire_get_text(&w, kind, SIM_KIND_MAX);
    *dialect = get_dialect(&w, head);
    if (!w.broken && *dialect)
        return KR_OK;
    kind[0] = '\0';
    return kr_fail(KR_E_DECK, "%s", path);
}

enum kr_error sim_card_kind(const char *path, char kind[SIM_KIND_MAX])
{
    const struct dialect *dialect;

    return read_head(path, kind, &dialect);
}

enum kr_error sim_card_speaks(const char *path, const struct dialect **dialect)
{
    char kind[SIM_KIND_MAX];

    return read_head(path, kind, dialect);
}
