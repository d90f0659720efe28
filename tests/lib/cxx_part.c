/* Has the part of cxx.cc that C++ cannot have: a clean-up that throws while an exception passes. */
#include "k3thread.h"

void throw_twice(void);

#ifdef __clang__
#define THROWS_AGAIN /* clang ends the program there */
#else
#define THROWS_AGAIN __attribute__((cleanup(throw_key)))

static void throw_key(const char *variable)
{
    (void) variable;
    k3thread_throw(&k3thread_KeyError, NULL);
}
#endif

/* The second exception leaves the landing pad of the first. */
void throw_twice(void)
{
    const char variable THROWS_AGAIN = 'v';

    k3thread_throw(variable == 'v' ? &k3thread_ValueError : &k3thread_TypeError, NULL);
}
