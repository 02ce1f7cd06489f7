/* Preloaded into the orchestrator: lets writes and syncs of the database's files fail, be slow, or be the last thing
 * that the process does. BATON_IO_FAULTS names a file of two 32-bit numbers, a mode and its argument, which is mapped,
 * so that whoever writes to it decides. Linux only.
 *
 *   1 writes fail with EIO         argument: how many of a hundred
 *   2 syncs fail with EIO          argument: how many of a hundred
 *   3 writes fail with ENOSPC
 *   4 syncs are slow               argument: milliseconds
 *   5 the process is killed in the middle of a write              argument: at which write from now on
 *   6 the process is killed before a sync                         argument: at which sync from now on
 *   7 as 5, but only writes to the database itself count: SQLite does those when it checkpoints the log
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile int32_t *control;
static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);

__attribute__((constructor)) static void begin(void) {
    real_pwrite = (ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
    real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    const char *path = getenv("BATON_IO_FAULTS");
    int descriptor = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (descriptor < 0) return;
    void *memory = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (memory != MAP_FAILED) control = memory;
}

/* 0: not the database's; 1: its log; 2: the database itself. */
static int kind_of(int descriptor) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 4) return 0;
    path[length] = 0;
    if (!strcmp(path + length - 3, ".db")) return 2;
    return !strcmp(path + length - 4, "-wal");
}

static int strikes(int32_t percent) { return rand() % 100 < percent; }

static ssize_t faulty_pwrite(int descriptor, const void *bytes, size_t count, off64_t offset) {
    int32_t mode = control ? control[0] : 0;
    int kind;
    if ((mode == 1 || mode == 3 || mode == 5 || mode == 7) && (kind = kind_of(descriptor))) {
        if (mode == 1 && strikes(control[1])) return errno = EIO, -1;
        if (mode == 3) return errno = ENOSPC, -1;
        if ((mode == 5 || (mode == 7 && kind == 2)) && __sync_sub_and_fetch(&control[1], 1) == 0) {
            control[0] = 0;
            real_pwrite(descriptor, bytes, count / 2, offset);
            kill(getpid(), SIGKILL);
        }
    }
    return real_pwrite(descriptor, bytes, count, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    return faulty_pwrite(descriptor, bytes, count, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
    return faulty_pwrite(descriptor, bytes, count, offset);
}

static int faulty_sync(int descriptor, int (*real)(int)) {
    int32_t mode = control ? control[0] : 0;
    if ((mode == 2 || mode == 4 || mode == 6) && kind_of(descriptor)) {
        if (mode == 2 && strikes(control[1])) return errno = EIO, -1;
        if (mode == 4) usleep((useconds_t)control[1] * 1000);
        if (mode == 6 && __sync_sub_and_fetch(&control[1], 1) == 0) {
            control[0] = 0;
            kill(getpid(), SIGKILL);
        }
    }
    return real(descriptor);
}

int fsync(int descriptor) { return faulty_sync(descriptor, real_fsync); }
int fdatasync(int descriptor) { return faulty_sync(descriptor, real_fdatasync); }
