#include "frame.h"

#include "delivery.h"

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

static void enter(struct k3thread_block_ *block, enum k3t_state state)
{
    block->outer = k3thread_local_.top;
    block->flight = k3thread_local_.flight;
    block->state = (unsigned char) state;
    block->mask = k3thread_local_.mask;
    k3thread_local_.top = block;
}

/*
 * Is BLOCK left because an exception passes it? Then it was entered before the unwinding began; a
 * block inside a cleanup that the unwinding runs was entered during it.
 */
static bool is_passed(const struct k3thread_block_ *block)
{
    return k3thread_local_.flight != block->flight;
}

/* The unwindings that began in the body of the target, and never ended, are given up. */
static struct k3thread_flight_ *end_flights(struct k3thread_try_ *target)
{
    struct k3thread_flight_ *arrived = k3thread_local_.flight;
    struct k3thread_flight_ *outer = arrived->next;
    struct k3thread_flight_ *next;

    for (; outer != target->block.flight; outer = next) {
        next = outer->next;
        k3t_exc_free(outer);
    }
    k3thread_local_.flight = outer;
    return arrived;
}

static _Noreturn void land(struct k3thread_try_ *target)
{
    struct k3thread_flight_ *exc = end_flights(target);

    k3t_exc_free(target->caught);
    exc->edge = NULL;
    target->caught = exc;
    target->block.state = target->block.state == K3T_HANDLER ? K3T_PASSING : K3T_LANDED;
    k3thread_local_.top = &target->block;
    longjmp(target->environment, 1); /* not _longjmp: ThreadSanitizer does not see that one */
}

void k3thread_try_left_(struct k3thread_try_ *block)
{
    if (k3thread_local_.flight != NULL && k3thread_local_.flight->target == block)
        land(block);
    k3thread_local_.top = block->block.outer;
    k3t_exc_free(block->caught);
    if (block->block.state != K3T_BODY && !is_passed(&block->block))
        k3t_mask((enum k3thread_mask) block->block.mask);
}

bool k3thread_catch_(const k3thread_exctype *type)
{
    struct k3thread_try_ *block = top_try();

    if (block->block.state != K3T_LANDED || !k3thread_exctype_is(block->caught->exc.type, type))
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

    if (exc == NULL || block->block.state == K3T_HANDLER)
        return;
    block->caught = NULL;
    block->block.state = K3T_FINAL;
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
    exc->exc = ((const struct k3thread_try_ *) block)->caught->exc;
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
static void call_in_passing(const struct k3thread_cleanup_ *block)
{
    struct k3thread_flight_ *flight = k3thread_local_.flight;

    K3THREAD_TRY {
        block->function(block->arg);
    }
    K3THREAD_EXCEPT(k3thread_BaseException, e) {
        flight->exc = *e;
    }
    K3THREAD_END
}

/* It is out of the list before it runs: what it throws does not run it again. */
static void run_cleanup(struct k3thread_cleanup_ *block)
{
    enum k3thread_mask mask;

    k3thread_local_.top = block->block.outer;
    block->block.state = K3T_DONE;
    mask = k3t_mask(K3THREAD_NEVER);
    if (is_passed(&block->block))
        call_in_passing(block);
    else
        block->function(block->arg);
    k3t_mask(mask);
}

void k3thread_cleanup_leave_(struct k3thread_cleanup_ *const *block)
{
    if ((*block)->block.state == K3T_CLEANUP)
        run_cleanup(*block);
}

void k3thread_cleanup_end_(int execute)
{
    struct k3thread_cleanup_ *block = (struct k3thread_cleanup_ *) k3thread_local_.top;

    if (execute != 0) {
        run_cleanup(block);
        return;
    }
    k3thread_local_.top = block->block.outer;
    block->block.state = K3T_DONE;
}

struct k3thread_try_ *k3t_frame_target(void)
{
    struct k3thread_block_ *block = k3thread_local_.top;

    while (block != NULL && block->state != K3T_BODY && block->state != K3T_HANDLER)
        block = block->outer;
    return (struct k3thread_try_ *) block;
}

void k3t_frame_pass(uintptr_t limit)
{
    struct k3thread_block_ *block;

    while ((block = k3thread_local_.top) != NULL && (uintptr_t) block < limit) {
        if (block->state == K3T_CLEANUP)
            run_cleanup((struct k3thread_cleanup_ *) block);
        else
            k3thread_try_left_((struct k3thread_try_ *) block);
    }
}
