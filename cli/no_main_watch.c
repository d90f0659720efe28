/*
 * The library has glibc tell it when main returns, because another thread may call exit meanwhile: see lib/exit.c.
 * glibc takes memory for that at the start of a program, and ends the program if there is none. In this program no
 * other thread calls exit. The linker replaces glibc's function by this one: see --wrap in the Makefile.
 */
int main_is_not_watched(void (*function)(void *), void *arg,
                        void *object) __asm__("__wrap___cxa_thread_atexit_impl");

int main_is_not_watched(void (*function)(void *), void *arg, void *object)
{
    (void) function;
    (void) arg;
    (void) object;
    return 0;
}
