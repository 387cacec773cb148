/*
 * Calls of libraries and of the system that may fail, and what the caller is told when they do. The
 * linker puts these before the calls of keyrite's own objects (the Makefile reads their names from
 * here); what libraries call among themselves does not fail.
 */
#include "places.h"

#include <argon2.h>
#include <cyaml/cyaml.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <seccomp.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <yaml.h>

#include "../../crypto/vault_call.h"

#define CALL(type, name, told, parameters, arguments)                                              \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        if (failing_here(#name)) {                                                                 \
            errno = ENOMEM;                                                                        \
            return told;                                                                           \
        }                                                                                          \
        return __real_##name arguments;                                                            \
    }
/* The same, after something else: a file is closed even where closing fails. */
#define AFTER(type, name, told, parameters, first)                                                 \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        bool bad = failing_here(#name);                                                            \
        type done = first;                                                                         \
        errno = bad ? EIO : errno;                                                                 \
        return bad ? (told) : done;                                                                \
    }
/* What a library gives back through a pointer is nothing. */
#define NOTHING(out, code) (*(out) = NULL, (code))

/* ---- memory, threads, processes ---- */
CALL(void *, malloc, NULL, (size_t len), (len))
CALL(void *, calloc, NULL, (size_t count, size_t len), (count, len))
CALL(void *, realloc, NULL, (void *old, size_t len), (old, len))
CALL(char *, strdup, NULL, (const char *text), (text))
CALL(int, vasprintf, -1, (char **out, const char *format, va_list values), (out, format, values))
CALL(void *, mmap, MAP_FAILED, (void *at, size_t len, int rights, int flags, int fd, off_t from),
     (at, len, rights, flags, fd, from))
CALL(int, mlock, -1, (const void *at, size_t len), (at, len))
CALL(int, madvise, -1, (void *at, size_t len, int advice), (at, len, advice))
CALL(int, pthread_create, EAGAIN,
     (pthread_t * thread, const pthread_attr_t *attr, void *(*run)(void *), void *with),
     (thread, attr, run, with))
CALL(int, socketpair, -1, (int domain, int type, int protocol, int ends[2]),
     (domain, type, protocol, ends))
CALL(ssize_t, sendmsg, -1, (int fd, const struct msghdr *m, int flags), (fd, m, flags))
CALL(ssize_t, recvmsg, -1, (int fd, struct msghdr *m, int flags), (fd, m, flags))
CALL(int, posix_spawn_file_actions_init, ENOMEM, (posix_spawn_file_actions_t * plan), (plan))
CALL(int, posix_spawnattr_init, ENOMEM, (posix_spawnattr_t * plan), (plan))

/* The children get an environment of the program's own making: what fails goes on in them. */
int __real_posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *plan,
                       const posix_spawnattr_t *attr, char *const argv[], char *const envp[]);
int __wrap_posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *plan,
                       const posix_spawnattr_t *attr, char *const argv[], char *const envp[]);
int __wrap_posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *plan,
                       const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
    static char variable[512];
    char *environment[64] = {variable};
    if (failing_here("posix_spawn"))
        return EAGAIN;
    for (size_t i = 0; envp[i] != NULL && i < 62; i++)
        environment[i + 1] = envp[i];
    snprintf(variable, sizeof variable, "%s=%s", FAILING_VARIABLE,
             failing != NULL ? getenv(FAILING_VARIABLE) : "");
    return __real_posix_spawn(pid, path, plan, attr, argv, environment);
}

/* ---- files ---- */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? (mode_t)va_arg(rest, unsigned) : 0;
    va_end(rest);
    if (failing_here("open")) {
        errno = EIO;
        return -1;
    }
    return __real_open(path, flags, mode);
}
CALL(ssize_t, read, -1, (int fd, void *bytes, size_t len), (fd, bytes, len))
CALL(ssize_t, write, -1, (int fd, const void *bytes, size_t len), (fd, bytes, len))
CALL(ssize_t, sendfile, -1, (int to, int from, off_t *at, size_t len), (to, from, at, len))
CALL(int, fsync, -1, (int fd), (fd))
CALL(int, flock, -1, (int fd, int what), (fd, what))
CALL(int, rename, -1, (const char *from, const char *to), (from, to))
CALL(int, unlink, -1, (const char *path), (path))
CALL(int, mkdir, -1, (const char *path, mode_t mode), (path, mode))
CALL(int, fstat, -1, (int fd, struct stat *out), (fd, out))
CALL(FILE *, fopen, NULL, (const char *path, const char *how), (path, how))
CALL(FILE *, fdopen, NULL, (int fd, const char *how), (fd, how))
CALL(int, fflush, EOF, (FILE * f), (f))
CALL(int, ferror, 1, (FILE * f), (f))
AFTER(int, fclose, EOF, (FILE * f), __real_fclose(f))
CALL(DIR *, opendir, NULL, (const char *path), (path))
CALL(int, scandir, -1,
     (const char *path, struct dirent ***out, int (*takes)(const struct dirent *),
      int (*before)(const struct dirent **, const struct dirent **)),
     (path, out, takes, before))

