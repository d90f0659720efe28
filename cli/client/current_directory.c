#include "cli/client/current_directory.h"

#include "cli/rpc/write.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

char *current_directory_find(bool not_needed)
{
    char *here = getcwd(NULL, 0);

    return here == NULL && errno == ENOENT && not_needed ? strdup("/") : here;
}

bool current_directory_matters(const char *path)
{
    return path != NULL && path[0] != '/';
}

void current_directory_write_path(struct text *text, const char *here, const char *path)
{
    struct text whole = {0};

    if (path == NULL || path[0] == '/') {
        write_bytes(text, path != NULL ? path : here);
        return;
    }
    text_add(&whole, here);
    text_add(&whole, "/");
    text_add(&whole, path);
    text_byte(&whole, '\0', 1);
    if (!whole.failed)
        write_bytes(text, whole.data);
    text->failed |= whole.failed;
    text_release(&whole);
}
