/* The shipped layouts with another dialect: washing, issuing and verifying on fmcos cards. */
#include "room.h"
#include "../../cardio/card_command.h"

/* A shipped layout with its line "dialect: pboc-key" replaced, and one more line (NULL: none). */
static enum kr_error load_as(const char *name, const char *dialect, const char *from,
                             const char *to, struct layout *l)
{
    char source[64], line[256], path[] = "/tmp/keyrite-layout-XXXXXX";
    snprintf(source, sizeof source, "cardio/layouts/%s.yaml", name);
    FILE *in = fopen(source, "r"), *out = fdopen(mkstemp(path), "w");
    assert_non_null(in);
    assert_non_null(out);
    bool replaced = false, found = from == NULL;
    while (fgets(line, sizeof line, in)) {
        if (strcmp(line, "dialect: pboc-key\n") == 0) {
            fprintf(out, "dialect: %s\n", dialect);
            replaced = true;
        } else if (!found && strcmp(line, from) == 0) {
            fputs(to, out);
            found = true;
        } else {
            fputs(line, out);
        }
    }
    fclose(in);
    assert_int_equal(fclose(out), 0);
    assert_true(replaced && found);
    enum kr_error err = layout_load(path, l);
    unlink(path);
    return err;
}

/* The room's layouts are exchanged for their fmcos copies; its cards do not know it yet. */
static int speak_fmcos(void **state)
{
    struct room *r = *state;
    make_card(r, &r->first, 0);
    make_card(r, &r->second, 1);
    assert_int_equal(load_as("washed-mother", "fmcos", NULL, NULL, &r->washed), KR_OK);
    assert_int_equal(load_as("rmkc", "fmcos", NULL, NULL, &r->rmkc), KR_OK);
    assert_int_equal(load_as("rakc", "fmcos", NULL, NULL, &r->rakc), KR_OK);
    return 0;
}

static void put_fmcos(struct room *r, const char *kind, int slot, char name[DECK_NAME_MAX])
{
    pull(r, slot);
    assert_int_equal(deck_new_as(r->deck, kind, "fmcos", 1, name), KR_OK);
    put(r, name, slot);
}

static enum kr_error wash(struct room *r, struct card *c, const struct card_audit *audit)
{
    return personalise_wash(c, &r->washed, r->maker_control, r->values, ROOM_VALUES, audit);
}

static size_t with_pin(const struct room *r, vault_handle pin, struct layout_value *all)
{
    memcpy(all, r->values, sizeof r->values);
    all[ROOM_VALUES] = (struct layout_value){.name = "PIN", .handle = pin};
    return ROOM_VALUES + (pin ? 1 : 0);
}

static vault_handle issue_pair(struct room *r, char name[DECK_NAME_MAX])
{
    struct layout_value all[ROOM_VALUES + 1];
    struct card_audit washed = audit_of(&r->washed, 2), audit = audit_of(&r->rakc, 2);
    size_t proved;
    vault_handle pin = typed_entry(r->vault, ENTRY_PIN, PIN_TEXT);
    size_t count = with_pin(r, pin, all);
    put_fmcos(r, "blank-mother", 1, name);
    assert_int_equal(wash(r, &r->second, &washed), KR_OK);
    assert_int_equal(personalise_issue(&r->second, &r->rakc, all, count, &audit), KR_OK);
    assert_int_equal(
        personalise_verify(&r->second, &r->rakc, all, count, &audit, NULL, pin, &proved), KR_OK);
    assert_int_equal(proved, 7);
    return pin;
}

