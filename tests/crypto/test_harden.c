/* Hardening: what a hardened process can still do, tried from inside. */
#include "../../crypto/child.h"
#include "../../crypto/harden.h"
#include "../../crypto/sandbox.h"
#include "../../crypto/seal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define WAIT_MS 30000

/* ---- attempts: each answers 0 when it succeeded, else errno; a killed process answers nothing
 * ---- */

static int result(long rc)
{
    return rc < 0 ? errno : 0;
}

static int try_open(void)
{
    return result(open("/etc/passwd", O_RDONLY));
}

static int try_create(void)
{
    return result(open("/tmp/keyrite-test-harden", O_WRONLY | O_CREAT, 0600));
}

static int try_raw_open(void)
{
    return result(syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0));
}

static int try_unlink(void)
{
    return result(unlink("/tmp/keyrite-test-harden-not-there"));
}

static int try_socket(void)
{
    return result(socket(AF_INET, SOCK_STREAM, 0));
}

static int try_unix_socket(void)
{
    return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int try_exec(void)
{
    char name[] = "true";
    char *argv[] = {name, NULL};
    return result(execv("/bin/true", argv));
}

static int try_ptrace(void)
{
    return result(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int try_read_other(void)
{
    uint8_t byte;
    struct iovec local = {&byte, 1};
    struct iovec remote = {(void *)(uintptr_t)&try_open, 1};
    return result(process_vm_readv(getppid(), &local, 1, &remote, 1, 0));
}

static int try_fork(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return result(pid);
}

static int try_kill_parent(void)
{
    return result(kill(getppid(), 0));
}

static int try_executable_memory(void)
{
    void *p =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? errno : 0;
}

static int try_make_executable(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int try_write(void)
{
    return result(write(1, "x", 1));
}

static int try_setuid(void)
{
    return result(syscall(SYS_setuid, 0));
}

static int try_passphrase(void)
{
    static const struct kdf_cost cost = {.memory_kib = 8192, .passes = 2, .lanes = 4};
    const uint8_t salt[16] = {1};
    struct secret *text = secret_from("correct horse", 13);
    struct secret *key = NULL;
    enum kr_error err = text ? kdf_derive(text, salt, &cost, &key) : KR_E_MEMORY;
    secret_free(&key);
    secret_free(&text);
    return (int)err;
}

static int try_memory(void)
{
    void *p = malloc(32u * 1024 * 1024);
    if (!p)
        return errno;
    memset(p, 1, 32u * 1024 * 1024);
    free(p);
    return 0;
}

/* Below the folder that harden_cards() was given: the working folder of the test. */
static int try_deck(void)
{
    char text[8];
    int fd = open("deck/card", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "abc", 3) != 3 || lseek(fd, 0, SEEK_SET) != 0 ||
        read(fd, text, sizeof text) != 3 || ftruncate(fd, 0) != 0)
        return errno;
    close(fd);
    if (mkdir("deck/drawer", 0700) != 0 || rename("deck/card", "deck/drawer/card") != 0)
        return errno;
    DIR *d = opendir("deck");
    if (!d)
        return errno;
    closedir(d);
    if (unlink("deck/drawer/card") != 0 || rmdir("deck/drawer") != 0)
        return errno;
    return 0;
}

/* A link in the deck that leads out of it. */
static int try_way_out(void)
{
    int answer = symlink("/etc/passwd", "deck/way-out") == 0 ? 0 : errno;
    if (answer == 0)
        answer = result(open("deck/way-out", O_RDONLY | O_CLOEXEC));
    unlink("deck/way-out");
    return answer;
}

/* A card file carried off, or somebody else's file made one of the deck's. */
static int try_carry_off(void)
{
    int fd = open("deck/carried", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return 0;
    close(fd);
    int answer = result(rename("deck/carried", "carried-off"));
    unlink("deck/carried");
    return answer;
}

static int try_other_signal(void)
{
    return result(syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1));
}

static const struct attempt {
    const char *name;
    int (*run)(void);
} attempts[] = {
    {"open", try_open},
    {"create", try_create},
    {"raw open", try_raw_open},
    {"unlink", try_unlink},
    {"socket", try_socket},
    {"unix socket", try_unix_socket},
    {"exec", try_exec},
    {"ptrace", try_ptrace},
    {"read other", try_read_other},
    {"fork", try_fork},
    {"kill parent", try_kill_parent},
    {"executable memory", try_executable_memory},
    {"make executable", try_make_executable},
    {"write", try_write},
    {"setuid", try_setuid},
    {"passphrase", try_passphrase},
    {"memory", try_memory},
    {"deck", try_deck},
    {"way out", try_way_out},
    {"carry off", try_carry_off},
    {"other signal", try_other_signal},
};

/* ---- roles: the first message names the hardening, the next ones attempts ---- */

static enum kr_error harden_as(const char *how)
{
    if (strcmp(how, "vault") == 0)
        return harden_vault();
    if (strcmp(how, "landlock") == 0)
        return sandbox_paths(NULL, SANDBOX_READ);
    if (strcmp(how, "calls") == 0)
        return sandbox_calls_vault();
    if (strcmp(how, "pcsc") == 0)
        return harden_cards(NULL);
    if (strcmp(how, "deck") == 0)
        return harden_cards("deck");
    return harden_cards("no-such-folder");
}

static int try_serve(int fd)
{
    char word[64];
    size_t len;
    try_passphrase(); /* what threads need is loaded before */
    if (child_receive(fd, (uint8_t *)word, sizeof word - 1, &len, -1, NULL) != KR_OK)
        return 1;
    word[len] = 0;
    int answer = (int)harden_as(word);
    child_send(fd, (const uint8_t *)&answer, sizeof answer, -1);
    while (child_receive(fd, (uint8_t *)word, sizeof word - 1, &len, -1, NULL) == KR_OK) {
        word[len] = 0;
        for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
            if (strcmp(attempts[i].name, word) == 0)
                answer = attempts[i].run();
        }
        child_send(fd, (const uint8_t *)&answer, sizeof answer, -1);
    }
    return 0;
}

static const struct child_role roles[] = {{"@try", try_serve}};

/* ---- asking ---- */

#define KILLED (-1)

static int ask(struct child *c, const char *word)
{
    int answer = 0;
    size_t len;
    int status;
    assert_int_equal(child_send(c->fd, (const uint8_t *)word, strlen(word), -1), KR_OK);
    if (child_receive(c->fd, (uint8_t *)&answer, sizeof answer, &len, WAIT_MS, NULL) == KR_OK)
        return answer;
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
    close(c->fd);
    *c = (struct child){.fd = -1};
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
    return KILLED;
}

static struct child hardened(const char *how)
{
    struct child c;
    assert_int_equal(child_start(&c, "@try"), KR_OK);
    assert_int_equal(ask(&c, how), 0);
    return c;
}

/* What one attempt comes to in a fresh process of this hardening. */
static int outcome(const char *how, const char *attempt)
{
    struct child c = hardened(how);
    int answer = ask(&c, attempt);
    child_kill(&c);
    return answer;
}

/* A system call by its number, whose arguments are all ones: nothing that would do any harm if it
 * went. */
static int call_outcome(const char *how, long number)
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (harden_process() != KR_OK || harden_as(how) != KR_OK)
            _exit(127);
        _exit(result(syscall(number, -1L, -1L, -1L, -1L, -1L, -1L)) % 126);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFSIGNALED(status))
        return WEXITSTATUS(status);
    assert_int_equal(WTERMSIG(status), SIGSYS);
    return KILLED;
}

