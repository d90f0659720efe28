/* Enters and leaves K3THREAD_SHIELD, whose body has the mask NEVER. */
#include "frame.h"
#include "mask.h"

struct k3thread_shield_ *k3thread_shield_enter_(struct k3thread_shield_ *shield)
{
    k3t_mask_catch_all_fast();
    shield->unwinding = k3thread_local_.unwinding;
    shield->mask = (unsigned char) k3t_mask(K3THREAD_NEVER);
    return shield;
}

/*
 * If an exception passes, the mask stays NEVER for the clean-ups further out, and the exception keeps the mask
 * outside of the shield: a catch (...) that catches it restores that mask.
 */
void k3thread_shield_leave_(struct k3thread_shield_ *const *shield)
{
    if (k3t_frame_is_passed((*shield)->unwinding, __builtin_dwarf_cfa()))
        k3thread_local_.unwinding->mask = (*shield)->mask;
    else
        k3t_mask((enum k3thread_mask)(*shield)->mask);
}
