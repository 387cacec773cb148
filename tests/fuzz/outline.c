/*
 * Outlines: what a report takes out of a ceremony's script. The first line is the key of a step as
 * entries name it, the rest is the script.
 */
#include "fuzz.h"

#include "../../store/body.h"
#include "../../store/report/outline.h"

static bool sound; /* the input is UTF-8: so is whatever is taken out of it */

static void ends(const char *text, size_t room, const char *sentence)
{
    HOLDS(memchr(text, 0, room), sentence);
    HOLDS(!sound || utf8_is_valid(text, strlen(text)), "a text is cut inside a character");
}

static void words_end(const struct outline_words *w)
{
    ends(w->en, sizeof w->en, "English words have no end");
    ends(w->zh, sizeof w->zh, "Chinese words have no end");
}

static void step_is_whole(const struct outline *o, const struct outline_step *s)
{
    ends(s->id, sizeof s->id, "a step's id has no end");
    ends(s->kind, sizeof s->kind, "a step's kind has no end");
    ends(s->repeat[0], sizeof s->repeat[0], "what a step repeats has no end");
    ends(s->repeat[1], sizeof s->repeat[1], "what a step repeats has no end");
    words_end(&s->title);
    HOLDS(s->requires_count <= OUTLINE_REQUIRES_MAX, "more requirements than there is room for");
    for (size_t i = 0; i < s->requires_count; i++)
        ends(s->requires[i], sizeof s->requires[i], "a requirement has no end");
    const struct outline_step *found = outline_step_of(o, s->id);
    HOLDS(!found || (found <= s && strncmp(found->id, s->id, strcspn(s->id, "[")) == 0),
          "a step is found under another's name");
}

static void titled(const struct outline *o, const char *key)
{
    const struct outline_step *s = outline_step_of(o, key);

    HOLDS(!s || (s >= o->steps && s < o->steps + o->count), "a step is nowhere");
    for (size_t room = 17; room <= 300; room += 71)
        for (int chinese = 0; chinese < 2; chinese++) {
            char *title = malloc(room);
            HOLDS(title, "no memory");
            outline_title(o, key, chinese, title, room);
            ends(title, room, "a title has no end");
            free(title);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outline o;
    char *text = input_text(data, size);
    size_t key_len = strcspn(text, "\n");

    sound = strlen(text) == size && utf8_is_valid(text, size);
    text[key_len] = '\0';
    const char *script = key_len < size ? text + key_len + 1 : text + size;
    enum kr_error err = outline_read(script, size - (size_t)(script - text), &o);
    HOLDS(err == KR_OK || o.count == 0, "a script that is refused leaves steps behind");
    ends(o.id, sizeof o.id, "the id has no end");
    ends(o.version, sizeof o.version, "the version has no end");
    words_end(&o.title);
    for (size_t i = 0; i < o.count; i++)
        step_is_whole(&o, &o.steps[i]);
    titled(&o, text);
    outline_free(&o);
    free(text);
    return 0;
}
