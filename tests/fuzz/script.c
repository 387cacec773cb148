/* Ceremony scripts: what is read is checked as `keyrite check` does. */
#include "fuzz.h"

#include "../../ceremony/script.h"
#include "../../crypto/hash.h"

static void check(const struct script *s)
{
    static struct script_finding found[64];
    size_t count = 0;
    enum kr_error err = script_check(s, found, 64, &count);

    HOLDS((err == KR_OK) == (count == 0),
          "a script with findings is fit to run, or one without is not");
    for (size_t i = 0; i < count && i < 64; i++)
        HOLDS(memchr(found[i].what, 0, sizeof found[i].what), "a finding has no end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t hash[SHA256_LEN];
    struct script *s = (struct script *)&hash; /* a refusal has to take even this away */
    enum kr_error err = script_parse("fuzz", (const char *)data, size, &s);

    HOLDS((err == KR_OK) == (s != NULL), "a refused script leaves something behind");
    if (!s)
        return 0;
    HOLDS(s->source_len == size && memcmp(s->source, data, size) == 0,
          "the script kept is another one than was read");
    HOLDS(sha256(data, size, hash) == KR_OK && memcmp(hash, s->hash, sizeof hash) == 0,
          "the hash to be read aloud is of other bytes");
    check(s);
    script_free(&s);
    return 0;
}
