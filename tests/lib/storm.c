/*
 * Tests random nestings of all kinds of blocks, under raises and time limits that come at any instant. Each cleanup
 * that was pushed runs once, the FINALLY of each TRY whose end was reached runs, and afterwards no mask, block or
 * limit is left. storm_cxx.cc does the same in C++.
 */
#include "test.h"

#include <stdatomic.h>

#define DEPTH 6

static const k3thread_exctype *const types[] = {&k3thread_KeyError, &k3thread_ValueError,
                                                &k3thread_TimeoutError};

/* The state of one thread. */
struct storm {
    unsigned seed;
    int      open;   /* cleanups that are to run */
    int      bodies; /* bodies whose FINALLY is to run */
    bool     ended;
    unsigned caught, rounds;
};

static unsigned draw(struct storm *storm, unsigned sides)
{
    return (unsigned) rand_r(&storm->seed) / 7 % sides;
}

static void clean(void *arg)
{
    struct storm *storm = (struct storm *) arg;

    CHECK_EQUAL(k3thread_get_mask(), K3THREAD_NEVER);
    storm->open--;
    if (draw(storm, 4) == 0)
        CHECK_EQUAL(k3thread_sleep(0), 0);
    if (draw(storm, 16) == 0)
        k3thread_throw(&k3thread_IndexError, NULL);
}

static void nest(struct storm *storm, int depth);

static void work(struct storm *storm)
{
    switch (draw(storm, 6)) {
    case 0:
        (void) k3thread_sleep(0);
        break;
    case 1:
        (void) k3thread_sleep(0.0001);
        break;
    case 2:
        k3thread_throw(types[draw(storm, 3)], NULL);
    default:
        for (unsigned i = draw(storm, 200); i > 0; i--)
            k3thread_checkpoint();
    }
}

static void nest_try(struct storm *storm, int depth)
{
    K3THREAD_TRY {
        nest(storm, depth);
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        storm->caught++;
        nest(storm, depth);
    }
    K3THREAD_EXCEPT(k3thread_LookupError, e) {
        if (draw(storm, 2) == 0)
            K3THREAD_RERAISE();
    }
    K3THREAD_END
}

static void nest_finally(struct storm *storm, int depth)
{
    K3THREAD_TRY {
        storm->bodies++;
        nest(storm, depth);
    }
    K3THREAD_EXCEPT(k3thread_ValueError, e) {
        CHECK(e->type == &k3thread_ValueError);
        nest(storm, depth);
    }
    K3THREAD_FINALLY {
        CHECK_EQUAL(k3thread_get_mask(), K3THREAD_NEVER);
        storm->bodies--;
        if (draw(storm, 4) == 0)
            nest(storm, depth - 2);
    }
    K3THREAD_END
}

static void nest_limit(struct storm *storm, int depth)
{
    const double seconds = draw(storm, 4) == 0 ? -1 : draw(storm, 300) / 1e6;

    K3THREAD_TIMEOUT(seconds) {
        nest(storm, depth);
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        CHECK(strstr(e->message, "limit") != NULL); /* the exception of this block, and no other */
        nest(storm, depth - 1);
    }
    K3THREAD_END
}

static void nest_cleanup(struct storm *storm, int depth)
{
    k3thread_cleanup_push(clean, storm);
    storm->open++;
    nest(storm, depth);
    k3thread_cleanup_pop(1);
}

static void nest_shield(struct storm *storm, int depth)
{
    K3THREAD_SHIELD {
        nest(storm, depth);
        CHECK_EQUAL(k3thread_get_mask(), K3THREAD_NEVER);
    }
    K3THREAD_SHIELD_END
}

/* Leaves blocks without an exception. */
static int nest_left(struct storm *storm, int depth)
{
    for (volatile int i = 0; i < 2; i++) {
        K3THREAD_TIMEOUT(1) {
            k3thread_cleanup_push(clean, storm);
            storm->open++;
            nest(storm, depth);
            if (draw(storm, 2) == 0)
                continue;
            if (draw(storm, 2) == 0)
                return 1;
            break;
            k3thread_cleanup_pop(1);
        }
        K3THREAD_END
    }
    return 0;
}

