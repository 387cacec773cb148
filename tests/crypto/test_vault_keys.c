/* Keys in the vault: where they come from, what each purpose may do, and what cards get. */
#include "vault_fixture.h"
#include "vectors.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define WRITE_KEY "WRITE KEY, dialect pboc-key, 16-byte key"

static const uint8_t value[16] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
                                  0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0x00};
static const uint8_t header[5] = {0x84, 0xD4, 0x81, 0x3E, 0x24};
static const uint8_t prefix[7] = {0x01, 0x00, 0x3E, 0xF0, 0x00, 0xEF, 0x33};
static const uint8_t proof_factor[8] = {VAULT_PROOF_MARK, 1, 2, 3, 4, 5, 6, 7};
static const uint8_t iv[8] = {0xA1, 0xB2, 0xC3, 0xD4};

static vault_handle random_key(struct vault *v, enum key_purpose purpose)
{
    struct kcv kcv;
    vault_handle h;
    assert_int_equal(vault_random(v, "3des", purpose, &h, &kcv), KR_OK);
    assert_int_equal(kcv.len, 3);
    return h;
}

static enum kr_error component(struct vault *v, const char *hex)
{
    struct kcv kcv;
    vault_handle c;
    vault_handle entry = typed(v, ENTRY_COMPONENT, hex);
    enum kr_error err = vault_component(v, entry, "3des", &c, &kcv);
    if (err)
        assert_int_equal(c, 0);
    return err;
}

static void a_component_is_checked_and_its_entry_is_used_up(void **state)
{
    struct vault *v = *state;
    struct kcv kcv;
    struct secret_entry_state s;
    char text[16];
    vault_handle c;
    vault_handle entry = typed(v, ENTRY_COMPONENT, "0123456789ABCDEFFEDCBA9876543210");
    assert_int_equal(vault_component(v, entry, "3des", &c, &kcv), KR_OK);
    kcv_text(&kcv, text);
    assert_string_equal(text, "08 D7 B4");
    assert_string_equal(kcv.algorithm, "3DES-ECB0");
    assert_int_equal(vault_entry_state(v, entry, &s), KR_E_ARGUMENT);
    assert_int_equal(vault_component(v, entry, "3des", &c, &kcv), KR_E_ARGUMENT);
    assert_int_equal(component(v, "00000000000000000000000000000000"), KR_E_KEY_ZERO);
    assert_int_equal(component(v, "0101010101010101FEFEFEFEFEFEFEFE"), KR_E_KEY_WEAK);
    entry = typed(v, ENTRY_COMPONENT, "0123456789ABCDEF");
    assert_int_equal(vault_component(v, entry, "3des", &c, &kcv), KR_E_KEY_LENGTH);
    assert_int_equal(vault_component(v, entry, "rot13", &c, &kcv), KR_E_SUITE);
    entry = typed(v, ENTRY_PIN, "123456");
    assert_int_equal(vault_component(v, entry, "3des", &c, &kcv), KR_E_ARGUMENT);
}

static void components_are_only_combined(void **state)
{
    struct vault *v = *state;
    struct kcv kcv;
    vault_handle out;
    uint8_t bytes[VAULT_BLOB_MAX];
    size_t len = sizeof bytes;
    vault_handle c = component_of(v, "0123456789ABCDEFFEDCBA9876543210");
    vault_handle control = random_key(v, PURPOSE_CONTROL);
    assert_int_equal(vault_diversify(v, c, iv, 1, PURPOSE_MASTER, &out, &kcv), KR_E_KEY_PURPOSE);
    assert_int_equal(vault_cryptogram(v, c, iv, bytes), KR_E_KEY_PURPOSE);
    assert_string_equal(kr_detail(), "component");
    assert_int_equal(vault_proof(v, c, proof_factor, iv, bytes), KR_E_KEY_PURPOSE);
    assert_int_equal(vault_wrap(v, control, c, prefix, 7, header, 5, iv, bytes, &len),
                     KR_E_KEY_PURPOSE);
    assert_int_equal(vault_wrap(v, c, control, prefix, 7, header, 5, iv, bytes, &len),
                     KR_E_KEY_PURPOSE);
    assert_int_equal(vault_secure_message(v, c, false, header, 5, iv, iv, 8, bytes, &len),
                     KR_E_KEY_PURPOSE);
    assert_int_equal(vault_kcv(v, c, &kcv), KR_OK);

    /* Stored, it waits for the others, and comes back as what it was. */
    assert_int_equal(vault_found(v, 2, 2), KR_OK);
    assert_int_equal(vault_store_key(v, c, "component/x", bytes, &len), KR_OK);
    assert_int_equal(vault_load_key(v, bytes, len, "component/x", &out, &kcv), KR_OK);
    assert_int_equal(vault_cryptogram(v, out, iv, bytes), KR_E_KEY_PURPOSE);
}

