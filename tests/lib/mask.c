/* Tests masks: where a pending exception is thrown, in every nesting, and that the old mask is restored. */
#include "test.h"

static const enum k3thread_mask every_mask[] = {K3THREAD_IMMEDIATE, K3THREAD_ON_BLOCKING,
                                                K3THREAD_NEVER, K3THREAD_RETURN};

#define EACH_MASK(mask) /* stands at the head of a loop */                                         \
    for (const enum k3thread_mask *volatile mask = every_mask; mask < every_mask + 4; mask++)

/* Returns the mask in a handler of a block with MASK: IMMEDIATE becomes ON_BLOCKING, others stay. */
static enum k3thread_mask in_handler(enum k3thread_mask mask)
{
    return mask == K3THREAD_IMMEDIATE ? K3THREAD_ON_BLOCKING : mask;
}

static void raise_in_self(void)
{
    CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &k3thread_KeyboardInterrupt), 0);
}

static void throw(void)
{
    k3thread_throw(&k3thread_ValueError, NULL);
}

static void nap(void)
{
    CHECK_EQUAL(k3thread_sleep(0.001), 0);
}

static void set_returns_old(void)
{
    enum k3thread_mask old = K3THREAD_IMMEDIATE;

    EACH_MASK(mask)
    {
        CHECK_EQUAL(k3thread_set_mask(*mask), old);
        CHECK_EQUAL(k3thread_set_mask((enum k3thread_mask) 17), *mask);
        CHECK_EQUAL(test_mask(), *mask);
        old = *mask;
    }
}

static void immediate(void)
{
    raise_in_self();
    CHECK(test_catch(k3thread_checkpoint) == &k3thread_KeyboardInterrupt);
    raise_in_self();
    CHECK(test_catch(nap) == &k3thread_KeyboardInterrupt);
    CHECK(!k3thread_pending());
}

static void on_blocking(void)
{
    k3thread_set_mask(K3THREAD_ON_BLOCKING);
    raise_in_self();
    k3thread_checkpoint();
    CHECK(k3thread_pending());
    CHECK(test_catch(nap) == &k3thread_KeyboardInterrupt);
    CHECK(!k3thread_pending());
}

static void never(void)
{
    k3thread_set_mask(K3THREAD_NEVER);
    raise_in_self();
    k3thread_checkpoint();
    nap();
    CHECK(k3thread_pending());
}

static void open_mask(void)
{
    k3thread_set_mask(K3THREAD_IMMEDIATE);
}

/* k3thread_set_mask throws when it opens the mask; the new mask is set by then. */
static void opening_delivers(void)
{
    EACH_MASK(mask)
    {
        k3thread_set_mask(*mask);
        raise_in_self();
        K3THREAD_TRY {
            k3thread_set_mask(K3THREAD_NEVER);
            k3thread_set_mask(K3THREAD_ON_BLOCKING);
            k3thread_set_mask(K3THREAD_RETURN);
            CHECK(k3thread_pending());
            CHECK(test_catch(open_mask) == &k3thread_KeyboardInterrupt);
            CHECK(!k3thread_pending());
        }
        K3THREAD_END
    }
}

/* Checks the mask in a cleanup. */
static void check_cleanup(void *arg)
{
    (void) arg;
    CHECK_EQUAL(test_mask(), K3THREAD_NEVER);
}

/*
 * Checks the mask in the body, the handler, FINALLY and a cleanup of a block that is entered with MASK, and after it.
 */
static void through_a_block(enum k3thread_mask mask)
{
    K3THREAD_TRY {
        CHECK_EQUAL(test_mask(), mask);
        k3thread_cleanup_push(check_cleanup, NULL);
        CHECK_EQUAL(test_mask(), mask);
        throw();
        k3thread_cleanup_pop(0);
    }
    K3THREAD_EXCEPT(k3thread_ValueError, e) {
        CHECK_EQUAL(test_mask(), in_handler(mask));
    }
    K3THREAD_FINALLY {
        CHECK_EQUAL(test_mask(), K3THREAD_NEVER);
    }
    K3THREAD_END
    CHECK_EQUAL(test_mask(), mask);
}

