#include "help.h"

#include <stdio.h>
#include <string.h>

#include "language.h"

struct topic {
    const char *screen;
    const char *text;
};

static const struct topic topics[] = {
    {"demo", N_("This is a demonstration: a throw-away centre, simulated readers and cards. "
                "Everything works as it would for real, only nothing of it can ever be used for "
                "real. Choose how to begin with the arrow keys and press Enter.")},
    {"first", N_("The first screen says which centre this is and on which store it works. Press "
                 "Enter to sign in, or to found the centre where there is none yet.")},
    {"sign-in", N_("Everybody who takes part signs in with the own passphrase: choose the name, "
                   "press Enter, type. A ceremony needs at least two people. The journal keeps who "
                   "signed in and every wrong passphrase.")},
    {"passphrase", N_("The passphrase goes straight into the vault process; the screen shows only "
                      "how many characters were typed. Esc goes back without signing in.")},
    {"home",
     N_("What can be done now by the people present. Unfinished ceremonies stand first: they "
        "go on where they were. A ceremony that cannot be held yet says what is missing.")},
    {"runner",
     N_("Above (or on the left) is the whole script: what was done, by whom, when, and what "
        "comes next. Below (or on the right) is the one thing to do now. F5 pauses: "
        "everything done so far is kept. F2 writes a note, F6 an exception sheet into the "
        "journal. F8 aborts the ceremony for good and asks for the reason. While a secret "
        "is typed only dots are shown; arrow keys go between the blocks of a component.")},
    {"journal",
     N_("The newest entries first. Type to find: part of a name, a kind, a role, a ceremony, a key "
        "or its check value, the first or last digits of a card, a requirement, a date (2026, "
        "2026-11, 2026-11-25, or two of them with .. between); words typed apart must all be "
        "found. "
        "person:wang looks among people only, and so do role: card: key: ceremony: kind: date: "
        "requirement:. Esc clears what was typed and stays at the chosen entry. Enter shows one "
        "entry whole, F4 verifies the journal. Nothing here can be changed.")},
    {"entry",
     N_("One entry as it was signed. Each signature was verified just now with the key that its "
        "signer was enrolled with by then. Under a checkpoint: put in its place, the entry leads "
        "to the very root that the log signed. The hashes tie it to the entry before it.")},
    {"checkpoint",
     N_("The newest checkpoint for a camera outside the air gap. Tab goes through the codes: a "
        "compact one, which a phone shows as one line, and the whole note, in parts where the "
        "window is small; the first line of a part is only its number. The letters beside the "
        "code are the short form that stands on the ceremony paper. F4 writes it on a "
        "supervisor's checkpoint card, or compares that.")},
    {"export",
     N_("The bundle is plain text: what keyrite-audit verifies anywhere without a passphrase. It "
        "goes up to a checkpoint made just before. It holds everything that the journal says, also "
        "what is confidential; keyrite-audit export on a copy of the store can withhold that.")},
    {"paper",
     N_("Whoever can put back the whole folder can put back an older journal; only what is kept "
        "elsewhere shows it. So the checkpoint on the last ceremony's paper is asked for, and the "
        "journal must go on from it. F8 if the paper is lost: two people answer for it. F4 "
        "compares "
        "a supervisor's checkpoint card, which may take its place.")},
    {"checkpoint-card",
     N_("A card that a supervisor keeps, made by its own ceremony. What it bears is compared with "
        "the journal and the result recorded. A card that is newer than the journal, or that the "
        "journal does not go on from, stops every ceremony: an older copy was put back. F2 "
        "compares it too, then writes the newest checkpoint beside the older copy. What lies in "
        "the other reader is reset.")},
    {"verify",
     N_("Every entry, from the founding on: its form, what it commits to, the chain, the tree, "
        "every signature, who may sign what, every checkpoint, and the rows of keys and cards. Esc "
        "stops it. It is what keyrite-audit does for an auditor on another machine.")},
    {"keys", N_("Every key of this centre, those that are destroyed too, with state and check "
                "value. People: "
                "how many entered components. Tab turns the list into a tree: by level and "
                "application, and "
                "under each key what cards make of it. Enter shows one key's whole life.")},
    {"key",
     N_("What the key is for, the date of each of its states with the journal entry that says so, "
        "who entered its components, and which cards bear it or a key derived from it. A card may "
        "bear another version than the one that serves now. States change in the ceremonies "
        "key-activate, key-retire, key-restore, key-destroy and key-compromise.")},
    {"inventory",
     N_("Every card of this centre. Type to find: part of a number, a kind, a state, a ceremony, a "
        "chip; words typed apart must all be found. Tab changes the order. Enter shows the whole "
        "history of the chosen card, F12 asks what a card in a reader is.")},
    {"history",
     N_("Every entry of the journal that names this card by its number or its chip, the newest "
        "first. Enter shows one whole.")},
    {"card-query",
     N_("Put a card into a reader and press Enter, or 1 or 2 for that reader. keyrite reads what "
        "the card tells to everybody, compares it with the card layouts and with the inventory, "
        "and says whether they agree. It changes nothing and spends no try.")},
    {"papers",
     N_("Each paper is written as text and as PDF into the folder exports of the store, and shown. "
        "Forms are blank: what is written on them by hand never comes back into a file.")},
    {"paper",
     N_("As it was written into the folder exports of the store. It tells what the journal says; "
        "the journal itself is the evidence, and keyrite-audit verifies it. F3 makes it in the "
        "other language, too.")},
    {"people",
     N_("Everybody enrolled in this centre, with roles, and who holds a share of the vault "
        "key.")},
    {"security",
     N_("What this machine offers to keep secrets in, and what of it is in force. A "
        "cross does not stop the console; the centre's policy says what must be there.")},
    {"drawer",
     N_("The drawer of simulated cards. 1 or 2 puts the chosen card into reader 1 or 2, or "
        "takes it out again; 0 takes it out. Tab turns to the code sheets; Enter there "
        "lays a sheet on the desk, below the work, where it can be read while typing; "
        "Enter once more puts it away.")},
    {"lock", N_("The console locks when nobody has pressed a key for a while. Anybody present "
                "unlocks it with the own passphrase.")},
    {"dialog",
     N_("Type the text and press Enter. Tab goes to the next field, Esc leaves everything "
        "as it was. Where a word is asked for, it guards something that cannot be undone.")},
};

