/*
 * Exhaustive injection: an exception is raised at the Nth edge of a scenario, for every N until the
 * scenario ends untouched; and a second one at every edge that is left after the first.
 *
 * inject.c has the scenarios, compiled with safepoints; injector.c raises and looks at what is left,
 * and is compiled without.
 */
#ifndef INJECT_H
#define INJECT_H

#include "test.h"

extern const k3thread_exctype Injected;

struct scenario {
    const char *name;
    void (*set_up)(void);
    void (*run)(void);
    void (*check)(void); /* with nothing armed and the mask NEVER: what must hold afterwards */
};

extern const struct scenario scenarios[];

/* For functions that an exception must not tear, as none tears those of the C library. */
#if defined __clang__
#define NO_EDGES __attribute__((no_sanitize("coverage"), noinline))
#else
#define NO_EDGES __attribute__((no_sanitize_coverage, noinline))
#endif

#endif