/* A mask that the body sets stays after a FINALLY, as it does after a block without one. */
static void set_in_the_body(void)
{
    K3THREAD_TRY {
        k3thread_set_mask(K3THREAD_ON_BLOCKING);
    }
    K3THREAD_FINALLY {
        CHECK_EQUAL(test_mask(), K3THREAD_NEVER);
    }
    K3THREAD_END
    CHECK_EQUAL(k3thread_set_mask(K3THREAD_IMMEDIATE), K3THREAD_ON_BLOCKING);
}

/* What is pending is thrown by the call that opens the mask, not later. */
static void thrown_by_the_call(void)
{
    volatile bool passed = false;

    k3thread_set_mask(K3THREAD_NEVER);
    raise_in_self();
    K3THREAD_TRY {
        (void) k3thread_set_mask(K3THREAD_IMMEDIATE);
        passed = true;
    }
    K3THREAD_EXCEPT(k3thread_KeyboardInterrupt, e) {
        CHECK(!passed);
    }
    K3THREAD_END
    CHECK(!passed && !k3thread_pending());
    k3thread_set_mask(K3THREAD_IMMEDIATE);
}

static void in_every_nesting(void)
{
    set_in_the_body();
    thrown_by_the_call();
    EACH_MASK(mask)
    {
        k3thread_set_mask(*mask);
        through_a_block(*mask);
        K3THREAD_TRY {
            through_a_block(*mask);
            throw();
        }
        K3THREAD_EXCEPT(k3thread_ValueError, e) {
            through_a_block(in_handler(*mask));
        }
        K3THREAD_FINALLY {
            through_a_block(K3THREAD_NEVER);
        }
        K3THREAD_END
        CHECK_EQUAL(test_mask(), *mask);
    }
}

static int leave(int way)
{
    for (int i = 0; i < 1; i++) {
        K3THREAD_TRY {
            if (way < 8)
                throw();
        }
        K3THREAD_EXCEPT(k3thread_ValueError, e) {
            switch (way) {
            case 0:
                return way;
            case 1:
                goto out;
            case 2:
                continue;
            case 3:
                K3THREAD_RERAISE();
            case 4:
                throw();
            default:
                break;
            }
            if (way == 5)
                break;
        }
        K3THREAD_FINALLY {
            if (way == 6 || way == 9)
                return way;
            if (way == 7 || way == 10)
                throw();
        }
        K3THREAD_END
    }
out:
    return way;
}

/* The mask is restored when a handler or a FINALLY is left, in every way. */
static void restored_however_left(void)
{
    EACH_MASK(mask)
    {
        for (volatile int way = 0; way <= 10; way++) {
            k3thread_set_mask(*mask);
            K3THREAD_TRY {
                CHECK_EQUAL(leave(way), way);
                CHECK_EQUAL(test_mask(), *mask);
            }
            K3THREAD_EXCEPT(k3thread_ValueError, e) {
                CHECK(way == 3 || way == 4 || way == 7 || way == 10);
                CHECK_EQUAL(test_mask(), in_handler(*mask));
            }
            K3THREAD_END
            CHECK_EQUAL(test_mask(), *mask);
        }
    }
}

/* In a handler a wait throws and a checkpoint does not; in FINALLY neither does. */
static void raise_in_handler(void)
{
    volatile int at = 0;

    K3THREAD_TRY {
        K3THREAD_TRY {
            throw();
        }
        K3THREAD_EXCEPT(k3thread_ValueError, e) {
            raise_in_self();
            k3thread_checkpoint();
            at = 1;
            nap();
            at = 2;
        }
        K3THREAD_FINALLY {
            CHECK_EQUAL(at, 1);
            raise_in_self();
            k3thread_checkpoint();
            nap();
            at = 3;
        }
        K3THREAD_END
        at = 4; /* not reached: the first exception goes on from the handler */
    }
    K3THREAD_EXCEPT(k3thread_KeyboardInterrupt, e) {
        CHECK_EQUAL(at, 3);
        CHECK(k3thread_take(NULL)); /* the second exception */
        at = 5;
    }
    K3THREAD_END
    CHECK_EQUAL(at, 5);
}

