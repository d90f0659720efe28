/* Enters K3THREAD_TIMEOUT, a TRY with a time limit. time_limit.h keeps the limits. */
#include "adopt.h"
#include "time_limit.h"

#include <math.h>

#define BEYOND 9e9 /* seconds, or 285 years; a limit that is longer counts as none */

/* Throws only before the block is entered. The exception of a limit that has passed already is for the body. */
struct k3thread_try_ *k3thread_timeout_enter_(struct k3thread_timeout_ *block, double seconds)
{
    if (isnan(seconds))
        k3thread_throw(&k3thread_ValueError, "a time limit must be a number");
    k3t_limit_enter(&block->limit, seconds);
    if (seconds >= 0 && seconds < BEYOND && !k3t_limit_begin(&block->limit, k3t_self()))
        k3thread_throw(&k3thread_RuntimeError, "no thread can be started to watch a time limit");
    k3thread_try_enter_(&block->body);
    block->body.block.limited = true;
    return &block->body;
}
