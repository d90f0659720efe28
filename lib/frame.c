#include "frame.h"

#include "mask.h"

void k3t_frame_abandon(struct k3thread_exception_      **innermost,
                       const struct k3thread_exception_ *until, uintptr_t limit,
                       unsigned char *mask)
{
    struct k3thread_exception_ *exc;

    while ((exc = *innermost) != NULL && exc != until && exc->frame < limit) {
        *mask = exc->mask;
        *innermost = exc->next;
        k3t_exc_free(exc);
    }
}

void k3t_frame_abandon_inside(struct k3thread_exception_ *outer)
{
    unsigned char mask;

    k3t_frame_abandon(&k3thread_local_.unwinding, outer, UINTPTR_MAX, &mask);
}

bool k3t_frame_is_passed(struct k3thread_exception_ *entered, const void *cfa)
{
    unsigned char mask = k3thread_local_.mask;

    k3t_frame_abandon(&k3thread_local_.unwinding, entered, (uintptr_t) cfa, &mask);
    k3t_mask((enum k3thread_mask) mask);
    return k3thread_local_.unwinding != entered;
}

struct k3thread_try_ *k3t_frame_target(void)
{
    struct k3thread_block_ *block = k3thread_local_.top;

    while (block != NULL && block->state != K3T_BODY && block->state != K3T_LIMITED &&
           block->state != K3T_HANDLER)
        block = block->outer;
    return (struct k3thread_try_ *) block;
}

struct k3thread_exception_ *k3t_frame_take_caught(void)
{
    struct k3thread_exception_ *exc = k3t_frame_top_try()->caught;

    k3t_frame_top_try()->caught = NULL;
    return exc;
}
