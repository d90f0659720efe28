#include "mask.h"

#include "adopt.h"
#include "cxx.h"
#include "queue.h"

enum k3thread_mask k3t_mask(enum k3thread_mask mask)
{
    enum k3thread_mask old = (enum k3thread_mask) k3thread_local_.mask;

    if (mask != old)
        k3t_queue_set_mask(k3t_self(), mask);
    return old;
}

/* Blocks that were entered inside the catch (...) so far restore the new mask, too. */
void k3t_mask_catch_all_slow(void)
{
    struct k3thread_exception_ *exc = k3thread_local_.unwinding;
    struct k3thread_block_     *block;
    enum k3thread_mask          mask;

    if (exc->in_catch_all || !k3t_cxx_has_caught(exc))
        return;
    exc->in_catch_all = true;
    mask = k3t_mask_in_handler(exc->mask);
    for (block = k3thread_local_.top; block != NULL && block->unwinding == exc;
         block = block->outer)
        block->mask = (unsigned char) mask;
    k3t_mask(mask);
}

enum k3thread_mask k3thread_get_mask(void)
{
    k3t_mask_catch_all_fast();
    return (enum k3thread_mask) k3thread_local_.mask;
}

enum k3thread_mask k3thread_restore_mask(enum k3thread_mask mask)
{
    k3t_mask_catch_all_fast();
    return (unsigned) mask <= K3THREAD_RETURN ? k3t_mask(mask) : k3thread_get_mask();
}

enum k3thread_mask k3thread_set_mask(enum k3thread_mask mask)
{
    enum k3thread_mask old = k3thread_restore_mask(mask);

    k3thread_checkpoint();
    return old;
}