/* ---- tests ---- */

static void a_hardened_process_leaves_no_core_and_cannot_gain_rights(void **state)
{
    (void)state;
    struct rlimit limit;
    mode_t mask;
    assert_int_equal(harden_process(), KR_OK);
    assert_int_equal(harden_process(), KR_OK);
    assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
    assert_int_equal(limit.rlim_max, 0);
    assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
    mask = umask(0);
    umask(mask);
    assert_int_equal(mask, 077);
    assert_true(secret_heap_is_locked());
#ifndef KEYRITE_SANITIZED
    assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
#endif
}

static void in_the_vault_forbidden_calls_kill(void **state)
{
    (void)state;
#ifdef KEYRITE_SANITIZED /* the loosened sandbox: these still hold */
    assert_int_equal(outcome("vault", "open"), EACCES);
    assert_int_equal(outcome("vault", "create"), EACCES);
    static const char *const deadly[] = {"unlink", "socket", "unix socket", "exec"};
#else
    static const char *const deadly[] = {
        "open",
        "create",
        "raw open",
        "unlink",
        "socket",
        "unix socket",
        "exec",
        "ptrace",
        "read other",
        "fork",
        "kill parent",
        "setuid",
        "executable memory",
        "make executable",
        "write",
    };
#endif
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++) {
        int answer = outcome("vault", deadly[i]);
        if (answer != KILLED)
            print_error("%s: %d\n", deadly[i], answer);
        assert_int_equal(answer, KILLED);
    }
}

