#include "cxx.h"

/* The variables of one thread in the runtime of C++, as its ABI defines them. */
struct globals {
    const char  *caught; /* the header of the innermost exception that is being handled */
    unsigned int uncaught;
};

extern struct globals *__cxa_get_globals(void) __attribute__((weak));

/*
 * The runtime assumes a header before each exception. For an exception of the library, the header's address lies
 * inside the exception, in no_header.
 */
bool k3t_cxx_has_caught(const struct k3thread_exception_ *exc)
{
    const char *caught;

    if (__cxa_get_globals == NULL)
        return false;
    caught = __cxa_get_globals()->caught;
    return caught >= (const char *) exc && caught < (const char *) &exc->unwind;
}

unsigned k3t_cxx_uncaught(void)
{
    return __cxa_get_globals != NULL ? __cxa_get_globals()->uncaught : 0;
}
