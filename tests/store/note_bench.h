/* A centre that sent three cards on two pages and made the transfer note. */
#ifndef KEYRITE_TESTS_STORE_NOTE_BENCH_H
#define KEYRITE_TESTS_STORE_NOTE_BENCH_H

#include "centre.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "../../crypto/hash.h"
#include "../../crypto/seal.h"
#include "../../store/receptions.h"

#define ID     "SEND-2026-001"
#define CHIP_1 "0102030405060708"
#define CHIP_2 "1112131415161718"
#define CHIP_3 "2122232425262728"
#define CARD_1 "card 00000000000000000017 bkc " CHIP_1 " delivered bkc 00000000000000000018\n"
#define CARD_2 "card 00000000000000000018 back " CHIP_2 " delivered back 00000000000000000017\n"
#define CARD_3 "card 00002000000000000003 psam " CHIP_3 " delivered psam -\n"

struct bench {
    struct test_centre centre;
    uint64_t pages[2];
    char checkpoint[CHECKPOINT_MAX];
    char *text;
    size_t len;
};

/* The lines of a page; `more` are its cards with their labels. */
static void page_lines(struct test_centre *c, const char *page, const char *more, char *out,
                       size_t room)
{
    char key[65];
    hex_encode(c->slots.log_public, 32, key);
    snprintf(out, room,
             "ceremony " ID "\nstep " CENTRE_STEP "\npage %s\ncentre 全国密钥管理总中心 National "
             "key management centre\ntier national\nidentifier 0000000000000000\nlog-key "
             "%s\nrehearsal yes\nreceiver 5715710000000001 Regional centre\npackage "
             "B-0042\n%sresult delivered",
             page, key, more);
}

static uint64_t write_page(struct test_centre *c, const char *signers, const char *page,
                           const char *more)
{
    char lines[4096];
    page_lines(c, page, more, lines, sizeof lines);
    return centre_write(c, "card", signers, lines);
}

#define BOTH "olga operator, carol supervisor"

static int begin(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    centre_found(&b->centre);
    centre_open_covered(&b->centre, ID);
    b->pages[0] = write_page(&b->centre, BOTH, "1 2",
                             CARD_1 "label 0000 0000 0000 0000 0017\n" CARD_2
                                    "label 0000 0000 0000 0000 0018\n");
    centre_write(&b->centre, "note", "olga operator", "ceremony " ID "\ntext between them");
    b->pages[1] = write_page(&b->centre, "olga operator, chen supervisor", "2 2",
                             CARD_3 "label 0000 2000 0000 0000 0003\n");
    centre_write(&b->centre, "note", "olga operator", "ceremony " ID "\ntext after them");
    assert_int_equal(centre_checkpoint(&b->centre, "carol", b->checkpoint, sizeof b->checkpoint),
                     KR_OK);
    assert_int_equal(
        transfer_note_make(b->centre.store, b->pages, 2, b->checkpoint, &b->text, &b->len), KR_OK);
    *state = b;
    return 0;
}

static int end(void **state)
{
    struct bench *b = *state;
    free(b->text);
    centre_end(&b->centre);
    free(b);
    return 0;
}

/* The rows that the pages speak of. */
static inline void put_the_cards(struct bench *b)
{
    centre_tamper(&b->centre,
                  "INSERT INTO cards VALUES"
                  "(1, '00000000000000000017', 'bkc', '" CHIP_1 "', 'delivered', 'bkc', "
                  "'00000000000000000018', '" ID "', '', 0, 0), "
                  "(2, '00000000000000000018', 'back', '" CHIP_2 "', 'delivered', 'back', "
                  "'00000000000000000017', '" ID "', '', 0, 0), "
                  "(3, '00002000000000000003', 'psam', '" CHIP_3 "', 'delivered', 'psam', '', "
                  "'" ID "', '', 0, 0)",
                  NULL, 0);
}

#endif