/* ---- SQLCipher ---- */
CALL(int, sqlite3_open_v2, NOTHING(db, SQLITE_NOMEM),
     (const char *path, sqlite3 **db, int flags, const char *vfs), (path, db, flags, vfs))
CALL(int, sqlite3_key, SQLITE_NOMEM, (sqlite3 * db, const void *key, int len), (db, key, len))
CALL(int, sqlite3_exec, SQLITE_IOERR_WRITE,
     (sqlite3 * db, const char *sql, int (*row)(void *, int, char **, char **), void *with,
      char **said),
     (db, sql, row, with, said))
CALL(int, sqlite3_prepare_v2, NOTHING(out, SQLITE_NOMEM),
     (sqlite3 * db, const char *sql, int len, sqlite3_stmt **out, const char **rest),
     (db, sql, len, out, rest))
/* After SQLITE_IOERR the store is not written any more, and the program has to be started again. */
CALL(int, sqlite3_step, failing_seldom() ? SQLITE_IOERR_READ : SQLITE_NOMEM,
     (sqlite3_stmt * statement), (statement))
CALL(int, sqlite3_bind_int64, SQLITE_NOMEM, (sqlite3_stmt * statement, int n, sqlite3_int64 value),
     (statement, n, value))
CALL(int, sqlite3_bind_text, SQLITE_NOMEM,
     (sqlite3_stmt * statement, int n, const char *text, int len, void (*release)(void *)),
     (statement, n, text, len, release))
CALL(int, sqlite3_bind_blob64, SQLITE_NOMEM,
     (sqlite3_stmt * statement, int n, const void *bytes, sqlite3_uint64 len,
      void (*release)(void *)),
     (statement, n, bytes, len, release))

/* ---- cryptography ---- */
CALL(void *, CRYPTO_secure_zalloc, NULL, (size_t len, const char *file, int line),
     (len, file, line))
CALL(ssize_t, getrandom, -1, (void *out, size_t len, unsigned flags), (out, len, flags))
CALL(int, RAND_priv_bytes, 0, (unsigned char *out, int len), (out, len))
CALL(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_new, NULL, (void), ())
CALL(EVP_CIPHER *, EVP_CIPHER_fetch, NULL,
     (OSSL_LIB_CTX * ctx, const char *name, const char *properties), (ctx, name, properties))
CALL(int, EVP_CIPHER_CTX_ctrl, 0, (EVP_CIPHER_CTX * ctx, int what, int n, void *at),
     (ctx, what, n, at))
CALL(int, EVP_CipherInit_ex2, 0,
     (EVP_CIPHER_CTX * ctx, const EVP_CIPHER *cipher, const unsigned char *key,
      const unsigned char *iv, int encrypts, const OSSL_PARAM parameters[]),
     (ctx, cipher, key, iv, encrypts, parameters))
CALL(int, EVP_CipherUpdate, 0,
     (EVP_CIPHER_CTX * ctx, unsigned char *out, int *len, const unsigned char *in, int in_len),
     (ctx, out, len, in, in_len))
CALL(int, EVP_CipherFinal_ex, 0, (EVP_CIPHER_CTX * ctx, unsigned char *out, int *len),
     (ctx, out, len))
CALL(EVP_MD *, EVP_MD_fetch, NULL, (OSSL_LIB_CTX * ctx, const char *name, const char *properties),
     (ctx, name, properties))
CALL(EVP_MD_CTX *, EVP_MD_CTX_new, NULL, (void), ())
CALL(int, EVP_DigestInit_ex2, 0,
     (EVP_MD_CTX * ctx, const EVP_MD *type, const OSSL_PARAM parameters[]), (ctx, type, parameters))
