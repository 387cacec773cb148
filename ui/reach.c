#include "reach.h"

#include <stdio.h>
#include <string.h>

/* Number on a label, without its spaces; "" when there is none. */
static void label_number(const char *looks, char number[24])
{
    size_t n = 0;

    for (; *looks && n < 23; looks++)
        if (*looks >= '0' && *looks <= '9')
            number[n++] = *looks;
    number[n] = '\0';
}

bool reach_suits(struct session *s, const struct request *r, const struct deck_card *card)
{
    struct card_record record;
    char kind[32], number[24];

    if (strcmp(r->card_plastic, "manufacturer") == 0)
        return strcmp(card->kind, r->card_plastic) == 0;
    snprintf(kind, sizeof kind, "blank-%s", r->card_plastic);
    if (r->card_plastic[0] ? strcmp(card->kind, kind) != 0
                           : strncmp(card->kind, kind, strlen(kind)) != 0)
        return false;
    label_number(card->looks, number);
    if (r->card_state[0] == '\0' || number[0] == '\0')
        return r->card_state[0] == '\0' && card->looks[0] == '\0';
    bool known = session_is_open(s) && cards_by_number(session_store(s), number, &record) == KR_OK;
    return known ? strcmp(record.state, r->card_state) == 0
                 : strcmp(r->card_state, "elsewhere") == 0;
}
