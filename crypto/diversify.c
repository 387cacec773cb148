/* Deriving many keys at once, on every core that this process may use. */
#include "suite_row.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define THREADS_MAX 16
#define PIECE                                                                                      \
    256 /* keys that a thread takes at a time; starting one takes as long as some hundred */

/* All the keys in the order in which they lie in out; each thread takes the next piece of them, so
 * that one which the machine starts late leaves its part to the others. */
struct work {
    const struct suite *suite;
    const struct secret *const *keys;
    const uint8_t *factors8;
    size_t count, total;
    uint8_t *out;
    atomic_size_t next;
    _Atomic enum kr_error rc;
};

static void derive_piece(struct work *w, size_t at, size_t end)
{
    enum kr_error rc = KR_OK;
    size_t here;

    for (; at < end && rc == KR_OK; at += here) {
        size_t factor = at % w->count;
        here = w->count - factor < end - at ? w->count - factor : end - at;
        rc = w->suite->diversify(w->keys[at / w->count], w->factors8 + 8 * factor, here,
                                 w->out + at * w->suite->key_len);
    }
    if (rc != KR_OK)
        atomic_store(&w->rc, rc);
}

static void derive(struct work *w)
{
    size_t at;

    while ((at = atomic_fetch_add(&w->next, PIECE)) < w->total)
        derive_piece(w, at, w->total - at < PIECE ? w->total : at + PIECE);
}

static void *derive_in_thread(void *work)
{
    derive(work);
    secret_wipe_stack();
    return NULL;
}

static size_t threads_for(size_t total)
{
    cpu_set_t cores;
    /* A single key, the usual case, asks the kernel nothing. */
    if (total < 2 * PIECE)
        return 1;
    size_t threads =
        sched_getaffinity(0, sizeof cores, &cores) == 0 ? (size_t)CPU_COUNT(&cores) : 1;

    if (threads > total / PIECE)
        threads = total / PIECE;
    return threads > THREADS_MAX ? THREADS_MAX : threads;
}

/* The caller is one of the threads. One that cannot be started costs time only. */
static void derive_all(struct work *w)
{
    pthread_t others[THREADS_MAX];
    size_t wanted = threads_for(w->total), started = 0;

    while (started + 1 < wanted && pthread_create(&others[started], NULL, derive_in_thread, w) == 0)
        started++;
    derive(w);
    while (started > 0)
        pthread_join(others[--started], NULL);
}

enum kr_error suite_diversify_many(const struct suite *s, const struct secret *const *keys,
                                   size_t key_count, const uint8_t *factors8, size_t count,
                                   struct secret **out)
{
    struct work w = {.suite = s, .keys = keys, .factors8 = factors8, .count = count};

    if (key_count == 0 || count == 0 || count > DIVERSIFY_MAX || key_count > DIVERSIFY_MAX / count)
        return kr_fail(KR_E_ARGUMENT, "%zu", count);
    for (size_t i = 0; i < key_count; i++)
        if (keys[i]->len != s->key_len)
            return kr_fail(KR_E_KEY_LENGTH, "%zu", keys[i]->len);
    w.total = key_count * count;
    struct secret *derived = secret_new(w.total * s->key_len);
    if (!derived)
        return KR_E_MEMORY;
    w.out = derived->bytes;
    derive_all(&w);
    if (w.rc == KR_OK)
        *out = derived;
    else
        secret_free(&derived);
    return w.rc;
}
