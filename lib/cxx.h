/*
 * Asks the runtime of C++ for the state of the calling thread. In a program without that runtime, no catch has
 * caught anything.
 */
#ifndef K3THREAD_CXX_H
#define K3THREAD_CXX_H

#include "exc.h"

/* Returns true if the innermost catch (...) that the thread is in has caught EXC. */
bool k3t_cxx_has_caught(const struct k3thread_exception_ *exc);

/* Returns how many exceptions of C++ itself are under way. */
unsigned k3t_cxx_uncaught(void);

#endif
