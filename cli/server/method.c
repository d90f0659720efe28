#include "cli/server/method.h"

#include <string.h>

static const struct method *const methods[] = {
    &method_start,    &method_list,    &method_raise,        &method_restart,    &method_join,
    &method_logs,     &method_send,    &method_clear,        &method_exceptions, &method_shutdown,
    &method_slots,    &method_version, &method_watch,        &method_attach,     &method_tell,
    &method_terminal, &method_read,    &method_surroundings, &method_execute,    &method_end,
    &method_hosts,    &method_host,    &method_follow,       &method_arrive,     &method_resize,
    &method_look,
};

const struct method *method_find(const char *name)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (strcmp(methods[i]->name, name) == 0)
            return methods[i];
    return NULL;
}
