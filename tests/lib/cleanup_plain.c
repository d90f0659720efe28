/* Compiles cleanup.c without -fexceptions (see rules.mk). */
#define PLAIN
#include "cleanup.c"
