/* Keys of one card's transactions in the vault: what they compute, and that they do nothing else.
 */
#include "vault_fixture.h"
#include "vectors.h"

#define LOAD      "load session key, MAC1, MAC2"
#define PURCHASE  "purchase TAC"
#define DIVERSIFY "three-level PBOC diversification"
#define DATA_MAX  (VAULT_TRANSACTION_MAX + 1)

static const uint8_t zero[8];
static const uint8_t proof_factor[8] = {VAULT_PROOF_MARK, 1, 2, 3, 4, 5, 6, 7};

/* ---- what somebody who knows the key computes, by other calls than the vault's ---- */

static void mac_under(struct secret *session, const uint8_t *data, size_t len, uint8_t mac[4])
{
    assert_non_null(session);
    assert_int_equal(suite_mac(suite_by_id("3des"), session, zero, data, len, mac), KR_OK);
    secret_free(&session);
}

static void outside_load_mac(const struct secret *key, const uint8_t random[4],
                             const uint8_t counter[2], const uint8_t *data, size_t len,
                             uint8_t mac[4])
{
    uint8_t factor[8] = {[6] = 0x80};
    struct secret *session = secret_new(8);
    memcpy(factor, random, 4);
    memcpy(factor + 4, counter, 2);
    assert_non_null(session);
    assert_int_equal(suite_encrypt(suite_by_id("3des"), key, factor, session->bytes, 8), KR_OK);
    mac_under(session, data, len, mac);
}

static void outside_tac(const struct secret *key, const uint8_t *data, size_t len, uint8_t mac[4])
{
    struct secret *folded = secret_new(8);
    assert_non_null(folded);
    for (size_t i = 0; i < 8; i++)
        folded->bytes[i] = key->bytes[i] ^ key->bytes[8 + i];
    mac_under(folded, data, len, mac);
}

static void the_outside_computation_is_the_published_one(void **state)
{
    uint8_t random[4], counter[2], data[DATA_MAX], expected[4], mac[4];
    size_t len = 0;
    (void)state;
    struct secret *key = vector_secret(LOAD, "inputs", "DLK");
    vector_bytes(LOAD, "inputs", "card_random", random, sizeof random);
    vector_bytes(LOAD, "inputs", "card_counter", counter, sizeof counter);
    vector_append(LOAD, "inputs", "balance", data, &len, sizeof data);
    vector_append(LOAD, "inputs", "amount", data, &len, sizeof data);
    vector_append(LOAD, "inputs", "type", data, &len, sizeof data);
    vector_append(LOAD, "inputs", "terminal_id", data, &len, sizeof data);
    outside_load_mac(key, random, counter, data, len, mac);
    vector_bytes(LOAD, "expected", "MAC1", expected, sizeof expected);
    assert_memory_equal(mac, expected, 4);
    vector_append(LOAD, "inputs", "date_time", data, &len, sizeof data);
    outside_load_mac(key, random, counter, data + 4, len - 4, mac);
    vector_bytes(LOAD, "expected", "MAC2", expected, sizeof expected);
    assert_memory_equal(mac, expected, 4);
    secret_free(&key);
    key = vector_secret(PURCHASE, "inputs", "DTK");
    len = vector_bytes(PURCHASE, "inputs", "data", data, sizeof data);
    outside_tac(key, data, len, mac);
    vector_bytes(PURCHASE, "expected", "TAC", expected, sizeof expected);
    assert_memory_equal(mac, expected, 4);
    secret_free(&key);
}

/* ---- a key of known value in the vault: that of the published diversification ---- */

static vault_handle master_of(struct vault *v)
{
    uint8_t gmpk[16];
    vector_bytes(DIVERSIFY, "inputs", "GMPK", gmpk, sizeof gmpk);
    return key_of(v, gmpk, PURPOSE_MASTER);
}

