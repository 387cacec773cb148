#include "recorded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "../../crypto/hash.h"
#include "../../crypto/seal.h"
#include "../../store/checkpoint.h"
#include "../../store/signing_rules.h"

void recorded_path(const char *name, char out[512])
{
    const char *source = getenv("KEYRITE_SOURCE");
    snprintf(out, 512, "%s/%s", source != NULL ? source : ".", name);
}

char *recorded_file(const char *path, size_t *len)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        fail_msg("%s cannot be read", path);
    assert_int_equal(fseek(in, 0, SEEK_END), 0);
    long size = ftell(in);
    rewind(in);
    char *bytes = malloc((size_t)size + 1);
    assert_non_null(bytes);
    *len = fread(bytes, 1, (size_t)size, in);
    bytes[*len] = '\0';
    fclose(in);
    return bytes;
}

static void prove(struct roster *people, const struct entry *e)
{
    char header[ENTRY_HEADER_MAX];
    size_t len;
    if (strcmp(e->kind, "found") == 0)
        assert_int_equal(roster_apply(people, e), KR_OK);
    assert_int_equal(signing_check(e, people), KR_OK);
    assert_int_equal(entry_header(e, header, &len), KR_OK);
    for (size_t i = 0; i < e->signer_count; i++)
        assert_int_equal(sign_verify(roster_find(people, e->signers[i].person)->public_key,
                                     (const uint8_t *)header, len, e->signers[i].signature),
                         KR_OK);
    if (strcmp(e->kind, "found") != 0)
        assert_int_equal(roster_apply(people, e), KR_OK);
}

/* What stands after the entries is left. */
static const char *walk(const char *at, void (*each)(void *ctx, struct entry *e), void *ctx)
{
    static struct roster people;
    size_t leaf, body;
    char hex[65];
    int used = 0;
    memset(&people, 0, sizeof people);
    for (; sscanf(at, "entry %zu %zu %64s%n", &leaf, &body, hex, &used) == 3; used = 0) {
        struct entry e;
        uint8_t salt[32];
        at += used + 1;
        assert_int_equal(entry_decode(at, leaf, &e), KR_OK);
        assert_int_equal(hex_decode(hex, salt, 32), KR_OK);
        assert_int_equal(entry_set_body(&e, salt, at + leaf, body), KR_OK);
        prove(&people, &e);
        each(ctx, &e);
        entry_free(&e);
        at += leaf + body;
    }
    return at;
}

void recorded_entries(const char *name, void (*each)(void *ctx, struct entry *e), void *ctx)
{
    char path[512];
    size_t len;
    recorded_path(name, path);
    char *bytes = recorded_file(path, &len);
    walk(bytes, each, ctx);
    free(bytes);
}

struct told {
    struct report *r;
    const char *ceremony;
    uint64_t last; /* of the ceremony's entries */
};

static void tell(void *ctx, struct entry *e)
{
    struct told *t = ctx;
    char id[64];
    assert_int_equal(report_introduce(t->r, e), KR_OK);
    assert_int_equal(report_take(t->r, e), KR_OK);
    if (entry_get(e, "ceremony", 0, id, sizeof id) == KR_OK && strcmp(id, t->ceremony) == 0)
        t->last = e->seq;
}

static void add_checkpoint(struct report *r, const char *at, uint64_t last)
{
    size_t len;
    int used = 0;
    for (; sscanf(at, "checkpoint %zu%n", &len, &used) == 1; used = 0) {
        struct checkpoint c;
        char *text = strndup(at + used + 1, len);
        assert_int_equal(checkpoint_parse(text, len, &c), KR_OK);
        bool covers = c.size > last;
        if (covers)
            assert_int_equal(report_checkpoint(r, text), KR_OK);
        free(text);
        if (covers)
            return;
        at += (size_t)used + 1 + len;
    }
    fail_msg("no checkpoint covers the ceremony");
}

struct report *recorded_report(const char *name, const char *ceremony, const char *script)
{
    char path[512];
    size_t len;
    struct told t = {.ceremony = ceremony};
    assert_int_equal(report_new(ceremony, &t.r), KR_OK);
    recorded_path(name, path);
    char *bytes = recorded_file(path, &len);
    const char *rest = walk(bytes, tell, &t);
    add_checkpoint(t.r, rest, t.last);
    free(bytes);
    recorded_path(script, path);
    char *text = recorded_file(path, &len);
    assert_int_equal(report_script(t.r, text, len), KR_OK);
    free(text);
    return t.r;
}

void recorded_same_lines(const char *found, const char *expected)
{
    while (*found != '\0' || *expected != '\0') {
        size_t a = strcspn(found, "\n"), b = strcspn(expected, "\n");
        if (a != b || strncmp(found, expected, a) != 0)
            fail_msg("\"%.*s\" where \"%.*s\" was expected", (int)a, found, (int)b, expected);
        found += a + (found[a] == '\n');
        expected += b + (expected[b] == '\n');
    }
}

void recorded_compare(const char *name, const char *text)
{
    char path[512];
    size_t len;
    recorded_path(name, path);
    const char *wish = getenv("KEYRITE_GOLDEN");
    if (wish != NULL && strcmp(wish, "write") == 0) {
        FILE *out = fopen(path, "wb");
        assert_non_null(out);
        assert_true(fputs(text, out) >= 0);
        assert_int_equal(fclose(out), 0);
    }
    char *kept = recorded_file(path, &len);
    recorded_same_lines(text, kept);
    free(kept);
}
