/*
 * A forced unwinding goes outwards frame by frame. It enters the landing pads of code that has them,
 * where variables are cleaned up and where the target's own variable ends it by a jump (see frame.h).
 * For code without landing pads "stop", which the unwinder calls before each frame, does the same for
 * the blocks of the frames that are already left.
 */
#include "unwind.h"

#include "adopt.h"
#include "cleanup.h"
#include "end.h"
#include "end_status.h"
#include "excepthook.h"
#include "find_object.h"
#include "frame.h"
#include "libc.h"
#include "mask.h"
#include "safepoint_frame.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef __GLIBC__
/* The linker looks into this archive before the unwinder's, so the function is asked for here. */
static int (*const needed_by_unwinder)(void *, struct dl_find_object *)
    __attribute__((used)) = _dl_find_object;
#endif

/* In a program with AddressSanitizer: says that the stack that is unwound is no longer poisoned. */
extern void __asan_handle_no_return(void) __attribute__((weak));

/*
 * Ends the thread by an exception that no block has caught; the main thread ends the process. What a destructor of
 * thread-specific data throws after the thread has ended does not change how it has ended.
 */
static _Noreturn void leave_thread(struct k3thread_exception_ *exc)
{
    struct k3thread *self;
    bool             is_late;

    k3thread_local_.unwinding = NULL;
    if (exc->exits) {
        k3t_exc_free(exc);
        pthread_exit(NULL);
    }
    self = k3t_self();
    is_late = k3t_has_ended(self);
    if (!is_late)
        self->ended_by = exc;
    k3t_excepthook_call(self, &exc->info);
    if (self->adopted && gettid() == getpid())
        exit(k3t_end_status(exc));
    if (is_late)
        k3t_exc_free(exc);
    pthread_exit(NULL);
}

/*
 * Leaves, innermost first, the blocks whose address is below LIMIT: code without landing pads has left
 * them behind. Does not return if the target of the unwinding is among them.
 */
static void pass_blocks(uintptr_t limit)
{
    struct k3thread_block_ *block;

    while ((block = k3thread_local_.top) != NULL && (uintptr_t) block < limit) {
        if (block->state == K3T_CLEANUP)
            k3t_cleanup_run((struct k3thread_cleanup_ *) block, k3thread_local_.unwinding != NULL);
        else
            k3thread_try_leave_slow_((struct k3thread_try_ *) block);
    }
}

/*
 * Leaves all blocks of the calling thread, which is ending, the innermost first, and runs the cleanups among them.
 * The stack stays as it is. Exceptions that were under way are dropped.
 */
static void leave_blocks(void)
{
    for (struct k3thread_exception_ *exc = k3thread_local_.unwinding; exc != NULL; exc = exc->next)
        exc->target = NULL;
    pass_blocks(UINTPTR_MAX);
    k3t_frame_abandon_inside(NULL);
}

/* A program that has blocks has this file, too: only throwing asks for it. */
static __attribute__((constructor)) void register_leave_blocks(void)
{
    if (!K3T_EXIT_UNWINDS)
        k3t_end_leave_blocks_by(leave_blocks);
}

/* Ends an unwinding that has no frame left to enter. */
static _Noreturn void leave_all(struct k3thread_exception_ *exc)
{
    exc->frame = UINTPTR_MAX;
    pass_blocks(UINTPTR_MAX);
    leave_thread(exc);
}

/* Notes that EXC goes on to FRAME, maybe out of a catch (...) that has caught it and throws it on. */
static void reach(struct k3thread_exception_ *exc, uintptr_t frame)
{
    exc->frame = frame;
    exc->in_catch_all = false;
    k3t_mask(K3THREAD_NEVER);
    pass_blocks(frame);
}

