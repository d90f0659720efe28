/*
 * Tests TRY, EXCEPT and FINALLY: which handler runs, which exceptions are thrown on, and what is left when a block
 * is left.
 */
#include "heap.h"
#include "trace.h"

K3THREAD_DEFINE_EXCEPTION(Special, k3thread_RuntimeError);

static void throw_special(void)
{
    k3thread_throw(&Special, "%s", "special");
}

static void throw_exit(void)
{
    k3thread_throw(&k3thread_SystemExit, NULL);
}

/*
 * Returns the handler of two nested blocks that catches the exception of THROWER: the first that fits, in either
 * order.
 */
static const char *nested(void (*thrower)(void))
{
    K3THREAD_TRY {
        K3THREAD_TRY {
            thrower();
        }
        K3THREAD_EXCEPT(Special, e) {
            return "inner Special";
        }
        K3THREAD_EXCEPT(k3thread_RuntimeError, e) {
            return "inner RuntimeError";
        }
        K3THREAD_END
    }
    K3THREAD_EXCEPT(k3thread_Exception, e) {
        return "outer Exception";
    }
    K3THREAD_EXCEPT(k3thread_SystemExit, e) {
        return "outer SystemExit";
    }
    K3THREAD_END
    return "none";
}

static const char *nested_the_other_way(void (*thrower)(void))
{
    K3THREAD_TRY {
        K3THREAD_TRY {
            thrower();
        }
        K3THREAD_EXCEPT(k3thread_RuntimeError, e) {
            return "inner RuntimeError";
        }
        K3THREAD_EXCEPT(Special, e) {
            return "inner Special";
        }
        K3THREAD_END
    }
    K3THREAD_EXCEPT(k3thread_BaseException, e) {
        return "outer BaseException";
    }
    K3THREAD_EXCEPT(k3thread_SystemExit, e) {
        return "outer SystemExit";
    }
    K3THREAD_END
    return "none";
}

static void throw_runtime(void)
{
    k3thread_throw(&k3thread_RuntimeError, NULL);
}

static void throw_value(void)
{
    k3thread_throw(&k3thread_ValueError, NULL);
}

static void throw_nothing(void)
{
}

static void types_in_both_orders(void)
{
    CHECK_TEXT(nested(throw_special), "inner Special");
    CHECK_TEXT(nested(throw_runtime), "inner RuntimeError");
    CHECK_TEXT(nested(throw_value), "outer Exception");
    CHECK_TEXT(nested(throw_exit), "outer SystemExit");
    CHECK_TEXT(nested(throw_nothing), "none");
    CHECK_TEXT(nested_the_other_way(throw_special), "inner RuntimeError");
    CHECK_TEXT(nested_the_other_way(throw_runtime), "inner RuntimeError");
    CHECK_TEXT(nested_the_other_way(throw_value), "outer BaseException");
    CHECK_TEXT(nested_the_other_way(throw_exit), "outer BaseException");
    CHECK_TEXT(nested_the_other_way(throw_nothing), "none");
}

static void with_finally(void (*thrower)(void))
{
    K3THREAD_TRY {
        note('b');
        thrower();
        note('B');
    }
    K3THREAD_EXCEPT(Special, e) {
        note('s');
    }
    K3THREAD_FINALLY {
        note('f');
    }
    K3THREAD_END
    note('e');
}

static void finally_runs(void)
{
    with_finally(throw_nothing);
    check_trace("bBfe");
    with_finally(throw_special);
    check_trace("bsfe");
    K3THREAD_TRY {
        with_finally(throw_value);
    }
    K3THREAD_EXCEPT(k3thread_ValueError, e) {
        note('v');
    }
    K3THREAD_END
    check_trace("bfv");
}

static void throw_in_handler(void)
{
    K3THREAD_TRY {
        K3THREAD_TRY {
            throw_special();
        }
        K3THREAD_EXCEPT(Special, e) {
            note('s');
            throw_value();
        }
        K3THREAD_EXCEPT(k3thread_ValueError, e) {
            note('x'); /* another handler of the block does not take what a handler throws */
        }
        K3THREAD_FINALLY {
            note('f');
        }
        K3THREAD_END
        note('x');
    }
    K3THREAD_EXCEPT(k3thread_ValueError, e) {
        note('v');
    }
    K3THREAD_END
    check_trace("sfv");
}