static unsigned ends_passed;

static void raise_in_finally(void)
{
    K3THREAD_TRY {
    }
    K3THREAD_FINALLY {
        raise_in_self();
    }
    K3THREAD_END
    CHECK(k3thread_pending());
    ends_passed++;
    k3thread_checkpoint();
}

static void raise_in_a_handler(void)
{
    K3THREAD_TRY {
        throw();
    }
    K3THREAD_EXCEPT(k3thread_ValueError, e) {
        raise_in_self();
    }
    K3THREAD_END
    CHECK(k3thread_pending());
    ends_passed++;
    k3thread_checkpoint();
}

static void raise_in_an_open_handler(void)
{
    K3THREAD_TRY {
        throw();
    }
    K3THREAD_EXCEPT(k3thread_ValueError, e) {
        k3thread_set_mask(K3THREAD_IMMEDIATE);
        raise_in_self();
    }
    K3THREAD_END
    CHECK(k3thread_pending());
    ends_passed++;
    k3thread_checkpoint();
}

static void end_is_no_checkpoint(void)
{
    CHECK(test_catch(raise_in_an_open_handler) == &k3thread_KeyboardInterrupt);
    CHECK(test_catch(raise_in_finally) == &k3thread_KeyboardInterrupt);
    CHECK(test_catch(raise_in_a_handler) == &k3thread_KeyboardInterrupt);
    CHECK_EQUAL(ends_passed, 3);
}

/* The end of the body is a checkpoint: it throws only with the mask IMMEDIATE. */
static void end_of_body(void)
{
    volatile enum k3thread_mask mask = K3THREAD_IMMEDIATE;
    volatile bool               caught;

    EACH_MASK(each)
    {
        caught = false;
        mask = *each;
        k3thread_set_mask(mask);
        K3THREAD_TRY {
            raise_in_self();
        }
        K3THREAD_EXCEPT(k3thread_KeyboardInterrupt, e) {
            caught = true;
        }
        K3THREAD_END
        CHECK_EQUAL(caught, mask == K3THREAD_IMMEDIATE);
        CHECK_EQUAL(k3thread_take(NULL), mask != K3THREAD_IMMEDIATE);
    }
}

static void get_and_restore(void)
{
    EACH_MASK(mask)
    {
        k3thread_set_mask(*mask);
        CHECK_EQUAL(k3thread_get_mask(), *mask);
        CHECK_EQUAL(k3thread_restore_mask(K3THREAD_NEVER), *mask);
        raise_in_self();
        CHECK_EQUAL(k3thread_restore_mask(K3THREAD_IMMEDIATE), K3THREAD_NEVER);
        CHECK_EQUAL(k3thread_restore_mask((enum k3thread_mask) 17), K3THREAD_IMMEDIATE);
        CHECK_EQUAL(k3thread_get_mask(), K3THREAD_IMMEDIATE);
        CHECK(test_catch(k3thread_checkpoint) == &k3thread_KeyboardInterrupt);
    }
}

/* A raise in a shield is thrown after it, where the mask outside allows. */
static void raise_in_shield(void)
{
    K3THREAD_SHIELD {
        CHECK_EQUAL(k3thread_get_mask(), K3THREAD_NEVER);
        raise_in_self();
        k3thread_checkpoint();
        nap();
        K3THREAD_SHIELD {
            nap();
        }
        K3THREAD_SHIELD_END
        nap();
    }
    K3THREAD_SHIELD_END
    CHECK_EQUAL(k3thread_get_mask(), K3THREAD_IMMEDIATE);
    CHECK(k3thread_pending());
    k3thread_checkpoint();
}

static int leave_shield(int way)
{
    for (int i = 0; i < 1; i++) {
        K3THREAD_SHIELD {
            if (way == 0)
                return way;
            if (way == 1)
                goto out;
            if (way == 2)
                continue;
            if (way == 3)
                break;
            if (way == 4)
                throw();
        }
        K3THREAD_SHIELD_END
    }
out:
    return way;
}