static void combining_refuses_what_is_no_set_of_components(void **state)
{
    struct vault *v = *state;
    struct kcv kcv;
    vault_handle out;
    vault_handle c[6];
    c[0] = component_of(v, "0123456789ABCDEFFEDCBA9876543210");
    c[1] = component_of(v, "0F1E2D3C4B5A69788796A5B4C3D2E1F0");
    c[2] = component_of(v, "0123456789ABCDEFFEDCBA9876543210");
    for (size_t i = 3; i < 6; i++)
        c[i] = c[1];
    assert_int_equal(vault_combine(v, "3des", c, 1, PURPOSE_MASTER, &out, &kcv),
                     KR_E_COMPONENT_COUNT);
    assert_int_equal(vault_combine(v, "3des", c, 6, PURPOSE_MASTER, &out, &kcv),
                     KR_E_COMPONENT_COUNT);
    assert_int_equal(vault_combine(v, "3des", c, 3, PURPOSE_MASTER, &out, &kcv),
                     KR_E_COMPONENT_EQUAL);
    assert_int_equal(vault_combine(v, "none", c, 2, PURPOSE_MASTER, &out, &kcv), KR_E_SUITE);
    assert_int_equal(vault_combine(v, "3des", c, 2, PURPOSE_COMPONENT, &out, &kcv),
                     KR_E_KEY_PURPOSE);
    assert_int_equal(vault_combine(v, "3des", c, 2, (enum key_purpose)0, &out, &kcv),
                     KR_E_ARGUMENT);
    assert_int_equal(vault_combine(v, "3des", c, 2, (enum key_purpose)9, &out, &kcv),
                     KR_E_ARGUMENT);
    c[1] = random_key(v, PURPOSE_MASTER);
    assert_int_equal(vault_combine(v, "3des", c, 2, PURPOSE_MASTER, &out, &kcv), KR_E_KEY_PURPOSE);
    c[1] = 12345;
    assert_int_equal(vault_combine(v, "3des", c, 2, PURPOSE_MASTER, &out, &kcv), KR_E_ARGUMENT);
    assert_int_equal(out, 0);
}

static void components_stay_until_dropped_and_combine_to_the_known_key(void **state)
{
    struct vault *v = *state;
    struct kcv kcv;
    vault_handle out;
    vault_handle c[2];
    struct secret *key = secret_from(value, sizeof value);
    const struct suite *suite = suite_by_id("3des");
    struct kcv expected;
    assert_int_equal(suite_kcv(suite, key, &expected), KR_OK);
    vault_handle k = key_of(v, value, PURPOSE_CONTROL);
    assert_int_equal(vault_kcv(v, k, &kcv), KR_OK);
    assert_true(kcv_equal(&kcv, &expected)); /* parity bits do not show in a KCV */
    c[0] = component_of(v, "0123456789ABCDEFFEDCBA9876543210");
    c[1] = component_of(v, "0F1E2D3C4B5A69788796A5B4C3D2E1F0");
    assert_int_equal(vault_combine(v, "3des", c, 2, PURPOSE_MASTER, &out, &kcv), KR_OK);
    assert_int_equal(vault_combine(v, "3des", c, 2, PURPOSE_MASTER, &out, &expected), KR_OK);
    assert_true(kcv_equal(&kcv, &expected));
    vault_drop(v, c[0]);
    assert_int_equal(vault_combine(v, "3des", c, 2, PURPOSE_MASTER, &out, &kcv), KR_E_ARGUMENT);
    secret_free(&key);
}

