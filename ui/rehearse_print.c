#include <stdio.h>
#include <string.h>

#include "language.h"
#include "rehearse_run.h"

void rehearse_print_begin(struct rehearsal *r)
{
    struct step_line lines[REHEARSED_STEPS_MAX];
    const struct script *script = ceremony_script(r->ceremony);
    size_t current;
    size_t count = ceremony_steps(r->ceremony, lines, REHEARSED_STEPS_MAX, &current);

    memset(r->printed, 0, sizeof r->printed);
    if (r->quiet)
        return;
    printf("%s · %s · REHEARSAL\n", script->id,
           language_chinese() ? script->title.zh : script->title.en);
    if (ceremony_id(r->ceremony)[0])
        printf(_("%s goes on at step %s, %s\n"), ceremony_id(r->ceremony), lines[current].number,
               lines[current].title);
    for (size_t i = 0; ceremony_id(r->ceremony)[0] && i < count; i++)
        r->printed[i] = lines[i].state;
}

static void print_step(const struct step_line *line)
{
    const char *sign = line->state == STEP_DONE ? "✓" : line->state == STEP_SKIPPED ? "–" : "✗";

    printf("%s %s %s", sign, line->number, line->title);
    if (line->who[0])
        printf(" · %s", line->who);
    if (line->fact[0])
        printf(" · %s", line->fact);
    if (line->state == STEP_SKIPPED)
        printf(" · %s", _("not needed here"));
    putchar('\n');
}

void rehearse_print_steps(struct rehearsal *r)
{
    struct step_line lines[REHEARSED_STEPS_MAX];
    size_t current;
    size_t count = ceremony_steps(r->ceremony, lines, REHEARSED_STEPS_MAX, &current);

    if (r->quiet)
        return;
    for (size_t i = 0; i < count; i++) {
        bool ended = lines[i].state == STEP_DONE || lines[i].state == STEP_SKIPPED ||
                     lines[i].state == STEP_FAILED;
        if (ended && lines[i].state != r->printed[i])
            print_step(&lines[i]);
        r->printed[i] = lines[i].state;
    }
    fflush(stdout);
}

/* Number of the newest refusal from that place on, 0 for none. */
static uint64_t refusal_since(struct rehearsal *r, uint64_t first)
{
    struct store *store = session_store(r->session);
    uint64_t found = 0;
    for (uint64_t seq = first; seq < journal_size(store); seq++) {
        struct entry e;
        if (journal_read(store, seq, &e) != KR_OK)
            break;
        if (strcmp(e.kind, "refusal") == 0)
            found = seq + 1;
        entry_free(&e);
    }
    return found;
}

void rehearse_print_problem(struct rehearsal *r, const struct request *q, uint64_t journal)
{
    if (r->quiet || !q->problem[0])
        return;
    uint64_t refusal = session_is_open(r->session) ? refusal_since(r, journal) : 0;
    printf("! %s · %s", q->key, q->problem);
    if (refusal)
        printf(_(" · refusal, journal %llu"), (unsigned long long)refusal);
    putchar('\n');
    fflush(stdout);
}

void rehearse_print_question(const struct rehearsal *r, const struct request *q)
{
    if (!r->questions || q->kind == REQUEST_FINISHED)
        return;
    printf("? %s · ", q->key);
    for (const char *at = q->text; *at; at++)
        putchar(*at == '\n' ? ' ' : *at);
    putchar('\n');
    fflush(stdout);
}

void rehearse_print_end(struct rehearsal *r)
{
    if (r->quiet)
        return;
    printf(_("● %s is closed · journal %llu\n"), ceremony_id(r->ceremony),
           (unsigned long long)journal_size(session_store(r->session)));
    fflush(stdout);
}

void rehearse_print_stop(const struct rehearsal *r, enum kr_error why)
{
    char sentence[768];
    const struct request *q = &r->request;

    fflush(stdout);
    if (r->ceremony && why == KR_E_ANSWER && q->problem[0])
        fprintf(stderr, "%s\n", q->problem);
    else
        fprintf(stderr, "%s\n", kr_explain(why, NULL, sentence, sizeof sentence));
    if (r->ceremony && q->key[0])
        fprintf(stderr, _("  at %s · %s · %s\n"), q->key, q->title,
                q->person_name[0] ? q->person_name : _("anybody present"));
}
