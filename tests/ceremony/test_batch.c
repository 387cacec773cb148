/* A batch of hundreds of cards costs as much a card at its end as at its beginning, and every
 * serial is accounted for. */
#include "hall.h"

#include "../../crypto/hash.h"

#define BATCH "300"
#define CARDS 300
#define ASIDE 120 /* the card that is set aside */

static char hall_batch[64]; /* 300 blanks taken in */

/* The next blank from the box into reader 2. */
static void feed(struct hall *h, unsigned *card)
{
    char name[DECK_NAME_MAX];
    hall_pull(h, 1);
    snprintf(name, sizeof name, "mother-%02u", ++*card % 1000);
    assert_ok(deck_insert(h->deck, name, 1));
}

/* Answers as hall_step() does, but takes cards from the box in order. */
static void step(struct hall *h, unsigned *card)
{
    hall_next(h);
    if (h->r.kind == REQUEST_CARD && strncmp(h->r.key, "maker", 5) == 0) {
        assert_ok(deck_insert(h->deck, "manufacturer-01", (int)h->r.reader));
        assert_ok(hall_give(h, ANSWER_OK, ""));
    } else if (h->r.kind == REQUEST_CARD) {
        feed(h, card);
        assert_ok(hall_give(h, ANSWER_OK, ""));
    } else if (strstr(h->r.key, ".label") != NULL) {
        assert_ok(hall_give(h, ANSWER_OK, ""));
    } else {
        enum kr_error err = hall_answer(h);
        if (err != KR_OK)
            fail_msg("answering %s: %s (%s)", h->r.key, kr_name(err), kr_detail());
    }
    if (h->r.kind == REQUEST_CARD)
        assert_string_equal(h->ceremony->problem, "");
}

static int stage(void **state)
{
    struct hall *h = hall_open(hall_rooted);
    char first[DECK_NAME_MAX];
    unsigned card = 0;
    (void)state;
    assert_ok(deck_new(h->deck, "blank-mother", CARDS - 5, first));
    hall_begin(h, "card-intake");
    hall_say(h, "quantity", BATCH);
    while (h->ceremony->finished == false)
        step(h, &card);
    assert_int_equal(card, CARDS);
    assert_journal_clean(h);
    hall_leave(h);
    snprintf(hall_batch, sizeof hall_batch, "%s", h->dir);
    free(h);
    return 0;
}

static int stages(void **state)
{
    hall_make_founded();
    hall_make_rooted();
    return stage(state);
}

static int stages_end(void **state)
{
    if (hall_batch[0] != '\0')
        hall_shell("rm -rf %s", hall_batch);
    return hall_stages_end(state);
}

/* What is saved, and what is resident, in bytes. */
static size_t state_size(struct hall *h)
{
    char *text = NULL;
    assert_ok(state_text(h->ceremony, &text));
    size_t len = strlen(text);
    free(text);
    return len;
}