/* One row per purpose: which operations a key of it serves. */
static void a_key_of_one_purpose_never_serves_another(void **state)
{
    struct vault *v = *state;
    static const struct {
        enum key_purpose purpose;
        bool cryptogram, wrap, secure, diversify;
    } may[] = {
        {PURPOSE_CONTROL, true, true, true, false},
        {PURPOSE_MAINTENANCE, false, false, true, false},
        {PURPOSE_TRANSPORT, false, true, false, false},
        {PURPOSE_MASTER, false, false, false, true},
        {PURPOSE_AUTH, true, false, false, false},
    };
    vault_handle payload = random_key(v, PURPOSE_MASTER);
    for (size_t i = 0; i < sizeof may / sizeof may[0]; i++) {
        vault_handle k = random_key(v, may[i].purpose);
        vault_handle out;
        struct kcv kcv;
        uint8_t bytes[256];
        size_t len = sizeof bytes;
#define EXPECT(allowed) ((allowed) ? KR_OK : KR_E_KEY_PURPOSE)
        assert_int_equal(vault_cryptogram(v, k, iv, bytes), EXPECT(may[i].cryptogram));
        assert_int_equal(vault_wrap(v, k, payload, prefix, 7, header, 5, iv, bytes, &len),
                         EXPECT(may[i].wrap));
        if (may[i].wrap)
            assert_int_equal(vault_unwrap(v, k, "3des", PURPOSE_MASTER, prefix, 7, header, 5, iv,
                                          bytes, len, &out, &kcv),
                             KR_OK);
        else
            assert_int_equal(vault_unwrap(v, k, "3des", PURPOSE_MASTER, prefix, 7, header, 5, iv,
                                          bytes, 36, &out, &kcv),
                             KR_E_KEY_PURPOSE);
        len = sizeof bytes;
        assert_int_equal(vault_secure_message(v, k, true, header, 5, iv, iv, 8, bytes, &len),
                         EXPECT(may[i].secure));
        assert_int_equal(vault_diversify(v, k, iv, 1, PURPOSE_MASTER, &out, &kcv),
                         EXPECT(may[i].diversify));
        assert_int_equal(vault_proof(v, k, proof_factor, iv, bytes), KR_OK);
    }
}

static void a_wrapped_key_is_the_published_one(void **state)
{
    struct vault *v = *state;
    uint8_t control[16], key[16], ciphertext[32], mac[4], mac_header[5], record[7],
        challenge[8] = {0};
    uint8_t out[256];
    size_t len = sizeof out;
    vector_bytes(WRITE_KEY, "inputs", "control_key", control, sizeof control);
    vector_bytes(WRITE_KEY, "inputs", "key", key, sizeof key);
    vector_bytes(WRITE_KEY, "inputs", "apdu_header", mac_header, sizeof mac_header);
    vector_bytes(WRITE_KEY, "inputs", "record_header", record, sizeof record);
    vector_bytes(WRITE_KEY, "inputs", "challenge", challenge, 4);
    vector_bytes(WRITE_KEY, "expected", "ciphertext", ciphertext, sizeof ciphertext);
    vector_bytes(WRITE_KEY, "expected", "mac", mac, sizeof mac);

    /* The published key has no odd parity, and a combined one would be given it: it comes in as it
     * would from another card, wrapped. */
    vault_handle wrapping = key_of(v, control, PURPOSE_CONTROL);
    struct kcv kcv;
    vault_handle payload;
    uint8_t whole[36];
    memcpy(whole, ciphertext, 32);
    memcpy(whole + 32, mac, 4);
    assert_int_equal(vault_unwrap(v, wrapping, "3des", PURPOSE_MASTER, record, 7, mac_header, 5,
                                  challenge, whole, 36, &payload, &kcv),
                     KR_OK);
    assert_int_equal(
        vault_wrap(v, wrapping, payload, record, 7, mac_header, 5, challenge, out, &len), KR_OK);
    assert_int_equal(len, 36);
    assert_memory_equal(out, whole, 36);
}

