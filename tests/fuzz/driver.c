/* Runs a fuzzer's function over files, without libFuzzer: over the seeds, and over inputs that once crashed. */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads the file into a block of exactly its size, so that sanitizers see a read beyond the end. */
static int run_file(const char *path)
{
    int         fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    uint8_t    *data;
    ssize_t     size;

    if (fd < 0 || fstat(fd, &info) < 0)
        return -1;
    data = malloc(info.st_size > 0 ? (size_t) info.st_size : 1);
    size = data != NULL ? read(fd, data, (size_t) info.st_size) : -1;
    if (size >= 0)
        (void) LLVMFuzzerTestOneInput(data, (size_t) size);
    free(data);
    return close(fd) == 0 && size >= 0 ? 0 : -1;
}

int main(int count, char **words)
{
    for (int i = 1; i < count; i++)
        if (run_file(words[i]) < 0) {
            perror(words[i]);
            return 1;
        }
    return 0;
}
