/* Raises an exception at the Nth edge of a scenario, for every N. See inject.h. */
#include "inject.h"

#include <stdatomic.h>

K3THREAD_DEFINE_EXCEPTION(Injected, k3thread_Exception);

/* The linker makes the program call these functions first (see rules.mk). */
void  __wrap___sanitizer_cov_trace_pc(void);
void  __real___sanitizer_cov_trace_pc(void);
void *__wrap_malloc(size_t size);
void *__real_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_calloc(size_t count, size_t size);
void  __wrap_free(void *memory);
void  __real_free(void *memory);

static atomic_long   allocated;
static __thread bool armed;
static unsigned      edge, first, second; /* counted from 1; 0: none */
static unsigned      raised, points;
static struct k3thread *volatile victim;

void *__wrap_malloc(size_t size)
{
    allocated++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocated++;
    return __real_calloc(count, size);
}

void __wrap_free(void *memory)
{
    if (memory != NULL)
        allocated--;
    __real_free(memory);
}

void __wrap___sanitizer_cov_trace_pc(void)
{
    if (armed) {
        edge++;
        if (edge == first || edge == second) {
            raised++;
            CHECK_EQUAL(k3thread_send_exception(victim, &Injected), 0);
        }
    }
    __real___sanitizer_cov_trace_pc();
}

/* Runs SCENARIO once. Returns true if it threw. The mask is NEVER except during the run. */
static bool run_once(const struct scenario *scenario)
{
    volatile bool caught = false;

    edge = raised = 0;
    K3THREAD_TRY {
        k3thread_set_mask(K3THREAD_IMMEDIATE);
        armed = true;
        scenario->run();
        armed = false;
        CHECK_EQUAL(k3thread_set_mask(K3THREAD_NEVER), K3THREAD_IMMEDIATE);
    }
    K3THREAD_EXCEPT(Injected, e) {
        armed = false;
        caught = true;
    }
    K3THREAD_END
    return caught;
}

static void reraise_nothing(void)
{
    K3THREAD_RERAISE();
}

/* Checks that no block is left, and that no exception is being handled. */
static void check_blocks(void)
{
    CHECK_EQUAL(test_mask(), K3THREAD_NEVER);
    CHECK(test_catch(reraise_nothing) == &k3thread_RuntimeError);
}

/*
 * Checks that WANTED blocks are allocated. Waits a moment for that, because a thread frees its last memory after it
 * was joined.
 */
static void check_allocated(long wanted)
{
    for (int i = 0; i < 20000 && allocated != wanted; i++)
        test_pause();
    CHECK_EQUAL(allocated, wanted);
}

/*
 * Runs SCENARIO with exceptions at the edges AT and THEN (0: none). Returns false if the last of them was not
 * reached.
 */
static bool inject(const struct scenario *scenario, unsigned at, unsigned then)
{
    long     before = allocated;
    unsigned left = 0;
    bool     caught;

    first = at;
    second = then;
    scenario->set_up();
    caught = run_once(scenario);
    while (k3thread_take(NULL))
        left++;
    CHECK(caught ? raised > 0 : left <= raised);
    scenario->check();
    check_blocks();
    check_allocated(before);
    points++;
    return raised == (then != 0 ? 2 : 1);
}

/*
 * Returns 1, or FEWER for a sample where sanitizers and valgrind make each run slow, unless
 * K3THREAD_TEST_FULL is set.
 */
static unsigned stride(unsigned fewer)
{
    return getenv("K3THREAD_TEST_FULL") != NULL ? 1 : test_many(1, fewer);
}

static void sweep(const struct scenario *scenario)
{
    unsigned singles;

    victim = k3thread_self();
    k3thread_set_mask(K3THREAD_NEVER);
    /* A run without an exception: it also allocates the memory that is kept for good. */
    CHECK(!inject(scenario, 0, 0));
    points = 0;
    for (unsigned at = 1; inject(scenario, at, 0); at++) {
    }
    singles = points;
    for (unsigned at = 1; at < singles; at += stride(7)) {
        for (unsigned then = at + 1; inject(scenario, at, then); then += stride(5)) {
        }
    }
    printf("%s: %u points, and %u pairs of them\n", scenario->name, singles, points - singles);
    CHECK(singles > 5);
}

int main(int argc, char **argv)
{
    for (const struct scenario *scenario = scenarios; scenario->name != NULL; scenario++) {
        if (argc < 2)
            puts(scenario->name);
        else if (strcmp(argv[1], scenario->name) == 0) {
            test_alarm();
            sweep(scenario);
            return 0;
        }
    }
    return argc < 2 ? 0 : 2;
}
