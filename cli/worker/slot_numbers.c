#include "cli/worker/slot_numbers.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The number of bits in one word of TAKEN. */
#define WORD 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool            is_limited;
static uint64_t       *taken; /* a bit for each number; a bit that is set is taken */
static size_t          words; /* of TAKEN */

void slot_numbers_set_limited(bool limited)
{
    pthread_mutex_lock(&lock);
    is_limited = limited;
    pthread_mutex_unlock(&lock);
}

/* Doubles the room for numbers. Returns 0 or -ENOMEM. Caller holds the lock. */
static int grow(void)
{
    size_t    new_words = words > 0 ? 2 * words : 1;
    uint64_t *grown = reallocarray(taken, new_words, sizeof(*taken));

    if (grown == NULL)
        return -ENOMEM;
    memset(grown + words, 0, (new_words - words) * sizeof(*grown));
    taken = grown;
    words = new_words;
    return 0;
}

/* Takes the lowest free number. Returns 0 or -ENOMEM. Caller holds the lock. */
static int take_lowest(int *ret)
{
    size_t at = 0;
    int    bit;

    while (at < words && taken[at] == UINT64_MAX)
        at++;
    if (at == words && grow() != 0)
        return -ENOMEM;
    bit = __builtin_ctzll(~taken[at]);
    taken[at] |= UINT64_C(1) << bit;
    *ret = (int) at * WORD + bit;
    return 0;
}

int slot_numbers_take(int *ret)
{
    int error = 0;

    pthread_mutex_lock(&lock);
    if (is_limited)
        error = take_lowest(ret);
    else
        *ret = SLOT_NUMBER_NONE;
    pthread_mutex_unlock(&lock);
    return error;
}

void slot_numbers_give_back(int number)
{
    if (number == SLOT_NUMBER_NONE)
        return;
    pthread_mutex_lock(&lock);
    taken[number / WORD] &= ~(UINT64_C(1) << (number % WORD));
    pthread_mutex_unlock(&lock);
}