static vault_handle card_key(struct vault *v)
{
    uint8_t factors[24], asn[10];
    struct kcv kcv;
    vault_handle master = master_of(v), derived = 0;
    vector_bytes(DIVERSIFY, "inputs", "region", factors, 8);
    vector_bytes(DIVERSIFY, "inputs", "bank", factors + 8, 8);
    vector_bytes(DIVERSIFY, "inputs", "ASN", asn, sizeof asn);
    memcpy(factors + 16, asn + 2, 8);
    assert_int_equal(vault_diversify(v, master, factors, 3, PURPOSE_TRANSACTION, &derived, &kcv),
                     KR_OK);
    vault_drop(v, master);
    return derived;
}

static void the_vault_computes_what_the_holder_of_the_card_key_does(void **state)
{
    struct vault *v = *state;
    static const uint8_t random[4] = {0xDE, 0xAD, 0xBE, 0xEF};
    static const uint8_t counter[2] = {0x01, 0x02};
    uint8_t data[DATA_MAX], expected[4], mac[4];
    struct secret *known = vector_secret(DIVERSIFY, "expected", "DPK");
    vault_handle key = card_key(v);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(37 * i + 1);
    for (size_t len = 0; len <= VAULT_TRANSACTION_MAX; len++) {
        outside_load_mac(known, random, counter, data, len, expected);
        assert_int_equal(vault_load_mac(v, key, random, counter, data, len, mac), KR_OK);
        assert_memory_equal(mac, expected, 4);
        outside_tac(known, data, len, expected);
        assert_int_equal(vault_tac(v, key, data, len, mac), KR_OK);
        assert_memory_equal(mac, expected, 4);
    }
    assert_int_equal(vault_load_mac(v, key, random, counter, data, sizeof data, mac),
                     KR_E_TOO_LONG);
    assert_int_equal(vault_tac(v, key, data, sizeof data, mac), KR_E_TOO_LONG);
    secret_free(&known);
}

static void a_transaction_key_is_only_derived(void **state)
{
    struct vault *v = *state;
    struct kcv kcv;
    vault_handle out = 0;
    vault_handle parts[2] = {component_of(v, "0123456789ABCDEFFEDCBA9876543210"),
                             component_of(v, "0F1E2D3C4B5A69788796A5B4C3D2E1F0")};
    assert_int_equal(vault_random(v, "3des", PURPOSE_TRANSACTION, &out, &kcv), KR_E_KEY_PURPOSE);
    assert_string_equal(kr_detail(), "transaction");
    assert_int_equal(vault_combine(v, "3des", parts, 2, PURPOSE_TRANSACTION, &out, &kcv),
                     KR_E_KEY_PURPOSE);
    assert_int_equal(out, 0);
    static const enum key_purpose others[] = {PURPOSE_CONTROL, PURPOSE_MAINTENANCE,
                                              PURPOSE_TRANSPORT, PURPOSE_AUTH};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        vault_handle k;
        assert_int_equal(vault_random(v, "3des", others[i], &k, &kcv), KR_OK);
        assert_int_equal(vault_diversify(v, k, zero, 1, PURPOSE_TRANSACTION, &out, &kcv),
                         KR_E_KEY_PURPOSE);
    }
    vault_handle master = master_of(v);
    assert_int_equal(vault_diversify(v, master, zero, 1, (enum key_purpose)9, &out, &kcv),
                     KR_E_ARGUMENT);
    assert_int_equal(vault_diversify(v, master, zero, 1, PURPOSE_BLOCK, &out, &kcv),
                     KR_E_KEY_PURPOSE);
    assert_int_equal(vault_diversify(v, master, proof_factor, 1, PURPOSE_TRANSACTION, &out, &kcv),
                     KR_E_ARGUMENT);
}

