/*
 * riser FILE: with the set-user-ID bit, becomes root for good, as sudo does; appends its pid to FILE and
 * stays until FILE is removed, or for a minute.
 */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int write_pid(const char *file)
{
    char    line[16];
    int     size = snprintf(line, sizeof(line), "%d\n", (int) getpid());
    int     fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    ssize_t written = fd >= 0 ? write(fd, line, (size_t) size) : -1;

    return fd >= 0 && close(fd) == 0 && written == size ? 0 : -1;
}

int main(int count, char **words)
{
    const struct timespec moment = {.tv_nsec = 20000000};

    if (count != 2 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0 || write_pid(words[1]) < 0)
        return 1;
    for (int i = 0; i < 3000 && access(words[1], F_OK) == 0; i++)
        (void) nanosleep(&moment, NULL);
    return 0;
}
