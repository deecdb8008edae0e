/* Preloaded into the process under test. Once armed it counts every call that changes something below the roots'
   directory, and at the n-th of them kills the process, fails, writes only half, or stops so that others can act.
   Kills and stops count the database's writes as well: a crash may come between a change on a disk and the row that
   tells of it. Nothing is counted while it is not armed. Unless told otherwise, syncing is counted but not done:
   only a power cut needs it, and it takes most of the time. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { KILL, FAIL_ONCE, FAIL_FOR_EVER, SHORT_WRITE, STOP, CORRUPT };

struct told { long counted; char call[32]; }; /* in memory shared with the parent: a killed process cannot answer */

static long armed_at;
static int manner, failure, syncs;
static struct told nowhere, *told = &nowhere;
static char below[PATH_MAX], database[PATH_MAX];

void shim_arm(long at, int how, int error, const char *directory, const char *journal, struct told *shared) {
    manner = how;
    failure = error;
    told = shared ? shared : &nowhere;
    memset(told, 0, sizeof *told);
    snprintf(below, sizeof below, "%s", directory);
    snprintf(database, sizeof database, "%s", journal);
    armed_at = at;
}

void shim_sync(int really) { syncs = really; }

static int lies_in(const char *directory, const char *path) {
    size_t length = strlen(directory);
    return length && strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static int descriptor_is_in(const char *directory, int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return lies_in(directory, path);
}

static int at_is_below(int fd, const char *path) {
    if (!armed_at || !path) return 0;
    if (path[0] == '/') return lies_in(below, path);
    return fd == AT_FDCWD ? 0 : descriptor_is_in(below, fd);
}

static int is_below(int fd) { return armed_at && descriptor_is_in(below, fd); }

static int is_journal(int fd) {
    return armed_at && (manner == KILL || manner == STOP) && descriptor_is_in(database, fd);
}

/* 1: the caller returns -1 with errno set. Never returns when the process is to die here. */
static int hit(int matters, const char *call) {
    if (!armed_at || !matters) return 0;
    long number = __atomic_add_fetch(&told->counted, 1, __ATOMIC_SEQ_CST);
    int later = manner == FAIL_FOR_EVER || manner == STOP;
    if (number < armed_at || (number > armed_at && !later)) return 0;
    if (number == armed_at || manner == STOP) snprintf(told->call, sizeof told->call, "%s", call);
    switch (manner) {
    case KILL: kill(getpid(), SIGKILL); pause(); break;
    case STOP: syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGSTOP); return 0;
    case SHORT_WRITE: case CORRUPT: return 0; /* `shortened` and `spoiled` have dealt with writes */
    }
    errno = failure;
    return 1;
}

/* How much of a write is done. */
static size_t shortened(int fd, size_t size) {
    int now = manner == SHORT_WRITE && is_below(fd) && told->counted + 1 == armed_at;
    return now && size > 1 ? size / 2 : size;
}

