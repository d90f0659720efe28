#include "cli/server/slots.h"

static unsigned number = SLOTS_UNLIMITED;
static unsigned taken;

void slots_set(unsigned new_number)
{
    number = new_number;
}

unsigned slots_number(void)
{
    return number;
}

unsigned slots_taken(void)
{
    return taken;
}

bool slots_are_free(void)
{
    return taken < number;
}

void slots_take(void)
{
    taken++;
}

void slots_give_back(void)
{
    taken--;
}
