/* Sleeps for ever. Statically linked, so that ten thousand of them take little memory. */
#include <unistd.h>

int main(void)
{
    for (;;)
        pause();
}
