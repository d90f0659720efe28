/*
 * Declares the scenarios of the exhaustive injection. An exception is raised at the Nth edge of a scenario, for
 * every N until the scenario ends before its Nth edge; and a second exception at every edge after the first.
 *
 * inject.c has the scenarios, compiled with safepoints. injector.c raises the exceptions and looks at what is left;
 * it is compiled without safepoints.
 */
#ifndef INJECT_H
#define INJECT_H

#include "test.h"

extern const k3thread_exctype Injected;

/* One scenario. Only RUN gets exceptions. CHECK looks afterwards, with the mask NEVER. */
struct scenario {
    const char *name;
    void (*set_up)(void);
    void (*run)(void);
    void (*check)(void);
};

extern const struct scenario scenarios[];

/* Marks functions that stand for those of the C library, which no exception interrupts. */
#if defined __clang__
#define NO_EDGES __attribute__((no_sanitize("coverage"), noinline))
#else
#define NO_EDGES __attribute__((no_sanitize_coverage, noinline))
#endif

#endif
