/* Measures the cost of code while nothing is raised: checkpoints, edges, a TRY or a time limit. */
#include "lib-measure.h"

#include "k3thread.h"
#include "lib-loop.h"

#include <setjmp.h>

#define TIMES 1000

#define LOOP(statement)                                                                            \
    do {                                                                                           \
        double begin = now();                                                                      \
        for (unsigned i = 0; i < TIMES; i++) {                                                     \
            statement;                                                                             \
        }                                                                                          \
        return now() - begin;                                                                      \
    } while (0)

/* The asm keeps the compiler from leaving the call out. */
static __attribute__((noinline)) void empty(void)
{
    __asm__ volatile("" ::: "memory");
}

static double empty_call(void)
{
    LOOP(empty());
}

static double checkpoint(void)
{
    LOOP(k3thread_checkpoint(); __asm__ volatile("" ::: "memory"));
}

/* Called through a pointer, as in a program that does not inline it. */
static void (*volatile called)(void) = k3thread_checkpoint;

static double checkpoint_called(void)
{
    LOOP(called());
}

static double try_and_end(void)
{
    LOOP(K3THREAD_TRY { __asm__ volatile("" ::: "memory"); } K3THREAD_END);
}

static double timeout_and_end(void)
{
    LOOP(K3THREAD_TIMEOUT(1000) { __asm__ volatile("" ::: "memory"); } K3THREAD_END);
}

static double read_clock(void)
{
    LOOP((void) now());
}

static __attribute__((noinline)) void set_jump(void)
{
    jmp_buf environment;

    if (_setjmp(environment) == 0)
        __asm__ volatile("" ::"r"(environment) : "memory");
}

static double bare_setjmp(void)
{
    LOOP(set_jump());
}

static double edges(void)
{
    double begin = now();

    loop_with_safepoints(TIMES);
    return now() - begin;
}

static double no_edges(void)
{
    double begin = now();

    loop_without(TIMES);
    return now() - begin;
}

int main(void)
{
    struct benchmark inlined = {.name = "checkpoint, nothing pending",
                                .floor_name = "an empty call",
                                .figure = checkpoint,
                                .floor = empty_call,
                                .aim = AIM_DIFFERENCE,
                                .limit = 1,
                                .samples = 50,
                                .scale = TIMES};
    struct benchmark by_call = inlined;
    struct benchmark edge = inlined;
    struct benchmark block = inlined;
    struct benchmark limit = inlined;

    k3thread_self();
    by_call.name = "the same, not inlined";
    by_call.figure = checkpoint_called;
    edge.name = "a pass of a loop with safepoints";
    edge.floor_name = "the loop without";
    edge.figure = edges;
    edge.floor = no_edges;
    edge.aim = AIM_NONE;
    block.name = "TRY entered and left";
    block.floor_name = "_setjmp";
    block.figure = try_and_end;
    block.floor = bare_setjmp;
    block.aim = AIM_FIGURE;
    block.limit = 10;
    limit.name = "TIMEOUT entered and left";
    limit.floor_name = "a look at the clock";
    limit.figure = timeout_and_end;
    limit.floor = read_clock;
    limit.aim = AIM_FIGURE;
    limit.limit = 100;

    measure(&inlined);
    measure(&by_call);
    measure(&edge);
    measure(&block);
    measure(&limit);
    return 0;
}
