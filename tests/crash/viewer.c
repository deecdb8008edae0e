/* Opens a path again and again, reads all of it and compares, as many times as possible until SIGTERM. With a third
   argument it is a patient viewer: it keeps each open file for a while and reads here and there in it.
   Prints how many opens it made, how many of them were wrong, and how many found nothing but did when tried again. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t ended;
static char expected[1 << 20], found[1 << 20];
static ssize_t size;
static long opens, wrong, lost;

static void end(int signal) { ended = signal; }

static void complain(const char *what) {
    if (wrong++ < 10) fprintf(stderr, "open %ld: %s: %s\n", opens, what, strerror(errno));
}

static ssize_t whole(int fd, char *into, size_t room) {
    ssize_t done = 0, part;
    while ((part = read(fd, into + done, room - done)) > 0) done += part;
    return part < 0 ? -1 : done;
}

static void seek_about(int fd) {
    struct timespec pause = {0, 1000000};
    for (int i = 0; i < 100; i++) {
        off_t at = rand() % size;
        ssize_t part = pread(fd, found, sizeof found, at);
        if (part != size - at || memcmp(found, expected + at, part)) return complain("not what was there");
        nanosleep(&pause, NULL);
    }
}

int main(int count, char **words) {
    int fd = open(words[2], O_RDONLY);
    size = whole(fd, expected, sizeof expected);
    close(fd);
    signal(SIGTERM, end);
    while (!ended) {
        opens++;
        errno = 0;
        fd = open(words[1], O_RDONLY);
        if (fd < 0 && errno == ENOENT && (fd = open(words[1], O_RDONLY)) >= 0) lost++;
        if (fd < 0) { complain("cannot be opened"); continue; }
        if (count > 3) {
            seek_about(fd);
        } else {
            ssize_t got = whole(fd, found, sizeof found);
            if (got != size || memcmp(found, expected, size)) complain("another content");
        }
        close(fd);
        if (count > 3) nanosleep(&(struct timespec){0, 100000000}, NULL);
    }
    printf("%ld %ld %ld\n", opens, wrong, lost);
    return wrong != 0;
}
