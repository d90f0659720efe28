#include "cli/base/signal_set.h"

sigset_t signal_set(const int *signals)
{
    sigset_t set;

    sigemptyset(&set);
    for (; *signals != 0; signals++)
        sigaddset(&set, *signals);
    return set;
}