static void a_wrapped_key_with_any_bit_changed_is_refused(void **state)
{
    struct vault *v = *state;
    struct kcv kcv;
    struct kcv back;
    uint8_t bytes[256];
    size_t len = sizeof bytes;
    vault_handle out;
    vault_handle wrapping = random_key(v, PURPOSE_TRANSPORT);
    vault_handle payload = random_key(v, PURPOSE_MASTER);
    assert_int_equal(vault_kcv(v, payload, &kcv), KR_OK);
    assert_int_equal(vault_wrap(v, wrapping, payload, prefix, 7, header, 5, iv, bytes, &len),
                     KR_OK);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(vault_unwrap(v, wrapping, "3des", PURPOSE_MASTER, prefix, 7, header, 5, iv,
                                      bytes, len, &out, &back),
                         KR_E_SEAL_BROKEN);
        assert_int_equal(out, 0);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    const uint8_t other[8] = {1};
    assert_int_equal(vault_unwrap(v, wrapping, "3des", PURPOSE_MASTER, other, 7, header, 5, iv,
                                  bytes, len, &out, &back),
                     KR_E_SEAL_BROKEN); /* another record header */
    assert_int_equal(vault_unwrap(v, wrapping, "3des", PURPOSE_MASTER, prefix, 6, header, 5, iv,
                                  bytes, len, &out, &back),
                     KR_E_SEAL_BROKEN);
    assert_int_equal(vault_unwrap(v, wrapping, "3des", PURPOSE_MASTER, prefix, 7, other, 5, iv,
                                  bytes, len, &out, &back),
                     KR_E_SEAL_BROKEN); /* another command */
    assert_int_equal(vault_unwrap(v, wrapping, "3des", PURPOSE_MASTER, prefix, 7, header, 5, other,
                                  bytes, len, &out, &back),
                     KR_E_SEAL_BROKEN); /* another challenge */
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(vault_unwrap(v, wrapping, "3des", PURPOSE_MASTER, prefix, 7, header, 5, iv,
                                      bytes, cut, &out, &back),
                         KR_E_SEAL_BROKEN);
    assert_int_equal(vault_unwrap(v, wrapping, "3des", PURPOSE_COMPONENT, prefix, 7, header, 5, iv,
                                  bytes, len, &out, &back),
                     KR_E_KEY_PURPOSE);
    assert_int_equal(vault_unwrap(v, wrapping, "rot13", PURPOSE_MASTER, prefix, 7, header, 5, iv,
                                  bytes, len, &out, &back),
                     KR_E_SUITE);
    assert_int_equal(vault_unwrap(v, wrapping, "3des", PURPOSE_MASTER, prefix, 7, header, 5, iv,
                                  bytes, len, &out, &back),
                     KR_OK);
    assert_true(kcv_equal(&kcv, &back));
}

static void a_prefix_cannot_fill_a_block_of_the_callers_choosing(void **state)
{
    struct vault *v = *state;
    uint8_t out[256];
    uint8_t chosen[16] = {0};
    size_t len = sizeof out;
    vault_handle wrapping = random_key(v, PURPOSE_CONTROL);
    assert_int_equal(vault_wrap(v, wrapping, wrapping, chosen, 8, header, 5, iv, out, &len),
                     KR_E_ARGUMENT);
    assert_int_equal(len, 0);
    len = 35;
    assert_int_equal(vault_wrap(v, wrapping, wrapping, prefix, 7, header, 5, iv, out, &len),
                     KR_E_MESSAGE); /* no room for the answer */
}

