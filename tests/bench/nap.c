/* Sleeps for ever: a worker of which ten thousand take little memory. Statically linked. */
#include <unistd.h>

int main(void)
{
    for (;;)
        pause();
}
