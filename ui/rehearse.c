#include "rehearse.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "language.h"
#include "rehearse_run.h"

#define CEREMONIES_ROOM 256
#define PACE_MS         800
#define PACE_MOST_MS    60000

enum outcome { OUTCOME_CLOSED, OUTCOME_STOPPED, OUTCOME_WRONG_FILE, OUTCOME_PAUSED };

/* ---- Command line ---- */

static void print_help(void)
{
    fputs(
        _("keyrite rehearse SCRIPT... --store DIR --deck DIR --answers FILE [options]\n"
          "Holds ceremonies on simulated cards and a throw-away store, answers from a file.\n"
          "\n"
          "  SCRIPT             id of a ceremony (root-generate) or path of a script file\n"
          "  --store DIR        the store; site-init makes it\n"
          "  --deck DIR         folder of simulated cards; made when missing\n"
          "  --answers FILE     who says and types what (docs/rehearsal.md)\n"
          "  --reader sim|pcsc  cards in this program (default), or behind pcscd by keyrite-vcard\n"
          "  --lang zh_CN|en    language of the lines\n"
          "  --fresh            begin anew even where an unfinished ceremony could go on\n"
          "  --go-on            leave out what an earlier run of the same command has closed\n"
          "  --quiet            no lines, only what went wrong\n"
          "  --questions        a line for each question too, before it is answered\n"
          "  --screen           on the console's own screens, for people to watch\n"
          "  --pace MS          there: how long each question stands before it is answered (800)\n"
          "\n"
          "exit status: 0 all closed, 1 one was not, 2 wrong command line or answers file, 3 "
          "paused\n"),
        stdout);
}

static bool take_option(struct rehearsal *r, int option)
{
    switch (option) {
    case 's':
        r->store = optarg;
        return true;
    case 'd':
        r->deck = optarg;
        return true;
    case 'a':
        r->answers_path = optarg;
        return true;
    case 'l':
        r->lang = optarg;
        return strcmp(optarg, "zh_CN") == 0 || strcmp(optarg, "en") == 0;
    case 'r':
        r->readers = strcmp(optarg, "pcsc") == 0 ? READER_PCSC : READER_SIM;
        return strcmp(optarg, "pcsc") == 0 || strcmp(optarg, "sim") == 0;
    case 'q':
        r->quiet = true;
        return true;
    case 'u':
        r->questions = true;
        return true;
    case 'f':
        r->fresh = true;
        return true;
    case 'g':
        r->go_on = true;
        return true;
    case 'c':
        r->screen = true;
        return true;
    case 'p':
        r->pace_ms = atoi(optarg);
        return r->pace_ms > 0 && r->pace_ms <= PACE_MOST_MS;
    default:
        return false;
    }
}

/* False when the command line cannot be used; *help when only help was asked for. */
static bool read_command(int argc, char **argv, struct rehearsal *r, bool *help)
{
    static const struct option options[] = {
        {"store", required_argument, NULL, 's'},
        {"deck", required_argument, NULL, 'd'},
        {"answers", required_argument, NULL, 'a'},
        {"reader", required_argument, NULL, 'r'},
        {"lang", required_argument, NULL, 'l'},
        {"quiet", no_argument, NULL, 'q'},
        {"fresh", no_argument, NULL, 'f'},
        {"go-on", no_argument, NULL, 'g'},
        {"screen", no_argument, NULL, 'c'},
        {"pace", required_argument, NULL, 'p'},
        {"questions", no_argument, NULL, 'u'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;

    r->pace_ms = PACE_MS;
    optind = 0; /* begin anew: the program has read its own options before */
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'h') {
            *help = true;
            return true;
        }
        if (!take_option(r, option))
            return false;
    }
    for (; optind < argc && r->script_count < REHEARSED_SCRIPTS_MAX; optind++)
        r->scripts[r->script_count++] = argv[optind];
    return optind == argc && r->script_count > 0 && r->store && r->deck && r->answers_path;
}

/* ---- Answers that answer nothing ---- */

static bool is_word(const char *key, size_t len, const char *word)
{
    return strlen(word) == len && strncmp(key, word, len) == 0;
}

/* Steps, what the opening asks (parameters, seats), sign-ins, and the people a founding enrols. */
static bool is_asked(const struct script *s, const char *key)
{
    size_t len = strcspn(key, ".[");
    bool seat = len > 5 && strncmp(key, "seat-", 5) == 0;
    bool found = is_word(key, len, "sign-in") || is_word(key, len, "seat-quorum");

    for (size_t i = 0; i < s->steps_count; i++)
        found = found || is_word(key, len, s->steps[i].id) ||
                (strcmp(s->steps[i].kind, "enrol") == 0 && is_word(key, len, "person"));
    for (size_t i = 0; i < s->parameters_count; i++)
        found = found || is_word(key, len, s->parameters[i].id);
    for (size_t i = 0; seat && i < s->seats_count; i++)
        found = found || is_word(key + 5, len - 5, s->seats[i].id);
    return found;
}