static void a_pair_of_fmcos_cards_is_washed_issued_and_verified(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX], pair[DECK_NAME_MAX];
    struct layout_value all[ROOM_VALUES + 1];
    struct card_audit washed = audit_of(&r->washed, 1), audit = audit_of(&r->rmkc, 1);
    enum card_condition condition;
    struct key_info info;
    size_t proved;
    put_fmcos(r, "blank-mother", 0, name);
    assert_int_equal(personalise_prove_blank(&r->first, r->maker_auth), KR_OK);
    assert_int_equal(wash(r, &r->first, &washed), KR_OK);
    assert_int_equal(wash(r, &r->first, &washed), KR_OK);
    vault_handle pin = issue_pair(r, pair);
    size_t count = with_pin(r, 0, all);
    assert_int_equal(personalise_issue(&r->first, &r->rmkc, all, count, &audit), KR_OK);
    assert_int_equal(
        personalise_verify(&r->first, &r->rmkc, all, count, &audit, &r->second, pin, &proved),
        KR_OK);
    assert_int_equal(proved, 14);
    assert_int_equal(
        personalise_probe(&r->first, &r->rmkc, r->maker_control, value(r, "kIctlR", 0), &condition),
        KR_OK);
    assert_int_equal(condition, CARD_IS_ISSUED);
    /* Attributes of master keys came along, and every key demands MAC and encryption. */
    assert_int_equal(card_key_info(&r->first, CARD_KEY_LOAD, 1, &info), KR_OK);
    assert_int_equal(info.header.follow_state, 0xC0);
    assert_int_equal(info.header.usage, 0x3F);
    assert_int_equal(card_key_info(&r->first, CARD_KEY_PURCHASE, 5, &info), KR_OK);
    assert_int_equal(info.header.version, 5);
    assert_int_equal(info.header.follow_state, 0x80);
}

static void an_fmcos_mother_card_exports_for_an_fmcos_card(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX], pair[DECK_NAME_MAX];
    struct layout_value all[ROOM_VALUES + 1];
    struct card_audit washed = audit_of(&r->washed, 3), audit = audit_of(&r->rmkc, 3);
    const struct key_header target = {
        .version = 1, .usage = 0x3E, .use_right = 0xF0, .change_right = 0xEF, .counter = 0xFF};
    const uint8_t challenge[4] = {1, 2, 3, 4};
    struct write_key_form form;
    uint8_t out[64];
    size_t len = sizeof out, proved, count = with_pin(r, 0, all);
    vault_handle pin = issue_pair(r, pair);
    put_fmcos(r, "blank-mother", 0, name);
    assert_int_equal(wash(r, &r->first, &washed), KR_OK);
    assert_int_equal(personalise_issue(&r->first, &r->rmkc, all, count, &audit), KR_OK);
    assert_int_equal(
        personalise_verify(&r->first, &r->rmkc, all, count, &audit, &r->second, pin, &proved),
        KR_OK);
    /* Verified, it stands opened by its pair. */
    assert_int_equal(card_write_key_form(&r->first, false, 0x81, &target, 16, &form), KR_OK);
    assert_int_equal(card_export(&r->first, CARD_KEY_PURCHASE, 1, 2, NULL, 0, &target, form.command,
                                 challenge, out, &len),
                     KR_OK);
    assert_int_equal(len, 28);
}

static void the_makers_key_comes_out_of_an_fmcos_manufacturer_card(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX];
    struct card c = r->first;
    vault_handle control, auth;
    struct kcv kcv;
    c.dialect = dialect_by_id("fmcos");
    put_fmcos(r, "manufacturer", 0, name);
    assert_int_equal(personalise_take_manufacturer_key(&c, r->maker_pin, r->maker_transport,
                                                       &control, &auth, &kcv),
                     KR_OK);
    put_fmcos(r, "blank-mother", 0, name);
    assert_int_equal(personalise_prove_blank(&c, auth), KR_OK);
    assert_int_equal(card_external_authenticate(&c, control, 0), KR_OK);
}

