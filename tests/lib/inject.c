/* The scenarios of the exhaustive injection (see inject.h): code that is correct under raises. */
#include "inject.h"

#include <stdatomic.h>

/*
 * A producer and a consumer, in which the exceptions are raised. The table has the state of each thing; a thing may
 * be ended only once. With the mask ON_BLOCKING only the wait throws inside a step of several statements, and then
 * a cleanup unlocks the mutex.
 */
enum { THINGS = 6, ROOM = 2 };

enum state { UNMADE, QUEUED, TAKEN, ENDED };

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t  changed;
    enum state      things[THINGS];
    int             queue[ROOM];
    int             queued;
    bool            stopped;
    k3thread       *producer;
} belt = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void unlock(void *mutex)
{
    CHECK_EQUAL(pthread_mutex_unlock(mutex), 0);
}

static void lock(pthread_mutex_t *mutex)
{
    CHECK_EQUAL(pthread_mutex_lock(mutex), 0);
}

static void put(int thing)
{
    lock(&belt.mutex);
    k3thread_cleanup_push(unlock, &belt.mutex);
    while (belt.queued == ROOM && !belt.stopped)
        (void) k3thread_cond_wait(&belt.changed, &belt.mutex, -1);
    if (!belt.stopped) {
        belt.queue[belt.queued++] = thing;
        belt.things[thing] = QUEUED;
    }
    pthread_cond_broadcast(&belt.changed);
    k3thread_cleanup_pop(1);
}

static void *produce(void *arg)
{
    for (int thing = 0; thing < THINGS; thing++)
        put(thing);
    return arg;
}

/* Takes a thing off the queue. Sets *THING as soon as the thing is off, so that the caller's cleanup knows of it. */
static void take_off(int *thing)
{
    const enum k3thread_mask mask = k3thread_set_mask(K3THREAD_ON_BLOCKING);

    lock(&belt.mutex);
    k3thread_cleanup_push(unlock, &belt.mutex);
    while (belt.queued == 0)
        (void) k3thread_cond_wait(&belt.changed, &belt.mutex, -1);
    *thing = belt.queue[0];
    belt.queue[0] = belt.queue[--belt.queued];
    belt.things[*thing] = TAKEN;
    pthread_cond_broadcast(&belt.changed);
    k3thread_cleanup_pop(1);
    k3thread_set_mask(mask);
}

static void end_thing(void *arg)
{
    const int thing = *(int *) arg;

    if (thing < 0)
        return;
    CHECK_EQUAL(belt.things[thing], TAKEN);
    belt.things[thing] = ENDED;
}

static void consume(void)
{
    for (int i = 0; i < THINGS; i++) {
        int thing = -1;

        k3thread_cleanup_push(end_thing, &thing);
        take_off(&thing);
        k3thread_cleanup_pop(1);
    }
}

static NO_EDGES void start_producer(void)
{
    memset(belt.things, 0, sizeof(belt.things));
    belt.queued = 0;
    belt.stopped = false;
    belt.producer = test_start(produce, NULL);
}

/* Checks that no lock is held, and that each taken thing was ended. */
static NO_EDGES void check_belt(void)
{
    CHECK_EQUAL(pthread_mutex_lock(&belt.mutex), 0); /* the deadline notices a held lock */
    belt.stopped = true;
    CHECK_EQUAL(pthread_cond_broadcast(&belt.changed), 0);
    CHECK_EQUAL(pthread_mutex_unlock(&belt.mutex), 0);
    CHECK(test_end(belt.producer) == NULL);
    for (int i = 0; i < THINGS; i++)
        CHECK(belt.things[i] != TAKEN);
}

/*
 * Resources that are acquired and released in every way, always the last one first. The two functions
 * stand for functions of the C library: no exception comes inside of them, and acquire does not throw.
 * The function with the attribute cleanup has no edges either. The compiler assumes that an edge does
 * not throw, so it only cleans up for exceptions that its callees throw.
 */
static struct {
    bool held[8];
    int  depth, most;
} store;

static NO_EDGES __attribute__((nothrow)) int acquire(void)
{
    CHECK(store.depth < 8 && !store.held[store.depth]);
    store.held[store.depth++] = true;
    if (store.depth > store.most)
        store.most = store.depth;
    return store.depth - 1;
}

static NO_EDGES void release(const int *resource)
{
    CHECK(*resource == store.depth - 1 && store.held[*resource]);
    store.held[--store.depth] = false;
}

static void release_pushed(void *resource)
{
    release(resource);
}

static __attribute__((noinline)) void work(unsigned turns)
{
    for (volatile unsigned i = 0; i < turns; i++)
        k3thread_checkpoint();
}

static NO_EDGES void hold_by_attribute(void)
{
    const int resource __attribute__((cleanup(release), unused)) = acquire();

    work(2);
}

static void hold_by_push(void)
{
    const enum k3thread_mask mask = k3thread_set_mask(K3THREAD_NEVER);
    int                      resource = acquire();

    k3thread_cleanup_push(release_pushed, &resource);
    k3thread_set_mask(mask);
    hold_by_attribute();
    (void) k3thread_sleep(0);
    k3thread_cleanup_pop(1);
}

static int hold_and_return(int way)
{
    for (volatile int i = 0; i < 2; i++) {
        K3THREAD_TRY {
            hold_by_push();
            if (way == i)
                return way;
            continue;
        }
        K3THREAD_EXCEPT(k3thread_SystemExit, e) {
            CHECK(false);
        }
        K3THREAD_END
    }
    return way;
}