#ifndef KEYRITE_SANITIZED
/* What the vault needs, written down here anew; clone and tgkill go with some arguments only, which
 * other tests try. */
static bool vault_needs(long number)
{
    static const long needed[] = {
        SYS_recvmsg,
        SYS_sendmsg,
        SYS_poll,
        SYS_ppoll,
        SYS_close,
        SYS_futex,
        SYS_mmap,
        SYS_munmap,
        SYS_mremap,
        SYS_mprotect,
        SYS_madvise,
        SYS_brk,
        SYS_mlock,
        SYS_munlock,
        SYS_clock_gettime,
        SYS_clock_nanosleep,
        SYS_gettimeofday,
        SYS_getrandom,
        SYS_rt_sigprocmask,
        SYS_rt_sigreturn,
        SYS_rt_sigaction,
        SYS_sigaltstack,
        SYS_restart_syscall,
        SYS_sched_yield,
        SYS_set_robust_list,
        SYS_rseq,
        SYS_getpid,
        SYS_gettid,
        SYS_sched_getaffinity,
        SYS_exit,
        SYS_exit_group,
        SYS_clone,
        SYS_clone3,
    };
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (needed[i] == number)
            return true;
    return false;
}

#define CALLS_KNOWN 470

/* uretprobe and uprobe of x86-64: Linux shows them to no filter, and ends whoever makes them. */
static bool is_the_kernels_own(long number)
{
#ifdef __x86_64__
    return number == 335 || number == 336;
#else
    return number < 0;
#endif
}
#endif

static void in_the_vault_every_other_call_kills(void **state)
{
    (void)state;
#ifdef KEYRITE_SANITIZED
    skip();
#else
    for (long number = 0; number < CALLS_KNOWN; number++) {
        if (vault_needs(number) || is_the_kernels_own(number))
            continue;
        int answer = call_outcome("vault", number);
        if (answer != KILLED)
            print_error("system call %ld: %d\n", number, answer);
        assert_int_equal(answer, KILLED);
    }
    assert_int_equal(outcome("vault", "other signal"), KILLED);
    assert_int_equal(call_outcome("vault", SYS_clone3), ENOSYS);
#ifdef __x86_64__ /* the same calls by the numbers of x32 */
    assert_int_equal(call_outcome("vault", 0x40000000L | SYS_getpid), KILLED);
#endif
#endif
}