static void shields(void)
{
    CHECK(test_catch(raise_in_shield) == &k3thread_KeyboardInterrupt);
    EACH_MASK(mask)
    {
        for (volatile int way = 0; way < 6; way++) {
            k3thread_set_mask(*mask);
            K3THREAD_TRY {
                k3thread_cleanup_push(check_cleanup, NULL);
                CHECK_EQUAL(leave_shield(way), way);
                CHECK_EQUAL(k3thread_get_mask(), *mask);
                k3thread_cleanup_pop(1);
            }
            K3THREAD_EXCEPT(k3thread_ValueError, e) {
                CHECK_EQUAL(way, 4);
                CHECK_EQUAL(k3thread_get_mask(), in_handler(*mask));
            }
            K3THREAD_END
            CHECK_EQUAL(k3thread_get_mask(), *mask);
        }
    }
}

static void *check_mask_of_new(void *arg)
{
    CHECK_EQUAL(test_mask(), K3THREAD_IMMEDIATE);
    return arg;
}

static void not_inherited(void)
{
    EACH_MASK(mask)
    {
        k3thread_set_mask(*mask);
        CHECK(test_end(test_start(check_mask_of_new, NULL)) == NULL);
    }
}

static int join_for_ever(k3thread *t)
{
    return k3thread_join(t, -1, NULL);
}

static void *sleep_for_ever(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

/* With RETURN each wait fails while an exception is pending, and waits again afterwards. */
static void return_mask(void)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t  cond = PTHREAD_COND_INITIALIZER;
    k3thread       *t = test_start(sleep_for_ever, NULL);
    struct pollfd   pollfd = {.fd = -1};
    int             ends[2];
    char            byte = 0;

    CHECK_EQUAL(pipe(ends), 0);
    CHECK_EQUAL(k3thread_write(ends[1], "w", 1), 1);
    k3thread_set_mask(K3THREAD_RETURN);
    raise_in_self();
    k3thread_checkpoint();
    for (int i = 0; i < 2; i++) {
        CHECK_EQUAL(k3thread_sleep(-1), -ECANCELED);
        CHECK_EQUAL(k3thread_poll(&pollfd, 1, -1), -ECANCELED);
        CHECK_EQUAL(k3thread_read(ends[0], &byte, 1), -ECANCELED);
        CHECK_EQUAL(k3thread_write(ends[1], "w", 1), -ECANCELED);
        CHECK_EQUAL(k3thread_accept(-1, NULL, NULL), -ECANCELED);
        CHECK_EQUAL(k3thread_waitpid(-1, NULL), -ECANCELED);
        CHECK_EQUAL(join_for_ever(t), -ECANCELED);
        CHECK_EQUAL(pthread_mutex_lock(&mutex), 0);
        CHECK_EQUAL(k3thread_cond_wait(&cond, &mutex, -1), -ECANCELED);
        CHECK_EQUAL(pthread_mutex_unlock(&mutex), 0);
    }
    CHECK(k3thread_take(NULL));
    nap();
    CHECK_EQUAL(k3thread_read(ends[0], &byte, 1), 1); /* the byte is still in the pipe */
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
    CHECK(test_end(t) == &k3thread_SystemExit);
}

static void *wait_with_return(void *arg)
{
    k3thread_set_mask(K3THREAD_RETURN);
    CHECK_EQUAL(k3thread_sleep(-1), -ECANCELED);
    CHECK(k3thread_take(NULL));
    return arg;
}

/* With RETURN, a raise that comes during a wait ends the wait. */
static void return_wakes(void)
{
    k3thread *t = test_start(wait_with_return, NULL);

    test_wait_asleep(t);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyError), 0);
    CHECK(test_end(t) == NULL);
}

TEST_MAIN({"set", set_returns_old}, {"immediate", immediate}, {"on-blocking", on_blocking},
          {"never", never}, {"opening", opening_delivers}, {"nesting", in_every_nesting},
          {"restored", restored_however_left}, {"handler", raise_in_handler},
          {"end", end_is_no_checkpoint}, {"end-of-body", end_of_body}, {"get", get_and_restore},
          {"shield", shields}, {"not-inherited", not_inherited}, {"return", return_mask},
          {"return-wakes", return_wakes})