static void throw_in_finally(void)
{
    K3THREAD_TRY {
        K3THREAD_TRY {
            throw_special();
        }
        K3THREAD_EXCEPT(k3thread_ValueError, e) {
            note('x');
        }
        K3THREAD_FINALLY {
            note('f');
            throw_value(); /* instead of Special, which is dropped */
        }
        K3THREAD_END
        note('x');
    }
    K3THREAD_EXCEPT(k3thread_Exception, e) {
        CHECK(e->type == &k3thread_ValueError);
        note('v');
    }
    K3THREAD_END
    check_trace("fv");
}

static void reraise_in_a_function(void)
{
    K3THREAD_TRY {
        K3THREAD_RERAISE(); /* caught here; the calling handler goes on */
    }
    K3THREAD_EXCEPT(Special, e) {
        CHECK_TEXT(e->message, "special");
        note('c');
    }
    K3THREAD_END
    K3THREAD_RERAISE();
}

static void rethrow(void)
{
    K3THREAD_TRY {
        K3THREAD_TRY {
            throw_special();
        }
        K3THREAD_EXCEPT(Special, e) {
            note('s');
            reraise_in_a_function();
        }
        K3THREAD_FINALLY {
            note('f');
        }
        K3THREAD_END
        note('x');
    }
    K3THREAD_EXCEPT(k3thread_Exception, e) {
        CHECK(e->type == &Special);
        CHECK_TEXT(e->message, "special");
        CHECK_EQUAL(e->sender, k3thread_get_id(k3thread_self()));
        note('o');
    }
    K3THREAD_END
    check_trace("scfo");
}

static void reraise_nothing(void)
{
    K3THREAD_RERAISE();
}

static void reraise_outside_of_a_handler(void)
{
    CHECK(test_catch(reraise_nothing) == &k3thread_RuntimeError);
    K3THREAD_TRY {
        throw_special();
    }
    K3THREAD_EXCEPT(Special, e) {
    }
    K3THREAD_FINALLY {
        CHECK(test_catch(reraise_nothing) == &k3thread_RuntimeError);
    }
    K3THREAD_END
}

/* The exception of a handler stays as it was while others come and go inside the handler. */
static void nested_in_handler(void)
{
    K3THREAD_TRY {
        throw_special();
    }
    K3THREAD_EXCEPT(Special, outer) {
        K3THREAD_TRY {
            throw_value();
        }
        K3THREAD_EXCEPT(k3thread_ValueError, inner) {
            CHECK(test_catch(reraise_nothing) == &k3thread_ValueError);
            CHECK(inner->type == &k3thread_ValueError);
        }
        K3THREAD_END
        CHECK(test_catch(reraise_nothing) == &Special);
        CHECK(outer->type == &Special);
        CHECK_TEXT(outer->message, "special");
    }
    K3THREAD_END
}

/* Leaves the body of a TRY in each way. Returns 1 if BY_RETURN, else 6 if each way has led where it should. */
static int leave_body(int by_return)
{
    volatile int ways = 0;

    for (volatile int i = 0; i < 3; i++) {
        K3THREAD_TRY {
            if (i == 0)
                continue;
            if (by_return)
                return 1;
            break;
        }
        K3THREAD_EXCEPT(Special, e) {
        }
        K3THREAD_END
    }
    ways |= 2;
    K3THREAD_TRY {
        K3THREAD_TRY {
            goto out;
        }
        K3THREAD_END
    }
    K3THREAD_END
    ways |= 8;
out:
    return ways | 4;
}

static int leave_handler(int by_return)
{
    for (volatile int i = 0; i < 3; i++) {
        K3THREAD_TRY {
            throw_special();
        }
        K3THREAD_EXCEPT(Special, e) {
            if (i == 0)
                continue;
            if (by_return)
                return 1;
            break;
        }
        K3THREAD_END
    }
    K3THREAD_TRY {
        throw_special();
    }
    K3THREAD_EXCEPT(Special, e) {
        goto out;
    }
    K3THREAD_END
    return 8;
out:
    return 6;
}

static int leave_finally(int by_return)
{
    for (volatile int i = 0; i < 3; i++) {
        K3THREAD_TRY {
            throw_special();
        }
        K3THREAD_FINALLY {
            if (i == 0)
                continue;
            if (by_return)
                return 1;
            break;
        }
        K3THREAD_END
    }
    K3THREAD_TRY {
        throw_special();
    }
    K3THREAD_FINALLY {
        goto out;
    }
    K3THREAD_END
    return 8;
out:
    return 6;
}

static size_t allocated(void)
{
    return heap_allocated();
}

