/* Key blocks: any text at all (first byte even), or one that is made right from what the input says
 * and then changed in one place (odd). */
#include "fuzz.h"

#include "../../crypto/key_block.h"

static struct secret *kbpk;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    HOLDS(secret_heap_open() == KR_OK, "no heap for secrets");
    kbpk = secret_new(16);
    HOLDS(kbpk, "no memory");
    memcpy(kbpk->bytes, "protection of it", kbpk->len);
    return 0;
}

/* Every part lies within the text, in its order. */
static void lies_within(const struct key_block *b, size_t len)
{
    size_t at = KEY_BLOCK_HEAD;

    HOLDS(b->option_count <= KEY_BLOCK_OPTIONS_MAX, "more optional blocks than there can be");
    for (size_t i = 0; i < b->option_count; i++) {
        HOLDS(b->options[i].at >= at + 4, "two optional blocks lie over each other");
        at = b->options[i].at + b->options[i].len;
        HOLDS(strlen(b->options[i].id) == 2, "an optional block without its name");
    }
    HOLDS(at == b->header_len, "the header does not end with its last optional block");
    HOLDS(b->header_len + 2 * (b->payload_len + b->mac_len) == len, "something is left over");
    HOLDS(strlen(b->head.usage) == 2 && strlen(b->head.key_version) == 2, "a field has no end");
}

static void any_text(const char *text, size_t len)
{
    struct key_block b;
    struct secret *key = NULL;
    enum kr_error rc = key_block_read(text, len, &b);

    if (rc != KR_OK) {
        HOLDS(rc == KR_E_BLOCK_VERSION || rc == KR_E_BLOCK_LENGTH || rc == KR_E_BLOCK_FORM,
              "refused with another error");
        return;
    }
    lies_within(&b, len);
    (void)key_block_usage_words(b.head.usage);
    (void)key_block_mode_words(b.head.mode);
    rc = key_block_unwrap(kbpk, text, len, &b, &key);
    HOLDS(rc == KR_E_BLOCK_MAC && !key, "a MAC that nobody made is taken");
}

static void changed(struct input *in, char *text, size_t len)
{
    struct key_block b;
    struct secret *key = NULL;
    size_t at = (size_t)(input_byte(in) << 8 | input_byte(in)) % len;
    char other = (char)input_byte(in);

    if (other == text[at])
        return;
    text[at] = other;
    HOLDS(key_block_unwrap(kbpk, text, len, &b, &key) != KR_OK && !key, "a change is not seen");
}

static void one_of_ours(struct input *in)
{
    struct key_block_head head = {.version = input_byte(in) % 2 ? 'B' : 'D'}, *h = &head;
    struct key_block b;
    char options[256], text[KEY_BLOCK_MAX];
    struct secret *key, *back = NULL;
    size_t len;

    h->usage[0] = (char)input_byte(in);
    h->usage[1] = (char)input_byte(in);
    h->algorithm = (char)input_byte(in);
    h->mode = (char)input_byte(in);
    h->key_version[0] = (char)input_byte(in);
    h->key_version[1] = (char)input_byte(in);
    h->exportability = (char)input_byte(in);
    h->context = (char)input_byte(in);
    const uint8_t *bytes = input_counted(in, &len);
    memcpy(options, bytes, len);
    options[len] = '\0';
    bytes = input_counted(in, &len);
    key = secret_from(bytes, len);
    HOLDS(key, "no memory");
    if (key_block_wrap(kbpk, h, options, key, NULL, text, sizeof text) == KR_OK) {
        len = strlen(text);
        enum kr_error rc = key_block_unwrap(kbpk, text, len, &b, &back);
        HOLDS(key->len == 0 ? rc == KR_E_BLOCK_LENGTH : rc == KR_OK, "it does not open again");
        HOLDS(key->len == 0 || secret_equal(key, back), "another key comes back");
        HOLDS(memcmp(&b.head, h, sizeof b.head) == 0, "another header comes back");
        lies_within(&b, len);
        (void)key_block_verify_kcv(&b, text, key);
        changed(in, text, len);
    }
    secret_free(&back);
    secret_free(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {.at = data, .left = size};

    if (size == 0)
        return 0;
    if (input_byte(&in) % 2)
        one_of_ours(&in);
    else
        any_text((const char *)in.at, in.left);
    return 0;
}
