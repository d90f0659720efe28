/*
 * Measures the cost of an exception for each frame that it leaves, beside the unwinder's own forced unwinding
 * and a jump.
 */
#include "lib-measure.h"

#include "k3thread.h"

#include <setjmp.h>
#include <string.h>
#include <unwind.h>

#define FEW  10
#define MANY 110

static volatile int cleaned;

static void clean(const int *variable)
{
    (void) variable;
    cleaned++;
}

/* Calls LAST below that many frames. The asm keeps the compiler from making the calls a loop. */
static __attribute__((noinline)) void descend(unsigned frames, void (*last)(void))
{
    if (frames == 0)
        last();
    else
        descend(frames - 1, last);
    __asm__ volatile("" ::: "memory");
}

static __attribute__((noinline)) void descend_with_cleanups(unsigned frames, void (*last)(void))
{
    int variable __attribute__((cleanup(clean), unused)) = 0;

    if (frames == 0)
        last();
    else
        descend_with_cleanups(frames - 1, last);
    __asm__ volatile("" ::: "memory");
}

typedef void (*descent)(unsigned frames, void (*last)(void));

static void throw_one(void)
{
    k3thread_throw(&k3thread_RuntimeError, NULL);
}

static double throw_through(descent down, unsigned frames)
{
    volatile double begin = now();

    K3THREAD_TRY {
        down(frames, throw_one);
    }
    K3THREAD_EXCEPT(k3thread_RuntimeError, e) {
    }
    K3THREAD_END
    return now() - begin;
}

static jmp_buf   landing;
static uintptr_t landing_frame;

static _Unwind_Reason_Code stop(int version, _Unwind_Action actions, _Unwind_Exception_Class class,
                                struct _Unwind_Exception *unwind, struct _Unwind_Context *context,
                                void *arg)
{
    (void) version;
    (void) actions;
    (void) class;
    (void) unwind;
    (void) arg;
    if (_Unwind_GetCFA(context) > landing_frame)
        _longjmp(landing, 1);
    return _URC_NO_REASON;
}

static void unwind_bare(void)
{
    static struct _Unwind_Exception unwind;

    memset(&unwind, 0, sizeof(unwind));
    _Unwind_ForcedUnwind(&unwind, stop, NULL);
}

static __attribute__((noinline)) double unwind_through(descent down, unsigned frames)
{
    volatile double begin = now();

    landing_frame = (uintptr_t) __builtin_frame_address(0);
    if (_setjmp(landing) == 0)
        down(frames, unwind_bare);
    return now() - begin;
}

static double throw_frames(void)
{
    return throw_through(descend, MANY) - throw_through(descend, FEW);
}

static double unwind_frames(void)
{
    return unwind_through(descend, MANY) - unwind_through(descend, FEW);
}

static double throw_cleanups(void)
{
    return throw_through(descend_with_cleanups, MANY) - throw_through(descend_with_cleanups, FEW);
}

static double unwind_cleanups(void)
{
    return unwind_through(descend_with_cleanups, MANY) - unwind_through(descend_with_cleanups, FEW);
}

static double throw_here(void)
{
    return throw_through(descend, 0);
}

static double unwind_here(void)
{
    return unwind_through(descend, 0);
}

int main(void)
{
    struct benchmark plain = {.name = "unwinding, a frame",
                              .floor_name = "_Unwind_ForcedUnwind",
                              .figure = throw_frames,
                              .floor = unwind_frames,
                              .samples = 20,
                              .scale = MANY - FEW};
    struct benchmark cleanups = plain;
    struct benchmark all = plain;

    cleanups.name = "unwinding, a frame with a cleanup";
    cleanups.figure = throw_cleanups;
    cleanups.floor = unwind_cleanups;
    all.name = "throw to caught, one frame below";
    all.figure = throw_here;
    all.floor = unwind_here;
    all.scale = 1;

    measure(&all);
    measure(&plain);
    measure(&cleanups);
    return 0;
}