/* Calls LEAVE that many TIMES, and checks that no block and no memory is left. */
static void leave_often(int (*leave)(int), unsigned times)
{
    volatile size_t before = 0;

    (void) k3thread_self(); /* adopted, which allocates */
    K3THREAD_TRY {
        for (unsigned i = 0; i < times; i++) {
            if (i == 10)
                before = allocated();
            CHECK_EQUAL(leave(1), 1);
            CHECK_EQUAL(leave(0), 6);
        }
        CHECK_EQUAL(test_mask(), K3THREAD_IMMEDIATE);
        CHECK_EQUAL(allocated(), before);
        throw_special();
    }
    K3THREAD_EXCEPT(Special, e) {
        note('o');
    }
    K3THREAD_END
    check_trace("o");
    CHECK(test_catch(reraise_nothing) == &k3thread_RuntimeError);
}

static void leave_body_often(void)
{
    leave_often(leave_body, test_many(1000000, 10000));
}

/* Leaves handlers, with an exception each time. */
static void leave_handler_often(void)
{
    leave_often(leave_handler, test_many(20000, 1000));
}

static void leave_finally_often(void)
{
    leave_often(leave_finally, test_many(20000, 1000));
}

static void raise_in_self(void)
{
    CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &Special), 0);
}

/* A loop around a block survives raises late in its body and in its handler. */
static void loop_survives(void)
{
    volatile unsigned caught = 0;

    while (caught < 100) {
        K3THREAD_TRY {
            if (caught % 3 != 0)
                (void) k3thread_sleep(0);
            if (!k3thread_pending())
                raise_in_self();
        }
        K3THREAD_EXCEPT(Special, e) {
            caught++;
            if (caught % 2 == 0)
                raise_in_self();
        }
        K3THREAD_FINALLY {
            if (caught % 5 == 0)
                raise_in_self();
        }
        K3THREAD_END
        CHECK_EQUAL(k3thread_get_mask(), K3THREAD_IMMEDIATE);
    }
    while (k3thread_take(NULL))
        caught++;
    CHECK(caught > 100);
}

static int leave_with_pending(int way)
{
    for (volatile int i = 0; i < 1; i++) {
        K3THREAD_TRY {
            raise_in_self();
            if (way == 0)
                return way;
            if (way == 1)
                break;
            if (way == 2)
                continue;
            goto out;
        }
        K3THREAD_EXCEPT(Special, e) {
            note('x');
        }
        K3THREAD_END
    }
out:
    return way;
}

/* Leaving a body before its end is no checkpoint. */
static void left_without_checkpoint(void)
{
    for (volatile int way = 0; way < 4; way++) {
        CHECK_EQUAL(leave_with_pending(way), way);
        CHECK(k3thread_take(NULL));
    }
    check_trace("");
}

static void raise_at_the_end(void)
{
    K3THREAD_TRY {
        K3THREAD_TRY {
            raise_in_self();
        }
        K3THREAD_EXCEPT(k3thread_ValueError, e) {
            note('x');
        }
        K3THREAD_FINALLY {
            note('f');
        }
        K3THREAD_END
        note('x');
    }
    K3THREAD_FINALLY {
        note('g');
    }
    K3THREAD_END
}

/* An exception that is thrown at the end of a body, and not caught, goes outwards. */
static void thrown_at_the_end(void)
{
    CHECK(test_catch(raise_at_the_end) == &Special);
    check_trace("fg");
}

static __attribute__((noinline)) int descend(int depth)
{
    if (depth == 0)
        throw_special();
    return depth > 0 ? descend(depth - 1) + 1 : 0;
}

static void deep_stack(void)
{
    K3THREAD_TRY {
        note((char) descend(3000));
    }
    K3THREAD_EXCEPT(Special, e) {
        note('o');
    }
    K3THREAD_END
    check_trace("o");
}

TEST_MAIN({"types", types_in_both_orders}, {"finally", finally_runs},
          {"throw-in-handler", throw_in_handler}, {"throw-in-finally", throw_in_finally},
          {"rethrow", rethrow}, {"reraise-nothing", reraise_outside_of_a_handler},
          {"nested-in-handler", nested_in_handler}, {"leave-body", leave_body_often},
          {"leave-handler", leave_handler_often}, {"leave-finally", leave_finally_often},
          {"loop", loop_survives}, {"left-pending", left_without_checkpoint},
          {"thrown-at-the-end", thrown_at_the_end}, {"deep", deep_stack})
