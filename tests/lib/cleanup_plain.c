/* cleanup.c, compiled without -fexceptions (rules.mk). */
#define PLAIN
#include "cleanup.c"
