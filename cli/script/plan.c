#include "cli/script/plan.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

static bool grow(struct plan *plan)
{
    size_t               capacity = plan->capacity > 0 ? 2 * plan->capacity : 64;
    struct plan_command *commands;

    if (plan->count < plan->capacity)
        return true;
    commands = reallocarray(plan->commands, capacity, sizeof(*commands));
    if (commands == NULL)
        return false;
    plan->commands = commands;
    plan->capacity = capacity;
    return true;
}

int plan_add(struct plan *plan, struct words *words, size_t line)
{
    if (!grow(plan)) {
        words_release(words);
        return -ENOMEM;
    }
    plan->commands[plan->count++] = (struct plan_command){.words = *words, .line = line};
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