static void a_pin_is_wrapped_as_bcd_filled_with_f(void **state)
{
    struct vault *v = *state;
    static const struct {
        const char *pin;
        uint8_t bytes[6];
        size_t len;
    } cases[] = {
        {"123456", {0x12, 0x34, 0x56}, 3},
        {"12345", {0x12, 0x34, 0x5F}, 3},
        {"12", {0x12, 0xFF}, 2},
        {"123456789012", {0x12, 0x34, 0x56, 0x78, 0x90, 0x12}, 6},
    };
    const struct suite *suite = suite_by_id("3des");
    struct secret *key = secret_from(value, sizeof value);
    vault_handle wrapping = key_of(v, value, PURPOSE_CONTROL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t out[256], plain[32];
        size_t len = sizeof out;
        vault_handle pin = typed(v, ENTRY_PIN, cases[i].pin);
        assert_int_equal(vault_wrap(v, wrapping, pin, prefix, 7, header, 5, iv, out, &len), KR_OK);
        assert_int_equal(len, 16 + 4);
        assert_int_equal(suite_decrypt(suite, key, out, plain, 16), KR_OK);
        assert_int_equal(plain[0], 7 + cases[i].len);
        assert_memory_equal(plain + 1, prefix, 7);
        assert_memory_equal(plain + 8, cases[i].bytes, cases[i].len);
        assert_int_equal(plain[8 + cases[i].len], 0x80);
    }
    secret_free(&key);
}

static void passphrases_and_half_typed_pins_never_leave(void **state)
{
    struct vault *v = *state;
    uint8_t out[256];
    size_t len = sizeof out;
    vault_handle wrapping = random_key(v, PURPOSE_CONTROL);
    vault_handle phrase = typed(v, ENTRY_PASSPHRASE, "correct horse");
    vault_handle hex = typed(v, ENTRY_COMPONENT, "0123456789ABCDEFFEDCBA9876543210");
    vault_handle half = open_entry(v, ENTRY_PIN, 0, false);
    type_text(v, half, "1");
    assert_int_equal(vault_wrap(v, wrapping, phrase, prefix, 7, header, 5, iv, out, &len),
                     KR_E_ARGUMENT);
    assert_int_equal(vault_wrap(v, wrapping, hex, prefix, 7, header, 5, iv, out, &len),
                     KR_E_ARGUMENT);
    assert_int_equal(vault_wrap(v, wrapping, half, prefix, 7, header, 5, iv, out, &len),
                     KR_E_ENTRY_INCOMPLETE);
    assert_int_equal(vault_wrap(v, phrase, wrapping, prefix, 7, header, 5, iv, out, &len),
                     KR_E_ARGUMENT);
}

static void derivation_takes_as_many_levels_as_asked_and_no_other(void **state)
{
    struct vault *v = *state;
    struct kcv kcv;
    struct kcv direct;
    vault_handle one;
    vault_handle two;
    const uint8_t factors[16] = "REGION01BANK0001";
    vault_handle master = key_of(v, value, PURPOSE_MASTER);
    assert_int_equal(vault_diversify(v, master, factors, 2, PURPOSE_MASTER, &two, &kcv), KR_OK);
    assert_int_equal(vault_diversify(v, master, factors, 1, PURPOSE_MASTER, &one, &direct), KR_OK);
    assert_false(kcv_equal(&kcv, &direct));
    assert_int_equal(vault_diversify(v, one, factors + 8, 1, PURPOSE_MASTER, &two, &direct), KR_OK);
    assert_true(kcv_equal(&kcv, &direct));
    assert_int_equal(vault_diversify(v, master, factors, 0, PURPOSE_MASTER, &two, &kcv),
                     KR_E_ARGUMENT);
    assert_int_equal(vault_diversify(v, master, factors, 1, PURPOSE_COMPONENT, &two, &kcv),
                     KR_E_KEY_PURPOSE);
    assert_int_equal(vault_diversify(v, master, factors, 1, PURPOSE_AUTH, &two, &kcv), KR_OK);
    assert_int_equal(vault_diversify(v, two, factors, 1, PURPOSE_AUTH, &two, &kcv),
                     KR_E_KEY_PURPOSE);
}

static void a_proof_never_speaks_of_a_key_that_is_in_use(void **state)
{
    struct vault *v = *state;
    struct kcv kcv;
    vault_handle out;
    uint8_t bytes[8];
    uint8_t factors[16] = {1};
    vault_handle master = random_key(v, PURPOSE_MASTER);
    factors[8] = VAULT_PROOF_MARK;
    assert_int_equal(vault_proof(v, master, factors, iv, bytes), KR_E_ARGUMENT);
    assert_int_equal(vault_diversify(v, master, factors, 2, PURPOSE_MASTER, &out, &kcv),
                     KR_E_ARGUMENT);
    factors[8] = VAULT_PROOF_MARK ^ 0xFF;
    assert_int_equal(vault_diversify(v, master, factors, 2, PURPOSE_MASTER, &out, &kcv),
                     KR_E_ARGUMENT);
    assert_int_equal(vault_diversify(v, master, factors, 1, PURPOSE_MASTER, &out, &kcv), KR_OK);
}