/* Holds the resource inside another cleanup. */
static NO_EDGES void hold_around(int way)
{
    const int outer __attribute__((cleanup(release), unused)) = acquire();

    CHECK_EQUAL(hold_and_return(way), way);
}

static void hold_all(void)
{
    for (volatile int way = 0; way < 3; way++)
        hold_around(way);
}

static NO_EDGES void empty_store(void)
{
    memset(&store, 0, sizeof(store));
}

static NO_EDGES void check_store(void)
{
    CHECK_EQUAL(store.depth, 0);
}

/*
 * Nested handlers with FINALLY and cleanups. Each part counts how often it runs: a FINALLY once for each TRY, a
 * cleanup once for each push.
 */
enum part { OUTER, INNER, IN_HANDLER, IN_FINALLY, PARTS };

static struct {
    unsigned body[PARTS], final[PARTS], cleaned[PARTS], pushed[PARTS];
} seen;

static void clean(void *arg)
{
    CHECK_EQUAL(test_mask(), K3THREAD_NEVER);
    work(1);
    ++*(unsigned *) arg;
}

static void throw_own(void)
{
    k3thread_throw(&k3thread_KeyError, "own");
}

/* Throws and catches in a TRY. It is called inside the parts of other blocks. */
static void small_block(enum part part)
{
    K3THREAD_TRY {
        ++seen.body[part];
        k3thread_cleanup_push(clean, &seen.cleaned[part]);
        ++seen.pushed[part];
        throw_own();
        k3thread_cleanup_pop(1);
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        CHECK(test_mask() != K3THREAD_IMMEDIATE);
        work(1);
    }
    K3THREAD_FINALLY {
        CHECK_EQUAL(test_mask(), K3THREAD_NEVER);
        work(1);
        ++seen.final[part];
    }
    K3THREAD_END
}

static void nested(void)
{
    K3THREAD_TRY {
        ++seen.body[OUTER];
        k3thread_cleanup_push(clean, &seen.cleaned[OUTER]);
        ++seen.pushed[OUTER];
        small_block(INNER);
        throw_own();
        k3thread_cleanup_pop(1);
    }
    K3THREAD_EXCEPT(Injected, e) {
        small_block(IN_HANDLER);
        (void) k3thread_sleep(0); /* the second exception may be thrown here */
        K3THREAD_RERAISE();
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        CHECK_TEXT(e->message, "own");
        small_block(IN_HANDLER);
        (void) k3thread_sleep(0);
        CHECK_TEXT(e->message, "own");
    }
    K3THREAD_FINALLY {
        small_block(IN_FINALLY);
        ++seen.final[OUTER];
    }
    K3THREAD_END
}

/* Enters a time limit that has passed at once, inside one that never passes; and a shield. */
static void limited(void)
{
    K3THREAD_TIMEOUT(1000) {
        ++seen.body[OUTER];
        K3THREAD_TIMEOUT(0) {
            ++seen.body[INNER];
            work(1);
            CHECK(false);
        }
        K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
            small_block(IN_HANDLER);
            (void) k3thread_sleep(0);
        }
        K3THREAD_FINALLY {
            work(1);
            ++seen.final[INNER];
        }
        K3THREAD_END
        K3THREAD_SHIELD {
            small_block(IN_FINALLY);
            CHECK_EQUAL(k3thread_get_mask(), K3THREAD_NEVER);
        }
        K3THREAD_SHIELD_END
        work(1);
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        CHECK(false);
    }
    K3THREAD_FINALLY {
        ++seen.final[OUTER];
    }
    K3THREAD_END
}

static NO_EDGES void forget(void)
{
    memset(&seen, 0, sizeof(seen));
}

static NO_EDGES void check_seen(void)
{
    for (int part = 0; part < PARTS; part++) {
        CHECK(seen.final[part] >= seen.body[part] && seen.final[part] <= 1);
        CHECK(seen.cleaned[part] >= seen.pushed[part] && seen.cleaned[part] <= 1);
    }
    CHECK_EQUAL(seen.final[IN_FINALLY], seen.final[OUTER]);
}

static NO_EDGES void check_limited(void)
{
    for (int part = 0; part < PARTS; part++)
        CHECK_EQUAL(seen.final[part], seen.body[part]);
    CHECK(!k3thread_pending());
}

/*
 * A loop with the mask RETURN, which takes pending exceptions at times. No exception is lost: an exception that the
 * loop has not taken is thrown, or is pending, at its end.
 */
static unsigned polite_taken;

static void polite(void)
{
    const enum k3thread_mask mask = k3thread_set_mask(K3THREAD_RETURN);
    struct k3thread_exc      exc;

    for (int i = 0; i < 4; i++) {
        if (k3thread_sleep(0) == -ECANCELED) {
            CHECK(k3thread_pending() && k3thread_take(&exc));
            CHECK(exc.type == &Injected);
            polite_taken++;
        }
    }
    k3thread_set_mask(mask);
}

static NO_EDGES void be_polite(void)
{
    polite_taken = 0;
}

static NO_EDGES void check_polite(void)
{
    CHECK(polite_taken <= 2);
}

const struct scenario scenarios[] = {
    {"producer-consumer", start_producer, consume, check_belt},
    {"resources", empty_store, hold_all, check_store},
    {"nested", forget, nested, check_seen},
    {"limited", forget, limited, check_limited},
    {"polite", be_polite, polite, check_polite},
    {NULL, NULL, NULL, NULL},
};
