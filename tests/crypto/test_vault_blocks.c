/* Key blocks through the vault: which keys travel, as what, and that none leaves as more than it
 * came. What a hostile sender writes is made here with a protection key of known value. */
#include "vault_fixture.h"
#include "vectors.h"

static const char kbpk3_hex[] = "EFE0853B256B583D868F251CE99EA1D9";
static const char kbpk_aes_hex[] = "8E1AB2A2E3DD38C1FA039A536500CC8A";

static vault_handle known(struct vault *v, const char *suite, const char *hex,
                          enum key_purpose purpose)
{
    uint8_t value[16];

    bytes_of(hex, value, sizeof value);
    return key_for(v, suite, value, purpose);
}

static vault_handle random_key(struct vault *v, const char *suite, enum key_purpose purpose,
                               struct kcv *kcv)
{
    vault_handle h = 0;

    assert_int_equal(vault_random(v, suite, purpose, &h, kcv), KR_OK);
    return h;
}

static const struct key_block_head as_it_is = {.exportability = 'E'};

static void a_key_comes_back_from_a_block_with_its_use_and_check_value(void **state)
{
    static const struct {
        const char *kbpk, *suite;
        enum key_purpose purpose;
        const char *begins;
    } ways[] = {
        {"3des", "3des", PURPOSE_MASTER, "B0096E6TX00E0200KC0C00"},
        {"3des", "3des", PURPOSE_TRANSPORT, "B0096K0TB00E0200KC0C00"},
        {"3des", "3des", PURPOSE_BLOCK, "B0096K1TB00E0200KC0C00"},
        {"aes128", "3des", PURPOSE_MASTER, "D0128E6TX00E0200KC0C00"},
        {"aes128", "aes128", PURPOSE_MASTER, "D0128E6AX00E0100KC1001"},
        {"aes128", "aes128", PURPOSE_BLOCK, "D0128K1AB00E0100KC1001"},
    };
    struct vault *v = *state;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        char block[KEY_BLOCK_MAX];
        struct kcv kcv, back;
        vault_handle out = 0;
        vault_handle kbpk = random_key(v, ways[i].kbpk, PURPOSE_BLOCK, &kcv);
        vault_handle key = random_key(v, ways[i].suite, ways[i].purpose, &kcv);
        assert_int_equal(vault_block_wrap(v, kbpk, key, &as_it_is, block, sizeof block), KR_OK);
        assert_memory_equal(block, ways[i].begins, strlen(ways[i].begins));
        assert_int_equal(
            vault_block_unwrap(v, kbpk, block, strlen(block), ways[i].purpose, &out, &back), KR_OK);
        assert_true(kcv_equal(&kcv, &back));
        vault_drop(v, out);
        vault_drop(v, key);
        vault_drop(v, kbpk);
    }
}

static void a_block_of_the_hsm_is_taken_in_and_does_not_leave_again(void **state)
{
    static const char block[] =
        "B0080K0TN00N00001C414014375212C24995E405B5EE052CB92B67F455EA2680F6751088F9F1C228";
    struct vault *v = *state;
    char again[KEY_BLOCK_MAX];
    struct kcv kcv;
    vault_handle kbpk = known(v, "3des", kbpk3_hex, PURPOSE_BLOCK), key = 0;

    assert_int_equal(
        vault_block_unwrap(v, kbpk, block, strlen(block), PURPOSE_TRANSPORT, &key, &kcv), KR_OK);
    assert_memory_equal(kcv.bytes, ((const uint8_t[]){0x5C, 0x94, 0x05}), 3);
    assert_int_equal(vault_block_wrap(v, kbpk, key, &as_it_is, again, sizeof again),
                     KR_E_BLOCK_EXPORT);
    assert_string_equal(again, "");
}

/* Made outside the vault with a protection key that it knows too. */
static void made(const char *kbpk_hex, const struct key_block_head *head, const char *options,
                 const char *key_hex, char *block)
{
    struct secret *kbpk = secret_of(kbpk_hex), *key = secret_of(key_hex);

    assert_int_equal(key_block_wrap(kbpk, head, options, key, NULL, block, KEY_BLOCK_MAX), KR_OK);
    secret_free(&key);
    secret_free(&kbpk);
}

