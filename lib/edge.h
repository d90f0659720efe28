/*
 * Exceptions that come at a safepoint.
 *
 * Both compilers take the hook for a call that does not throw. So the function that calls it, where
 * an exception comes at an edge, has no landing pad for it there, or one that is meant for the calls
 * around it and would clean up what does not exist yet or no more; and in C++ such a call ends the
 * program. That one function is therefore passed without its landing pads: its blocks are left, for
 * they are in a list, but not its other variables. All frames further out are at true calls.
 */
#ifndef K3THREAD_EDGE_H
#define K3THREAD_EDGE_H

#include <unwind.h>

/* Makes the personality routine pass the frame of CONTEXT by. */
void k3t_edge_pass(struct _Unwind_Context *context);

#endif