static void cryptogram_and_proof_are_triple_des_of_the_challenge(void **state)
{
    struct vault *v = *state;
    const struct suite *suite = suite_by_id("3des");
    struct secret *key = secret_from(value, sizeof value);
    struct secret *derived = NULL;
    uint8_t expected[8], got[8];
    suite->adjust(key);
    vault_handle auth = key_of(v, value, PURPOSE_AUTH);
    vault_handle master = key_of(v, value, PURPOSE_MASTER);
    assert_int_equal(suite_encrypt(suite, key, iv, expected, 8), KR_OK);
    assert_int_equal(vault_cryptogram(v, auth, iv, got), KR_OK);
    assert_memory_equal(got, expected, 8);
    assert_int_equal(suite_diversify(suite, key, proof_factor, &derived), KR_OK);
    assert_int_equal(suite_encrypt(suite, derived, iv, expected, 8), KR_OK);
    assert_int_equal(vault_proof(v, master, proof_factor, iv, got), KR_OK);
    assert_memory_equal(got, expected, 8);
    secret_free(&derived);
    secret_free(&key);
}

static void a_secured_message_is_plain_or_encrypted_and_always_has_its_mac(void **state)
{
    struct vault *v = *state;
    const struct suite *suite = suite_by_id("3des");
    struct secret *key = secret_from(value, sizeof value);
    const uint8_t data[25] = {1, 2, 3, 4};
    const uint8_t command[5] = {0x04, 0xD6, 0x95, 0x00, 0x1D};
    uint8_t out[256], text[64], mac[4], plain[32];
    size_t len = sizeof out;
    suite->adjust(key);
    vault_handle k = key_of(v, value, PURPOSE_MAINTENANCE);
    assert_int_equal(vault_secure_message(v, k, false, command, 5, iv, data, 25, out, &len), KR_OK);
    assert_int_equal(len, 29);
    assert_memory_equal(out, data, 25);
    memcpy(text, command, 5);
    memcpy(text + 5, data, 25);
    assert_int_equal(suite_mac(suite, key, iv, text, 30, mac), KR_OK);
    assert_memory_equal(out + 25, mac, 4);

    len = sizeof out;
    assert_int_equal(vault_secure_message(v, k, true, command, 5, iv, data, 25, out, &len), KR_OK);
    assert_int_equal(len, 32 + 4);
    assert_int_equal(suite_decrypt(suite, key, out, plain, 32), KR_OK);
    assert_int_equal(plain[0], 25);
    assert_memory_equal(plain + 1, data, 25);
    assert_int_equal(plain[26], 0x80);
    memcpy(text + 5, out, 32);
    assert_int_equal(suite_mac(suite, key, iv, text, 37, mac), KR_OK);
    assert_memory_equal(out + 32, mac, 4);

    static const uint8_t much[300];
    len = sizeof out;
    assert_int_equal(vault_secure_message(v, k, false, command, 5, iv, much, 253, out, &len),
                     KR_E_TOO_LONG);
    len = sizeof out;
    assert_int_equal(vault_secure_message(v, k, true, command, 5, iv, much, 252, out, &len),
                     KR_E_TOO_LONG);
    len = sizeof out;
    assert_int_equal(vault_secure_message(v, k, false, command, 5, iv, NULL, 0, out, &len), KR_OK);
    assert_int_equal(len, 4);
    secret_free(&key);
}

