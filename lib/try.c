/*
 * The parts of a K3THREAD_TRY: the ends of its body and its handlers, catching, FINALLY and END. leave.h has
 * the way out of a block.
 */
#include "adopt.h"
#include "frame.h"
#include "leave.h"
#include "mask.h"
#include "time_limit.h"
#include "unwind.h"

/*
 * The end of a body is a checkpoint, the end of a handler is none: a raise in a handler stays pending, and is
 * thrown where a loop around the block waits again, inside the block. The time limit is withdrawn before the
 * checkpoint: a body that has come to its end is not late.
 */
void k3thread_part_end_slow_(void)
{
    k3t_leave_body(k3t_frame_top_try());
    if (k3t_frame_top_try()->block.state == K3T_BODY)
        k3thread_checkpoint();
}

/*
 * Returns true if a handler of BLOCK for TYPE takes the exception that BLOCK has caught. While a time
 * limit is open, its exception passes all handlers but those of its own block; and the handler of
 * TimeoutError of that block takes no other exception.
 */
static bool fits(struct k3thread_try_ *block, const k3thread_exctype *type)
{
    const struct k3thread_exception_ *exc = block->caught;
    const bool own = block->block.limited && exc->limit == k3t_leave_limit(block);

    if (exc->limit != NULL && !own)
        return false;
    if (block->block.limited && type == &k3thread_TimeoutError && !own)
        return false;
    return k3thread_exctype_is(exc->info.type, type);
}

bool k3thread_catch_(const k3thread_exctype *type)
{
    struct k3thread_try_ *block = k3t_frame_top_try();

    if (block->block.state != K3T_LANDED || (type != NULL && !fits(block, type)))
        return false;
    block->block.state = K3T_HANDLER;
    k3t_mask(k3t_mask_in_handler(block->block.mask));
    return true;
}

const struct k3thread_exc *k3thread_caught_(void)
{
    return &k3t_frame_top_try()->caught->info;
}

void k3thread_finally_(void)
{
    struct k3thread_try_ *block = k3t_frame_top_try();

    k3t_mask_catch_all_fast();
    k3t_leave_body(block);
    if (block->block.state == K3T_BODY) /* the mask after the block stays as the body has set it */
        block->block.mask = k3thread_local_.mask;
    if (block->block.state == K3T_HANDLER)
        k3t_exc_free(k3t_frame_take_caught());
    block->block.state = K3T_FINAL;
    k3t_mask(K3THREAD_NEVER);
}

void k3thread_end_slow_(void)
{
    struct k3thread_try_       *block = k3t_frame_top_try();
    struct k3thread_exception_ *exc = block->caught;

    if (exc == NULL || block->block.state == K3T_HANDLER)
        return;
    block->caught = NULL;
    if (block->block.limited && exc->limit == k3t_leave_limit(block))
        exc->limit = NULL; /* outside of the block it is an exception as any other */
    k3t_mask((enum k3thread_mask) block->block.mask);
    k3t_throw(exc);
}

/*
 * Throws a copy of the exception: if an inner TRY catches the copy, the handler goes on and still has its own
 * exception.
 */
void k3thread_reraise_(void)
{
    const struct k3thread_block_ *block = k3thread_local_.top;
    const struct k3thread_try_   *handler;
    struct k3thread_exception_   *exc;

    while (block != NULL && block->state != K3T_HANDLER)
        block = block->outer;
    if (block == NULL)
        k3thread_throw(&k3thread_RuntimeError, "no active exception to reraise");
    exc = k3t_exc_new_sure(&k3t_self()->reserve);
    handler = (const struct k3thread_try_ *) block;
    k3t_exc_copy(exc, &handler->caught->info);
    exc->attached = handler->caught->attached;
    k3t_throw(exc);
}
