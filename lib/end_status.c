#include "end_status.h"

#include "attach_state.h"

/* The seconds that the supervisor has to take the news. */
#define PATIENCE 1

static bool is(const struct k3thread_exception_ *exc, const k3thread_exctype *type)
{
    return k3thread_exctype_is(exc->info.type, type);
}

int k3t_end_status(const struct k3thread_exception_ *exc)
{
    if (!exc->attached)
        return is(exc, &k3thread_SystemExit) ? 0 : 1;
    (void) k3t_attach_ask_to_tell(exc->info.type, exc->info.message, PATIENCE);
    if (is(exc, &k3thread_SystemExit))
        return 143;
    if (is(exc, &k3thread_KeyboardInterrupt))
        return 130;
    return is(exc, &k3thread_TimeoutError) ? 124 : 1;
}