static const char some_key[] = "3F419E1CB7079442AA37474C2EFBF8B8";

static enum kr_error taken(struct vault *v, vault_handle kbpk, const char *kbpk_hex,
                           const struct key_block_head *head, enum key_purpose purpose,
                           vault_handle *key)
{
    char block[KEY_BLOCK_MAX];
    struct kcv kcv;

    made(kbpk_hex, head, "", some_key, block);
    return vault_block_unwrap(v, kbpk, block, strlen(block), purpose, key, &kcv);
}

static void
a_key_that_came_as_not_exportable_goes_neither_into_a_block_nor_onto_a_card(void **state)
{
    const struct key_block_head head = {'B', "E0", 'T', 'X', "00", 'N', '0'};
    const uint8_t prefix[7] = {0}, header[5] = {0}, iv[8] = {0}, factor[8] = {1};
    struct vault *v = *state;
    char block[KEY_BLOCK_MAX];
    uint8_t out[VAULT_BLOB_MAX];
    struct kcv kcv;
    size_t len = sizeof out;
    vault_handle kbpk = known(v, "3des", kbpk3_hex, PURPOSE_BLOCK), key = 0, derived = 0;
    vault_handle control = random_key(v, "3des", PURPOSE_CONTROL, &kcv);

    assert_int_equal(taken(v, kbpk, kbpk3_hex, &head, PURPOSE_MASTER, &key), KR_OK);
    assert_int_equal(vault_block_wrap(v, kbpk, key, &as_it_is, block, sizeof block),
                     KR_E_BLOCK_EXPORT);
    assert_int_equal(vault_wrap(v, control, key, prefix, 7, header, 5, iv, out, &len),
                     KR_E_BLOCK_EXPORT);
    assert_int_equal(len, 0);
    /* What is derived from it is another key, and the reason why it came. */
    len = sizeof out;
    assert_int_equal(vault_diversify(v, key, factor, 1, PURPOSE_MASTER, &derived, &kcv), KR_OK);
    assert_int_equal(vault_wrap(v, control, derived, prefix, 7, header, 5, iv, out, &len), KR_OK);
}

