#include "audit.h"

#include <stdio.h>
#include <string.h>

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
    case KR_E_STORE_ROW:
        return "a row of the database tells something else than the journal: {}";
    case KR_E_STORE_OLD:
        return "the journal ends here although more was signed: {}";
    case KR_E_CHECKPOINT:
        return "does not agree with the checkpoint {} (of a short form: compare it letter by "
               "letter first)";
    case KR_E_SLOTS:
        return "the slot file tells something else than the journal: {}";
    case KR_E_STORE_DAMAGED:
        return "altered or damaged: {}";
    default:
        return "breaks a rule of the journal: {}";
    }
}

void audit_print_reason(enum kr_error problem, const char *detail)
{
    const char *text = reason(problem), *hole = strstr(text, "{}");
    printf("%.*s%s%s", (int)(hole - text), text, detail, hole + 2);
}

/* What must be escaped is, the rest is UTF-8 already. */
void audit_json_text(const char *name, const char *value)
{
    printf(",\"%s\":\"", name);
    for (const unsigned char *c = (const unsigned char *)value; *c; c++) {
        if (*c == '"' || *c == '\\') {
            printf("\\%c", *c);
        } else if (*c < 0x20) {
            printf("\\u%04x", *c);
        } else {
            putchar(*c);
        }
    }
    putchar('"');
}
