#include "keymap.h"

#include <libintl.h>
#include <stddef.h>

#include "../crypto/error.h"

struct binding {
    enum key_code code;
    char letter; /* works where no text is typed */
    const char *key;
    const char *label;
};

static const struct binding bindings[COMMAND_COUNT] = {
    [COMMAND_HELP] = {KEY_F1_CODE, '?', "F1", N_("Help")},
    [COMMAND_NOTE] = {KEY_F1_CODE + 1, 'n', "F2", N_("Note")},
    [COMMAND_LANGUAGE] = {KEY_F1_CODE + 2, 'l', "F3", N_("Language")},
    [COMMAND_DETAILS] = {KEY_F1_CODE + 3, 'd', "F4", N_("Details")},
    [COMMAND_PAUSE] = {KEY_F1_CODE + 4, 'p', "F5", N_("Pause")},
    [COMMAND_EXCEPTION] = {KEY_F1_CODE + 5, 'x', "F6", N_("Exception")},
    [COMMAND_SIGN_OUT] = {KEY_F1_CODE + 6, 'o', "F7", N_("Sign out")},
    [COMMAND_ABORT] = {KEY_F1_CODE + 7, 'a', "F8", N_("Abort")},
    [COMMAND_DRAWER] = {KEY_F1_CODE + 8, 'w', "F9", N_("Drawer")},
    [COMMAND_LEAVE] = {KEY_F1_CODE + 9, 'q', "F10", N_("Leave")},
    [COMMAND_LOCK] = {KEY_F1_CODE + 10, 'k', "F11", N_("Lock")},
    [COMMAND_CARDS] = {KEY_F12_CODE, 'c', "F12", N_("Cards")},
    [COMMAND_BACK] = {KEY_ESCAPE, '\0', "Esc", N_("Back")},
    [COMMAND_ENTER] = {KEY_ENTER_CODE, '\0', "Enter", N_("Continue")},
    [COMMAND_UP] = {KEY_UP_CODE, '\0', "↑↓", N_("choose")},
    [COMMAND_DOWN] = {KEY_DOWN_CODE, '\0', "↑↓", N_("choose")},
    [COMMAND_LEFT] = {KEY_LEFT_CODE, '\0', "← →", N_("block")},
    [COMMAND_RIGHT] = {KEY_RIGHT_CODE, '\0', "← →", N_("block")},
    [COMMAND_PAGE_UP] = {KEY_PAGE_UP, '\0', "PgUp", N_("up")},
    [COMMAND_PAGE_DOWN] = {KEY_PAGE_DOWN, ' ', "PgDn", N_("more")},
    [COMMAND_FIRST] = {KEY_HOME_CODE, '\0', "Home", N_("first")},
    [COMMAND_LAST] = {KEY_END_CODE, '\0', "End", N_("last")},
    [COMMAND_NEXT] = {KEY_TAB_CODE, '\0', "Tab", N_("next")},
    [COMMAND_PREVIOUS] = {KEY_BACKTAB, '\0', "Shift-Tab", N_("previous")},
    [COMMAND_ERASE] = {KEY_ERASE, '\0', "⌫", N_("erase")},
    [COMMAND_DELETE] = {KEY_DELETE, '\0', "Del", N_("erase")},
    [COMMAND_SLOT_1] = {KEY_IGNORED, '1', "1", N_("reader 1")},
    [COMMAND_SLOT_2] = {KEY_IGNORED, '2', "2", N_("reader 2")},
    [COMMAND_PULL] = {KEY_IGNORED, '0', "0", N_("pull")},
};

enum command keymap_command(const struct key_event *e, bool typing)
{
    if (e->code == KEY_INTERRUPT)
        return COMMAND_BACK;
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++) {
        const struct binding *b = &bindings[c];
        if (e->code == b->code && e->code != KEY_IGNORED)
            return (enum command)c;
        if (!typing && e->code == KEY_CHARACTER && e->len == 1 && b->letter &&
            e->utf8[0] == (uint8_t)b->letter)
            return (enum command)c;
    }
    return COMMAND_NONE;
}

const char *keymap_key(enum command c)
{
    return bindings[c].key ? bindings[c].key : "";
}

char keymap_letter(enum command c)
{
    return bindings[c].letter;
}

const char *keymap_label(enum command c)
{
    return bindings[c].label ? gettext(bindings[c].label) : "";
}
