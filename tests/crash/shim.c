/* Preloaded into the process under test. Once armed with a number n and the directory that holds the roots, it counts
   every call that changes something below that directory and sends the process SIGKILL just before the n-th, or lets
   the n-th call fail with a given error. When it kills, writes to the database count as well: a crash may come between
   a change on a disk and the row that tells of it. Nothing is counted while it is not armed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long armed_at, counted;
static int failure;
static char below[PATH_MAX], database[PATH_MAX];

void shim_arm(long at, int error, const char *directory, const char *journal) {
    counted = 0;
    failure = error;
    snprintf(below, sizeof below, "%s", directory);
    snprintf(database, sizeof database, "%s", journal);
    armed_at = at;
}

long shim_counted(void) { return counted; }

static int lies_in(const char *directory, const char *path) {
    size_t length = strlen(directory);
    return strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static int starts_below(const char *path) { return lies_in(below, path); }

static int descriptor_is_in(const char *directory, int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return lies_in(directory, path);
}

static int descriptor_is_below(int fd) { return descriptor_is_in(below, fd); }

/* 1: the caller returns -1 with errno set. Never returns when the process is to die here. */
static int hit(int matters) {
    if (!armed_at || !matters) return 0;
    if (++counted != armed_at) return 0;
    if (!failure) kill(getpid(), SIGKILL);
    errno = failure;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define AT(fd, path) ((path)[0] == '/' ? starts_below(path) : descriptor_is_below(fd))

static int opened(const char *symbol, int fd, const char *path, int flags, mode_t mode) {
    if ((flags & O_CREAT) && hit(AT(fd, path))) return -1;
    int (*real)(int, const char *, int, ...) = dlsym(RTLD_NEXT, symbol);
    return real(fd, path, flags, mode);
}
#define MODE va_list list; va_start(list, flags); mode_t mode = (flags & O_CREAT) ? va_arg(list, mode_t) : 0; va_end(list)
int openat(int fd, const char *path, int flags, ...) { MODE; return opened("openat", fd, path, flags, mode); }
int openat64(int fd, const char *path, int flags, ...) { MODE; return opened("openat64", fd, path, flags, mode); }

int mkdirat(int fd, const char *path, mode_t mode) { return hit(AT(fd, path)) ? -1 : REAL(mkdirat)(fd, path, mode); }
int unlinkat(int fd, const char *path, int flags) { return hit(AT(fd, path)) ? -1 : REAL(unlinkat)(fd, path, flags); }
int symlinkat(const char *to, int fd, const char *path) { return hit(AT(fd, path)) ? -1 : REAL(symlinkat)(to, fd, path); }
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
    return hit(AT(a, from)) ? -1 : REAL(renameat2)(a, from, b, to, flags);
}
ssize_t write(int fd, const void *data, size_t size) { return hit(descriptor_is_below(fd)) ? -1 : REAL(write)(fd, data, size); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    int ours = descriptor_is_below(fd) || (!failure && descriptor_is_in(database, fd));
    return hit(ours) ? -1 : REAL(pwrite64)(fd, data, size, at);
}
int fsync(int fd) { return hit(descriptor_is_below(fd)) ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return hit(descriptor_is_below(fd)) ? -1 : REAL(fdatasync)(fd); }
int fallocate(int fd, int mode, off_t from, off_t size) {
    return hit(descriptor_is_below(fd)) ? -1 : REAL(fallocate)(fd, mode, from, size);
}
int fchmod(int fd, mode_t mode) { return hit(descriptor_is_below(fd)) ? -1 : REAL(fchmod)(fd, mode); }
int fchown(int fd, uid_t user, gid_t group) { return hit(descriptor_is_below(fd)) ? -1 : REAL(fchown)(fd, user, group); }
int futimens(int fd, const struct timespec times[2]) { return hit(descriptor_is_below(fd)) ? -1 : REAL(futimens)(fd, times); }
