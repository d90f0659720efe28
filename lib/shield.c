/* K3THREAD_SHIELD: a body with the mask NEVER. */
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
 * If an exception passes, clean-ups still run with NEVER; the mask outside is what a catch (...) that
 * takes it will find.
 */
void k3thread_shield_leave_(struct k3thread_shield_ *const *shield)
{
    if (k3t_frame_is_passed((*shield)->unwinding, __builtin_dwarf_cfa()))
        k3thread_local_.unwinding->mask = (*shield)->mask;
    else
        k3t_mask((enum k3thread_mask)(*shield)->mask);
}