CALL(int, EVP_DigestUpdate, 0, (EVP_MD_CTX * ctx, const void *bytes, size_t len), (ctx, bytes, len))
CALL(int, EVP_DigestFinal_ex, 0, (EVP_MD_CTX * ctx, unsigned char *out, unsigned *len),
     (ctx, out, len))
CALL(int, EVP_DigestSignInit, 0,
     (EVP_MD_CTX * ctx, EVP_PKEY_CTX **inner, const EVP_MD *type, ENGINE *engine, EVP_PKEY *key),
     (ctx, inner, type, engine, key))
CALL(int, EVP_DigestSign, 0,
     (EVP_MD_CTX * ctx, unsigned char *sig, size_t *sig_len, const unsigned char *in, size_t len),
     (ctx, sig, sig_len, in, len))
CALL(int, EVP_DigestVerifyInit, 0,
     (EVP_MD_CTX * ctx, EVP_PKEY_CTX **inner, const EVP_MD *type, ENGINE *engine, EVP_PKEY *key),
     (ctx, inner, type, engine, key))
CALL(EVP_PKEY *, EVP_PKEY_new_raw_private_key_ex, NULL,
     (OSSL_LIB_CTX * ctx, const char *type, const char *properties, const unsigned char *key,
      size_t len),
     (ctx, type, properties, key, len))
CALL(EVP_PKEY *, EVP_PKEY_new_raw_public_key_ex, NULL,
     (OSSL_LIB_CTX * ctx, const char *type, const char *properties, const unsigned char *key,
      size_t len),
     (ctx, type, properties, key, len))
CALL(int, EVP_PKEY_get_raw_public_key, 0,
     (const EVP_PKEY *key, unsigned char *public_key, size_t *len), (key, public_key, len))
CALL(EVP_KDF *, EVP_KDF_fetch, NULL, (OSSL_LIB_CTX * ctx, const char *name, const char *properties),
     (ctx, name, properties))
CALL(EVP_KDF_CTX *, EVP_KDF_CTX_new, NULL, (EVP_KDF * kdf), (kdf))
CALL(int, EVP_KDF_derive, 0,
     (EVP_KDF_CTX * ctx, unsigned char *key, size_t len, const OSSL_PARAM parameters[]),
     (ctx, key, len, parameters))
CALL(unsigned char *, HMAC, NULL,
     (const EVP_MD *type, const void *key, int key_len, const unsigned char *bytes, size_t len,
      unsigned char *out, unsigned *out_len),
     (type, key, key_len, bytes, len, out, out_len))
CALL(int, PKCS5_PBKDF2_HMAC_SHA1, 0,
     (const char *pass, int pass_len, const unsigned char *salt, int salt_len, int passes, int len,
      unsigned char *out),
     (pass, pass_len, salt, salt_len, passes, len, out))
CALL(int, argon2_ctx, ARGON2_MEMORY_ALLOCATION_ERROR, (argon2_context * ctx, argon2_type type),
     (ctx, type))
CALL(scmp_filter_ctx, seccomp_init, NULL, (uint32_t otherwise), (otherwise))
CALL(int, seccomp_load, -ENOMEM, (scmp_filter_ctx filter), (filter))
CALL(int, seccomp_attr_set, -EINVAL,
     (scmp_filter_ctx filter, enum scmp_filter_attr which, uint32_t value), (filter, which, value))

/* ---- YAML ---- */
CALL(cyaml_err_t, cyaml_load_data, CYAML_ERR_OOM,
     (const uint8_t *in, size_t len, const cyaml_config_t *config, const cyaml_schema_value_t *form,
      cyaml_data_t **out, unsigned *count),
     (in, len, config, form, out, count))
CALL(int, yaml_parser_initialize, 0, (yaml_parser_t * parser), (parser))
CALL(int, yaml_parser_load, 0, (yaml_parser_t * parser, yaml_document_t *out), (parser, out))

/* ---- the vault, to those who call it ---- */
bool __real_vault_call_run(struct vault_call *c, int pass_fd);
bool __wrap_vault_call_run(struct vault_call *c, int pass_fd);
bool __wrap_vault_call_run(struct vault_call *c, int pass_fd)
{
    if (!failing_here("vault_call_run"))
        return __real_vault_call_run(c, pass_fd);
    c->err = KR_E_MEMORY;
    c->w.len = 0;
    return false;
}
