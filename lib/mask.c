/* The calling thread's mask, as the public interface has it. */
#include "delivery.h"
#include "frame.h"

enum k3thread_mask k3thread_get_mask(void)
{
    k3t_frame_arrive();
    return (enum k3thread_mask) k3thread_local_.mask;
}

enum k3thread_mask k3thread_restore_mask(enum k3thread_mask mask)
{
    k3t_frame_arrive();
    return (unsigned) mask <= K3THREAD_RETURN ? k3t_mask(mask) : k3thread_get_mask();
}

enum k3thread_mask k3thread_set_mask(enum k3thread_mask mask)
{
    enum k3thread_mask old = k3thread_restore_mask(mask);

    k3thread_checkpoint();
    return old;
}

/* Shields */

struct k3thread_shield_ *k3thread_shield_enter_(struct k3thread_shield_ *shield)
{
    k3t_frame_arrive();
    shield->flight = k3thread_local_.flight;
    shield->mask = (unsigned char) k3t_mask(K3THREAD_NEVER);
    return shield;
}

/*
 * If an exception passes, clean-ups still run with NEVER; the mask outside is what a catch (...) that
 * takes it will find.
 */
void k3thread_shield_leave_(struct k3thread_shield_ *const *shield)
{
    if (k3t_frame_is_passed((*shield)->flight, __builtin_dwarf_cfa()))
        k3thread_local_.flight->mask = (*shield)->mask;
    else
        k3t_mask((enum k3thread_mask)(*shield)->mask);
}