#ifdef __cplusplus
namespace
{
struct Guard {
    storm *of;

    explicit Guard(storm *owner) : of(owner)
    {
        of->open++;
    }
    Guard(const Guard &) = delete;
    Guard &operator=(const Guard &) = delete;
    ~Guard()
    {
        of->open--;
        K3THREAD_SHIELD {
            K3THREAD_TRY {
                work(of);
            }
            K3THREAD_EXCEPT(k3thread_BaseException, e) {
                of->caught++;
            }
            K3THREAD_END
        }
        K3THREAD_SHIELD_END
    }
};
} // namespace

/* Must not be called inside another catch: the runtime would end the program. */
static void nest_catch(struct storm *storm, int depth)
{
    Guard guard(storm);

    if (depth < DEPTH - 1)
        return nest(storm, depth);
    try {
        Guard inner(storm);
        nest(storm, 2);
    } catch (...) {
        if (draw(storm, 2) == 0)
            (void) k3thread_sleep(0);
        switch (draw(storm, 3)) {
        case 0:
            throw;
        case 1:
            k3thread_throw(&k3thread_KeyError, NULL);
        default:
            break;
        }
    }
}
#else
static void nest_catch(struct storm *storm, int depth)
{
    nest(storm, depth);
}
#endif

static void nest(struct storm *storm, int depth)
{
    if (depth <= 0) {
        work(storm);
        return;
    }
    for (unsigned times = draw(storm, 3); times > 0; times--) {
        switch (draw(storm, 7)) {
        case 0:
            nest_try(storm, depth - 1);
            break;
        case 1:
            nest_finally(storm, depth - 1);
            break;
        case 2:
            nest_limit(storm, depth - 1);
            break;
        case 3:
            nest_cleanup(storm, depth - 1);
            break;
        case 4:
            nest_shield(storm, depth - 1);
            break;
        case 5:
            (void) nest_left(storm, depth - 1);
            break;
        default:
            nest_catch(storm, depth - 1);
        }
        work(storm);
    }
}

static void reraise_nothing(void)
{
    K3THREAD_RERAISE();
}

static void *rage(void *arg)
{
    struct storm *volatile storm = (struct storm *) arg;

    k3thread_set_mask(K3THREAD_NEVER);
    for (; storm->rounds > 0; storm->rounds--) {
        K3THREAD_TRY {
            k3thread_restore_mask(K3THREAD_IMMEDIATE);
            nest(storm, DEPTH);
            k3thread_restore_mask(K3THREAD_NEVER);
        }
        K3THREAD_EXCEPT(k3thread_BaseException, e) {
            storm->caught++;
        }
        K3THREAD_END
        CHECK_EQUAL(storm->open, 0);
        CHECK_EQUAL(storm->bodies, 0);
        CHECK_EQUAL(k3thread_get_mask(), K3THREAD_NEVER);
        CHECK(test_catch(reraise_nothing) == &k3thread_RuntimeError);
    }
    return NULL;
}

/* SEED in the environment repeats the choices of a storm, but not its instants. */
static void nestings(void)
{
    const char  *given = getenv("SEED");
    unsigned     seed = given != NULL ? (unsigned) atoi(given) : (unsigned) getpid();
    struct storm storms[4];
    k3thread    *threads[4];
    unsigned     alive = 4;

    printf("SEED=%u\n", seed);
    memset(storms, 0, sizeof(storms));
    for (unsigned i = 0; i < 4; i++) {
        storms[i].seed = seed + i;
        storms[i].rounds = test_many(4000, 200);
        threads[i] = test_start(rage, &storms[i]);
    }
    while (alive > 0) {
        alive = 0;
        for (unsigned i = 0; i < 4; i++) {
            if (!k3thread_is_alive(threads[i]))
                continue;
            alive++;
            (void) k3thread_send_exception(threads[i], types[(unsigned) rand_r(&seed) / 7 % 3]);
        }
        test_pause();
    }
    for (unsigned i = 0; i < 4; i++)
        CHECK(test_end(threads[i]) == NULL);
}

TEST_MAIN({"storm", nestings})