/* Wrapped by whoever may wrap, it would leave; unwrapped, anything could become one. */
static void a_transaction_key_serves_nothing_else(void **state)
{
    struct vault *v = *state;
    static const uint8_t header[5] = {0x84, 0xD4, 0x81, 0x3E, 0x24};
    static const uint8_t prefix[7] = {0x01, 0x00, 0x3E, 0xF0, 0x00, 0xEF, 0x33};
    uint8_t bytes[256];
    size_t len = sizeof bytes;
    struct kcv kcv;
    vault_handle out, transport, payload, key = card_key(v);
    assert_int_equal(vault_random(v, "3des", PURPOSE_TRANSPORT, &transport, &kcv), KR_OK);
    assert_int_equal(vault_random(v, "3des", PURPOSE_MASTER, &payload, &kcv), KR_OK);
    assert_int_equal(vault_found(v, 2, 2), KR_OK);
    assert_int_equal(vault_store_key(v, key, "key/x", bytes, &len), KR_E_KEY_PURPOSE);
    assert_int_equal(vault_kcv(v, key, &kcv), KR_E_KEY_PURPOSE);
    assert_int_equal(vault_cryptogram(v, key, zero, bytes), KR_E_KEY_PURPOSE);
    assert_int_equal(vault_proof(v, key, proof_factor, zero, bytes), KR_E_KEY_PURPOSE);
    assert_int_equal(vault_diversify(v, key, zero, 1, PURPOSE_TRANSACTION, &out, &kcv),
                     KR_E_KEY_PURPOSE);
    len = sizeof bytes;
    assert_int_equal(vault_secure_message(v, key, true, header, 5, zero, zero, 8, bytes, &len),
                     KR_E_KEY_PURPOSE);
    assert_int_equal(vault_wrap(v, key, payload, prefix, 7, header, 5, zero, bytes, &len),
                     KR_E_KEY_PURPOSE);
    assert_int_equal(vault_wrap(v, transport, key, prefix, 7, header, 5, zero, bytes, &len),
                     KR_E_KEY_PURPOSE);
    assert_int_equal(vault_unwrap(v, key, "3des", PURPOSE_MASTER, prefix, 7, header, 5, zero, bytes,
                                  36, &out, &kcv),
                     KR_E_KEY_PURPOSE);
    len = sizeof bytes;
    assert_int_equal(vault_wrap(v, transport, payload, prefix, 7, header, 5, zero, bytes, &len),
                     KR_OK);
    assert_int_equal(vault_unwrap(v, transport, "3des", PURPOSE_TRANSACTION, prefix, 7, header, 5,
                                  zero, bytes, len, &out, &kcv),
                     KR_E_KEY_PURPOSE);
}

static void no_other_key_computes_for_transactions(void **state)
{
    struct vault *v = *state;
    uint8_t mac[4];
    struct kcv kcv;
    vault_handle key;
    for (int p = PURPOSE_CONTROL; p < PURPOSE_COMPONENT; p++) {
        assert_int_equal(vault_random(v, "3des", (enum key_purpose)p, &key, &kcv), KR_OK);
        assert_int_equal(vault_tac(v, key, zero, 8, mac), KR_E_KEY_PURPOSE);
        assert_int_equal(vault_load_mac(v, key, zero, zero, zero, 8, mac), KR_E_KEY_PURPOSE);
    }
    key = component_of(v, "0123456789ABCDEFFEDCBA9876543210");
    assert_int_equal(vault_tac(v, key, zero, 8, mac), KR_E_KEY_PURPOSE);
    key = card_key(v);
    vault_drop(v, key);
    assert_int_equal(vault_tac(v, key, zero, 8, mac), KR_E_ARGUMENT);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_outside_computation_is_the_published_one),
        vault_test(the_vault_computes_what_the_holder_of_the_card_key_does),
        vault_test(a_transaction_key_is_only_derived),
        vault_test(a_transaction_key_serves_nothing_else),
        vault_test(no_other_key_computes_for_transactions),
    };
    run_vault_tests("vault_transaction", argc, argv, tests);
}
