/*
 * A disk whose power can be cut, for PostgreSQL: loaded before the C library.
 *
 * What is written under DISK_FROM is lost unless it was flushed: at each fsync and fdatasync the
 * whole file is copied to its place under DISK_SHADOW, which is what a machine would find after
 * the cut. Names (creation by link, rename, removal, directories) are kept at once, as a journal
 * of the file system keeps them. Control files change the disk while it runs: DISK_DROPS makes it
 * say "flushed" and keep nothing, as a disk that lies does; DISK_SLOW makes each flush wait.
 * Nothing is flushed to the real disk: processes are stopped for a cut, the machine is not.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define SLOW_US 500000

static int is_told(const char *name)
{
    const char *path = getenv(name);
    return path && access(path, F_OK) == 0;
}

/* Write the shadow's name of path, 0 where it lies elsewhere. */
static int shadow_of(const char *path, char *shadow)
{
    const char *from = getenv("DISK_FROM"), *to = getenv("DISK_SHADOW");
    char whole[PATH_MAX];
    if (!from || !to || !*to)
        return 0;
    if (path[0] == '/')
        snprintf(whole, sizeof whole, "%s", path);
    else {
        char here[PATH_MAX / 2];
        if (!getcwd(here, sizeof here))
            return 0;
        snprintf(whole, sizeof whole, "%s/%s", here, path);
    }
    size_t length = strlen(from);
    if (strncmp(whole, from, length) || whole[length] != '/')
        return 0;
    return snprintf(shadow, PATH_MAX, "%s%s", to, whole + length) < PATH_MAX;
}

static int keep(int fd)
{
    char link[64], path[PATH_MAX], shadow[PATH_MAX], block[65536];
    struct stat told;
    if (is_told("DISK_SLOW"))
        usleep(SLOW_US);
    if (is_told("DISK_DROPS"))
        return 0;
    if (fstat(fd, &told) || !S_ISREG(told.st_mode))
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return -1;
    path[length] = 0;
    if (!shadow_of(path, shadow))
        return 0;
    /* Not by fd: it may be open for writing alone. */
    int in = open(path, O_RDONLY), out = open(shadow, O_WRONLY | O_CREAT, 0600);
    off_t at = 0;
    ssize_t got = -1;
    if (in >= 0 && out >= 0) {
        while ((got = pread(in, block, sizeof block, at)) > 0) {
            if (pwrite(out, block, got, at) != got) {
                got = -1;
                break;
            }
            at += got;
        }
        if (got == 0 && NEXT(ftruncate)(out, at))
            got = -1;
    }
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return got == 0 ? 0 : -1;
}

int fsync(int fd) { return keep(fd); }
int fdatasync(int fd) { return keep(fd); }

int rename(const char *old, const char *new)
{
    char from[PATH_MAX], to[PATH_MAX];
    int done = NEXT(rename)(old, new);
    if (!done && shadow_of(old, from) && shadow_of(new, to))
        NEXT(rename)(from, to);
    return done;
}

int link(const char *old, const char *new)
{
    char from[PATH_MAX], to[PATH_MAX];
    int done = NEXT(link)(old, new);
    if (!done && shadow_of(old, from) && shadow_of(new, to))
        NEXT(link)(from, to);
    return done;
}

int unlink(const char *path)
{
    char shadow[PATH_MAX];
    int done = NEXT(unlink)(path);
    if (!done && shadow_of(path, shadow))
        NEXT(unlink)(shadow);
    return done;
}

int mkdir(const char *path, mode_t mode)
{
    char shadow[PATH_MAX];
    int done = NEXT(mkdir)(path, mode);
    if (!done && shadow_of(path, shadow))
        NEXT(mkdir)(shadow, mode);
    return done;
}

int rmdir(const char *path)
{
    char shadow[PATH_MAX];
    int done = NEXT(rmdir)(path);
    if (!done && shadow_of(path, shadow))
        NEXT(rmdir)(shadow);
    return done;
}
