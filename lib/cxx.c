#include "cxx.h"

/* As the ABI of C++ has it. */
struct globals {
    const char  *caught; /* the header of the innermost exception that is being handled */
    unsigned int uncaught;
};

extern struct globals *__cxa_get_globals(void) __attribute__((weak));

/* The header that the runtime takes an exception of ours to have lies inside the same object. */
bool k3t_cxx_has_caught(const struct k3thread_flight_ *exc)
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
