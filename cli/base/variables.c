#include "cli/base/variables.h"

#include "cli/base/array.h"
#include "cli/base/variable.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int variables_add(struct variables *variables, const char *word)
{
    char **list = array_room(variables->list, variables->count, sizeof(*list));

    if (list == NULL)
        return -ENOMEM;
    variables->list = list;
    list[variables->count] = strdup(word);
    if (list[variables->count] == NULL)
        return -ENOMEM;
    variables->count++;
    variables->size += strlen(word) + 1;
    return 0;
}

const char *variables_find(const struct variables *variables, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = variables->count; i-- > 0;) {
        const char *value = variable_value(variables->list[i], name, length);

        if (value != NULL)
            return value;
    }
    return NULL;
}

/* Compares the names of two words. */
static int compare_names(const char *a, const char *b)
{
    size_t a_size = strcspn(a, "="), b_size = strcspn(b, "=");
    int    order = memcmp(a, b, a_size < b_size ? a_size : b_size);

    return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

/* Compares two pointers to words in one list, by name, and then by place in the list. */
static int compare(const void *a, const void *b)
{
    char *const *const *x = a, *const *const *y = b;
    int                 order = compare_names(**x, **y);

    return order != 0 ? order : (*x > *y) - (*x < *y);
}

/* Replaces a word of the COUNT words in LIST by NULL if its name comes again later. Returns 0 or -ENOMEM. */
static int drop_replaced(char **list, size_t count)
{
    char ***places = calloc(count + 1, sizeof(*places));

    if (places == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        places[i] = &list[i];
    qsort(places, count, sizeof(*places), compare);
    for (size_t i = 0; i + 1 < count; i++)
        if (compare_names(*places[i], *places[i + 1]) == 0)
            *places[i] = NULL;
    free(places);
    return 0;
}

/* Closes the gaps in LIST, in which words were replaced by NULL, and ends LIST with a NULL. */
static void close_gaps(char **list, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (list[i] != NULL)
            list[kept++] = list[i];
    list[kept] = NULL;
}

char **variables_merge(char *const *environment, const struct variables *const *lists, size_t count)
{
    size_t total = 0, used = 0;
    char **merged;

    while (environment[total] != NULL)
        total++;
    for (size_t i = 0; i < count; i++)
        total += lists[i]->count;
    merged = calloc(total + 1, sizeof(*merged));
    if (merged == NULL)
        return NULL;
    for (; environment[used] != NULL; used++)
        merged[used] = environment[used];
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < lists[i]->count; j++)
            merged[used++] = lists[i]->list[j];
    if (drop_replaced(merged, used) != 0) {
        free(merged);
        return NULL;
    }
    close_gaps(merged, used);
    return merged;
}

void variables_release(struct variables *variables)
{
    for (size_t i = 0; i < variables->count; i++)
        free(variables->list[i]);
    free(variables->list);
    *variables = (struct variables){0};
}