static const char conventions[] = N_(
    "Everywhere: F1 or ? helps, Esc goes back one level and never loses work, Enter does the one "
    "obvious thing, the arrow keys choose, PgUp and PgDn scroll, F3 changes the language at "
    "once. Where no text is typed a letter does the same as its F key. What destroys something "
    "wants a typed word.");

const char *help_text(const char *screen)
{
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
        if (strcmp(topics[i].screen, screen) == 0)
            return topics[i].text;
    return "";
}

static void help_draw(struct console *c, struct screen *s, struct pane *p)
{
    const char *text = help_text(s->state);

    (void)c;
    pane_next(p);
    if (text[0])
        pane_wrap(p, 2, INK_PLAIN, _(text));
    pane_next(p);
    pane_wrap(p, 2, INK_PLAIN, _(conventions));
    pane_next(p);
    for (int k = COMMAND_HELP; k <= COMMAND_BACK; k++) {
        bool second = (k - COMMAND_HELP) % 2 == 1;
        char letter[4] = {keymap_letter((enum command)k), '\0'};
        int column = second ? 40 : 2;
        pane_put(p, column, INK_KEY, keymap_key((enum command)k));
        pane_put(p, column + 6, INK_KEY, letter);
        pane_put(p, column + 10, INK_PLAIN, keymap_label((enum command)k));
        if (second || k == COMMAND_BACK)
            pane_next(p);
    }
}

static void help_command(struct console *c, struct screen *s, enum command k)
{
    if (k == COMMAND_BACK || k == COMMAND_ENTER || k == COMMAND_HELP)
        console_pop(c);
    else if (k == COMMAND_DOWN || k == COMMAND_PAGE_DOWN)
        s->scroll += k == COMMAND_DOWN ? 1 : 10;
    else if (k == COMMAND_UP || k == COMMAND_PAGE_UP)
        s->scroll -= k == COMMAND_UP ? 1 : 10;
}

static size_t help_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    size_t n = 0;

    (void)c;
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    out[n++] = (struct key_hint){COMMAND_BACK, NULL};
    out[n++] = (struct key_hint){COMMAND_NONE, NULL};
    if (s->more)
        out[n++] = (struct key_hint){COMMAND_PAGE_DOWN, NULL};
    return n;
}

static const char *help_title(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
    return _("Help");
}

static void help_close(struct console *c, struct screen *s)
{
    (void)c;
    (void)s;
}

void help_push(struct console *c, const char *screen)
{
    static const struct screen_ops ops = {.id = "help",
                                          .draw = help_draw,
                                          .command = help_command,
                                          .keys = help_keys,
                                          .title = help_title,
                                          .close = help_close};

    console_push(c, &ops, (void *)(uintptr_t)screen);
}
