/* The state of the calling thread in the runtime of C++. A program without it has caught nothing. */
#ifndef K3THREAD_CXX_H
#define K3THREAD_CXX_H

#include "exc.h"

/* Returns true if the innermost catch (...) that the thread is in has caught EXC. */
bool k3t_cxx_has_caught(const struct k3thread_exception_ *exc);

/* Returns how many exceptions of C++ itself are under way. */
unsigned k3t_cxx_uncaught(void);

#endif