static void no_card_process_starts_programs_or_looks_into_others(void **state)
{
    static const long deadly[] = {
        SYS_execve,
        SYS_execveat,
        SYS_ptrace,
        SYS_process_vm_readv,
        SYS_process_vm_writev,
        SYS_pidfd_getfd,
        SYS_bpf,
        SYS_perf_event_open,
        SYS_userfaultfd,
        SYS_mount,
        SYS_pivot_root,
        SYS_init_module,
        SYS_finit_module,
        SYS_kexec_load,
        SYS_open_by_handle_at,
        SYS_io_uring_setup,
    };
    (void)state;
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++) {
        assert_int_equal(call_outcome("deck", deadly[i]), KILLED);
        assert_int_equal(call_outcome("pcsc", deadly[i]), KILLED);
    }
}

static void in_the_vault_computing_goes_on(void **state)
{
    (void)state;
    struct child c = hardened("vault");
    for (int i = 0; i < 20; i++) { /* more threads than glibc has heaps at first */
        assert_int_equal(ask(&c, "passphrase"), 0);
        assert_int_equal(ask(&c, "memory"), 0);
    }
    child_kill(&c);
}

static void landlock_alone_keeps_files_shut(void **state)
{
    (void)state;
    if (sandbox_landlock_abi() == 0)
        skip();
    assert_int_equal(outcome("landlock", "open"), EACCES);
    assert_int_equal(outcome("landlock", "raw open"), EACCES);
    assert_int_equal(outcome("landlock", "create"), EACCES);
    assert_int_equal(outcome("landlock", "exec"), EACCES);
    if (sandbox_landlock_abi() >= 6)
        assert_int_equal(outcome("landlock", "kill parent"), EPERM);
}

static void the_call_filter_alone_keeps_files_shut(void **state)
{
    (void)state;
#ifdef KEYRITE_SANITIZED
    skip();
#else
    assert_int_equal(outcome("calls", "open"), KILLED);
    assert_int_equal(outcome("calls", "create"), KILLED);
#endif
}

static void the_card_process_of_a_deck_reaches_only_the_deck(void **state)
{
    const LargestIntegralType refusals[] = {EACCES, EXDEV};
    (void)state;
    assert_int_equal(outcome("deck", "deck"), 0);
    if (sandbox_landlock_abi() > 0) {
        assert_int_equal(outcome("deck", "open"), EACCES);
        assert_int_equal(outcome("deck", "create"), EACCES);
        assert_int_equal(outcome("deck", "way out"), EACCES);
        assert_in_set((unsigned)outcome("deck", "carry off"), refusals, 2);
    }
    assert_int_equal(outcome("deck", "socket"), EACCES);
    assert_int_equal(outcome("deck", "exec"), KILLED);
    assert_int_equal(outcome("deck", "ptrace"), KILLED);
    assert_int_equal(outcome("deck", "read other"), KILLED);
}

static void the_card_process_of_a_missing_deck_is_told_so(void **state)
{
    (void)state;
    struct child c;
    assert_int_equal(child_start(&c, "@try"), KR_OK);
    int answer = ask(&c, "missing");
    if (sandbox_landlock_abi() > 0)
        assert_int_equal(answer, KR_E_FILE);
    child_kill(&c);
}

static void the_card_process_of_real_readers_starts_no_program(void **state)
{
    (void)state;
    assert_int_equal(outcome("pcsc", "open"), 0);
    assert_int_equal(outcome("pcsc", "unix socket"), 0);
    assert_int_equal(outcome("pcsc", "exec"), KILLED);
    assert_int_equal(outcome("pcsc", "ptrace"), KILLED);
}

static const struct security_item *row(const struct security_item *items, size_t n,
                                       const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(items[i].name, name) == 0)
            return &items[i];
    }
    fail_msg("no row %s", name);
    return NULL;
}

