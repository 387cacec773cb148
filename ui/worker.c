#include "worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct worker {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    void (*job)(void *ctx);
    void *ctx;
    bool busy; /* from worker_run() until worker_take() */
    bool stop;
    int done_fd;
};

static void *work(void *arg)
{
    struct worker *w = (struct worker *)arg;
    uint64_t one = 1;

    pthread_mutex_lock(&w->lock);
    while (!w->stop || w->job) {
        if (!w->job) {
            pthread_cond_wait(&w->wake, &w->lock);
            continue;
        }
        void (*job)(void *) = w->job;
        void *ctx = w->ctx;
        pthread_mutex_unlock(&w->lock);
        job(ctx);
        pthread_mutex_lock(&w->lock);
        w->job = NULL;
        ssize_t ignored = write(w->done_fd, &one, sizeof one);
        (void)ignored;
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Signals stay with the screen's thread, whose poll() they must interrupt; faults stay with whoever
 * makes them, or the terminal could not be restored. */
static int start_thread(struct worker *w)
{
    static const int faults[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS};
    sigset_t all, before;

    sigfillset(&all);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        sigdelset(&all, faults[i]);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&w->thread, NULL, work, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

enum kr_error worker_start(struct worker **out)
{
    struct worker *w = calloc(1, sizeof *w);

    *out = NULL;
    if (!w)
        return KR_E_MEMORY;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    w->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->done_fd < 0 || start_thread(w) != 0) {
        if (w->done_fd >= 0)
            close(w->done_fd);
        free(w);
        return kr_fail(KR_E_SYSTEM, "thread");
    }
    *out = w;
    return KR_OK;
}

void worker_stop(struct worker **out)
{
    struct worker *w = *out;

    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    close(w->done_fd);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
    *out = NULL;
}

void worker_run(struct worker *w, void (*job)(void *ctx), void *ctx)
{
    pthread_mutex_lock(&w->lock);
    w->job = job;
    w->ctx = ctx;
    w->busy = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

bool worker_busy(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    bool busy = w->busy;
    pthread_mutex_unlock(&w->lock);
    return busy;
}

int worker_fd(const struct worker *w)
{
    return w->done_fd;
}

bool worker_take(struct worker *w)
{
    uint64_t count;

    if (read(w->done_fd, &count, sizeof count) != sizeof count)
        return false;
    pthread_mutex_lock(&w->lock);
    w->busy = false;
    pthread_mutex_unlock(&w->lock);
    return true;
}
