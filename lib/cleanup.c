#include "cleanup.h"

#include "cxx.h"
#include "libc.h"
#include "mask.h"
#include "time_limit.h"

#include <pthread.h>

struct k3thread_cleanup_ *k3thread_cleanup_enter_(struct k3thread_cleanup_ *block,
                                                  void (*function)(void *arg), void *arg)
{
    block->function = function;
    block->arg = arg;
    block->block.outer = k3thread_local_.top;
    block->block.unwinding = k3thread_local_.unwinding;
    block->block.state = K3T_CLEANUP;
    k3thread_local_.top = &block->block;
    return block;
}

/* Does what K3THREAD_EXCEPT does, for every exception, also for that of an outer block's time limit. */
#define K3T_EXCEPT_ALL(e)                                                                          \
    k3thread_part_end_fast_();                                                                     \
    }                                                                                              \
    else if (k3thread_catch_(NULL))                                                                \
    {                                                                                              \
        const struct k3thread_exc *const e = k3thread_caught_();

/*
 * Runs BLOCK while an exception passes. An exception that the cleanup throws takes the place of the passing one. It
 * must not leave this function: the caller may be a landing pad, and compilers (clang, and every compiler of C++)
 * end the program when a second exception leaves a landing pad.
 */
static void call_catching(const struct k3thread_cleanup_ *block)
{
    struct k3thread_exception_ *unwinding = k3thread_local_.unwinding;

    K3THREAD_TRY {
        block->function(block->arg);
    }
    K3T_EXCEPT_ALL(e)
    {
        k3t_exc_copy(unwinding, e);
        unwinding->limit = k3t_frame_top_try()->caught->limit;
    }
    K3THREAD_END
}

/* One call of a cleanup, which pthread_exit and cancellation must not leave. */
struct call {
    jmp_buf       environment;
    volatile bool under_way;
    unsigned      uncaught; /* exceptions of C++ itself that were under way before */
};

/* Jumps back into CALL if it is left early. An exception of C++ itself goes on, and C++ decides what it does. */
static void come_back(struct call *call)
{
    if (call->under_way && k3t_cxx_uncaught() <= call->uncaught)
        longjmp(call->environment, 1);
}

static void come_back_not_unwound(void *call)
{
    come_back(call);
}

/* Does what call_catching does. A pthread_exit in the cleanup comes back into CALL. */
static void call_coming_back(const struct k3thread_cleanup_ *block, struct call *call)
{
    if (K3T_EXIT_UNWINDS) { /* the attribute cleanup of the caller's variable comes back */
        call_catching(block);
        return;
    }
    pthread_cleanup_push(come_back_not_unwound, call);
    call_catching(block);
    pthread_cleanup_pop(0);
}

/*
 * Runs BLOCK while an exception passes. A pthread_exit in the cleanup, too, takes the place of the exception: the
 * unwinding then goes on past all blocks, and ends the thread. The unwinding of pthread_exit itself would end the
 * program in a landing pad: see call_catching.
 */
static void call_in_passing(const struct k3thread_cleanup_ *block)
{
    struct k3thread_exception_   *unwinding = k3thread_local_.unwinding;
    struct k3thread_limit_ *const limit = k3t_limit_innermost();
    struct call call __attribute__((cleanup(come_back))) = {.uncaught = k3t_cxx_uncaught()};

    if (_setjmp(call.environment) == 0) {
        call.under_way = true;
        call_coming_back(block, &call);
    } else {
        k3thread_local_.top = block->block.outer;
        k3t_limit_end_inside(limit); /* code without landing pads has not left its blocks */
        k3t_frame_abandon_inside(unwinding);
        unwinding->exits = true;
        unwinding->target = NULL;
    }
    call.under_way = false;
}

/* BLOCK leaves the list before it runs, so that an exception that it throws does not run it again. */
void k3t_cleanup_run(struct k3thread_cleanup_ *block, bool passed)
{
    enum k3thread_mask mask;

    k3thread_local_.top = block->block.outer;
    block->block.state = K3T_DONE;
    k3t_mask_catch_all_fast();
    mask = k3t_mask(K3THREAD_NEVER);
    if (passed)
        call_in_passing(block);
    else
        block->function(block->arg);
    k3t_mask(mask);
}

void k3thread_cleanup_leave_(struct k3thread_cleanup_ *const *block)
{
    if ((*block)->block.state == K3T_CLEANUP)
        k3t_cleanup_run(*block,
                        k3t_frame_is_passed((*block)->block.unwinding, __builtin_dwarf_cfa()));
}

void k3thread_cleanup_end_(int execute)
{
    struct k3thread_cleanup_ *block = (struct k3thread_cleanup_ *) k3thread_local_.top;

    if (execute != 0) {
        k3t_cleanup_run(block, false);
    } else {
        k3thread_local_.top = block->block.outer;
        block->block.state = K3T_DONE;
    }
}
