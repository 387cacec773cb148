/* System call filters, through libseccomp. */
#include "sandbox.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

static enum kr_error refused(const char *what, int rc)
{
    return kr_fail(KR_E_SYSTEM, "%s: %s", what, strerror(-rc));
}

static int add_all(scmp_filter_ctx ctx, uint32_t action, const int *calls, size_t count)
{
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = seccomp_rule_add(ctx, action, calls[i], 0);
    return rc;
}

/* A filter whose default is given, for every thread, and whose foreign-architecture calls kill. */
static scmp_filter_ctx filter_new(uint32_t default_action)
{
    scmp_filter_ctx ctx = seccomp_init(default_action);
    if (!ctx)
        return NULL;
    if (seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1) != 0 ||
        seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0) {
        seccomp_release(ctx);
        return NULL;
    }
    return ctx;
}

static const int forbidden_calls[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(mount),
    SCMP_SYS(pivot_root),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(io_uring_setup),
};

enum kr_error sandbox_calls_no_exec(bool sockets)
{
    scmp_filter_ctx ctx = filter_new(SCMP_ACT_ALLOW);
    if (!ctx)
        return kr_fail(KR_E_SYSTEM, "seccomp");
    int rc = add_all(ctx, SCMP_ACT_KILL_PROCESS, forbidden_calls,
                     sizeof forbidden_calls / sizeof forbidden_calls[0]);
    if (rc == 0 && !sockets)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 0);
    if (rc == 0)
        rc = seccomp_load(ctx);
    seccomp_release(ctx);
    return rc ? refused("seccomp", rc) : KR_OK;
}

#ifdef KEYRITE_SANITIZED

/* The sanitizers' own runtime reads /proc, writes reports and stops threads to look for leaks, so
 * only what it never does can be forbidden. security_probe() calls such a build what it is. */
enum kr_error sandbox_calls_vault(void)
{
    static const int also[] = {
        SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind),
        SCMP_SYS(listen), SCMP_SYS(accept4),    SCMP_SYS(execve),  SCMP_SYS(execveat),
        SCMP_SYS(unlink), SCMP_SYS(rename),     SCMP_SYS(mkdir),
    };
    scmp_filter_ctx ctx = filter_new(SCMP_ACT_ALLOW);
    if (!ctx)
        return kr_fail(KR_E_SYSTEM, "seccomp");
    int rc = add_all(ctx, SCMP_ACT_KILL_PROCESS, also, sizeof also / sizeof also[0]);
    if (rc == 0)
        rc = seccomp_load(ctx);
    seccomp_release(ctx);
    return rc ? refused("seccomp", rc) : KR_OK;
}

#else

/* No read and write: datagrams come and go by recvmsg and sendmsg alone, so that a file descriptor
 * of any other kind would be of no use even if there were one. */
static const int allowed_calls[] = {
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(close),
    SCMP_SYS(futex),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(mlock),
    SCMP_SYS(munlock),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sched_yield),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* abort() sends a signal to itself; without it a failed assertion would show as a forbidden call.
 * Nothing else is signalled: the rule admits only this signal. */
static int allow_abort(scmp_filter_ctx ctx)
{
    return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                            SCMP_A2(SCMP_CMP_EQ, SIGABRT, 0));
}

/* Argon2's lanes are threads. clone3 hides its flags behind a pointer that no filter can follow:
 * with ENOSYS glibc falls back to clone, whose flags are seen. */
static int allow_threads(scmp_filter_ctx ctx)
{
    int rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                              SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    return rc;
}

/* Memory, but never memory that can be executed. */
static int allow_memory(scmp_filter_ctx ctx)
{
    int rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    return rc;
}

enum kr_error sandbox_calls_vault(void)
{
    scmp_filter_ctx ctx = filter_new(SCMP_ACT_KILL_PROCESS);
    if (!ctx)
        return kr_fail(KR_E_SYSTEM, "seccomp");
    int rc =
        add_all(ctx, SCMP_ACT_ALLOW, allowed_calls, sizeof allowed_calls / sizeof allowed_calls[0]);
    if (rc == 0)
        rc = allow_threads(ctx);
    if (rc == 0)
        rc = allow_memory(ctx);
    if (rc == 0)
        rc = allow_abort(ctx);
    if (rc == 0)
        rc = seccomp_load(ctx);
    seccomp_release(ctx);
    return rc ? refused("seccomp", rc) : KR_OK;
}

#endif
