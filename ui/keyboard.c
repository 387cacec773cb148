#include "keyboard.h"

#include <string.h>

#include "../crypto/hash.h"
#include "../crypto/secret.h"

/* What the usual terminals send, whatever TERM says. */
static const struct key_sequence known[] = {
    {"\033[A", KEY_UP_CODE},       {"\033OA", KEY_UP_CODE},        {"\033[B", KEY_DOWN_CODE},
    {"\033OB", KEY_DOWN_CODE},     {"\033[C", KEY_RIGHT_CODE},     {"\033OC", KEY_RIGHT_CODE},
    {"\033[D", KEY_LEFT_CODE},     {"\033OD", KEY_LEFT_CODE},      {"\033[H", KEY_HOME_CODE},
    {"\033OH", KEY_HOME_CODE},     {"\033[F", KEY_END_CODE},       {"\033OF", KEY_END_CODE},
    {"\033[1~", KEY_HOME_CODE},    {"\033[7~", KEY_HOME_CODE},     {"\033[4~", KEY_END_CODE},
    {"\033[8~", KEY_END_CODE},     {"\033[3~", KEY_DELETE},        {"\033[5~", KEY_PAGE_UP},
    {"\033[6~", KEY_PAGE_DOWN},    {"\033[Z", KEY_BACKTAB},        {"\033OP", KEY_F1_CODE},
    {"\033OQ", KEY_F1_CODE + 1},   {"\033OR", KEY_F1_CODE + 2},    {"\033OS", KEY_F1_CODE + 3},
    {"\033[11~", KEY_F1_CODE},     {"\033[12~", KEY_F1_CODE + 1},  {"\033[13~", KEY_F1_CODE + 2},
    {"\033[14~", KEY_F1_CODE + 3}, {"\033[15~", KEY_F1_CODE + 4},  {"\033[17~", KEY_F1_CODE + 5},
    {"\033[18~", KEY_F1_CODE + 6}, {"\033[19~", KEY_F1_CODE + 7},  {"\033[20~", KEY_F1_CODE + 8},
    {"\033[21~", KEY_F1_CODE + 9}, {"\033[23~", KEY_F1_CODE + 10}, {"\033[24~", KEY_F1_CODE + 11},
    {"\033[[A", KEY_F1_CODE},      {"\033[[B", KEY_F1_CODE + 1},   {"\033[[C", KEY_F1_CODE + 2},
    {"\033[[D", KEY_F1_CODE + 3},  {"\033[[E", KEY_F1_CODE + 4},
};
#define KNOWN_COUNT (sizeof known / sizeof known[0])
static const char paste_begin[] = "\033[200~", paste_end[] = "\033[201~";

void keyboard_begin(struct keyboard *k)
{
    memset(k, 0, sizeof *k);
}

void keyboard_learn(struct keyboard *k, const char *sequence, enum key_code code)
{
    size_t len = strlen(sequence);

    if (len < 2 || len >= sizeof k->learned[0].bytes || k->learned_count == KEYBOARD_LEARNED)
        return;
    struct key_sequence *row = &k->learned[k->learned_count++];
    memcpy(row->bytes, sequence, len + 1);
    row->code = code;
}

size_t keyboard_feed(struct keyboard *k, const uint8_t *bytes, size_t len, int64_t now_ms)
{
    size_t room = KEYBOARD_ROOM - k->len;

    if (len > room)
        len = room;
    memcpy(k->bytes + k->len, bytes, len);
    k->len += len;
    k->arrived_ms = now_ms;
    return len;
}

bool keyboard_waits(const struct keyboard *k)
{
    return k->len > 0;
}

static void take(struct keyboard *k, size_t n)
{
    memmove(k->bytes, k->bytes + n, k->len - n);
    k->len -= n;
    secret_wipe(k->bytes + k->len, n);
}

static bool begins(const struct keyboard *k, const char *sequence)
{
    size_t len = strlen(sequence);

    return k->len >= len && memcmp(k->bytes, sequence, len) == 0;
}

static bool match(struct keyboard *k, const struct key_sequence *rows, size_t count,
                  struct key_event *e)
{
    for (size_t i = 0; i < count; i++)
        if (begins(k, rows[i].bytes)) {
            e->code = rows[i].code;
            take(k, strlen(rows[i].bytes));
            return true;
        }
    return false;
}

