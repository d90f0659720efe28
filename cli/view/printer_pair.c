#include "cli/view/printer_pair.h"

#include "cli/base/helper.h"
#include "cli/view/output.h"
#include "cli/view/printer_take.h"

#include <stdlib.h>

struct pair {
    struct helper helper;
    struct text   block; /* that is being written */
    int           error; /* of the helper's last job */
};

bool pair_open(struct printer *printer)
{
    struct pair *pair = calloc(1, sizeof(*pair));

    if (pair != NULL && helper_open(&pair->helper) != 0) {
        free(pair);
        pair = NULL;
    }
    printer->pair = pair;
    return pair != NULL;
}

bool pair_is_busy(const struct printer *printer)
{
    return printer->pair != NULL && printer->pair->helper.busy;
}

int pair_fd(const struct printer *printer)
{
    return printer->pair->helper.done;
}

int pair_finish(struct printer *printer)
{
    struct pair *pair = printer->pair;

    if (!pair_is_busy(printer))
        return 0;
    helper_finish(&pair->helper);
    pair->block.size = 0;
    return pair->error;
}

/* The helper's jobs */

static void take(void *context)
{
    struct printer *printer = context;

    printer->pair->error = take_until(printer, PAIR_BLOCK_SIZE);
}

static void write_block(void *context)
{
    const struct printer *printer = context;
    struct pair          *pair = printer->pair;

    pair->error = output_write_announced(printer->fd, pair->block.data, pair->block.size);
}

/* Exchanges the bytes that wait for the empty block. */
static void move_ready(struct printer *printer)
{
    struct text empty = printer->pair->block;

    printer->pair->block = printer->ready;
    printer->ready = empty;
    printer->written = 0;
}

int pair_write(struct printer *printer)
{
    struct pair *pair = printer->pair;
    size_t       written = printer->written;
    int          error;

    output_announce(printer->fd, printer->ready.data + written, printer->ready.size - written);
    move_ready(printer);
    helper_begin(&pair->helper, take, printer);
    error =
        output_write_announced(printer->fd, pair->block.data + written, pair->block.size - written);
    pair->block.size = 0;
    helper_finish(&pair->helper);
    if (error == 0)
        error = pair->error;
    if (error != 0 || printer->ready.size == 0)
        return error;
    output_announce(printer->fd, printer->ready.data, printer->ready.size);
    move_ready(printer);
    helper_begin(&pair->helper, write_block, printer);
    return 0;
}

void pair_close(struct printer *printer)
{
    struct pair *pair = printer->pair;

    if (pair == NULL)
        return;
    helper_close(&pair->helper);
    text_release(&pair->block);
    free(pair);
    printer->pair = NULL;
}
