/* Card layouts. */
#include "fuzz.h"

#include "../../cardio/layout.h"

static void has_its_sizes(const struct layout_directory *d)
{
    HOLDS(d->key_count <= LAYOUT_KEYS_MAX && d->file_count <= LAYOUT_FILES_MAX &&
              d->name_len <= sizeof d->name,
          "more is counted than there is room for");
    for (size_t i = 0; i < d->key_count; i++)
        HOLDS(d->keys[i].factor_count <= LAYOUT_FACTORS_MAX && d->keys[i].name[0] != '\0' &&
                  memchr(d->keys[i].name, 0, sizeof d->keys[i].name),
              "a key has no name, or too many factors");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct layout l, again;

    if (layout_parse("fuzz", data, size, &l) != KR_OK)
        return 0;
    HOLDS(layout_check(&l) == KR_OK, "a layout that was read does not pass the check");
    has_its_sizes(&l.mf);
    has_its_sizes(&l.adf);
    HOLDS(layout_parse("fuzz", data, size, &again) == KR_OK && memcmp(&l, &again, sizeof l) == 0,
          "read twice it is not the same");
    return 0;
}