static _Unwind_Reason_Code stop(int version, _Unwind_Action actions, _Unwind_Exception_Class class,
                                struct _Unwind_Exception *unwind, struct _Unwind_Context *context,
                                void *data)
{
    struct k3thread_exception_ *exc = data;
    uintptr_t                   frame = (uintptr_t) _Unwind_GetCFA(context);

    (void) version;
    (void) class;
    (void) unwind;
    if ((actions & _UA_END_OF_STACK) != 0)
        leave_all(exc);
    reach(exc, frame);
    if (frame == (uintptr_t) exc->edge)
        k3t_safepoint_frame_pass(context);
    return _URC_NO_REASON;
}

static struct k3thread_exception_ *exception_of(struct _Unwind_Exception *unwind)
{
    return (struct k3thread_exception_ *) ((char *) unwind -
                                           offsetof(struct k3thread_exception_, unwind));
}

/*
 * Frees EXC when a catch (...) that has it is left and has not thrown it on: it is caught there. If the
 * catch (...) is left by another exception, that one takes the place of EXC, and with it the mask
 * outside.
 */
static void on_swallowed(_Unwind_Reason_Code reason, struct _Unwind_Exception *unwind)
{
    struct k3thread_exception_ *exc = exception_of(unwind);
    struct k3thread_exception_ *above = k3thread_local_.unwinding;
    bool                        exits = exc->exits;

    (void) reason;
    if (above == exc) {
        k3t_frame_abandon(&exc->next, NULL, exc->frame, &exc->mask);
        k3thread_local_.unwinding = exc->next;
        k3t_mask((enum k3thread_mask) exc->mask);
    } else {
        while (above->next != exc)
            above = above->next;
        above->next = exc->next;
        above->mask = exc->mask;
    }
    k3t_exc_free(exc);
    if (exits)
        pthread_exit(NULL);
}

/*
 * The class: four letters of the vendor and four of the language, K3THREAD. It is even, because
 * runtimes of C++ take an odd class for that of a dependent exception.
 */
#define EXCEPTION_CLASS 0x4B33544852454144U

static inline void prepare(struct k3thread_exception_ *exc)
{
    exc->mask = (unsigned char) k3t_mask(K3THREAD_NEVER);
    exc->target = k3t_frame_target();
    exc->next = k3thread_local_.unwinding;
    exc->exits = false;
    k3thread_local_.unwinding = exc;
    memset(&exc->unwind, 0, sizeof(exc->unwind));
    exc->unwind.exception_class = EXCEPTION_CLASS;
    exc->unwind.exception_cleanup = on_swallowed;
    if (__asan_handle_no_return != NULL)
        __asan_handle_no_return();
}

void k3t_throw(struct k3thread_exception_ *exc)
{
    prepare(exc);
    _Unwind_ForcedUnwind(&exc->unwind, stop, exc);
    leave_all(exc); /* the unwinder could not even begin: only the blocks are known */
}

/*
 * The compiler makes the last call a jump. The unwinder does not return: it ends in "stop", at the
 * latest at the end of the stack, also where that is the first frame.
 */
int k3t_throw_last(struct k3thread_exception_ *exc)
{
    prepare(exc);
    return (int) _Unwind_ForcedUnwind(&exc->unwind, stop, exc);
}

int k3t_throw_claimed(void)
{
    return k3t_throw_last(k3t_local.claimed);
}

ssize_t k3t_throw_claimed_size(void)
{
    prepare(k3t_local.claimed);
    return (ssize_t) _Unwind_ForcedUnwind(&k3t_local.claimed->unwind, stop, k3t_local.claimed);
}

void k3thread_throw(const k3thread_exctype *type, const char *format, ...)
{
    struct k3thread            *self = k3t_self();
    struct k3thread_exception_ *exc = k3t_exc_new_sure(&self->reserve);
    va_list                     arguments;

    va_start(arguments, format);
    if (!k3thread_exctype_is(type, &k3thread_BaseException)) {
        type = &k3thread_TypeError;
        format = "exceptions must derive from BaseException";
    }
    k3t_exc_fill(exc, type, self->id, format, arguments);
    va_end(arguments);
    k3t_throw(exc);
}
