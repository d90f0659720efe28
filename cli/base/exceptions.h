/*
 * The exceptions that `raise` knows: the library's, and one for each signal under a base "Signal".
 */
#ifndef K3THREAD_CLI_BASE_EXCEPTIONS_H
#define K3THREAD_CLI_BASE_EXCEPTIONS_H

#include "k3thread.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Returns the exception at INDEX of the list, in which a base comes before the types derived from it. NULL past
 * the end.
 */
const k3thread_exctype *exceptions_at(size_t index);

/*
 * Returns the exception of that name: "SystemExit", "SIGHUP", "HUP", "hup", "1" or "RTMIN+3", which is not in the list.
 * NULL if there is none.
 */
const k3thread_exctype *exceptions_find(const char *name);

/* Returns true if a program may define an exception NAME. */
bool exceptions_is_name(const char *name);

/*
 * Returns the type NAME that is derived from BASE: a type that exceptions_find() knows, or else a type that a program
 * has defined. Such a type is made when it is first asked for, and never freed. A new type is counted in *COUNT, so
 * that no program takes the room of all others. Returns NULL if NAME is not a name for a type, or if there are too
 * many types, in all or by *COUNT. One thread.
 */
const k3thread_exctype *exceptions_learn(const char *name, const k3thread_exctype *base,
                                         unsigned *count);

/* Returns the signal that TYPE is named for, or 0. */
int exceptions_signal(const k3thread_exctype *type);

/*
 * Reads a signal: "SIGINT", "INT" or "int", "SIGRTMIN+3", "RTMAX-1", or its number. Returns 0 if TEXT is no signal.
 */
int exceptions_parse_signal(const char *text);

/* Returns "SIGTERM" for 15, or NULL if the number is no signal of this system. */
const char *exceptions_signal_name(int signal);

#endif
