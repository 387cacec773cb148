/* A user card by its layout: made without a mother card, its PIN drawn and given to nobody, and the
 * holder's own PIN put there under the card's PIN reload key. */
#include "room.h"

#include "../../crypto/hash.h"
#include "../../crypto/suite.h"

#define ASN_LOW      7
#define MASTER_FIRST "0123456789ABCDEFFEDCBA9876543210"
#define MASTER_OTHER "7A94C1E2580B3D6F91C8A7E4D25B6F80"
#define HOLDERS_PIN  "846215"
#define USER_VALUES  24

struct user {
    struct room *r;
    struct layout layout;
    struct layout_value values[USER_VALUES];
    size_t count;
    struct card_audit audit;
};

static vault_handle component(struct vault *v, const char *hex)
{
    const struct secret_entry_spec spec = {.kind = ENTRY_COMPONENT, .digits = 32};
    struct secret_entry_state state;
    vault_handle entry, part;
    struct kcv kcv;
    assert_int_equal(vault_entry_open(v, &spec, &entry), KR_OK);
    assert_int_equal(vault_entry_type(v, entry, hex, &state), KR_OK);
    assert_int_equal(vault_component(v, entry, "3des", &part, &kcv), KR_OK);
    return part;
}

/* The card's PIN reload key is of a known value, so that the test can be the counter. */
static vault_handle known_key(struct vault *v)
{
    vault_handle parts[2] = {component(v, MASTER_FIRST), component(v, MASTER_OTHER)}, key;
    struct kcv kcv;
    assert_int_equal(vault_combine(v, "3des", parts, 2, PURPOSE_MASTER, &key, &kcv), KR_OK);
    return key;
}

static enum key_purpose purpose_of(enum card_key_kind kind)
{
    return kind == CARD_KEY_CONTROL       ? PURPOSE_CONTROL
           : kind == CARD_KEY_MAINTENANCE ? PURPOSE_MAINTENANCE
           : kind == CARD_KEY_TRANSPORT   ? PURPOSE_TRANSPORT
                                          : PURPOSE_MASTER;
}

static void add_values(struct user *u, const struct layout_directory *d)
{
    struct vault *v = u->r->vault;
    struct kcv kcv;
    for (size_t i = 0; i < d->key_count; i++) {
        const struct layout_key *k = &d->keys[i];
        struct layout_value *value = &u->values[u->count++];
        *value = (struct layout_value){.name = k->name, .group = k->group};
        if (k->drawn)
            assert_int_equal(vault_draw_pin(v, 2 * (size_t)k->header.algorithm, &value->handle),
                             KR_OK);
        else if (k->kind == CARD_KEY_PIN_RELOAD)
            value->handle = known_key(v);
        else
            assert_int_equal(vault_random(v, "3des", purpose_of(k->kind), &value->handle, &kcv),
                             KR_OK);
    }
}

static void user_made(struct user *u, struct room *r)
{
    char name[DECK_NAME_MAX];
    size_t proved;
    *u = (struct user){.r = r};
    assert_int_equal(layout_load("cardio/layouts/user.yaml", &u->layout), KR_OK);
    u->audit = audit_of(&u->layout, ASN_LOW);
    add_values(u, &u->layout.mf);
    add_values(u, &u->layout.adf);
    put_new(r, "blank-user", 0, name);
    assert_int_equal(
        personalise_wash(&r->first, &u->layout, r->maker_control, u->values, u->count, &u->audit),
        KR_OK);
    assert_int_equal(personalise_issue(&r->first, &u->layout, u->values, u->count, &u->audit),
                     KR_OK);
    assert_int_equal(
        personalise_verify(&r->first, &u->layout, u->values, u->count, &u->audit, NULL, 0, &proved),
        KR_OK);
    assert_int_equal(proved, u->count - 1); /* each key but the PIN */
    assert_int_equal(card_select_name(&r->first, u->layout.adf.name, u->layout.adf.name_len),
                     KR_OK);
}

static uint16_t send(struct card *c, struct apdu *a)
{
    struct reply reply;
    assert_int_equal(reader_transmit(c->readers, c->reader, a, &reply), KR_OK);
    return reply.sw;
}

/* 80 5E 00 KID: the new PIN and a MAC over it under the folded reload key. */
static uint16_t reload(struct card *c, const uint8_t *pin, size_t len, bool right_key)
{
    struct apdu a = {.cla = 0x80, .ins = 0x5E, .lc = (uint8_t)(len + 4)};
    uint8_t one[16], other[16], folded[8];
    const uint8_t zero[8] = {0};
    struct secret *whole = secret_new(16), *half = secret_new(8);
    assert_non_null(whole);
    assert_non_null(half);
    assert_int_equal(hex_decode(MASTER_FIRST, one, 16), KR_OK);
    assert_int_equal(hex_decode(MASTER_OTHER, other, 16), KR_OK);
    for (int i = 0; i < 16; i++)
        whole->bytes[i] = one[i] ^ other[i];
    suite_by_id("3des")->adjust(whole);
    for (int i = 0; i < 8; i++)
        folded[i] = whole->bytes[i] ^ whole->bytes[8 + i] ^ (right_key ? 0 : 0x10);
    memcpy(half->bytes, folded, 8);
    memcpy(a.data, pin, len);
    assert_int_equal(suite_mac(suite_by_id("3des"), half, zero, pin, len, a.data + len), KR_OK);
    secret_free(&whole);
    secret_free(&half);
    return send(c, &a);
}

static void a_drawn_pin_gives_way_to_the_holders_by_the_reload_key_alone(void **state)
{
    struct room *r = *state;
    struct user u;
    const uint8_t pin[3] = {0x84, 0x62, 0x15};
    int tries;
    user_made(&u, r);
    vault_handle typed = typed_entry(r->vault, ENTRY_PIN, HOLDERS_PIN);
    assert_int_equal(card_verify_pin(&r->first, typed, 0, false, &tries), KR_E_PIN_WRONG);
    assert_int_equal(tries, 2);
    assert_int_equal(reload(&r->first, pin, sizeof pin, false), 0x9302);
    assert_int_equal(reload(&r->first, pin, sizeof pin, true), 0x9000);
    assert_int_equal(card_verify_pin(&r->first, typed, 0, false, &tries), KR_OK);
    assert_int_equal(tries, 3);
    vault_drop(r->vault, typed);
}

static void the_pin_on_the_card_is_the_one_that_the_vault_drew(void **state)
{
    struct room *r = *state;
    struct user u;
    int tries;
    user_made(&u, r);
    for (size_t i = 0; i < u.count; i++)
        if (strcmp(u.values[i].name, "PIN") == 0)
            assert_int_equal(card_verify_pin(&r->first, u.values[i].handle, 0, false, &tries),
                             KR_OK);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_drawn_pin_gives_way_to_the_holders_by_the_reload_key_alone),
    cmocka_unit_test(the_pin_on_the_card_is_the_one_that_the_vault_drew),
};

int main(int argc, char **argv)
{
    return room_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
