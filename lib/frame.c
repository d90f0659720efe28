#include "frame.h"

#include "cxx.h"
#include "delivery.h"
#include "limit.h"

/* Handlers close an open mask half; none opens one. */
static enum k3thread_mask mask_in_handler(unsigned char mask)
{
    return mask == K3THREAD_IMMEDIATE ? K3THREAD_ON_BLOCKING : (enum k3thread_mask) mask;
}

/* The innermost block, which is a try: the macros are nested as they should be. */
static struct k3thread_try_ *top_try(void)
{
    return (struct k3thread_try_ *) k3thread_local_.top;
}

static struct k3thread_limit_ *limit_of(struct k3thread_try_ *block)
{
    return &((struct k3thread_timeout_ *) block)->limit;
}

/* The body of BLOCK is left: its time limit, if there is one, is withdrawn. */
static void end_body(struct k3thread_try_ *block)
{
    if (block->block.state != K3T_LIMITED)
        return;
    block->block.state = K3T_BODY;
    k3t_limit_end(limit_of(block));
}

static void enter(struct k3thread_block_ *block, enum k3t_state state)
{
    block->outer = k3thread_local_.top;
    block->flight = k3thread_local_.flight;
    block->state = (unsigned char) state;
    block->mask = k3thread_local_.mask;
    k3thread_local_.top = block;
}

void k3t_frame_abandon(struct k3thread_flight_ **innermost, const struct k3thread_flight_ *until,
                       uintptr_t limit, unsigned char *mask)
{
    struct k3thread_flight_ *exc;

    while ((exc = *innermost) != NULL && exc != until && exc->frame < limit) {
        *mask = exc->mask;
        *innermost = exc->next;
        k3t_exc_free(exc);
    }
}

bool k3t_frame_is_passed(struct k3thread_flight_ *entered, const void *cfa)
{
    unsigned char mask = k3thread_local_.mask;

    k3t_frame_abandon(&k3thread_local_.flight, entered, (uintptr_t) cfa, &mask);
    k3t_mask((enum k3thread_mask) mask);
    return k3thread_local_.flight != entered;
}

/* Gives up all unwindings that began inside of OUTER, which may be NULL. */
static void end_flights(struct k3thread_flight_ *outer)
{
    unsigned char mask;

    k3t_frame_abandon(&k3thread_local_.flight, outer, UINTPTR_MAX, &mask);
}

static _Noreturn void land(struct k3thread_try_ *target)
{
    struct k3thread_flight_ *exc = k3thread_local_.flight;

    k3thread_local_.flight = exc->next;
    end_flights(target->block.flight);
    end_body(target);
    k3t_exc_free(target->caught);
    exc->edge = NULL;
    target->caught = exc;
    target->block.state = target->block.state == K3T_HANDLER ? K3T_PASSING : K3T_LANDED;
    k3thread_local_.top = &target->block;
    longjmp(target->environment, 1); /* not _longjmp: ThreadSanitizer does not see that one */
}

void k3thread_try_left_(struct k3thread_try_ *block)
{
    bool passed = k3t_frame_is_passed(block->block.flight, __builtin_dwarf_cfa());

    if (passed && k3thread_local_.flight->target == block)
        land(block);
    end_body(block);
    k3thread_local_.top = block->block.outer;
    k3t_exc_free(block->caught);
    if (block->block.state != K3T_BODY && !passed)
        k3t_mask((enum k3thread_mask) block->block.mask);
}

/*
 * The end of a body is a checkpoint, that of a handler none: a raise in a handler stays pending, so
 * that it is thrown where the loop around the block waits again, inside the block. A time limit is
 * withdrawn before: a body that has come to its end is not late.
 */
void k3thread_part_ended_(void)
{
    end_body(top_try());
    if (top_try()->block.state == K3T_BODY)
        k3thread_checkpoint();
}

/*
 * The exception of a time limit passes all handlers but those of its own block. That one's handler
 * of TimeoutError takes no other.
 */
static bool fits(struct k3thread_try_ *block, const k3thread_exctype *type)
{
    const struct k3thread_flight_ *exc = block->caught;
    const bool                     own = block->block.limited && exc->limit == limit_of(block);

    if (exc->limit != NULL && !own)
        return false;
    if (block->block.limited && type == &k3thread_TimeoutError && !own)
        return false;
    return k3thread_exctype_is(exc->exc.type, type);
}

bool k3thread_catch_(const k3thread_exctype *type)
{
    struct k3thread_try_ *block = top_try();

    if (block->block.state != K3T_LANDED || (type != NULL && !fits(block, type)))
        return false;
    block->block.state = K3T_HANDLER;
    k3t_mask(mask_in_handler(block->block.mask));
    return true;
}

const struct k3thread_exc *k3thread_caught_(void)
{
    return &top_try()->caught->exc;
}

struct k3thread_flight_ *k3t_frame_take_caught(void)
{
    struct k3thread_flight_ *exc = top_try()->caught;

    top_try()->caught = NULL;
    return exc;
}

void k3thread_finally_(void)
{
    struct k3thread_try_ *block = top_try();

    k3t_frame_arrive();
    end_body(block);
    if (block->block.state == K3T_BODY) /* as the body has left it */
        block->block.mask = k3thread_local_.mask;
    if (block->block.state == K3T_HANDLER)
        k3t_exc_free(k3t_frame_take_caught());
    block->block.state = K3T_FINAL;
    k3t_mask(K3THREAD_NEVER);
}