static enum kr_error check_keys(struct rehearsal *r, const struct script *s)
{
    unsigned line = 0;
    const char *key;

    for (size_t n = 0; (key = answers_key(r->answers, n, &line)) != NULL; n++)
        if (!is_asked(s, key))
            return kr_fail(KR_E_ANSWER_UNUSED, "%s (%s line %u)", key, r->answers_path, line);
    return KR_OK;
}

/* answers: names only ceremonies that exist: those of this run or others in the folder. */
static enum kr_error check_script_names(struct rehearsal *r)
{
    char path[PATH_ROOM];
    const char *name;

    for (size_t n = 0; (name = answers_script(r->answers, n)) != NULL; n++) {
        bool known = paths_script(&r->paths, name, path) == KR_OK;
        for (size_t i = 0; i < r->script_count; i++)
            known = known || strcmp(r->ids[i], name) == 0;
        if (!known)
            return kr_fail(KR_E_ANSWER_UNUSED, "%s (%s)", name, r->answers_path);
    }
    return KR_OK;
}

static size_t held_before(const struct rehearsal *r, size_t at)
{
    size_t times = 0;

    for (size_t i = 0; i < at; i++)
        times += strcmp(r->ids[i], r->ids[at]) == 0;
    return times;
}

/* Every script is read once before the first begins: a wrong file is refused before anything
 * happened. */
static enum kr_error check_all(struct rehearsal *r)
{
    char path[PATH_ROOM];
    enum kr_error rc = KR_OK;

    for (size_t i = 0; rc == KR_OK && i < r->script_count; i++) {
        struct script *s = NULL;
        rc = paths_script(&r->paths, r->scripts[i], path);
        if (rc == KR_OK)
            rc = script_load(path, &s);
        if (rc == KR_OK) {
            snprintf(r->ids[i], sizeof r->ids[i], "%s", s->id);
            answers_begin(r->answers, s->id, held_before(r, i), false);
            rc = check_keys(r, s);
        }
        script_free(&s);
    }
    return rc == KR_OK ? check_script_names(r) : rc;
}

/* ---- Opening the store ---- */

static enum kr_error sign_in(struct rehearsal *r, const char *person)
{
    struct secret_entry_spec spec = {.kind = ENTRY_PASSPHRASE};
    struct secret_entry_state state;
    struct vault *v = session_vault(r->session);
    vault_handle entry = 0;
    enum kr_error rc = vault_entry_open(v, &spec, &entry);

    if (rc == KR_OK)
        rc =
            vault_entry_type(v, entry, answers_of_person(r->answers, person, "passphrase"), &state);
    if (rc == KR_OK)
        return session_sign_in(r->session, person, entry);
    vault_drop(v, entry);
    return rc;
}

enum kr_error rehearse_open_store(struct rehearsal *r)
{
    const struct slots *slots = session_slots(r->session);
    const char *person;

    if (!session_has_store(r->session) || session_is_open(r->session))
        return KR_OK;
    for (size_t n = 0; (person = answers_person(r->answers, n)) != NULL; n++) {
        const struct person *p = slots_find(slots, person);
        if (p && !p->revoked)
            return sign_in(r, person);
    }
    return kr_fail(KR_E_PERSON_UNKNOWN, "%s",
                   answers_person(r->answers, 0) ? answers_person(r->answers, 0) : "-");
}

/* Ceremonies of a script with a status: how many, and the newest one's id. */
static enum kr_error count_held(struct rehearsal *r, const char *script, const char *status,
                                size_t *count, char newest[40])
{
    char(*ids)[40] = calloc(CEREMONIES_ROOM, sizeof *ids);
    size_t all = 0;

    *count = 0;
    newest[0] = '\0';
    if (!ids)
        return KR_E_MEMORY;
    enum kr_error rc =
        ceremonies_list(session_store(r->session), status, ids, CEREMONIES_ROOM, &all);
    for (size_t i = 0; rc == KR_OK && i < all && i < CEREMONIES_ROOM; i++) {
        struct ceremony_record record;
        rc = ceremonies_get(session_store(r->session), ids[i], &record);
        if (rc != KR_OK)
            break;
        if (strcmp(record.script, script) == 0 && (*count)++ == 0)
            snprintf(newest, 40, "%s", ids[i]);
        ceremony_record_free(&record);
    }
    free(ids);
    return rc;
}

/* ---- One ceremony ---- */

enum kr_error rehearse_next(struct rehearsal *r, size_t at, char path[PATH_ROOM], char open_id[40])
{
    size_t count;
    enum kr_error rc = paths_script(&r->paths, r->scripts[at], path);

