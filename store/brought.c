#include "brought.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint_lines.h"

static enum kr_error take_note(struct brought_one *one, const char *text, size_t len)
{
    if (len > CHECKPOINT_MAX || checkpoint_parse(text, len, &one->said) != KR_OK) {
        return kr_fail(KR_E_NOT_CHECKPOINT, "form");
    }
    memcpy(one->text, text, len);
    one->text[len] = '\0';
    return KR_OK;
}

/* The note that a compact form stands for in the log of that origin. */
static enum kr_error expand(struct brought_one *one, const char *origin)
{
    char note[CHECKPOINT_MAX];
    enum kr_error error = checkpoint_compact_read(one->compact, strlen(one->compact), origin, note);
    return error == KR_OK ? take_note(one, note, strlen(note)) : error;
}

/* Of whose log it is the store or bundle will say. */
static enum kr_error read_compact(struct brought_one *one, const struct brought_text *brought)
{
    snprintf(one->compact, sizeof one->compact, "%.*s",
             (int)(brought->len < sizeof one->compact ? brought->len : sizeof one->compact - 1),
             brought->text);
    return expand(one, "?");
}

static enum kr_error read_one(struct brought_one *one, const struct brought_text *brought)
{
    if (checkpoint_is_compact(brought->text, brought->len)) {
        return read_compact(one, brought);
    }
    if (checkpoint_short_read(brought->text, brought->len, &one->said.size, one->form) == KR_OK) {
        return KR_OK;
    }
    one->form[0] = '\0';
    return take_note(one, brought->text, brought->len);
}

enum kr_error brought_read(struct brought_list *b, const struct brought_text *texts, size_t count)
{
    enum kr_error error = KR_OK;
    *b = (struct brought_list){.list = count > 0 ? calloc(count, sizeof *b->list) : NULL};
    if (count > 0 && !b->list) {
        return KR_E_MEMORY;
    }
    for (; error == KR_OK && b->count < count; b->count++) {
        error = read_one(&b->list[b->count], &texts[b->count]);
    }
    return error;
}

void brought_free(struct brought_list *b)
{
    free(b->list);
    *b = (struct brought_list){.list = NULL};
}

enum kr_error brought_are_signed(struct brought_list *b, const char *origin,
                                 const uint8_t log_public[32])
{
    for (size_t i = 0; i < b->count; i++) {
        struct brought_one *one = &b->list[i];
        enum kr_error error = one->compact[0] != '\0' ? expand(one, origin) : KR_OK;
        if (error != KR_OK) {
            return error;
        }
        if (one->form[0] == '\0' && lines_by_log(one->text, origin, log_public) != KR_OK) {
            return kr_fail(KR_E_NOT_CHECKPOINT, "%.120s", one->said.origin);
        }
    }
    return KR_OK;
}

/* 80 bits of the root, from paper. */
static enum kr_error compare_form(const struct brought_one *one, const struct tree *tree)
{
    struct checkpoint here = {.size = tree->size};
    char is[CHECKPOINT_SHORT_MAX] = "";
    enum kr_error error = tree_root(tree, here.root);
    if (error == KR_OK) {
        error = checkpoint_short_form(&here, is, sizeof is);
    }
    return error == KR_OK && strcmp(is, one->form) != 0
               ? kr_fail(KR_E_CHECKPOINT, "%s (the journal: %s)", one->form, is)
               : error;
}

static enum kr_error compare_one(const struct brought_one *one, const char *origin,
                                 const struct tree *tree, const struct roster *roster,
                                 struct verify_report *report)
{
    uint64_t people = 0;
    enum kr_error error =
        one->form[0] != '\0' ? compare_form(one, tree) : checkpoint_is_of(&one->said, origin, tree);
    if (error == KR_OK && one->form[0] == '\0') {
        error = lines_by_people(one->text, origin, roster, &people);
    }
    if (error == KR_OK) {
        report->checkpoints++;
        report->cosignatures += people;
    }
    return error;
}

enum kr_error brought_compare(struct brought_list *b, const char *origin, const struct tree *tree,
                              const struct roster *roster, struct verify_report *report)
{
    enum kr_error error = KR_OK;
    for (size_t i = 0; error == KR_OK && i < b->count; i++) {
        struct brought_one *one = &b->list[i];
        if (one->said.size == tree->size && !one->compared) {
            one->compared = true;
            error = compare_one(one, origin, tree, roster, report);
        }
    }
    return error;
}

enum kr_error brought_beyond(const struct brought_list *b, uint64_t size)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct brought_one *one = &b->list[i];
        if (one->said.size > size) {
            return kr_fail(KR_E_STORE_OLD, "%" PRIu64 " < %" PRIu64, size, one->said.size);
        }
        if (!one->compared) {
            return kr_fail(KR_E_BUNDLE_LACKS, "checkpoint of size %" PRIu64, one->said.size);
        }
    }
    return KR_OK;
}
