#include "command_line.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "language.h"

#define LOCK_AFTER_S 600

static enum what_to_do word(const char *text)
{
    static const struct {
        const char *word;
        enum what_to_do what;
    } words[] = {{"demo", DO_DEMO}, {"rehearse", DO_REHEARSE}, {"check", DO_CHECK}};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].word, text) == 0)
            return words[i].what;
    return DO_CONSOLE;
}

static enum kr_error lock_minutes(const char *text, int *seconds)
{
    char *end = NULL;
    double minutes = strtod(text, &end);

    if (end == text || *end != '\0' || minutes < 0.05 || minutes > 1440)
        return kr_fail(KR_E_COMMAND_LINE, "--lock %.20s", text);
    *seconds = (int)(minutes * 60);
    return KR_OK;
}

static enum kr_error take_option(struct command_line *c, int option)
{
    switch (option) {
    case 's':
        c->store = optarg;
        return KR_OK;
    case 'd':
        c->deck = optarg;
        return KR_OK;
    case 'l':
        c->lang = optarg;
        return KR_OK;
    case 't':
        return theme_by_name(optarg, &c->theme);
    case 'k':
        return lock_minutes(optarg, &c->lock_after_s);
    case 'r':
        c->readers = strcmp(optarg, "pcsc") == 0 ? READER_PCSC : READER_SIM;
        return strcmp(optarg, "pcsc") == 0 || strcmp(optarg, "sim") == 0
                   ? KR_OK
                   : kr_fail(KR_E_COMMAND_LINE, "--reader %.20s", optarg);
    case 'h':
        c->what = DO_HELP;
        return KR_OK;
    case 'v':
        c->what = DO_VERSION;
        return KR_OK;
    default:
        return KR_E_COMMAND_LINE;
    }
}

static enum kr_error take_options(int argc, char **argv, struct command_line *c)
{
    static const struct option options[] = {
        {"store", required_argument, NULL, 's'},
        {"deck", required_argument, NULL, 'd'},
        {"lang", required_argument, NULL, 'l'},
        {"theme", required_argument, NULL, 't'},
        {"reader", required_argument, NULL, 'r'},
        {"lock", required_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    enum kr_error e = KR_OK;
    int option;

    opterr = 0;
    optind = 1;
    while (e == KR_OK && (option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        e = take_option(c, option);
        if (e != KR_OK && (option == '?' || option == ':'))
            e = kr_fail(KR_E_COMMAND_LINE, "%.60s", argv[optind - 1]);
    }
    return e;
}

/* Options may stand before and after the word; the rehearsal reads its own. */
enum kr_error command_line_read(int argc, char **argv, struct command_line *c)
{
    memset(c, 0, sizeof *c);
    c->lock_after_s = LOCK_AFTER_S;
    enum kr_error e = theme_by_name(NULL, &c->theme);
    if (e == KR_OK)
        e = take_options(argc, argv, c);
    if (e != KR_OK || c->what != DO_CONSOLE)
        return e;
    c->rest = optind;
    if (c->rest == argc)
        return KR_OK;
    c->what = word(argv[c->rest]);
    if (c->what == DO_CONSOLE)
        return kr_fail(KR_E_COMMAND_LINE, "%.60s", argv[c->rest]);
    if (c->what == DO_REHEARSE)
        return KR_OK;
    int first = c->rest;
    enum what_to_do what = c->what;
    e = take_options(argc - first, argv + first, c);
    c->rest = first + optind;
    if (e == KR_OK && c->what == what && what == DO_DEMO && c->rest < argc)
        e = kr_fail(KR_E_COMMAND_LINE, "%.60s", argv[c->rest]);
    if (e == KR_OK && c->what == what && what == DO_CHECK && c->rest == argc)
        e = kr_fail(KR_E_COMMAND_LINE, "%s", "check");
    return e;
}

void command_line_help(void)
{
    fputs(_("keyrite: console for key ceremonies\n"
            "\n"
            "  keyrite                    opens the console on the site's store\n"
            "  keyrite demo               opens it on a throw-away centre with simulated cards\n"
            "  keyrite rehearse ...       holds ceremonies without a screen (rehearse --help)\n"
            "  keyrite check FILE...      says whether ceremony scripts and card layouts keep the "
            "rules\n"
            "\n"
            "  --store DIR                the store (default: $KEYRITE_STORE, else\n"
            "                             /var/lib/keyrite for root, ~/.local/share/keyrite)\n"
            "  --lang zh_CN|en            language; F3 switches it at any time\n"
            "  --theme colour|mono|contrast\n"
            "                             looks; mono is also chosen by NO_COLOR\n"
            "  --lock MINUTES             idle time until the console locks (default 10)\n"
            "  --deck DIR                 demo: folder of simulated cards\n"
            "  --reader sim|pcsc          demo: cards in this program (default), or behind pcscd\n"
            "                             by keyrite-vcard\n"
            "  --help, --version\n"
            "\n"
            "exit status: 0 done, 1 something is wrong (one sentence on stderr), 2 wrong command "
            "line\n"),
          stdout);
}
