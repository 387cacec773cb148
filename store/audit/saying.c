#include "saying.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../../crypto/hash.h"

/* Why the entry is bad, for a sentence that begins with the entry. {} stands for the detail. */
static const char *reason(enum kr_error problem)
{
    switch (problem) {
    case KR_E_SIGNATURE:
        return "a signature does not verify: {}";
    case KR_E_ENTRY_FORMAT:
        return "not what was committed to and signed: {}";
    case KR_E_SAME_PERSON:
        return "signed twice by the same person: {}";
    case KR_E_PERSON_UNKNOWN:
        return "signed by {}, who was not enrolled with that key at that time";
    case KR_E_PERSON_REVOKED:
        return "signed by {}, who had been revoked by then";
    case KR_E_ROLE:
        return "signed by people who may not sign such an entry: {}";
    case KR_E_NOT_APPROVED:
        return "step {} was done without an approval before it";
    case KR_E_WITNESS:
        return "the witness of a key's destruction had entered a component of it: {}";
    case KR_E_STORE_ROW:
        return "a row of the database tells something else than the journal: {}";
    case KR_E_STORE_OLD:
        return "the journal ends here although more was signed: {}";
    case KR_E_CHECKPOINT:
        return "does not agree with the checkpoint {} (of a short form: compare it letter by "
               "letter first)";
    case KR_E_NOTE_FORM:
        return "not a transfer note as it was written: {}";
    case KR_E_NOTE_PROOF:
        return "the transfer note does not prove what it says: {}";
    case KR_E_NOTE_KEY:
        return "the transfer note is signed by another log key than that journal's: {}";
    case KR_E_NOTE_FINGERPRINT:
        return "the log key in the file is not the one of the printed note, its fingerprint is {}";
    case KR_E_BUNDLE:
        return "not as a bundle must be: {}";
    case KR_E_SLOTS:
        return "the slot file tells something else than the journal: {}";
    case KR_E_STORE_DAMAGED:
        return "altered or damaged: {}";
    default:
        return "breaks a rule of the journal: {}";
    }
}

static void print_reason(enum kr_error problem, const char *detail)
{
    const char *text = reason(problem), *hole = strstr(text, "{}");
    printf("%.*s%s%s", (int)(hole - text), text, detail, hole + 2);
}

/* What must be escaped is. A detail may quote what was altered: what is no UTF-8 in it becomes
 * U+FFFD. */
void audit_json_text(const char *name, const char *value)
{
    size_t left = strlen(value), len;
    printf(",\"%s\":\"", name);
    for (const char *c = value; left > 0; c += len, left -= len) {
        unsigned char byte = (unsigned char)*c;
        len = utf8_character(c, left);
        if (byte == '"' || byte == '\\') {
            printf("\\%c", byte);
        } else if (byte < 0x20 || byte == 0x7F) {
            printf("\\u%04x", byte);
        } else if (len == 2 && byte == 0xC2 && (unsigned char)c[1] < 0xA0) {
            printf("\\u%04x", (unsigned char)c[1]);
        } else if (len == 0) {
            printf("\\ufffd");
        } else {
            fwrite(c, 1, len, stdout);
        }
        len = len == 0 ? 1 : len;
    }
    putchar('"');
}

void audit_json_verdict(const struct verify_report *r)
{
    printf("{\"verdict\":\"%s\"", r->problem == KR_OK ? "ok" : "altered");
    if (r->problem != KR_OK) {
        audit_json_text("problem", kr_name(r->problem));
        audit_json_text("what", r->what);
    }
    if (r->problem != KR_OK && r->bad_seq != VERIFY_NO_ENTRY) {
        printf(",\"entry\":%" PRIu64, r->bad_seq);
    }
    audit_json_text("origin", r->head.origin);
}

void audit_print_verdict(const struct verify_report *r)
{
    if (r->problem == KR_OK) {
        printf("VERDICT: everything that was checked agrees.\n\n");
        return;
    }
    printf("VERDICT: ALTERED");
    if (r->bad_seq != VERIFY_NO_ENTRY && r->problem == KR_E_STORE_ROW) {
        printf(" - not what entry %" PRIu64 " says", r->bad_seq);
    } else if (r->bad_seq != VERIFY_NO_ENTRY) {
        printf(" - first bad entry: %" PRIu64, r->bad_seq);
    }
    printf("\n         ");
    print_reason(r->problem, r->what);
    printf("\n\n");
}

int audit_say_altered(const struct audit_options *o, const struct verify_report *r)
{
    if (o->json) {
        audit_json_verdict(r);
        printf("}\n");
    } else {
        audit_print_verdict(r);
    }
    return audit_finish(o, EXIT_ALTERED);
}

enum kr_error audit_read_checkpoint(const char *which, char text[CHECKPOINT_MAX + 1], size_t *len)
{
    uint64_t size;
    FILE *f = fopen(which, "rb");
    if (!f && checkpoint_is_compact(which, strlen(which)) &&
        strlen(which) < CHECKPOINT_COMPACT_MAX) {
        *len = (size_t)snprintf(text, CHECKPOINT_COMPACT_MAX, "%s", which);
        return KR_OK;
    }
    if (!f && checkpoint_short_read(which, strlen(which), &size, text) == KR_OK) {
        *len = strlen(text);
        return KR_OK;
    }
    if (!f) {
        return kr_fail(KR_E_FILE, "%s: %s", which, strerror(errno));
    }
    *len = fread(text, 1, CHECKPOINT_MAX + 1, f);
    bool failed = ferror(f) != 0;
    fclose(f);
    return failed ? kr_fail(KR_E_FILE, "%s", which) : KR_OK;
}