static void stored_material_opens_only_under_its_own_label_and_unchanged(void **state)
{
    struct vault *v = *state;
    struct kcv kcv;
    struct kcv back;
    uint8_t blob[VAULT_BLOB_MAX];
    uint8_t bytes[8];
    size_t len;
    vault_handle out;
    assert_int_equal(vault_found(v, 2, 2), KR_OK);
    vault_handle key = random_key(v, PURPOSE_MASTER);
    assert_int_equal(vault_kcv(v, key, &kcv), KR_OK);
    assert_int_equal(vault_store_key(v, key, "key/GMPK/3/7", blob, &len), KR_OK);
    assert_true(len <= VAULT_BLOB_MAX);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        blob[bit / 8] ^= (uint8_t)(1 << bit % 8);
        enum kr_error err = vault_load_key(v, blob, len, "key/GMPK/3/7", &out, &back);
        assert_true(err == KR_E_SEAL_BROKEN || err == KR_E_SUITE);
        blob[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(vault_load_key(v, blob, len, "key/GMPK/3/8", &out, &back), KR_E_SEAL_BROKEN);
    assert_int_equal(vault_load_key(v, blob, len - 1, "key/GMPK/3/7", &out, &back),
                     KR_E_SEAL_BROKEN);
    assert_int_equal(vault_load_key(v, blob, 0, "key/GMPK/3/7", &out, &back), KR_E_SEAL_BROKEN);
    assert_int_equal(vault_load_key(v, blob, len, "key/GMPK/3/7", &out, &back), KR_OK);
    assert_true(kcv_equal(&kcv, &back));
    /* The purpose came back with it. */
    assert_int_equal(vault_cryptogram(v, out, iv, bytes), KR_E_KEY_PURPOSE);
}

/* Stored under that label and loaded again. */
static vault_handle named_key(struct vault *v, enum key_purpose purpose, const char *label)
{
    struct kcv kcv;
    uint8_t blob[VAULT_BLOB_MAX];
    size_t len = sizeof blob;
    vault_handle h = 0;
    assert_int_equal(vault_store_key(v, random_key(v, purpose), label, blob, &len), KR_OK);
    assert_int_equal(vault_load_key(v, blob, len, label, &h, &kcv), KR_OK);
    return h;
}

static void nothing_of_the_centre_goes_out_under_a_key_that_the_manufacturer_knows(void **state)
{
    struct vault *v = *state;
    uint8_t out[256];
    size_t len = sizeof out;
    assert_int_equal(vault_found(v, 2, 2), KR_OK);
    vault_handle blank = named_key(v, PURPOSE_CONTROL, "key/kMprd/0/1");
    vault_handle transport = named_key(v, PURPOSE_TRANSPORT, "key/kMtk/0/1");
    vault_handle own = named_key(v, PURPOSE_CONTROL, "key/kIctlR/0/1");
    static const enum key_purpose secrets[] = {PURPOSE_MASTER, PURPOSE_AUTH, PURPOSE_MAINTENANCE,
                                               PURPOSE_TRANSPORT};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        vault_handle key = random_key(v, secrets[i]);
        assert_int_equal(vault_wrap(v, blank, key, prefix, 7, header, 5, iv, out, &len),
                         KR_E_KEY_PURPOSE);
        assert_int_equal(vault_wrap(v, transport, key, prefix, 7, header, 5, iv, out, &len),
                         KR_E_KEY_PURPOSE);
        len = sizeof out;
        assert_int_equal(vault_wrap(v, own, key, prefix, 7, header, 5, iv, out, &len), KR_OK);
    }
    /* Nor do they go onto a card, where they would open what is on it. */
    assert_int_equal(vault_wrap(v, own, blank, prefix, 7, header, 5, iv, out, &len),
                     KR_E_KEY_PURPOSE);
    assert_int_equal(vault_wrap(v, own, transport, prefix, 7, header, 5, iv, out, &len),
                     KR_E_KEY_PURPOSE);
    vault_handle pin = typed(v, ENTRY_PIN, "204816");
    assert_int_equal(vault_wrap(v, blank, pin, prefix, 7, header, 5, iv, out, &len),
                     KR_E_KEY_PURPOSE);
    assert_int_equal(vault_wrap(v, transport, own, prefix, 7, header, 5, iv, out, &len),
                     KR_E_KEY_PURPOSE);
    len = sizeof out;
    assert_int_equal(vault_wrap(v, blank, own, prefix, 7, header, 5, iv, out, &len), KR_OK);
}