/* Length of a whole CSI or SS3 sequence at the front, 0 while its end has not come. */
static size_t sequence_length(const struct keyboard *k)
{
    if (k->bytes[1] == 'O')
        return k->len >= 3 ? 3 : 0;
    for (size_t i = 2; i < k->len; i++)
        if (k->bytes[i] >= 0x40 && k->bytes[i] <= 0x7E && !(i == 2 && k->bytes[i] == '['))
            return i + 1;
    return k->len == KEYBOARD_ROOM ? k->len : 0;
}

static struct key_event escape(struct keyboard *k, bool late)
{
    struct key_event e = {.code = KEY_NONE_YET};

    if (begins(k, paste_begin)) {
        take(k, sizeof paste_begin - 1);
        k->pasting = true;
        e.code = KEY_IGNORED;
        return e;
    }
    if (match(k, k->learned, k->learned_count, &e) || match(k, known, KNOWN_COUNT, &e))
        return e;
    if (k->len >= 2 && (k->bytes[1] == '[' || k->bytes[1] == 'O')) {
        size_t len = sequence_length(k);
        if (len > 0 || late) {
            take(k, len ? len : k->len);
            e.code = KEY_IGNORED;
        }
        return e;
    }
    if (k->len >= 2 || late) {
        take(k, 1);
        e.code = KEY_ESCAPE;
    }
    return e;
}

static struct key_event control(struct keyboard *k)
{
    struct key_event e = {.code = KEY_IGNORED};

    switch (k->bytes[0]) {
    case '\r':
    case '\n':
        e.code = KEY_ENTER_CODE;
        break;
    case '\t':
        e.code = KEY_TAB_CODE;
        break;
    case 0x08:
    case 0x7F:
        e.code = KEY_ERASE;
        break;
    case 0x0C:
        e.code = KEY_REDRAW;
        break;
    case 0x03:
        e.code = KEY_INTERRUPT;
        break;
    default:
        break;
    }
    take(k, 1);
    return e;
}

static struct key_event character(struct keyboard *k, bool late)
{
    struct key_event e = {.code = KEY_NONE_YET};
    uint8_t first = k->bytes[0];
    size_t len = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    size_t whole = 1;

    while (whole < len && whole < k->len && (k->bytes[whole] & 0xC0) == 0x80)
        whole++;
    if (len == 0 || first > 0xF4 || (whole < len && (whole < k->len || late))) {
        take(k, whole);
        e.code = KEY_IGNORED;
    } else if (whole == len) {
        bool sound = utf8_character(k->bytes, len) == len;
        if (sound) {
            memcpy(e.utf8, k->bytes, len);
            e.len = len;
        }
        e.code = sound ? KEY_CHARACTER : KEY_IGNORED;
        take(k, len);
    }
    return e;
}

/* Throws away what was pasted: a secret must come from a hand, and a ceremony is no place for a
 * clipboard. */
static struct key_event swallow_paste(struct keyboard *k)
{
    struct key_event e = {.code = KEY_IGNORED};
    size_t drop = 0;

    if (begins(k, paste_end)) {
        k->pasting = false;
        take(k, sizeof paste_end - 1);
        return e;
    }
    while (drop < k->len && (drop == 0 || k->bytes[drop] != 0x1B))
        drop++;
    if (k->bytes[0] == 0x1B && drop == k->len && k->len < sizeof paste_end - 1)
        drop = 0; /* the end may still be arriving */
    k->refused += (unsigned)drop;
    take(k, drop);
    if (drop == 0)
        e.code = KEY_NONE_YET;
    return e;
}

struct key_event keyboard_next(struct keyboard *k, int64_t now_ms)
{
    struct key_event none = {.code = KEY_NONE_YET};
    bool late = now_ms - k->arrived_ms >= KEYBOARD_ESCAPE_MS;

    if (k->len == 0)
        return none;
    if (k->pasting)
        return swallow_paste(k);
    if (k->bytes[0] == 0x1B)
        return escape(k, late);
    if (k->bytes[0] < 0x20 || k->bytes[0] == 0x7F)
        return control(k);
    return character(k, late);
}
