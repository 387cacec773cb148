#include "harden.h"
#include "sandbox.h"
#include "secret.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* ptrace by a program of the same user, and core files, both end with this; as root only
 * /proc/PID/mem is left. */
static int forbid_dump(void)
{
#ifdef KEYRITE_SANITIZED /* the leak checker attaches to its own process */
    return 0;
#else
    return prctl(PR_SET_DUMPABLE, 0);
#endif
}

enum kr_error harden_process(void)
{
    const struct rlimit none = {0, 0};
    if (forbid_dump() != 0 || setrlimit(RLIMIT_CORE, &none) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return kr_fail(KR_E_SYSTEM, "prctl: %s", strerror(errno));
    umask(077);
    return secret_heap_open();
}

enum kr_error harden_vault(void)
{
#ifdef KEYRITE_SANITIZED
    enum kr_error err = sandbox_paths("/proc", SANDBOX_READ);
#else
    enum kr_error err = sandbox_paths(NULL, SANDBOX_READ);
#endif
    return err ? err : sandbox_calls_vault();
}

enum kr_error harden_cards(const char *deck_dir)
{
    if (!deck_dir)
        return sandbox_calls_no_exec(true);
    enum kr_error err = sandbox_paths(deck_dir, SANDBOX_CHANGE);
    return err ? err : sandbox_calls_no_exec(false);
}