static void random_keys_differ_and_need_a_known_suite_and_purpose(void **state)
{
    struct vault *v = *state;
    struct kcv a;
    struct kcv b;
    vault_handle h;
    assert_int_equal(vault_random(v, "3des", PURPOSE_AUTH, &h, &a), KR_OK);
    assert_int_equal(vault_random(v, "3des", PURPOSE_AUTH, &h, &b), KR_OK);
    assert_false(kcv_equal(&a, &b));
    assert_int_equal(vault_random(v, "rot13", PURPOSE_AUTH, &h, &a), KR_E_SUITE);
    assert_int_equal(vault_random(v, "3des", PURPOSE_COMPONENT, &h, &a), KR_E_KEY_PURPOSE);
    assert_int_equal(vault_random(v, "3des", (enum key_purpose)200, &h, &a), KR_E_ARGUMENT);
    assert_int_equal(h, 0);
}

static void a_pin_goes_to_the_card_process_by_its_own_lane(void **state)
{
    struct vault *v = *state;
    const uint8_t expected[12] = {0, 0, 0x12, 0x34, 0x12, 0x34, 0x5F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    uint8_t got[64];
    size_t len;
    int ends[2];
    vault_handle pin = typed(v, ENTRY_PIN, "12345");
    vault_handle phrase = typed(v, ENTRY_PASSPHRASE, "12345");
    assert_int_equal(vault_send_pin(v, pin, 1), KR_E_ARGUMENT);
    assert_string_equal(kr_detail(), "lane");
    assert_int_equal(vault_lane(v, -1), KR_E_ARGUMENT);
    for (int i = 0; i < 2; i++) { /* the second lane takes the place of the first */
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        assert_int_equal(vault_lane(v, ends[1]), KR_OK);
        assert_int_equal(fcntl(ends[1], F_GETFD), -1); /* taken over */
        assert_int_equal(vault_send_pin(v, pin, 0x1234), KR_OK);
        assert_int_equal(child_receive(ends[0], got, sizeof got, &len, 5000, NULL), KR_OK);
        assert_int_equal(len, VAULT_PIN_MESSAGE);
        assert_memory_equal(got, expected, 12);
        assert_int_equal(vault_send_pin(v, phrase, 1), KR_E_ARGUMENT);
        if (i == 0)
            close(ends[0]);
    }
    /* A card process that reads nothing does not stop the vault. */
    enum kr_error err = KR_OK;
    for (int i = 0; i < 5000 && !err; i++)
        err = vault_send_pin(v, pin, 1);
    assert_int_equal(err, KR_E_SYSTEM);
    close(ends[0]);
    assert_int_equal(vault_send_pin(v, pin, 1), KR_E_SYSTEM);
    assert_string_equal(kr_detail(), "closed");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        vault_test(a_component_is_checked_and_its_entry_is_used_up),
        vault_test(components_are_only_combined),
        vault_test(combining_refuses_what_is_no_set_of_components),
        vault_test(components_stay_until_dropped_and_combine_to_the_known_key),
        vault_test(a_key_of_one_purpose_never_serves_another),
        vault_test(a_wrapped_key_is_the_published_one),
        vault_test(a_wrapped_key_with_any_bit_changed_is_refused),
        vault_test(a_prefix_cannot_fill_a_block_of_the_callers_choosing),
        vault_test(a_pin_is_wrapped_as_bcd_filled_with_f),
        vault_test(passphrases_and_half_typed_pins_never_leave),
        vault_test(derivation_takes_as_many_levels_as_asked_and_no_other),
        vault_test(a_proof_never_speaks_of_a_key_that_is_in_use),
        vault_test(cryptogram_and_proof_are_triple_des_of_the_challenge),
        vault_test(a_secured_message_is_plain_or_encrypted_and_always_has_its_mac),
        vault_test(stored_material_opens_only_under_its_own_label_and_unchanged),
        vault_test(nothing_of_the_centre_goes_out_under_a_key_that_the_manufacturer_knows),
        vault_test(random_keys_differ_and_need_a_known_suite_and_purpose),
        vault_test(a_pin_goes_to_the_card_process_by_its_own_lane),
    };
    run_vault_tests("vault keys", argc, argv, tests);
}
