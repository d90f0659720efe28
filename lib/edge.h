/*
 * The frame of a function in which an exception is thrown at a safepoint.
 *
 * Both compilers assume that the hook does not throw. So the function that calls it has no landing pad
 * for an exception there; or it has one that is meant for the calls around the hook, and would clean up
 * what does not exist yet or no longer; and in C++ an exception out of the hook ends the program. The
 * unwinding therefore passes that one function without its landing pads: it leaves the function's
 * blocks, which are in a list, but not its other variables. All frames further out are at true calls.
 */
#ifndef K3THREAD_EDGE_H
#define K3THREAD_EDGE_H

#include <unwind.h>

/* Makes the personality routine skip the landing pads of CONTEXT's frame. */
void k3t_edge_pass(struct _Unwind_Context *context);

#endif
