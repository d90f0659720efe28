/* The stream that gnulib.h gives to argp. */
#include "tests/musl/gnulib.h"

FILE *argp_stderr;
