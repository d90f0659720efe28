#include "run.h"

#include "clock.h"
#include "deliver.h"
#include "end.h"
#include "excepthook.h"
#include "frame.h"
#include "gone.h"
#include "libc.h"
#include "mask.h"
#include "news.h"
#include "queue.h"
#include "text.h"
#include "wait.h"
#include "wake.h"

#include <sys/prctl.h>

#define KERNEL_NAME_SIZE 16 /* with its NUL */

/* ThreadSanitizer, if the program has it: see end.c. */
extern void __tsan_release(void *address) __attribute__((weak));

/* Tells the kernel the thread's name: as many whole characters as the kernel has room for. */
static void name_for_kernel(const char *name)
{
    char cut[KERNEL_NAME_SIZE];

    k3t_text_copy(cut, sizeof(cut), name);
    prctl(PR_SET_NAME, cut);
}

/*
 * Prepares the calling thread. Not inlined, because its variables would stay on the stack below the target, and
 * might cost each thread one more page.
 */
static __attribute__((noinline)) void begin(struct k3thread *t)
{
    k3t_local.self = t;
    atomic_store_explicit(&t->thread, pthread_self(), memory_order_relaxed);
    k3t_gone_begin(t);
    if (__tsan_release != NULL || !K3T_EXIT_UNWINDS)
        k3t_end_with_destructors(t);
    name_for_kernel(t->name);
    k3t_wake_unblock();
    k3thread_local_.mask = K3THREAD_NEVER;
}

static __attribute__((noinline)) void wait_out_delay(struct k3thread *t)
{
    k3t_finish(k3t_sleep_until(&t->begin));
    t->delayed = false;
    k3t_news_note_begun(t);
}

/*
 * Calls the target, and notes how it ended. The mask outside of the block is NEVER: nothing is thrown
 * where nothing would catch it.
 */
static void call_target(struct k3thread *t)
{
    K3THREAD_TRY {
        k3thread_local_.mask = K3THREAD_IMMEDIATE;
        k3t_queue_open(t);
        k3t_news_note_begun(t);
        if (t->delayed)
            wait_out_delay(t);
        k3t_local.fresh = true;
        t->value = t->target(t->arg);
        k3t_mask(K3THREAD_NEVER);
    }
    K3THREAD_EXCEPT(k3thread_BaseException, e) {
        k3t_excepthook_call(t, e);
        t->ended_by = k3t_frame_take_caught();
    }
    K3THREAD_END
}

static void end(struct k3thread **t)
{
    k3t_end_self(*t);
}

static void end_not_unwound(void *t)
{
    k3t_end_not_unwound(t);
}

/*
 * Calls the target with a C library whose pthread_exit runs no attribute cleanup: here a handler ends the thread
 * instead.
 */
static void call_not_unwound(struct k3thread *t)
{
    pthread_cleanup_push(end_not_unwound, t);
    call_target(t);
    pthread_cleanup_pop(0);
}

/* The attribute cleanup of T ends the thread, also when the target leaves by pthread_exit. */
void *k3t_run(void *arg)
{
    struct k3thread *t __attribute__((cleanup(end))) = arg;

    begin(t);
    if (K3T_EXIT_UNWINDS)
        call_target(t);
    else
        call_not_unwound(t);
    return NULL;
}