static void the_mark_of_a_key_outlives_the_database(void **state)
{
    const struct key_block_head head = {'B', "E0", 'T', 'X', "00", 'N', '0'};
    struct vault *v = *state;
    char block[KEY_BLOCK_MAX];
    uint8_t blob[VAULT_BLOB_MAX];
    size_t len;
    struct kcv kcv;
    vault_handle kbpk = known(v, "3des", kbpk3_hex, PURPOSE_BLOCK), key = 0, back = 0;

    assert_int_equal(vault_found(v, 2, 2), KR_OK);
    assert_int_equal(taken(v, kbpk, kbpk3_hex, &head, PURPOSE_MASTER, &key), KR_OK);
    assert_int_equal(vault_store_key(v, key, "key/x", blob, &len), KR_OK);
    assert_int_equal(vault_load_key(v, blob, len, "key/x", &back, &kcv), KR_OK);
    assert_int_equal(vault_block_wrap(v, kbpk, back, &as_it_is, block, sizeof block),
                     KR_E_BLOCK_EXPORT);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        blob[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(vault_load_key(v, blob, len, "key/x", &back, &kcv), KR_OK);
        blob[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    /* A protection key is stored too. */
    assert_int_equal(vault_store_key(v, kbpk, "key/k", blob, &len), KR_OK);
    assert_int_equal(vault_load_key(v, blob, len, "key/k", &back, &kcv), KR_OK);
    assert_int_equal(vault_block_wrap(v, back, random_key(v, "3des", PURPOSE_MASTER, &kcv),
                                      &as_it_is, block, sizeof block),
                     KR_OK);
}

static void a_key_goes_out_with_the_usage_and_mode_that_it_came_with(void **state)
{
    const struct key_block_head head = {'B', "E1", 'T', 'N', "00", 'E', '0'};
    struct key_block_head wanted = as_it_is;
    struct vault *v = *state;
    char block[KEY_BLOCK_MAX];
    vault_handle kbpk = known(v, "3des", kbpk3_hex, PURPOSE_BLOCK), key = 0;

    assert_int_equal(taken(v, kbpk, kbpk3_hex, &head, PURPOSE_MASTER, &key), KR_OK);
    assert_int_equal(vault_block_wrap(v, kbpk, key, &wanted, block, sizeof block), KR_OK);
    assert_memory_equal(block + 5, "E1TN00E", 7);
    wanted.exportability = 'N';
    memcpy(wanted.key_version, "03", 3);
    assert_int_equal(vault_block_wrap(v, kbpk, key, &wanted, block, sizeof block), KR_OK);
    assert_memory_equal(block + 5, "E1TN03N", 7);
    memcpy(wanted.usage, "E6", 3);
    assert_int_equal(vault_block_wrap(v, kbpk, key, &wanted, block, sizeof block),
                     KR_E_BLOCK_USAGE);
    memcpy(wanted.usage, "E1", 3);
    wanted.mode = 'X';
    assert_int_equal(vault_block_wrap(v, kbpk, key, &wanted, block, sizeof block),
                     KR_E_BLOCK_USAGE);
}

static void a_use_that_is_not_ours_and_a_mode_that_allows_less_are_refused(void **state)
{
    static const struct {
        struct key_block_head head;
        enum key_purpose purpose;
        enum kr_error error;
    } cases[] = {
        {{'B', "P0", 'T', 'E', "00", 'E', '0'}, PURPOSE_TRANSPORT, KR_E_BLOCK_USAGE},
        {{'B', "K0", 'T', 'B', "00", 'E', '0'}, PURPOSE_MASTER, KR_E_BLOCK_USAGE},
        {{'B', "K0", 'T', 'B', "00", 'E', '0'}, PURPOSE_BLOCK, KR_E_BLOCK_USAGE},
        {{'B', "K1", 'T', 'B', "00", 'E', '0'}, PURPOSE_TRANSPORT, KR_E_BLOCK_USAGE},
        {{'B', "K0", 'T', 'E', "00", 'E', '0'}, PURPOSE_TRANSPORT, KR_E_BLOCK_USAGE},
        {{'B', "K0", 'T', 'D', "00", 'E', '0'}, PURPOSE_TRANSPORT, KR_E_BLOCK_USAGE},
        {{'B', "E0", 'T', 'E', "00", 'E', '0'}, PURPOSE_MASTER, KR_E_BLOCK_USAGE},
        {{'B', "B0", 'T', 'X', "00", 'E', '0'}, PURPOSE_MASTER, KR_E_BLOCK_USAGE},
        {{'B', "E0", 'T', 'X', "00", 'E', '0'}, PURPOSE_CONTROL, KR_E_BLOCK_USAGE},
        {{'B', "E0", 'T', 'X', "00", 'E', '0'}, PURPOSE_COMPONENT, KR_E_KEY_PURPOSE},
        {{'B', "E0", 'T', 'X', "00", 'E', '0'}, PURPOSE_TRANSACTION, KR_E_KEY_PURPOSE},
        {{'B', "E0", 'T', 'X', "00", 'X', '0'}, PURPOSE_MASTER, KR_E_BLOCK_USAGE},
        {{'B', "E0", 'T', 'X', "c1", 'E', '0'}, PURPOSE_MASTER, KR_E_BLOCK_USAGE},
        {{'B', "E0", 'T', 'X', "00", 'E', '1'}, PURPOSE_MASTER, KR_E_BLOCK_USAGE},
        {{'B', "E0", 'R', 'X', "00", 'E', '0'}, PURPOSE_MASTER, KR_E_BLOCK_USAGE},
        {{'B', "E0", 'A', 'X', "00", 'E', '0'}, PURPOSE_MASTER, KR_E_BLOCK_KBPK},
        {{'B', "E0", 'T', 'X', "00", 'E', '2'}, PURPOSE_MASTER, KR_OK},
        {{'B', "E6", 'T', 'N', "17", 'S', '0'}, PURPOSE_MASTER, KR_OK},
    };
    struct vault *v = *state;
    vault_handle kbpk = known(v, "3des", kbpk3_hex, PURPOSE_BLOCK);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vault_handle key = 0;
        assert_int_equal(taken(v, kbpk, kbpk3_hex, &cases[i].head, cases[i].purpose, &key),
                         cases[i].error);
        assert_int_equal(key != 0, cases[i].error == KR_OK);
    }
}

static void keys_of_purposes_that_no_block_knows_stay(void **state)
{
    static const enum key_purpose stay[] = {PURPOSE_CONTROL, PURPOSE_MAINTENANCE, PURPOSE_AUTH};
    struct vault *v = *state;
    char block[KEY_BLOCK_MAX];
    struct kcv kcv;
    vault_handle kbpk = random_key(v, "3des", PURPOSE_BLOCK, &kcv);

    for (size_t i = 0; i < 3; i++)
        assert_int_equal(vault_block_wrap(v, kbpk, random_key(v, "3des", stay[i], &kcv), &as_it_is,
                                          block, sizeof block),
                         KR_E_BLOCK_USAGE);
    assert_int_equal(
        vault_block_wrap(v, kbpk, component_of(v, some_key), &as_it_is, block, sizeof block),
        KR_E_BLOCK_USAGE);
}

static void only_a_key_for_blocks_protects_them_and_it_does_nothing_else(void **state)
{
    const uint8_t prefix[7] = {0}, header[5] = {0}, iv[8] = {0}, factor[8] = {VAULT_PROOF_MARK};
    struct vault *v = *state;
    char block[KEY_BLOCK_MAX];
    uint8_t out[VAULT_BLOB_MAX];
    size_t len = sizeof out;
    struct kcv kcv;
    vault_handle kbpk = random_key(v, "3des", PURPOSE_BLOCK, &kcv), h;
    vault_handle master = random_key(v, "3des", PURPOSE_MASTER, &kcv);
    vault_handle transport = random_key(v, "3des", PURPOSE_TRANSPORT, &kcv);

    assert_int_equal(vault_block_wrap(v, transport, master, &as_it_is, block, sizeof block),
                     KR_E_KEY_PURPOSE);
    assert_int_equal(vault_block_wrap(v, kbpk, master, &as_it_is, block, sizeof block), KR_OK);
    assert_int_equal(
        vault_block_unwrap(v, transport, block, strlen(block), PURPOSE_MASTER, &h, &kcv),
        KR_E_KEY_PURPOSE);
    assert_int_equal(vault_wrap(v, kbpk, master, prefix, 7, header, 5, iv, out, &len),
                     KR_E_KEY_PURPOSE);
    len = sizeof out;
    assert_int_equal(vault_wrap(v, transport, kbpk, prefix, 7, header, 5, iv, out, &len),
                     KR_E_KEY_PURPOSE);
    assert_int_equal(vault_proof(v, kbpk, factor, iv, out), KR_E_KEY_PURPOSE);
    assert_int_equal(vault_cryptogram(v, kbpk, iv, out), KR_E_KEY_PURPOSE);
    assert_int_equal(vault_diversify(v, kbpk, iv, 1, PURPOSE_MASTER, &h, &kcv), KR_E_KEY_PURPOSE);
}

static void a_weaker_protection_key_and_a_key_under_itself_are_refused(void **state)
{
    struct vault *v = *state;
    char block[KEY_BLOCK_MAX];
    struct kcv kcv;
    vault_handle des = random_key(v, "3des", PURPOSE_BLOCK, &kcv);
    vault_handle aes = random_key(v, "aes128", PURPOSE_MASTER, &kcv);
    vault_handle sm4 = random_key(v, "sm4", PURPOSE_MASTER, &kcv);
    vault_handle sm4_block = random_key(v, "sm4", PURPOSE_BLOCK, &kcv);
    vault_handle aes_block = random_key(v, "aes128", PURPOSE_BLOCK, &kcv);

    assert_int_equal(vault_block_wrap(v, des, aes, &as_it_is, block, sizeof block),
                     KR_E_BLOCK_KBPK);
    assert_int_equal(vault_block_wrap(v, des, des, &as_it_is, block, sizeof block),
                     KR_E_BLOCK_KBPK);
    assert_int_equal(vault_block_wrap(v, sm4_block, aes, &as_it_is, block, sizeof block),
                     KR_E_BLOCK_KBPK);
    assert_int_equal(vault_block_wrap(v, aes_block, sm4, &as_it_is, block, sizeof block),
                     KR_E_SUITE);
}

static void what_is_no_key_or_has_another_check_value_is_not_kept(void **state)
{
    struct key_block_head head = {'D', "E6", 'A', 'X', "00", 'E', '0'};
    struct vault *v = *state;
    char block[KEY_BLOCK_MAX];
    struct kcv kcv;
    vault_handle kbpk = known(v, "aes128", kbpk_aes_hex, PURPOSE_BLOCK), h = 0;

    made(kbpk_aes_hex, &head, "KC1001BE7ED6AE78", some_key, block);
    assert_int_equal(vault_block_unwrap(v, kbpk, block, strlen(block), PURPOSE_MASTER, &h, &kcv),
                     KR_E_KCV_DIFFERS);
    made(kbpk_aes_hex, &head, "", "00000000000000000000000000000000", block);
    assert_int_equal(vault_block_unwrap(v, kbpk, block, strlen(block), PURPOSE_MASTER, &h, &kcv),
                     KR_E_KEY_ZERO);
    made(kbpk_aes_hex, &head, "", "3F419E1CB7079442AA37474C2EFBF8", block);
    assert_int_equal(vault_block_unwrap(v, kbpk, block, strlen(block), PURPOSE_MASTER, &h, &kcv),
                     KR_E_KEY_LENGTH);
    made(kbpk_aes_hex, &head, "", kbpk_aes_hex, block);
    assert_int_equal(vault_block_unwrap(v, kbpk, block, strlen(block), PURPOSE_MASTER, &h, &kcv),
                     KR_E_BLOCK_KBPK);
    head.algorithm = 'T';
    made(kbpk_aes_hex, &head, "", "01010101010101010101010101010101", block);
    assert_int_equal(vault_block_unwrap(v, kbpk, block, strlen(block), PURPOSE_MASTER, &h, &kcv),
                     KR_E_KEY_WEAK);
    assert_int_equal(h, 0);
}

/* The header says another use than the sender signed: the MAC answers, not the use. */
static void an_altered_header_is_a_wrong_mac_and_not_a_wrong_use(void **state)
{
    struct vault *v = *state;
    char block[KEY_BLOCK_MAX];
    struct kcv kcv;
    vault_handle kbpk = random_key(v, "3des", PURPOSE_BLOCK, &kcv), h = 0;
    vault_handle key = random_key(v, "3des", PURPOSE_MASTER, &kcv);
    struct key_block_head wanted = {.exportability = 'N'};

    assert_int_equal(vault_block_wrap(v, kbpk, key, &wanted, block, sizeof block), KR_OK);
    block[11] = 'E';
    assert_int_equal(vault_block_unwrap(v, kbpk, block, strlen(block), PURPOSE_MASTER, &h, &kcv),
                     KR_E_BLOCK_MAC);
    block[11] = 'N';
    memcpy(block + 5, "P0", 2);
    assert_int_equal(vault_block_unwrap(v, kbpk, block, strlen(block), PURPOSE_MASTER, &h, &kcv),
                     KR_E_BLOCK_MAC);
    wanted.exportability = 'S';
    assert_int_equal(vault_block_wrap(v, kbpk, key, &wanted, block, sizeof block), KR_E_ARGUMENT);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        vault_test(a_key_comes_back_from_a_block_with_its_use_and_check_value),
        vault_test(a_block_of_the_hsm_is_taken_in_and_does_not_leave_again),
        vault_test(a_key_that_came_as_not_exportable_goes_neither_into_a_block_nor_onto_a_card),
        vault_test(the_mark_of_a_key_outlives_the_database),
        vault_test(a_key_goes_out_with_the_usage_and_mode_that_it_came_with),
        vault_test(a_use_that_is_not_ours_and_a_mode_that_allows_less_are_refused),
        vault_test(keys_of_purposes_that_no_block_knows_stay),
        vault_test(only_a_key_for_blocks_protects_them_and_it_does_nothing_else),
        vault_test(a_weaker_protection_key_and_a_key_under_itself_are_refused),
        vault_test(what_is_no_key_or_has_another_check_value_is_not_kept),
        vault_test(an_altered_header_is_a_wrong_mac_and_not_a_wrong_use),
    };
    run_vault_tests("vault_blocks", argc, argv, tests);
}
