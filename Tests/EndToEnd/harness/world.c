// Preloaded into Headstart by the tests: a world in which the wall clock can be set, and names can
// stop resolving, while it runs. Both follow the file that HEADSTART_TEST_WORLD names: 8 bytes with
// the seconds that the wall clock is ahead, and 8 bytes with how names below headstart.test resolve.
// No other clock and no other name is touched.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { to_loopback, to_nothing, to_silence };

struct world {
  volatile int64_t seconds;
  volatile int64_t names;
};

static const struct world *world(void) {
  static const struct world *mapped;
  static const struct world plain;
  if (mapped != NULL) return mapped;
  const char *path = getenv("HEADSTART_TEST_WORLD");
  const int file = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  void *memory = MAP_FAILED;
  if (file >= 0) memory = mmap(NULL, sizeof *mapped, PROT_READ, MAP_SHARED, file, 0);
  if (file >= 0) close(file);
  mapped = memory != MAP_FAILED ? memory : &plain;
  return mapped;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  static int (*real)(clockid_t, struct timespec *);
  if (real == NULL) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  const int result = real(clock, time);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    time->tv_sec += world()->seconds;
  return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  (void)zone;
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *result) {
  struct timespec now = {0};
  clock_gettime(CLOCK_REALTIME, &now);
  if (result != NULL) *result = now.tv_sec;
  return now.tv_sec;
}

int getaddrinfo(const char *restrict name, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict result) {
  static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
  const size_t length = name != NULL ? strlen(name) : 0;
  const char suffix[] = ".headstart.test";
  if (length < sizeof suffix || strcmp(name + length - (sizeof suffix - 1), suffix) != 0)
    return real(name, service, hints, result);
  switch (world()->names) {
    case to_nothing: return EAI_NONAME;
    case to_silence: sleep(30); return EAI_AGAIN;
    default: return real("127.0.0.1", service, hints, result);
  }
}
