#include "cli/script/plan.h"

#include "cli/base/array.h"

#include <errno.h>
#include <stdlib.h>

int plan_add(struct plan *plan, struct words *words, size_t line)
{
    struct plan_command *commands = array_room(plan->commands, plan->count, sizeof(*commands));

    if (commands == NULL) {
        words_release(words);
        return -ENOMEM;
    }
    plan->commands = commands;
    commands[plan->count++] = (struct plan_command){.words = *words, .line = line};
    *words = (struct words){0};
    return 0;
}

void plan_release(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        words_release(&plan->commands[i].words);
    free(plan->commands);
    json_decref(plan->left_out);
    *plan = (struct plan){0};
}