    open_id[0] = '\0';
    if (rc == KR_OK && !r->fresh && session_is_open(r->session))
        rc = count_held(r, r->ids[at], "open", &count, open_id);
    if (rc != KR_OK)
        return rc;
    r->last_key[0] = r->wrong_block[0] = '\0';
    memset(&r->request, 0, sizeof r->request);
    answers_begin(r->answers, r->ids[at], held_before(r, at), open_id[0] != '\0');
    return KR_OK;
}

static enum kr_error begin(struct rehearsal *r, size_t at)
{
    char path[PATH_ROOM], open_id[40];
    enum kr_error rc = rehearse_next(r, at, path, open_id);

    if (rc == KR_OK)
        rc = open_id[0] ? ceremony_resume(r->session, open_id, &r->ceremony)
                        : ceremony_begin(r->session, path, &r->ceremony);
    if (rc == KR_OK)
        rehearse_print_begin(r);
    return rc;
}

static uint64_t journal_now(struct rehearsal *r)
{
    return session_is_open(r->session) ? journal_size(session_store(r->session)) : 0;
}

static enum kr_error walk(struct rehearsal *r)
{
    enum kr_error rc;
    uint64_t journal = journal_now(r);

    for (;;) {
        struct request next;
        rc = ceremony_next(r->ceremony, &next);
        rehearse_print_steps(r);
        if (rc != KR_OK)
            break;
        rehearse_print_problem(r, &next, journal);
        rehearse_print_question(r, &next);
        if (!next.problem[0] && strcmp(next.key, r->request.key) != 0)
            answers_used_up(r->answers);
        r->request = next;
        if (next.kind == REQUEST_FINISHED)
            break;
        journal = journal_now(r);
        rc = rehearse_answer(r);
        if (rc != KR_OK)
            break;
    }
    return rc;
}

static enum outcome outcome_of(struct rehearsal *r, enum kr_error rc)
{
    if (rc == KR_OK)
        return OUTCOME_CLOSED;
    rehearse_print_stop(r, rc);
    if (rc == KR_E_PAUSED)
        return OUTCOME_PAUSED;
    return r->wrong_file ? OUTCOME_WRONG_FILE : OUTCOME_STOPPED;
}

static enum outcome hold(struct rehearsal *r, size_t at)
{
    char newest[40];
    size_t closed = 0;
    size_t times = held_before(r, at);
    enum kr_error rc = rehearse_open_store(r);

    if (rc == KR_OK && r->go_on && session_is_open(r->session))
        rc = count_held(r, r->ids[at], "closed", &closed, newest);
    if (rc == KR_OK && closed > times)
        return OUTCOME_CLOSED;
    if (rc == KR_OK)
        rc = begin(r, at);
    if (rc == KR_OK)
        rc = walk(r);
    if (rc == KR_OK)
        rehearse_print_end(r);
    enum outcome outcome = outcome_of(r, rc);
    ceremony_end(&r->ceremony);
    return outcome;
}

/* ---- The whole ---- */

static enum kr_error prepare(struct rehearsal *r)
{
    enum kr_error rc = secret_heap_open();

    if (rc == KR_OK)
        rc = answers_read(r->answers_path, &r->answers);
    if (rc == KR_OK)
        rc = check_all(r);
    if (rc == KR_OK)
        rc = rehearse_deck(r);
    r->wrong_file = rc != KR_OK && rc != KR_E_LOCKED_MEMORY && rc != KR_E_MEMORY;
    if (rc != KR_OK)
        return rc;
    struct session_options options = {
        .store_dir = r->store,
        .scripts_dir = r->paths.scripts,
        .layouts_dir = r->paths.layouts,
        .readers = r->readers,
        .deck = r->deck,
        .rehearsal = true,
        .scripted = true,
    };
    return session_start(&options, &r->session);
}

int rehearse_main(int argc, char **argv)
{
    bool help = false;
    struct rehearsal *r = calloc(1, sizeof *r);
    enum outcome outcome = OUTCOME_WRONG_FILE;

    if (!r)
        return OUTCOME_STOPPED;
    bool usable = read_command(argc, argv, r, &help);
    enum kr_error found = paths_find(&r->paths);
    if (found == KR_OK)
        found = language_start(&r->paths, r->lang);
    if (help) {
        print_help();
        outcome = OUTCOME_CLOSED;
    } else if (!usable) {
        fputs(_("The command line cannot be used; keyrite rehearse --help shows its form.\n"),
              stderr);
    } else {
        outcome = outcome_of(r, found == KR_OK ? prepare(r) : found);
        if (outcome == OUTCOME_CLOSED && r->screen)
            outcome = outcome_of(r, rehearse_on_screen(r));
        for (size_t i = 0; outcome == OUTCOME_CLOSED && !r->screen && i < r->script_count; i++)
            outcome = hold(r, i);
    }
    session_end(&r->session);
    answers_free(&r->answers);
    free(r);
    return (int)outcome;
}
