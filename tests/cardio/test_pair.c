/* A mother card and its authentication card prove themselves to each other, or nothing is opened.
 */
#include "room.h"

#define ADF         0x3F01
#define EXTERNAL    CARD_KEY_EXTERNAL
#define SW_NO_RIGHT 0x6982

static struct {
    char mother[DECK_NAME_MAX], partner[DECK_NAME_MAX];
    vault_handle pin;
} pair;

static void make_one(struct room *r, struct card *c, const struct layout *l, vault_handle pin,
                     char name[DECK_NAME_MAX])
{
    struct layout_value all[ROOM_VALUES + 1];
    struct card_audit washed = audit_of(&r->washed, l->card_type),
                      audit = audit_of(l, l->card_type);
    memcpy(all, r->values, sizeof r->values);
    all[ROOM_VALUES] = (struct layout_value){.name = "PIN", .handle = pin};
    put_new(r, "blank-mother", (int)c->reader, name);
    assert_int_equal(
        personalise_wash(c, &r->washed, r->maker_control, r->values, ROOM_VALUES, &washed), KR_OK);
    assert_int_equal(personalise_issue(c, l, all, ROOM_VALUES + (pin ? 1 : 0), &audit), KR_OK);
}

static int pair_made(void **state)
{
    struct room *r = *state;
    pair.pin = typed_entry(r->vault, ENTRY_PIN, PIN_TEXT);
    make_one(r, &r->first, &r->rmkc, 0, pair.mother);
    make_one(r, &r->second, &r->rakc, pair.pin, pair.partner);
    return 0;
}

static enum kr_error open_pair(struct room *r)
{
    return personalise_open(&r->first, &r->rmkc, &r->second, pair.pin);
}

/* An RMKC as somebody would make it who knows all but the key that it proves itself with: it has
 * another one, or (lacking) none. */
static void make_false(struct room *r, bool lacking, char name[DECK_NAME_MAX])
{
    struct layout l = r->rmkc;
    struct layout_directory *d = &l.adf;
    size_t i = 0;
    while (i < d->key_count && d->keys[i].kind != CARD_KEY_INTERNAL)
        i++;
    assert_true(i < d->key_count);
    if (lacking)
        memmove(&d->keys[i], &d->keys[i + 1], (--d->key_count - i) * sizeof d->keys[0]);
    else
        snprintf(d->keys[i].name, sizeof d->keys[i].name, "kActlR"); /* any other value */
    make_one(r, &r->first, &l, 0, name);
}

static int partner_tries(struct room *r)
{
    struct key_info info;
    assert_int_equal(card_open(&r->second), KR_OK);
    assert_int_equal(card_select_file(&r->second, ADF), KR_OK);
    assert_int_equal(card_key_info(&r->second, EXTERNAL, 1, &info), KR_OK);
    return info.tries_left;
}

static void a_right_pair_opens_and_gives_keys(void **state)
{
    struct room *r = *state;
    const struct key_header target = {
        .usage = 0x3E, .use_right = 0xF0, .change_right = 0xEF, .counter = 0xFF};
    const uint8_t command[5] = {0x84, 0xD4, 0x81, 0x3E, 0x24}, challenge[4] = {1, 2, 3, 4};
    uint8_t out[64];
    size_t len = sizeof out;
    assert_int_equal(open_pair(r), KR_OK);
    /* Proving itself has not changed what the card is open for. */
    assert_int_equal(card_export(&r->first, CARD_KEY_PURCHASE, 1, 2, NULL, 0, &target, command,
                                 challenge, out, &len),
                     KR_OK);
    assert_int_equal(partner_tries(r), 5);
}

static void a_false_mother_card_is_refused_by_a_right_partner(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX];
    make_false(r, false, name);
    assert_int_equal(open_pair(r), KR_E_MOTHER_FAKE);
    assert_int_equal(partner_tries(r), 4);
    make_false(r, true, name);
    assert_int_equal(open_pair(r), KR_E_MOTHER_FAKE);
    assert_int_equal(partner_tries(r), 4);
    put_back(r, pair.mother, 0);
    assert_int_equal(open_pair(r), KR_OK);
    assert_int_equal(partner_tries(r), 5);
}

static void a_partner_of_another_mother_card_is_told_from_a_false_mother_card(void **state)
{
    struct room *r = *state;
    struct layout_value ours = r->values[4];
    struct kcv kcv;
    char name[DECK_NAME_MAX];
    assert_string_equal(ours.name, "RAK");
    assert_int_equal(vault_random(r->vault, "3des", PURPOSE_AUTH, &r->values[4].handle, &kcv),
                     KR_OK);
    make_one(r, &r->second, &r->rakc, pair.pin, name);
    assert_int_equal(open_pair(r), KR_E_CARD_PAIR);
    r->values[4] = ours;
    put_back(r, pair.partner, 1);
    assert_int_equal(open_pair(r), KR_OK);
}

/* Else whoever has the mother card alone could ask it for what opens another one. */
static void neither_card_answers_the_other_before_it_is_open(void **state)
{
    struct room *r = *state;
    int tries;
    assert_int_equal(card_open(&r->first), KR_OK);
    assert_int_equal(card_select_file(&r->first, ADF), KR_OK);
    assert_int_equal(card_open(&r->second), KR_OK);
    assert_int_equal(card_select_file(&r->second, ADF), KR_OK);
    assert_int_equal(card_authenticate_by_partner(&r->second, 1, &r->first, 1), KR_E_CARD_REFUSED);
    assert_int_equal(r->first.sw, SW_NO_RIGHT);
    assert_int_equal(card_external_authenticate(&r->second, value(r, "RAK", 0), 1),
                     KR_E_CARD_REFUSED);
    assert_int_equal(r->second.sw, SW_NO_RIGHT);
    assert_int_equal(card_verify_pin(&r->second, pair.pin, 0, false, &tries), KR_OK);
    assert_int_equal(card_authenticate_by_partner(&r->second, 1, &r->first, 1),
                     KR_E_CARD_REFUSED); /* the mother card is still shut */
    assert_int_equal(r->first.sw, SW_NO_RIGHT);
    assert_int_equal(partner_tries(r), 5);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(a_right_pair_opens_and_gives_keys, pair_made),
    cmocka_unit_test_setup(a_false_mother_card_is_refused_by_a_right_partner, pair_made),
    cmocka_unit_test_setup(a_partner_of_another_mother_card_is_told_from_a_false_mother_card,
                           pair_made),
    cmocka_unit_test_setup(neither_card_answers_the_other_before_it_is_open, pair_made),
};

int main(int argc, char **argv)
{
    return room_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