/* What is written: with its first bit turned over when a disk shall lie. */
static const void *spoiled(int fd, const void *data, size_t size) {
    static char copy[1 << 20];
    if (manner != CORRUPT || !is_below(fd) || told->counted + 1 != armed_at || !size || size > sizeof copy) return data;
    memcpy(copy, data, size);
    copy[0] ^= 1;
    return copy;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define GUARD(matters, name, arguments) return hit(matters, #name) ? -1 : REAL(name) arguments

static int opened(const char *symbol, int fd, const char *path, int flags, mode_t mode) {
    int changes = flags & (O_CREAT | O_TRUNC);
    if (changes && hit(at_is_below(fd, path), "open")) return -1;
    if (strncmp(symbol, "openat", 6) == 0) {
        int (*real)(int, const char *, int, ...) = dlsym(RTLD_NEXT, symbol);
        return real(fd, path, flags, mode);
    }
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, symbol);
    return real(path, flags, mode);
}
#define MODE va_list list; va_start(list, flags); mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(list, mode_t) : 0; va_end(list)
int open(const char *path, int flags, ...) { MODE; return opened("open", AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE; return opened("open64", AT_FDCWD, path, flags, mode); }
int openat(int fd, const char *path, int flags, ...) { MODE; return opened("openat", fd, path, flags, mode); }
int openat64(int fd, const char *path, int flags, ...) { MODE; return opened("openat64", fd, path, flags, mode); }

long syscall(long number, ...) {
    long a[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
    va_end(list);
    if (armed_at && number == SYS_openat2) {
        const struct open_how *how = (const void *)a[2];
        if ((how->flags & (O_CREAT | O_TRUNC)) && hit(at_is_below((int)a[0], (const char *)a[1]), "openat2")) return -1;
    }
    if (armed_at && number == SYS_renameat2 && hit(at_is_below((int)a[0], (const char *)a[1]), "renameat2")) return -1;
    long (*real)(long, ...) = dlsym(RTLD_NEXT, "syscall");
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int mkdir(const char *path, mode_t mode) { GUARD(at_is_below(AT_FDCWD, path), mkdir, (path, mode)); }
int mkdirat(int fd, const char *path, mode_t mode) { GUARD(at_is_below(fd, path), mkdirat, (fd, path, mode)); }
int rmdir(const char *path) { GUARD(at_is_below(AT_FDCWD, path), rmdir, (path)); }
int unlink(const char *path) { GUARD(at_is_below(AT_FDCWD, path), unlink, (path)); }
int unlinkat(int fd, const char *path, int flags) { GUARD(at_is_below(fd, path), unlinkat, (fd, path, flags)); }
int symlink(const char *to, const char *path) { GUARD(at_is_below(AT_FDCWD, path), symlink, (to, path)); }
int symlinkat(const char *to, int fd, const char *path) { GUARD(at_is_below(fd, path), symlinkat, (to, fd, path)); }
int link(const char *from, const char *to) { GUARD(at_is_below(AT_FDCWD, to), link, (from, to)); }
int linkat(int a, const char *from, int b, const char *to, int flags) {
    GUARD(at_is_below(b, to), linkat, (a, from, b, to, flags));
}
int rename(const char *from, const char *to) { GUARD(at_is_below(AT_FDCWD, from), rename, (from, to)); }
int renameat(int a, const char *from, int b, const char *to) {
    GUARD(at_is_below(a, from), renameat, (a, from, b, to));
}
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
    GUARD(at_is_below(a, from), renameat2, (a, from, b, to, flags));
}

ssize_t write(int fd, const void *data, size_t size) {
    size_t part = shortened(fd, size);
    data = spoiled(fd, data, part);
    GUARD(is_below(fd), write, (fd, data, part));
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    size_t part = shortened(fd, size);
    data = spoiled(fd, data, part);
    GUARD(is_below(fd) || is_journal(fd), pwrite64, (fd, data, part, at));
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    size_t part = shortened(fd, size);
    data = spoiled(fd, data, part);
    GUARD(is_below(fd) || is_journal(fd), pwrite, (fd, data, part, at));
}
ssize_t writev(int fd, const struct iovec *parts, int count) { GUARD(is_below(fd), writev, (fd, parts, count)); }
#define GATHERED(name, at) \
    ssize_t name(int fd, const struct iovec *parts, int count, at from) { GUARD(is_below(fd), name, (fd, parts, count, from)); }
GATHERED(pwritev, off_t)
GATHERED(pwritev64, off64_t)
#define GATHERED_WITH_FLAGS(name, at) \
    ssize_t name(int fd, const struct iovec *parts, int count, at from, int flags) { \
        GUARD(is_below(fd), name, (fd, parts, count, from, flags)); \
    }
GATHERED_WITH_FLAGS(pwritev2, off_t)
GATHERED_WITH_FLAGS(pwritev64v2, off64_t)
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags) {
    GUARD(is_below(out), copy_file_range, (in, from, out, to, size, flags));
}
int ftruncate(int fd, off_t size) { GUARD(is_below(fd), ftruncate, (fd, size)); }
int ftruncate64(int fd, off64_t size) { GUARD(is_below(fd), ftruncate64, (fd, size)); }
int fallocate(int fd, int mode, off_t from, off_t size) { GUARD(is_below(fd), fallocate, (fd, mode, from, size)); }
int fallocate64(int fd, int mode, off64_t from, off64_t size) {
    GUARD(is_below(fd), fallocate64, (fd, mode, from, size));
}
int ioctl(int fd, unsigned long request, ...) {
    va_list list;
    va_start(list, request);
    void *argument = va_arg(list, void *);
    va_end(list);
    int clones = request == FICLONE || request == FICLONERANGE;
    GUARD(clones && is_below(fd), ioctl, (fd, request, argument));
}

int fchmod(int fd, mode_t mode) { GUARD(is_below(fd), fchmod, (fd, mode)); }
int fchmodat(int fd, const char *path, mode_t mode, int flags) {
    GUARD(at_is_below(fd, path), fchmodat, (fd, path, mode, flags));
}
int fchown(int fd, uid_t user, gid_t group) { GUARD(is_below(fd), fchown, (fd, user, group)); }
int fchownat(int fd, const char *path, uid_t user, gid_t group, int flags) {
    GUARD(at_is_below(fd, path), fchownat, (fd, path, user, group, flags));
}
int futimens(int fd, const struct timespec times[2]) { GUARD(is_below(fd), futimens, (fd, times)); }
int utimensat(int fd, const char *path, const struct timespec times[2], int flags) {
    GUARD(at_is_below(fd, path), utimensat, (fd, path, times, flags));
}

int setxattr(const char *path, const char *name, const void *value, size_t size, int flags) {
    GUARD(at_is_below(AT_FDCWD, path), setxattr, (path, name, value, size, flags));
}
int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags) {
    GUARD(at_is_below(AT_FDCWD, path), lsetxattr, (path, name, value, size, flags));
}
int fsetxattr(int fd, const char *name, const void *value, size_t size, int flags) {
    GUARD(is_below(fd), fsetxattr, (fd, name, value, size, flags));
}
int removexattr(const char *path, const char *name) { GUARD(at_is_below(AT_FDCWD, path), removexattr, (path, name)); }
int fremovexattr(int fd, const char *name) { GUARD(is_below(fd), fremovexattr, (fd, name)); }

int fsync(int fd) { return hit(is_below(fd), "fsync") ? -1 : syncs ? REAL(fsync)(fd) : 0; }
int fdatasync(int fd) { return hit(is_below(fd), "fdatasync") ? -1 : syncs ? REAL(fdatasync)(fd) : 0; }
int syncfs(int fd) { return hit(is_below(fd), "syncfs") ? -1 : syncs ? REAL(syncfs)(fd) : 0; }
int sync_file_range(int fd, off64_t from, off64_t size, unsigned flags) {
    return hit(is_below(fd), "sync_file_range") ? -1 : syncs ? REAL(sync_file_range)(fd, from, size, flags) : 0;
}
