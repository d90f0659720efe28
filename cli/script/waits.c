#include "cli/script/waits.h"

#include "cli/base/clock.h"
#include "cli/view/progress.h"

#include <math.h>

/* Whoever becomes ready within so many seconds is not worth a line. */
#define WHILE 2.0

void waits_open(struct waits *waits)
{
    *waits = (struct waits){.is_seen = progress_is_seen(), .next = INFINITY};
}

void waits_close(struct waits *waits)
{
    json_decref(waits->ids);
    waits->ids = NULL;
}

void waits_add(struct waits *waits, const json_t *thread)
{
    json_t *id = json_object_get(thread, "id");

    if (!waits->is_seen || json_object_get(thread, "waits_for") == NULL)
        return;
    if (waits->ids == NULL)
        waits->ids = json_array();
    if (json_array_append(waits->ids, id) == 0 && isinf(waits->next))
        waits->next = clock_monotonic() + WHILE;
}

json_t *waits_ask(struct waits *waits)
{
    json_t *params = json_pack("{s:O, s:[ssss]}", "threads", waits->ids, "members", "id", "name",
                               "state", "waits_for");

    waits_close(waits);
    waits->next = INFINITY;
    return params;
}