static void the_security_page_says_what_is_in_force(void **state)
{
    (void)state;
    struct security_item items[SECURITY_ITEMS];
    assert_int_equal(harden_process(), KR_OK);
    size_t n = security_probe(0, items, SECURITY_ITEMS);
    assert_true(n >= 10 && n <= SECURITY_ITEMS);
    for (size_t i = 0; i < n; i++)
        assert_true(items[i].name && items[i].finding && items[i].finding[0]);
    assert_string_equal(row(items, n, "Vault process")->finding, "is not running");
    assert_int_equal(row(items, n, "Memory for secrets")->level, SECURITY_GOOD);
    assert_int_equal(row(items, n, "Random numbers")->level, SECURITY_GOOD);
#ifdef KEYRITE_SANITIZED
    assert_int_equal(row(items, n, "This build")->level, SECURITY_BAD);
    assert_int_equal(row(items, n, "Core dumps")->level, SECURITY_BAD);
#else
    assert_int_equal(row(items, n, "This build")->level, SECURITY_GOOD);
    assert_int_equal(row(items, n, "Core dumps")->level, SECURITY_GOOD);
#endif
    assert_int_equal(security_probe(0, items, 3), 3);
}

static void the_security_page_sees_whether_the_vault_is_confined(void **state)
{
    (void)state;
    struct security_item items[SECURITY_ITEMS];
    struct child c = hardened("vault");
    size_t n = security_probe(c.pid, items, SECURITY_ITEMS);
#ifdef KEYRITE_SANITIZED
    assert_int_equal(row(items, n, "Vault process")->level, SECURITY_WARN);
#else
    assert_int_equal(row(items, n, "Vault process")->level,
                     sandbox_landlock_abi() ? SECURITY_GOOD : SECURITY_WARN);
#endif
    child_kill(&c);
    c = hardened("landlock");
    n = security_probe(c.pid, items, SECURITY_ITEMS);
    assert_int_equal(row(items, n, "Vault process")->level, SECURITY_BAD);
    child_kill(&c);
}

static void a_recorded_or_distant_terminal_is_called_bad(void **state)
{
    (void)state;
    struct security_item items[SECURITY_ITEMS];
    setenv("SSH_CONNECTION", "1", 1);
    size_t n = security_probe(0, items, SECURITY_ITEMS);
    assert_int_equal(row(items, n, "Terminal")->level, SECURITY_BAD);
    unsetenv("SSH_CONNECTION");
    setenv("TMUX", "1", 1);
    n = security_probe(0, items, SECURITY_ITEMS);
    assert_int_equal(row(items, n, "Terminal")->level, SECURITY_BAD);
    unsetenv("TMUX");
}

int main(int argc, char **argv)
{
    int status;
    char folder[] = "/tmp/keyrite-harden-XXXXXX";
    if (child_dispatch(argc, argv, roles, sizeof roles / sizeof roles[0], &status))
        return status;
    if (!mkdtemp(folder) || chdir(folder) != 0 || mkdir("deck", 0700) != 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hardened_process_leaves_no_core_and_cannot_gain_rights),
        cmocka_unit_test(in_the_vault_forbidden_calls_kill),
        cmocka_unit_test(in_the_vault_every_other_call_kills),
        cmocka_unit_test(no_card_process_starts_programs_or_looks_into_others),
        cmocka_unit_test(in_the_vault_computing_goes_on),
        cmocka_unit_test(landlock_alone_keeps_files_shut),
        cmocka_unit_test(the_call_filter_alone_keeps_files_shut),
        cmocka_unit_test(the_card_process_of_a_deck_reaches_only_the_deck),
        cmocka_unit_test(the_card_process_of_a_missing_deck_is_told_so),
        cmocka_unit_test(the_card_process_of_real_readers_starts_no_program),
        cmocka_unit_test(the_security_page_says_what_is_in_force),
        cmocka_unit_test(the_security_page_sees_whether_the_vault_is_confined),
        cmocka_unit_test(a_recorded_or_distant_terminal_is_called_bad),
    };
    int failed = cmocka_run_group_tests_name("harden", tests, NULL, NULL);
    if (rmdir("deck") != 0 || chdir("/") != 0 || rmdir(folder) != 0)
        return 1;
    return failed;
}
