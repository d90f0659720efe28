/*
 * Lets an exception that is thrown at a safepoint pass the function that has the safepoint.
 *
 * Both compilers assume that the hook does not throw. So the function that calls the hook has no landing pad for an
 * exception there, or it has one for the calls around the hook, which would clean up variables that do not exist
 * yet or no longer. In C++ an exception out of the hook even ends the program. Therefore the unwinding passes this
 * one function without its landing pads: it leaves the function's blocks, which are in a list, but does not clean
 * up its other variables. All frames further out are at real calls.
 */
#ifndef K3THREAD_SAFEPOINT_FRAME_H
#define K3THREAD_SAFEPOINT_FRAME_H

#include <unwind.h>

/* Makes the personality routine skip the landing pads of CONTEXT's frame. */
void k3t_safepoint_frame_pass(struct _Unwind_Context *context);

#endif
