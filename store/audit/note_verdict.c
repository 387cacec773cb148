#include "note_verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../crypto/hash.h"
#include "../not_proved.h"
#include "bundle_file.h"
#include "saying.h"

/* ---- The journal beside it ---- */

enum kr_error note_journal_is_of(struct note_journal *j, const char *origin)
{
    char text[CHECKPOINT_MAX];
    j->sender = strcmp(origin, j->note->head.origin) == 0;
    if (!j->sender)
        return KR_OK;
    enum kr_error error = transfer_note_checkpoint(j->note, text);
    if (error == KR_OK)
        error = checkpoint_compact(text, strlen(text), j->compact);
    if (error == KR_OK)
        j->asked.checkpoints[j->asked.checkpoint_count++] = j->compact;
    return error;
}

enum kr_error note_journal_take(struct note_journal *j, const struct entry *e)
{
    char line[256];
    if (e->body_withheld || strcmp(e->kind, "note") != 0)
        return KR_OK;
    if (entry_get(e, "sent-note", 0, line, sizeof line) == KR_OK && strcmp(line, j->digest) == 0) {
        j->sent = true;
        j->sent_seq = e->seq;
    }
    if (entry_get(e, "received-note", 0, line, sizeof line) == KR_OK &&
        strncmp(line, j->digest, 64) == 0) {
        j->received = true;
        j->received_seq = e->seq;
    }
    return KR_OK;
}

static enum kr_error take_item(void *ctx, struct bundle_item *item, const struct entry *e)
{
    (void)item;
    return e != NULL ? note_journal_take(ctx, e) : KR_OK;
}

enum kr_error note_verify_bundle(struct note_journal *j)
{
    struct bundle_reader *r = NULL;
    struct bundle_head head;
    struct bundle_report report;
    FILE *f = fopen(j->asked.path, "rb");
    enum kr_error error =
        f != NULL ? KR_OK : kr_fail(KR_E_FILE, "%s: %s", j->asked.path, strerror(errno));
    if (error == KR_OK)
        error = bundle_reader_open(f, &r, &head);
    bundle_reader_close(&r);
    if (f != NULL)
        fclose(f);
    if (error == KR_OK)
        error = note_journal_is_of(j, head.origin);
    if (error == KR_OK)
        error = bundle_file_verify(&j->asked, take_item, j, &report);
    if (error == KR_OK)
        j->verdict = report.journal;
    return error;
}

/* ---- The verdict ---- */

struct saying {
    const struct audit_options *o;
    struct transfer_note *n;      /* NULL: it is none */
    struct verify_report verdict; /* on note and journal */
    struct note_journal journal;
    char fingerprint[NOTE_FINGERPRINT];
};

static void fault(struct saying *s, enum kr_error problem, const char *what)
{
    s->verdict = (struct verify_report){.problem = problem, .bad_seq = VERIFY_NO_ENTRY};
    snprintf(s->verdict.what, sizeof s->verdict.what, "%s", what);
}

static enum kr_error judge_journal(struct saying *s, note_verify_journal verify_journal)
{
    struct note_journal *j = &s->journal;
    if (s->o->journal == NULL)
        return KR_OK;
    *j = (struct note_journal){.note = s->n, .asked = *s->o};
    j->asked.path = s->o->journal;
    hex_encode(s->n->digest, 32, j->digest);
    enum kr_error error = verify_journal(j);
    /* Of the sender's name, and yet not signed by its log. */
    if (error == KR_E_NOT_CHECKPOINT && j->sender) {
        fault(s, KR_E_NOTE_KEY, j->note->head.origin);
        return KR_OK;
    }
    if (error == KR_OK && j->verdict.problem != KR_OK)
        s->verdict = j->verdict;
    return error;
}

static enum kr_error judge(struct saying *s, note_verify_journal verify_journal)
{
    enum kr_error error = transfer_note_load(s->o->path, &s->n, NULL, NULL);
    s->verdict.bad_seq = VERIFY_NO_ENTRY;
    if (error == KR_E_NOTE_FORM || error == KR_E_NOTE_PROOF) {
        fault(s, error, kr_detail());
        return KR_OK;
    }
    if (error == KR_OK)
        error = transfer_note_fingerprint(s->n->log_key, s->fingerprint);
    if (error != KR_OK)
        return error;
    s->verdict.head = s->n->head;
    if (s->o->fingerprint != NULL &&
        !transfer_note_is_fingerprint(s->o->fingerprint, s->fingerprint)) {
        fault(s, KR_E_NOTE_FINGERPRINT, s->fingerprint);
        return KR_OK;
    }
    return judge_journal(s, verify_journal);
}

