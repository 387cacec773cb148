#include "show.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "../../crypto/hash.h"
#include "../bundle/scan.h"

void show_begin(struct show *s, const struct audit_options *o)
{
    *s = (struct show){.o = o};
    if (o->json) {
        printf("{\"entries\":[");
    } else {
        printf("Shown as it stands, not proved: keyrite-audit verify does that.\n\n");
    }
}

int show_end(struct show *s)
{
    if (s->o->json) {
        printf("\n]}\n");
    } else if (s->shown == 0) {
        printf("No such entry.\n");
    }
    return audit_finish(s->o, EXIT_AGREES);
}

static bool is_asked_for(const struct audit_options *o, const struct entry *e)
{
    int64_t seq = (int64_t)e->seq;
    return (o->entry < 0 || seq == o->entry) && (o->from < 0 || seq >= o->from) &&
           (o->until < 0 || seq <= o->until) &&
           (!o->ceremony || (!e->body_withheld && entry_is_of(e, o->ceremony)));
}

static void print_time(int64_t ms)
{
    char text[32] = "";
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    if (gmtime_r(&seconds, &utc)) {
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &utc);
    }
    printf("%s", text);
}

static void print_line(const struct entry *e)
{
    char ceremony[CEREMONY_ID_MAX] = "", step[64] = "";
    printf("%8" PRIu64 "  ", e->seq);
    print_time(e->time_ms);
    printf("  %-10s", e->kind);
    for (size_t i = 0; i < e->signer_count; i++) {
        printf("%s%s (%s)", i == 0 ? "  " : ", ", e->signers[i].person, e->signers[i].role);
    }
    (void)entry_get(e, "ceremony", 0, ceremony, sizeof ceremony);
    (void)entry_get(e, "step", 0, step, sizeof step);
    printf("  %s %s\n", e->body_withheld ? "withheld" : ceremony, step);
}

static void print_whole(const struct bundle_item *item, const struct entry *e)
{
    uint8_t hash[32];
    char hex[65];
    printf("entry %" PRIu64 ", ", e->seq);
    print_time(e->time_ms);
    printf(" UTC\n\n%.*s\n", (int)item->leaf_len, item->leaf);
    if (item->withheld) {
        printf("What it says is withheld.\n");
    } else {
        printf("%s", item->body);
    }
    if (entry_leaf_hash(e, hash) == KR_OK) {
        hex_encode(hash, 32, hex);
        printf("\nleaf hash %s\n", hex);
    }
}

enum kr_error show_item(void *ctx, struct bundle_item *item, const struct entry *e)
{
    struct show *s = ctx;
    if (!e || !is_asked_for(s->o, e)) {
        return KR_OK;
    }
    if (s->o->json) {
        printf(s->shown == 0 ? "\n" : ",\n");
        (void)json_write(stdout, item);
    } else if (s->o->entry >= 0) {
        print_whole(item, e);
    } else {
        print_line(e);
    }
    s->shown++;
    return KR_OK;
}
