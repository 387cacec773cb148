/*
 * The vault's side of its messages: a stream of requests, each with its length in two bytes before
 * it, to one vault that is empty at first. Handles are given out in the same order every time, so
 * that a request can name what an earlier one has made.
 */
#include "fuzz.h"

#include "../../crypto/vault_service.c"

#define REQUESTS_MAX 48

static struct vault_service *vault;
static uint8_t *reply;

/* Costs are the sealed slot's, which anybody may have written: seconds, and gigabytes. */
enum kr_error __real_kdf_derive(const struct secret *passphrase, const uint8_t salt[16],
                                const struct kdf_cost *cost, struct secret **key32);
enum kr_error __wrap_kdf_derive(const struct secret *passphrase, const uint8_t salt[16],
                                const struct kdf_cost *cost, struct secret **key32);
enum kr_error __wrap_kdf_derive(const struct secret *passphrase, const uint8_t salt[16],
                                const struct kdf_cost *cost, struct secret **key32)
{
    static const struct kdf_cost cheap = {.memory_kib = 16, .passes = 1, .lanes = 1};

    (void)cost;
    return __real_kdf_derive(passphrase, salt, &cheap, key32);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    HOLDS(secret_heap_open() == KR_OK, "no locked memory");
    reply = malloc(WIRE_MAX);
    HOLDS(reply, "no memory");
    return 0;
}

static size_t objects(void)
{
    size_t n = 0;

    for (size_t i = 0; i < VAULT_OBJECTS_MAX; i++)
        n += vault->objects[i].kind != VAULT_FREE;
    return n;
}

/* No whole key, component or seed stands in an answer; that of the database is what one operation
 * is for. */
static void nothing_secret(const struct wire *out, uint8_t op)
{
    for (size_t i = 0; i < VAULT_OBJECTS_MAX; i++) {
        const struct secret *key =
            vault->objects[i].kind == VAULT_KEY ? vault->objects[i].key : NULL;
        HOLDS(!key || key->len < 16 || !memmem(out->bytes, out->len, key->bytes, key->len),
              "a key leaves the vault");
    }
    for (size_t i = 0; i < VAULT_PEOPLE_MAX; i++) {
        const struct secret *seed = vault->people.present[i].seed;
        HOLDS(!seed || !memmem(out->bytes, out->len, seed->bytes, seed->len),
              "a signing key leaves the vault");
    }
    const struct secret *vault_key = vault->people.vault_key, *data = vault->people.database_key;
    HOLDS(!vault_key || !memmem(out->bytes, out->len, vault_key->bytes, vault_key->len),
          "the vault key leaves the vault");
    HOLDS(!data || op == VAULT_OP_DATABASE_KEY ||
              !memmem(out->bytes, out->len, data->bytes, data->len),
          "the database key leaves the vault unasked");
}

static void request(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    struct wire in, out;
    uint8_t op = len > 0 ? bytes[0] : VAULT_OP_NONE;

    HOLDS(copy, "no memory");
    memcpy(copy, bytes, len);
    size_t before = objects();
    kr_detail_clear();
    wire_read(&in, copy, len);
    wire_begin(&out, reply, WIRE_MAX);
    wire_put_u8(&out, 0);
    wire_put_u8(&out, 0);
    enum kr_error err = run(vault, &in, &out);
    bool anyway = op < VAULT_OP_COUNT && operations[op].answers_anyway;
    HOLDS(!err || anyway || out.len == 2, "a refusal has results");
    HOLDS(!err || objects() <= before, "a refusal leaves an object behind");
    HOLDS(wire_end(&out) == KR_OK, "an answer does not fit into its message");
    if (err)
        wire_put_text(&out, kr_detail());
    nothing_secret(&out, op);
    secret_wipe_stack();
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};

    vault = calloc(1, sizeof *vault);
    HOLDS(vault, "no memory");
    vault->lane = vault->received = -1;
    for (int n = 0; in.left > 0 && n < REQUESTS_MAX; n++) {
        size_t len = (size_t)input_byte(&in) << 8;
        len |= input_byte(&in);
        const uint8_t *bytes = input_bytes(&in, &len);
        request(bytes, len);
    }
    release(vault);
    return 0;
}