static void print_json(const struct saying *s)
{
    const struct note_journal *j = &s->journal;
    audit_json_verdict(&s->verdict);
    if (s->n != NULL) {
        char digest[65], form[CHECKPOINT_SHORT_MAX] = "";
        hex_encode(s->n->digest, 32, digest);
        checkpoint_short_form(&s->n->head, form, sizeof form);
        audit_json_text("note", digest);
        audit_json_text("centre", s->n->centre);
        audit_json_text("receiver", s->n->receiver);
        audit_json_text("ceremony", s->n->ceremony);
        audit_json_text("package", s->n->package);
        audit_json_text("fingerprint", s->fingerprint);
        audit_json_text("short_form", form);
        printf(",\"rehearsal\":%s,\"pages\":%zu,\"cards\":%zu,\"fingerprint_compared\":%s",
               s->n->rehearsal ? "true" : "false", s->n->page_count, s->n->card_count,
               s->o->fingerprint != NULL ? "true" : "false");
    }
    if (s->n != NULL && j->note != NULL) {
        audit_json_text("journal", j->sender ? "sender" : "other");
        if (j->sent)
            printf(",\"sent_entry\":%" PRIu64, j->sent_seq);
        if (j->received)
            printf(",\"received_entry\":%" PRIu64, j->received_seq);
    }
    printf("}\n");
}

static void print_journal(const struct note_journal *j)
{
    if (j->note == NULL) {
        printf("  %-26s none: --journal names the sender's or the receiver's store or bundle\n",
               "journal beside it");
        return;
    }
    printf("  %-26s %s, %s\n", "journal beside it", j->asked.path,
           j->sender ? "the sender's: it has to contain the checkpoint"
                     : "of another centre: it says only whether the note came there");
    if (j->sent)
        printf("  %-26s entry %" PRIu64 "\n", "written, it says, in", j->sent_seq);
    else if (j->sender)
        printf("  %-26s no entry that it shows\n", "written, it says, in");
    if (j->received)
        printf("  %-26s entry %" PRIu64 "\n", "received, it says, in", j->received_seq);
    else if (!j->sender)
        printf("  %-26s no entry that it shows\n", "received, it says, in");
}

static void print_note(const struct saying *s)
{
    const struct transfer_note *n = s->n;
    char form[CHECKPOINT_SHORT_MAX] = "", digest[65];
    checkpoint_short_form(&n->head, form, sizeof form);
    hex_encode(n->digest, 32, digest);
    printf("  %-26s %s\n  %-26s %s\n", "origin", n->head.origin, "SHA-256", digest);
    printf("  %-26s %s%s\n  %-26s %s\n", "from", n->centre, n->rehearsal ? " (REHEARSAL)" : "",
           "to", n->receiver);
    printf("  %-26s %s, bag %s\n", "ceremony", n->ceremony, n->package);
    printf("  %-26s %zu on %zu entries\n  %-26s", "cards", n->card_count, n->page_count,
           "signed by");
    for (size_t i = 0; i < n->people_count; i++)
        printf("%s %s", i == 0 ? "" : ",", n->people[i].person);
    printf("\n  %-26s %s\n  %-26s %s, %s\n", "its checkpoint", form, "fingerprint", s->fingerprint,
           s->o->fingerprint != NULL ? "as on the paper"
                                     : "not compared: --fingerprint takes that of the paper");
    print_journal(&s->journal);
}

static void print_text(const struct saying *s)
{
    audit_print_verdict(&s->verdict);
    if (s->journal.verdict.problem != KR_OK)
        printf("         This is said of the journal beside the note.\n\n");
    printf("  %-26s %s\n", "transfer note", s->o->path);
    if (s->n == NULL)
        return;
    print_note(s);
    printf("\nWhat this does not prove:\n");
    if (s->o->fingerprint == NULL)
        printf("- whose the log key is: compare the fingerprint with the printed note;\n");
    for (size_t i = 0; not_proved_by_note[i] != NULL; i++)
        printf("- %s\n", not_proved_by_note[i]);
}

int note_verdict(const struct audit_options *o, note_verify_journal verify_journal)
{
    struct saying *s = calloc(1, sizeof *s);
    if (s == NULL)
        return audit_not_run(o, KR_E_MEMORY);
    s->o = o;
    enum kr_error error = o->checkpoint_count == 0
                              ? judge(s, verify_journal)
                              : kr_fail(KR_E_COMMAND_LINE, "--checkpoint with a transfer note");
    if (error == KR_OK && o->json)
        print_json(s);
    else if (error == KR_OK)
        print_text(s);
    int status = s->verdict.problem == KR_OK ? EXIT_AGREES : EXIT_ALTERED;
    status = error == KR_OK ? audit_finish(o, status) : audit_not_run(o, error);
    transfer_note_free(&s->n);
    free(s);
    return status;
}