/* Refused before anything is written, and without a try. */
static void a_card_of_another_dialect_than_the_layouts_is_foreign(void **state)
{
    struct room *r = *state;
    char name[DECK_NAME_MAX];
    struct card_audit washed = audit_of(&r->washed, 4);
    struct layout pboc;
    struct key_info info;
    put_new(r, "blank-mother", 0, name);
    assert_int_equal(wash(r, &r->first, &washed), KR_E_CARD_FOREIGN);
    put_fmcos(r, "blank-mother", 0, name);
    assert_int_equal(layout_load("cardio/layouts/washed-mother.yaml", &pboc), KR_OK);
    assert_int_equal(
        personalise_wash(&r->first, &pboc, r->maker_control, r->values, ROOM_VALUES, &washed),
        KR_E_CARD_FOREIGN);
    assert_int_equal(wash(r, &r->first, &washed), KR_OK);
    assert_int_equal(card_key_info(&r->first, CARD_KEY_CONTROL, 0, &info), KR_OK);
    assert_int_equal(info.tries_left, 5);
}

static void a_layout_may_not_ask_for_what_the_dialect_cannot_say(void **state)
{
    (void)state;
    struct layout l;
    /* FMCOS counts tries of external keys, and none of internal ones: that key comes next in both
     */
    assert_int_equal(load_as("rmkc", "fmcos", "      counter: 0x55\n", "      counter: 0x33\n", &l),
                     KR_OK);
    assert_int_equal(load_as("rmkc", "fmcos", "      counter: 0xFF\n", "      counter: 0x33\n", &l),
                     KR_E_LAYOUT);
    assert_int_equal(load_as("rakc", "fmcos", "      counter: 0xFF\n", "      counter: 0x33\n", &l),
                     KR_E_LAYOUT);
    assert_non_null(strstr(kr_detail(), "RAK"));
    assert_non_null(strstr(kr_detail(), "counter"));
    assert_int_equal(load_as("rakc", "fmcos", "    - name: kMaintR\n",
                             "    - name: kMaintR\n      group: 1\n", &l),
                     KR_E_LAYOUT);
    assert_non_null(strstr(kr_detail(), "version"));
    assert_int_equal(load_as("rakc", "pboc-key", "    - name: kMaintR\n",
                             "    - name: kMaintR\n      group: 1\n", &l),
                     KR_OK);
}

/* As in ../shared/domain/cards.md section 1, byte by byte. */
static void what_is_sent_is_what_each_dialect_says(void **state)
{
    struct room *r = *state;
    static const struct {
        const char *dialect;
        bool change;
        uint8_t kid;
        struct key_header header;
        size_t value_len;
        uint8_t command[5], fields[7];
        size_t field_count;
    } forms[] = {
        {"pboc-key",
         false,
         1,
         {1, 0, 0x3E, 0xF0, 0, 0xEF, 0x33},
         16,
         {0x84, 0xD4, 0x81, 0x3E, 0x24},
         {1, 0, 0x3E, 0xF0, 0, 0xEF, 0x33},
         7},
        {"pboc-key",
         true,
         0,
         {0, 0, 0x39, 0xF0, 0x0F, 0xFF, 0x55},
         16,
         {0x84, 0xD4, 0x00, 0x39, 0x24},
         {0, 0, 0x39, 0xF0, 0x0F, 0xFF, 0x55},
         7},
        {"pboc-key",
         false,
         0,
         {0, 3, 0x3A, 0xF0, 1, 0xFF, 0x33},
         3,
         {0x84, 0xD4, 0x80, 0x3A, 0x14},
         {0, 3, 0x3A, 0xF0, 1, 0xFF, 0x33},
         7},
        {"fmcos",
         false,
         1,
         {1, 0, 0x3E, 0xF0, 0x80, 0xEF, 0xFF},
         16,
         {0x84, 0xD4, 0x01, 0x01, 0x1C},
         {0xFE, 0xF0, 0xEF, 1, 0x80},
         5},
        {"fmcos",
         true,
         0,
         {0, 0, 0x39, 0xF0, 0x0F, 0xFF, 0x55},
         16,
         {0x84, 0xD4, 0x39, 0x00, 0x1C},
         {0xF9, 0xF0, 0xFF, 0x0F, 0x55},
         5},
        {"fmcos",
         false,
         1,
         {0, 0, 0x36, 0xF0, 0, 0xFF, 0x55},
         16,
         {0x84, 0xD4, 0x01, 0x01, 0x1C},
         {0xF6, 0xF0, 0xFF, 0xFF, 0x55},
         5},
        {"fmcos",
         false,
         1,
         {0, 1, 0x36, 0xF0, 0, 0xFF, 0x55},
         8,
         {0x84, 0xD4, 0x01, 0x01, 0x14},
         {0xF6, 0xF0, 0xFF, 0xFF, 0x55},
         5},
        {"fmcos",
         false,
         0,
         {0, 3, 0x3A, 0xF0, 1, 0xEF, 0x33},
         3,
         {0x84, 0xD4, 0x01, 0x00, 0x14},
         {0xFA, 0xF0, 0xEF, 1, 0x33},
         5},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct card c = {.vault = r->vault, .dialect = dialect_by_id(forms[i].dialect)};
        struct write_key_form f;
        assert_int_equal(card_write_key_form(&c, forms[i].change, forms[i].kid, &forms[i].header,
                                             forms[i].value_len, &f),
                         KR_OK);
        assert_memory_equal(f.command, forms[i].command, 5);
        assert_int_equal(f.field_count, forms[i].field_count);
        assert_memory_equal(f.fields, forms[i].fields, forms[i].field_count);
    }
    /* a counter that the record of a purchase key cannot carry is never left out in silence */
    struct card c = {.vault = r->vault, .dialect = dialect_by_id("fmcos")};
    const struct key_header counting = {
        .usage = 0x3E, .use_right = 0xF0, .change_right = 0xEF, .counter = 0x33};
    struct write_key_form f;
    assert_int_equal(card_write_key_form(&c, false, 1, &counting, 16, &f), KR_E_ARGUMENT);
}

