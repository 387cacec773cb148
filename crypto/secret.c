#include "secret.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <openssl/crypto.h>

#define HEAP_SIZE  ((size_t)256 * 1024)
#define HEAP_GRAIN ((size_t)32) /* header and a 16-byte key together */

enum heap_state { HEAP_CLOSED, HEAP_LOCKED, HEAP_REFUSED, HEAP_WITHOUT_LIBRARY };

static pthread_once_t heap_once = PTHREAD_ONCE_INIT;
static _Atomic enum heap_state heap_state = HEAP_CLOSED;

/* OpenSSL gives 2 for a heap that works but could reach the swap: to us that is no heap. */
static void heap_make(void)
{
    int made = CRYPTO_secure_malloc_init(HEAP_SIZE, HEAP_GRAIN);

    if (made == 2)
        CRYPTO_secure_malloc_done();
    atomic_store(&heap_state, made == 1 ? HEAP_LOCKED : HEAP_REFUSED);
    /* Configuration is read while files may still be opened: later a sandbox forbids it. Where
     * memory ran out here, OpenSSL would later fall over its own missing parts. */
    if (made == 1 && (OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) != 1 ||
                      OSSL_LIB_CTX_get0_global_default() == NULL))
        atomic_store(&heap_state, HEAP_WITHOUT_LIBRARY);
}

enum kr_error secret_heap_open(void)
{
    pthread_once(&heap_once, heap_make);
    if (atomic_load(&heap_state) == HEAP_WITHOUT_LIBRARY)
        return KR_E_MEMORY;
    return secret_heap_is_locked() ? KR_OK : KR_E_LOCKED_MEMORY;
}

bool secret_heap_is_locked(void)
{
    return atomic_load(&heap_state) == HEAP_LOCKED;
}

struct secret *secret_new(size_t len)
{
    struct secret *s;

    /* Without the heap OpenSSL would quietly hand out ordinary memory. */
    if (!secret_heap_is_locked() || len > HEAP_SIZE)
        return NULL;
    s = OPENSSL_secure_zalloc(sizeof *s + len);
    if (!s)
        return NULL;
    s->len = len;
    s->capacity = len;
    return s;
}

struct secret *secret_from(const void *bytes, size_t len)
{
    struct secret *s = secret_new(len);

    if (s && len > 0)
        memcpy(s->bytes, bytes, len);
    return s;
}

struct secret *secret_duplicate(const struct secret *s)
{
    return secret_from(s->bytes, s->len);
}

void secret_free(struct secret **s)
{
    if (!*s)
        return;
    OPENSSL_secure_clear_free(*s, sizeof **s + (*s)->capacity);
    *s = NULL;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
    return a->len == b->len && CRYPTO_memcmp(a->bytes, b->bytes, a->len) == 0;
}

void secret_wipe(void *bytes, size_t len)
{
    OPENSSL_cleanse(bytes, len);
}

__attribute__((noinline)) void secret_wipe_stack(void)
{
    uint8_t area[24 * 1024];
    secret_wipe(area, sizeof area);
}
