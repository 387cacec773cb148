/* Cards as they come out of the box: ../../docs/simulated-cos.md section 7. */
#include "card_state.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include "../../crypto/hash.h"
#include "../../crypto/suite.h"

#define KEY_FILE_SIZE 0x0400
#define ROOM_LARGE    0x7F00
#define ROOM_SMALL    0x3F00
#define AUDIT_FILE_ID 0x0015

static const struct card_model {
    const char *kind;
    uint32_t room;
    uint8_t serial_mark;
    bool blank;
    uint8_t commands;
} models[] = {
    {"blank-mother", ROOM_LARGE, 0x01, true, COMMANDS_OF_MOTHER},
    {"blank-psam", ROOM_LARGE, 0x02, true, COMMANDS_OF_PSAM},
    {"blank-user", ROOM_SMALL, 0x03, true, COMMANDS_OF_USER},
    {"manufacturer", ROOM_LARGE, 0x0F, false, COMMANDS_OF_MOTHER},
};

static const struct card_model *model_of(const char *kind)
{
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        if (strcmp(models[i].kind, kind) == 0)
            return &models[i];
    return NULL;
}

uint8_t kind_commands(const char *kind)
{
    const struct card_model *m = model_of(kind);

    return COMMANDS_OF_ALL | (m ? m->commands : 0);
}

/* The maker's keys demand what the centre's will: MAC and encryption, where the dialect knows it.
 */
static void protect_keys(struct sim_card *c)
{
    struct sim_directory *mf = &c->directories[0];

    mf->key_file_protection = c->dialect->protection;
    for (size_t i = 0; i < mf->key_count; i++)
        mf->keys[i].protection = c->dialect->protection;
}

static enum kr_error blank_keys(struct sim_directory *mf, const struct sim_factory *factory)
{
    static const struct key_header control = {0x00, 0x00, KEY_EXTERNAL, RIGHT_ALWAYS,
                                              0x0F, 0xFF, 0x55};
    static const struct key_header internal = {0x00, 0x00, KEY_INTERNAL, RIGHT_ALWAYS,
                                               0x00, 0xFF, COUNTER_NEVER};
    const struct secret *k = factory->card_key;
    enum kr_error rc = directory_put_key(mf, KID_CONTROL, &control, k->bytes, k->len);

    if (rc == KR_OK)
        rc = directory_put_key(mf, 0x00, &internal, k->bytes, k->len);
    return rc;
}

/* Its control key is nobody's: what the maker wrote stays as it is. */
static enum kr_error manufacturer_keys(struct sim_directory *mf, const struct sim_factory *f)
{
    static const struct key_header control = {0x00, 0x00,        KEY_EXTERNAL, RIGHT_ALWAYS,
                                              0x0F, RIGHT_NEVER, 0x33};
    static const struct key_header pin = {0x00, 0x03,        KEY_PIN, RIGHT_ALWAYS,
                                          0x01, RIGHT_NEVER, 0x33};
    static const struct key_header master = {
        0x00,        0x00,         KEY_PURCHASE, 0xF1, ATTRIBUTE_EXPORT | ATTRIBUTE_ANY_TYPE,
        RIGHT_NEVER, COUNTER_NEVER};
    static const struct key_header transport = {0x00, 0x00,        KEY_TRANSPORT, 0xF1,
                                                0x00, RIGHT_NEVER, COUNTER_NEVER};
    struct secret *nobody = NULL;
    enum kr_error rc = suite_random_key(suite_by_id("3des"), &nobody);

    if (rc == KR_OK)
        rc = directory_put_key(mf, KID_CONTROL, &control, nobody->bytes, nobody->len);
    if (rc == KR_OK)
        rc = directory_put_key(mf, 0x00, &pin, f->pin->bytes, f->pin->len);
    if (rc == KR_OK)
        rc = directory_put_key(mf, 0x01, &master, f->card_key->bytes, f->card_key->len);
    if (rc == KR_OK)
        rc =
            directory_put_key(mf, 0x01, &transport, f->transport_key->bytes, f->transport_key->len);
    secret_free(&nobody);
    return rc;
}

static enum kr_error manufacturer_files(struct sim_directory *mf)
{
    static const uint8_t limit[8] = {0, 0, 0, 100, 0, 0, 0, 100};
    const struct sim_file audit = {.id = AUDIT_FILE_ID,
                                   .type = FILE_TRANSPARENT,
                                   .read_right = RIGHT_ALWAYS,
                                   .write_right = RIGHT_NEVER,
                                   .access = 0xFF,
                                   .size = 25,
                                   .used = 25};
    const struct sim_file limits = {.id = LIMIT_FILE_ID,
                                    .type = FILE_TRANSPARENT,
                                    .read_right = RIGHT_ALWAYS,
                                    .write_right = RIGHT_NEVER,
                                    .access = 0xFF,
                                    .size = sizeof limit,
                                    .used = sizeof limit};
    struct sim_file *f = directory_add_file(mf, &audit);

    if (!f)
        return KR_E_MEMORY;
    f->content[0] = 0xF0;
    f = directory_add_file(mf, &limits);
    if (!f)
        return KR_E_MEMORY;
    memcpy(f->content, limit, sizeof limit);
    return KR_OK;
}

static enum kr_error personality(struct sim_card *c, const struct card_model *m)
{
    struct sim_directory *mf = &c->directories[0];
    static const char name[] = "1PAY.SYS.DDF01";
    uint8_t right = m->blank ? 0xFF : RIGHT_NEVER;

    snprintf(c->kind, sizeof c->kind, "%s", m->kind);
    *mf = (struct sim_directory){.id = MF_ID,
                                 .name_len = sizeof name - 1,
                                 .create_right = right,
                                 .erase_right = right,
                                 .access = 0xFF,
                                 .room = m->room,
                                 .has_key_file = true,
                                 .key_file_size = KEY_FILE_SIZE,
                                 .key_add_right = right};
    memcpy(mf->name, name, sizeof name - 1);
    c->directory_count = 1;
    c->serial[0] = 'K';
    c->serial[1] = 'R';
    c->serial[2] = m->serial_mark;
    return random_bytes(c->serial + 3, SIM_SERIAL_LEN - 3);
}

enum kr_error sim_card_deliver(const char *kind, const struct sim_factory *factory,
                               struct sim_card **card)
{
    return sim_card_deliver_as(kind, SIM_DIALECT, factory, card);
}

enum kr_error sim_card_deliver_as(const char *kind, const char *dialect,
                                  const struct sim_factory *factory, struct sim_card **card)
{
    const struct card_model *m = model_of(kind);
    const struct dialect *d = dialect_by_id(dialect);
    struct sim_card *c;
    enum kr_error rc;

    if (!m || !d)
        return kr_fail(KR_E_ARGUMENT, "%s", m ? dialect : kind);
    c = calloc(1, sizeof *c);
    if (!c)
        return KR_E_MEMORY;
    c->dialect = d;
    rc = personality(c, m);
    if (rc == KR_OK)
        rc = m->blank ? blank_keys(&c->directories[0], factory)
                      : manufacturer_keys(&c->directories[0], factory);
    if (rc == KR_OK && !m->blank)
        rc = manufacturer_files(&c->directories[0]);
    protect_keys(c);
    c->changed = true;
    sim_card_reset(c);
    if (rc == KR_OK)
        *card = c;
    else
        sim_card_free(&c);
    return rc;
}