void k3thread_ended_(void)
{
    struct k3thread_try_    *block = top_try();
    struct k3thread_flight_ *exc = block->caught;

    end_body(block);
    if (exc == NULL || block->block.state == K3T_HANDLER)
        return;
    block->caught = NULL;
    block->block.state = K3T_FINAL;
    if (block->block.limited && exc->limit == limit_of(block))
        exc->limit = NULL; /* outside, it is as any other */
    k3t_mask((enum k3thread_mask) block->block.mask);
    k3t_throw(exc);
}

/* A copy is thrown: if an inner try catches it, the handler goes on, and has its own still. */
void k3thread_reraise_(void)
{
    const struct k3thread_block_ *block = k3thread_local_.top;
    struct k3thread_flight_      *exc;

    while (block != NULL && block->state != K3T_HANDLER)
        block = block->outer;
    if (block == NULL)
        k3thread_throw(&k3thread_RuntimeError, "no active exception to reraise");
    exc = k3t_exc_new_sure(&k3t_self()->reserve);
    k3t_exc_copy(exc, &((const struct k3thread_try_ *) block)->caught->exc);
    k3t_throw(exc);
}

struct k3thread_cleanup_ *k3thread_cleanup_enter_(struct k3thread_cleanup_ *block,
                                                  void (*function)(void *arg), void *arg)
{
    block->function = function;
    block->arg = arg;
    enter(&block->block, K3T_CLEANUP);
    return block;
}

/*
 * While an exception passes, one that the cleanup throws takes its place. It must not come out of
 * here: this may be a landing pad, and compilers (clang, and every one in C++) end the program when
 * a second exception leaves one.
 */
/* As K3THREAD_EXCEPT, for whatever there is. */
#define K3T_EXCEPT_ALL(e)                                                                          \
    k3thread_part_end_();                                                                          \
    }                                                                                              \
    else if (k3thread_catch_(NULL))                                                                \
    {                                                                                              \
        const struct k3thread_exc *const e = k3thread_caught_();

static void call_catching(const struct k3thread_cleanup_ *block)
{
    struct k3thread_flight_ *flight = k3thread_local_.flight;

    K3THREAD_TRY {
        block->function(block->arg);
    }
    K3T_EXCEPT_ALL(e)
    {
        k3t_exc_copy(flight, e);
        flight->limit = top_try()->caught->limit;
    }
    K3THREAD_END
}

/* A call that pthread_exit, or cancellation, is not to leave. */
struct call {
    jmp_buf       environment;
    volatile bool under_way;
    unsigned      uncaught; /* exceptions of C++ that were under way before */
};

/* An exception of C++ goes on, to whatever C++ makes of it. */
static void come_back(struct call *call)
{
    if (call->under_way && k3t_cxx_uncaught() <= call->uncaught)
        longjmp(call->environment, 1);
}

/*
 * A pthread_exit in the cleanup takes the place of the exception, too: that goes on past all blocks,
 * and ends the thread. The unwinding of pthread_exit itself would end the program in such a landing
 * pad.
 */
static void call_in_passing(const struct k3thread_cleanup_ *block)
{
    struct k3thread_flight_ *flight = k3thread_local_.flight;
    struct call call __attribute__((cleanup(come_back))) = {.uncaught = k3t_cxx_uncaught()};

    if (_setjmp(call.environment) == 0) {
        call.under_way = true;
        call_catching(block);
    } else {
        k3thread_local_.top = block->block.outer;
        end_flights(flight);
        k3t_mask(K3THREAD_NEVER);
        flight->exits = true;
        flight->target = NULL;
    }
    call.under_way = false;
}

/* It is out of the list before it runs: what it throws does not run it again. */
static void run_cleanup(struct k3thread_cleanup_ *block, bool passed)
{
    enum k3thread_mask mask;

    k3thread_local_.top = block->block.outer;
    block->block.state = K3T_DONE;
    k3t_frame_arrive();
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
        run_cleanup(*block, k3t_frame_is_passed((*block)->block.flight, __builtin_dwarf_cfa()));
}

void k3thread_cleanup_end_(int execute)
{
    struct k3thread_cleanup_ *block = (struct k3thread_cleanup_ *) k3thread_local_.top;

    if (execute != 0) {
        run_cleanup(block, false);
        return;
    }
    k3thread_local_.top = block->block.outer;
    block->block.state = K3T_DONE;
}

struct k3thread_try_ *k3t_frame_target(void)
{
    struct k3thread_block_ *block = k3thread_local_.top;

    while (block != NULL && block->state != K3T_BODY && block->state != K3T_LIMITED &&
           block->state != K3T_HANDLER)
        block = block->outer;
    return (struct k3thread_try_ *) block;
}

/* Blocks that the catch (...) has entered before restore that mask, too. */
void k3t_frame_arrived(void)
{
    struct k3thread_flight_ *exc = k3thread_local_.flight;
    struct k3thread_block_  *block;
    enum k3thread_mask       mask;

    if (exc->arrived || !k3t_cxx_has_caught(exc))
        return;
    exc->arrived = true;
    mask = mask_in_handler(exc->mask);
    for (block = k3thread_local_.top; block != NULL && block->flight == exc; block = block->outer)
        block->mask = (unsigned char) mask;
    k3t_mask(mask);
}

void k3t_frame_pass(uintptr_t limit)
{
    struct k3thread_block_ *block;

    while ((block = k3thread_local_.top) != NULL && (uintptr_t) block < limit) {
        if (block->state == K3T_CLEANUP)
            run_cleanup((struct k3thread_cleanup_ *) block, true);
        else
            k3thread_try_left_((struct k3thread_try_ *) block);
    }
}
