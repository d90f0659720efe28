#include "cli/remote/host_script.h"

#include "cli/remote/bootstrap.h"
#include "cli/remote/program_image.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* The program, for machines that lack it, and its word. Both are read when the first machine is reached. */
static struct program_image image;
static char                 word[256];
static char                 path[4096];

/* Reads this program, once. Returns false with WHY if it cannot be read. */
static bool read_program(struct text *why)
{
    ssize_t n;

    if (image.data != NULL)
        return true;
    n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = '\0';
    if (program_image_read(&image, why) != 0 || !program_image_word(&image, word, sizeof(word)))
        return false;
    program_image_sum(&image);
    return true;
}

bool host_script_add(struct byte_queue *queue, struct text *why)
{
    struct text script = {0};
    char        unique[64];
    static int  number;

    if (!read_program(why))
        return false;
    (void) snprintf(unique, sizeof(unique), "%d.%d.%llx", (int) getpid(), ++number,
                    (unsigned long long) time(NULL));
    bootstrap_write(&script, &image, word, path, unique);
    byte_queue_add_text(queue, &script);
    return true;
}

bool host_script_add_program(struct byte_queue *queue, const char *machine, struct text *why)
{
    struct utsname own;

    if (uname(&own) < 0 || strcmp(own.machine, machine) != 0) {
        text_printf(why,
                    "its processor is %.64s, and this program is for %.64s; install "
                    "k3thread " K3THREAD_VERSION " there",
                    machine, own.machine);
        return false;
    }
    if (!image.is_static) {
        text_add(why,
                 "k3thread is missing there, and this program needs libraries; install it there");
        return false;
    }
    byte_queue_add(queue, image.data, image.size);
    return true;
}

void host_script_forget(void)
{
    program_image_release(&image);
}
