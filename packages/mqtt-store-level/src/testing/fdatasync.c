/* Stands in front of fdatasync and fsync of a process (LD_PRELOAD), to see what a commit waits for and to make it fail.
   GODWIT_SYNC_LOG=file: after each that succeeded, a line "size path" of the file that was synced.
   GODWIT_SYNC_FAIL=file: while that file is there, each of them fails with EIO and does nothing. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int synced(int fd, const char *name) {
  const char *fail = getenv("GODWIT_SYNC_FAIL");
  const char *log = getenv("GODWIT_SYNC_LOG");
  struct stat before;
  if (fail && access(fail, F_OK) == 0) {
    errno = EIO;
    return -1;
  }
  fstat(fd, &before);
  int result = ((int (*)(int))dlsym(RTLD_NEXT, name))(fd);
  if (result == 0 && log) {
    char link[64], path[4096], line[4200];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (length > 0 && out >= 0) {
      path[length] = 0;
      int size = snprintf(line, sizeof line, "%lld %s\n", (long long)before.st_size, path);
      if (write(out, line, size) != size) result = -1;
    }
    if (out >= 0) close(out);
  }
  return result;
}

int fdatasync(int fd) { return synced(fd, "fdatasync"); }
int fsync(int fd) { return synced(fd, "fsync"); }
