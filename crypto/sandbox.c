/*
 * Landlock through raw system calls. Names and numbers are the kernel's
 * (include/uapi/linux/landlock.h), given here because the header of a build machine may be older
 * than the kernel that the program meets.
 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The same on every architecture. */
#define CALL_CREATE_RULESET 444
#define CALL_ADD_RULE       445
#define CALL_RESTRICT_SELF  446
#define CREATE_ASK_VERSION  1u
#define RULE_PATH_BENEATH   1

struct ruleset {
    uint64_t files;
    uint64_t net;    /* from ABI 4 */
    uint64_t scoped; /* from ABI 6 */
};
struct path_rule {
    uint64_t allowed;
    int32_t parent_fd;
} __attribute__((packed));

enum file_right {
    RIGHT_EXECUTE = 1u << 0,
    RIGHT_WRITE_FILE = 1u << 1,
    RIGHT_READ_FILE = 1u << 2,
    RIGHT_READ_DIR = 1u << 3,
    RIGHT_REMOVE_DIR = 1u << 4,
    RIGHT_REMOVE_FILE = 1u << 5,
    RIGHT_MAKE_DIR = 1u << 7,
    RIGHT_MAKE_REG = 1u << 8,
    RIGHT_REFER = 1u << 13,
    RIGHT_TRUNCATE = 1u << 14,
};
#define RIGHTS_READ (RIGHT_READ_FILE | RIGHT_READ_DIR)
#define RIGHTS_CHANGE                                                                              \
    (RIGHTS_READ | RIGHT_WRITE_FILE | RIGHT_REMOVE_DIR | RIGHT_REMOVE_FILE | RIGHT_MAKE_DIR |      \
     RIGHT_MAKE_REG | RIGHT_REFER | RIGHT_TRUNCATE)

int sandbox_landlock_abi(void)
{
    long abi = syscall(CALL_CREATE_RULESET, NULL, (size_t)0, CREATE_ASK_VERSION);
    return abi > 0 ? (int)abi : 0;
}

/* All rights that this ABI knows; a right that is not handled is not restricted. */
static struct ruleset handled_rights(int abi, size_t *size)
{
    struct ruleset r = {.files = (1u << 13) - 1};
    if (abi >= 2)
        r.files |= RIGHT_REFER;
    if (abi >= 3)
        r.files |= RIGHT_TRUNCATE;
    if (abi >= 4)
        r.net = 3; /* bind and connect TCP */
    if (abi >= 5)
        r.files |= 1u << 15; /* ioctl on devices */
    if (abi >= 6)
        r.scoped = 3; /* abstract unix sockets, signals */
    *size = abi >= 6   ? sizeof r
            : abi >= 4 ? offsetof(struct ruleset, scoped)
                       : offsetof(struct ruleset, net);
    return r;
}

static enum kr_error allow_below(int ruleset, const char *folder, uint64_t rights)
{
    enum kr_error err = KR_OK;
    struct path_rule rule = {.allowed = rights};
    rule.parent_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return kr_fail(KR_E_FILE, "%s: %s", folder, strerror(errno));
    if (syscall(CALL_ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0u) != 0)
        err = kr_fail(KR_E_SYSTEM, "landlock_add_rule: %s", strerror(errno));
    close(rule.parent_fd);
    return err;
}

enum kr_error sandbox_paths(const char *folder, enum sandbox_access access)
{
    int abi = sandbox_landlock_abi();
    if (abi == 0)
        return KR_OK;
    size_t size;
    struct ruleset handled = handled_rights(abi, &size);
    enum kr_error err = KR_OK;
    int fd = (int)syscall(CALL_CREATE_RULESET, &handled, size, 0u);
    if (fd < 0)
        return kr_fail(KR_E_SYSTEM, "landlock_create_ruleset: %s", strerror(errno));
    if (folder) {
        uint64_t rights = access == SANDBOX_CHANGE ? RIGHTS_CHANGE : RIGHTS_READ;
        err = allow_below(fd, folder, rights & handled.files);
    }
    if (!err && syscall(CALL_RESTRICT_SELF, fd, 0u) != 0)
        err = kr_fail(KR_E_SYSTEM, "landlock_restrict_self: %s", strerror(errno));
    close(fd);
    return err;
}
