/* Transfer notes. */
#include "fuzz.h"

#include "../../store/transfer_note.h"

static void comes_out_again(const struct transfer_note *n, const uint8_t *data, size_t size)
{
    char checkpoint[CHECKPOINT_MAX], finger[NOTE_FINGERPRINT];
    char *text = NULL;
    size_t len = 0;

    HOLDS(transfer_note_text(n, &text, &len) == KR_OK, "it cannot be written");
    HOLDS(len == size && memcmp(text, data, size) == 0, "it is written otherwise");
    free(text);
    HOLDS(transfer_note_checkpoint(n, checkpoint) == KR_OK, "its checkpoint cannot be written");
    HOLDS(transfer_note_fingerprint(n->log_key, finger) == KR_OK &&
              transfer_note_is_fingerprint(finger, finger),
          "its fingerprint is not its own");
    for (size_t i = 0; i < n->card_count; i++)
        HOLDS(transfer_note_card(n, n->cards[i].chip), "a card that it lists is not found");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct transfer_note *n = (struct transfer_note *)(uintptr_t)data;
    char *text = malloc(size ? size : 1);

    HOLDS(text, "no memory");
    if (size > 0)
        memcpy(text, data, size);
    enum kr_error err = transfer_note_read(text, size, &n);
    free(text);
    HOLDS((err == KR_OK) == (n != NULL), "a refused note leaves something behind");
    if (n)
        comes_out_again(n, data, size);
    transfer_note_free(&n);
    return 0;
}
