#include "cli/script/not_ready.h"

#include "cli/base/clock.h"
#include "cli/view/progress.h"

#include <math.h>

/*
 * The seconds that a thread may take to become ready before the terminal shows its probe.
 */
#define PATIENCE 2.0

void not_ready_open(struct not_ready *list)
{
    *list = (struct not_ready){.is_seen = progress_is_seen(), .next = INFINITY};
}

void not_ready_close(struct not_ready *list)
{
    json_decref(list->ids);
    list->ids = NULL;
}

void not_ready_add(struct not_ready *list, const json_t *thread)
{
    json_t *id = json_object_get(thread, "id");

    if (!list->is_seen || json_object_get(thread, "waits_for") == NULL)
        return;
    if (list->ids == NULL)
        list->ids = json_array();
    if (json_array_append(list->ids, id) == 0 && isinf(list->next))
        list->next = clock_monotonic() + PATIENCE;
}

json_t *not_ready_ask(struct not_ready *list)
{
    json_t *params = json_pack("{s:O, s:[ssss]}", "threads", list->ids, "members", "id", "name",
                               "state", "waits_for");

    not_ready_close(list);
    list->next = INFINITY;
    return params;
}