static size_t resident(void)
{
    unsigned long size = 0, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%lu %lu", &size, &pages), 2);
    fclose(f);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void begin_washing(struct hall *h, unsigned *card)
{
    hall_begin(h, "card-wash");
    hall_say(h, "quantity", BATCH);
    do {
        step(h, card);
        hall_next(h);
    } while (strcmp(h->r.key, "wash") != 0);
}

static void wash_to(struct hall *h, unsigned *card, unsigned last)
{
    while (*card < last)
        step(h, card);
    hall_next(h);
}

static void sums(struct hall *h, unsigned drawn, unsigned good, unsigned spoiled)
{
    struct ceremony_progress p;
    ceremony_progress(h->ceremony, &p);
    assert_int_equal(p.drawn, drawn);
    assert_int_equal(p.good, good);
    assert_int_equal(p.spoiled, spoiled);
    assert_int_equal(p.doubt, drawn - good - spoiled);
    assert_int_equal(p.total, CARDS);
    assert_int_equal(p.done, good + spoiled);
}

static void set_one_aside(struct hall *h, unsigned *card)
{
    feed(h, card);
    assert_ok(sim_fault_order(h->deck, 1, "10:gone-after"));
    assert_ok(hall_give(h, ANSWER_OK, ""));
    hall_next(h);
    assert_string_equal(h->r.key, "wash.trouble");
    sums(h, ASIDE, ASIDE - 1, 0);
    assert_string_equal(h->r.options[2].word, "aside");
    hall_say(h, "wash.trouble", "aside");
    hall_step(h);
    assert_string_equal(h->r.key, "wash");
    assert_string_equal(var_get(h->ceremony, "remake"), "");
    sums(h, ASIDE, ASIDE - 1, 1);
}

static void one_altered_row_is_found(struct hall *h)
{
    struct verify_report report;
    struct piece_record p;
    size_t count = 0;
    struct store *store = session_store(h->session);
    assert_ok(pieces_list(store, ceremony_id(h->ceremony), "spoiled", 0, &p, 1, &count));
    assert_int_equal(count, 1);
    assert_int_equal(p.place, ASIDE);
    snprintf(p.what, sizeof p.what, "good");
    assert_ok(store_begin(store));
    assert_ok(pieces_set(store, &p));
    assert_ok(store_commit(store));
    assert_ok(store_verify(store, NULL, NULL, &report));
    assert_int_equal(report.problem, KR_E_STORE_ROW);
    assert_non_null(strstr(report.what, "what is good, not spoiled"));
}

static void
hundreds_of_cards_leave_memory_and_state_flat_and_every_serial_in_the_balance(void **state)
{
    struct hall *h = hall_open(hall_batch);
    struct card_line lines[CARD_LINES_MAX];
    unsigned card = 0;
    (void)state;
    begin_washing(h, &card);
    wash_to(h, &card, 10);
    size_t text = state_size(h), bytes = resident(), vars = h->ceremony->var_count;
    wash_to(h, &card, ASIDE - 1);
    set_one_aside(h, &card);
    hall_again(h); /* the power fails; the account goes on where it was */
    hall_sign_in(h, "sun");
    hall_resume(h);
    do {
        hall_next(h);
        if (strcmp(h->r.key, "wash") != 0)
            assert_ok(hall_answer(h));
    } while (strcmp(h->r.key, "wash") != 0);
    wash_to(h, &card, ASIDE + 10);
    sums(h, ASIDE + 10, ASIDE + 9, 1);
    wash_to(h, &card, CARDS - 1);
    assert_in_range(state_size(h), text - 64, text + 64);
    assert_in_range(h->ceremony->var_count, vars, vars + 1);
#ifdef KEYRITE_SANITIZED /* what is freed is kept there for a while, to find its late use */
    (void)bytes;
#else
    assert_in_range(resident(), 0, bytes + 1024 * 1024);
#endif
    assert_int_equal(ceremony_cards(h->ceremony, lines, CARD_LINES_MAX), CARD_LINES_MAX);
    assert_string_equal(lines[CARD_LINES_MAX - 1].what, "good");
    wash_to(h, &card, CARDS);
    assert_string_equal(h->r.key, "balance");
    assert_int_equal(piece_count(h->ceremony, NULL), CARDS);
    /* sums, then one line a run of numbers: before the spoiled one, it, and after it */
    assert_int_equal(h->r.fact_count, 5 + 3);
    assert_string_equal(h->r.facts[3].value, "1");
    hall_walk_to(h, "");
    assert_int_equal(hall_count(h, "balance", "text", "drawn 300 = good 299 + spoiled 1"), 1);
    assert_int_equal(hall_count(h, "balance", "text", "1 set aside"), 1);
    assert_int_equal(hall_count(h, "note", "text", "pieces 1 to 150"), 2); /* of the intake too */
    assert_journal_clean(h);
    one_altered_row_is_found(h);
    hall_close(h);
}

static void a_piece_that_the_inventory_knows_otherwise_keeps_the_balance_open(void **state)
{
    struct hall *h = hall_open(hall_batch);
    struct card_record rec;
    unsigned card = 0;
    (void)state;
    hall_begin(h, "card-wash");
    hall_say(h, "quantity", "2");
    do {
        step(h, &card);
        hall_next(h);
    } while (strcmp(h->r.key, "balance") != 0);
    struct store *store = session_store(h->session);
    assert_ok(cards_by_number(store, var_get(h->ceremony, "number"), &rec));
    snprintf(rec.state, sizeof rec.state, "spoiled");
    assert_ok(store_begin(store));
    assert_ok(cards_set(store, &rec));
    assert_ok(store_commit(store));
    hall_step(h);
    assert_problem(h, KR_E_BALANCE);
    assert_string_equal(h->r.key, "balance");
    hall_close(h);
}

/* Every other one spoiled, so that none stands in a run with its neighbour. */
static void cards_that_find_no_line_in_the_balance_are_counted_there(void **state)
{
    struct hall *h = hall_open(hall_batch);
    struct request r = {0};
    (void)state;
    hall_begin(h, "card-wash");
    hall_walk_to(h, "approve");
    struct store *store = session_store(h->session);
    assert_ok(store_begin(store));
    for (int i = 1; i <= 100; i++) {
        struct piece_record p = {.place = i};
        snprintf(p.ceremony, sizeof p.ceremony, "%s", ceremony_id(h->ceremony));
        snprintf(p.chip, sizeof p.chip, "%016X", (unsigned)i);
        snprintf(p.number, sizeof p.number, "%020d", i);
        snprintf(p.what, sizeof p.what, "%s", i % 2 ? "good" : "spoiled");
        assert_ok(pieces_set(store, &p));
    }
    assert_ok(store_commit(store));
    assert_ok(pieces_facts(h->ceremony, &r));
    assert_int_equal(r.fact_count, REQUEST_FACTS_MAX);
    /* drawn, good, spoiled, set aside, returned, 74 cards, and this */
    const struct request_fact *last = &r.facts[REQUEST_FACTS_MAX - 1];
    assert_string_equal(last->label, "further cards");
    assert_string_equal(last->value, "26; the journal has each of them");
    hall_close(h);
}

/* The script of card-wash with its step held twice. */
static void write_twice(const struct hall *h, char path[PATH_ROOM])
{
    snprintf(path, PATH_ROOM, "%s/twice.yaml", h->dir);
    hall_shell("sed 's/covers: .wash./covers: [wash, second]/' ceremony/scripts/card-wash.yaml | "
               "awk '/- id: balance/ {sub(/id: wash/, \"id: second\", step); printf \"%%s\", step; "
               "on = 0} /- id: wash$/ {on = 1} on {step = step $0 \"\\n\"} {print}' > %s",
               path);
}

static void two_steps_of_one_kind_do_not_share_what_they_have_done(void **state)
{
    struct hall *h = hall_open(hall_batch);
    char path[PATH_ROOM];
    unsigned card = 0;
    (void)state;
    write_twice(h, path);
    hall_begin(h, path);
    hall_say(h, "quantity", "2");
    while (card < 2)
        step(h, &card);
    hall_next(h);
    assert_string_equal(h->r.key, "second");
    assert_string_equal(h->r.facts[0].value, "0 of 2");
    while (card < 4)
        step(h, &card);
    hall_next(h);
    assert_string_equal(h->r.key, "balance");
    assert_int_equal(piece_count(h->ceremony, "good"), 4);
    hall_walk_to(h, "");
    assert_journal_clean(h);
    hall_close(h);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            hundreds_of_cards_leave_memory_and_state_flat_and_every_serial_in_the_balance),
        cmocka_unit_test(cards_that_find_no_line_in_the_balance_are_counted_there),
        cmocka_unit_test(a_piece_that_the_inventory_knows_otherwise_keeps_the_balance_open),
        cmocka_unit_test(two_steps_of_one_kind_do_not_share_what_they_have_done),
    };
    int status;
    if (hall_child(argc, argv, &status))
        return status;
    return cmocka_run_group_tests(tests, stages, stages_end);
}
