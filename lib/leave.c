#include "leave.h"

#include "frame.h"
#include "mask.h"
#include "time_limit.h"

struct k3thread_limit_ *k3t_leave_limit(struct k3thread_try_ *block)
{
    return &((struct k3thread_timeout_ *) block)->limit;
}

void k3t_leave_body(struct k3thread_try_ *block)
{
    if (block->block.state != K3T_LIMITED)
        return;
    block->block.state = K3T_BODY;
    k3t_limit_end(k3t_leave_limit(block));
}

/* Ends the innermost unwinding: the exception is caught by TARGET. */
static _Noreturn void land(struct k3thread_try_ *target)
{
    struct k3thread_exception_ *exc = k3thread_local_.unwinding;

    k3thread_local_.unwinding = exc->next;
    k3t_frame_abandon_inside(target->block.unwinding);
    k3t_leave_body(target);
    k3t_exc_free(target->caught);
    exc->edge = NULL;
    target->caught = exc;
    target->block.state = target->block.state == K3T_HANDLER ? K3T_PASSING : K3T_LANDED;
    k3thread_local_.top = &target->block;
    longjmp(target->environment, 1); /* not _longjmp: ThreadSanitizer does not see that one */
}

void k3thread_try_leave_slow_(struct k3thread_try_ *block)
{
    bool passed = k3t_frame_is_passed(block->block.unwinding, __builtin_dwarf_cfa());

    if (passed && k3thread_local_.unwinding->target == block)
        land(block);
    k3t_leave_body(block);
    k3thread_local_.top = block->block.outer;
    k3t_exc_free(block->caught);
    if (block->block.state != K3T_BODY && !passed)
        k3t_mask((enum k3thread_mask) block->block.mask);
}
