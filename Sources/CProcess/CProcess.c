#include "CProcess.h"

static int count;
static char **arguments;

// Swift owns `main` and does not hand its arguments on. glibc calls a constructor with the same three
// values, before `main`.
__attribute__((constructor)) static void keep_arguments(int argc, char **argv, char **environment) {
  (void)environment;
  count = argc;
  arguments = argv;
}

int headstart_argument_count(void) { return count; }

const char *headstart_argument(int index) { return arguments[index]; }