static void a_deck_tells_which_dialect_its_cards_speak(void **state)
{
    struct room *r = *state;
    struct deck_card cards[64];
    char fmcos[DECK_NAME_MAX], pboc[DECK_NAME_MAX];
    uint8_t atr[33];
    size_t count, found = 0, len;
    assert_int_equal(deck_new_as(r->deck, "blank-mother", "latin", 1, fmcos), KR_E_DECK);
    put_fmcos(r, "blank-mother", 0, fmcos);
    put_new(r, "blank-mother", 1, pboc);
    assert_int_equal(deck_list(r->deck, cards, 64, &count), KR_OK);
    for (size_t i = 0; i < count; i++) {
        bool ours = strcmp(cards[i].name, fmcos) == 0 || strcmp(cards[i].name, pboc) == 0;
        found += ours ? 1 : 0;
        if (ours)
            assert_string_equal(cards[i].dialect,
                                strcmp(cards[i].name, fmcos) == 0 ? "fmcos" : "pboc-key");
    }
    assert_int_equal(found, 2);
    for (size_t slot = 0; slot < 2; slot++) {
        assert_int_equal(reader_connect(r->readers, slot, atr, &len), KR_OK);
        assert_int_equal(atr[len - 1], slot == 0 ? 0x01 : 0x00);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(what_is_sent_is_what_each_dialect_says, speak_fmcos),
    cmocka_unit_test_setup(a_pair_of_fmcos_cards_is_washed_issued_and_verified, speak_fmcos),
    cmocka_unit_test_setup(an_fmcos_mother_card_exports_for_an_fmcos_card, speak_fmcos),
    cmocka_unit_test_setup(the_makers_key_comes_out_of_an_fmcos_manufacturer_card, speak_fmcos),
    cmocka_unit_test_setup(a_card_of_another_dialect_than_the_layouts_is_foreign, speak_fmcos),
    cmocka_unit_test_setup(a_layout_may_not_ask_for_what_the_dialect_cannot_say, speak_fmcos),
    cmocka_unit_test(a_deck_tells_which_dialect_its_cards_speak),
};

int main(int argc, char **argv)
{
    return room_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
