/*
 * The program as it is sent to another machine: the bytes of its own file up to the end of what is loaded. What
 * stands behind, the debugger's tables, is left out, so a stripped copy of the program is the same image.
 */
#ifndef K3THREAD_CLI_REMOTE_PROGRAM_IMAGE_H
#define K3THREAD_CLI_REMOTE_PROGRAM_IMAGE_H

#include "cli/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct program_image {
    char    *data;
    size_t   size;
    size_t   mapped;    /* the bytes of the file that are in memory */
    uint32_t checksum;  /* what cksum(1) prints; see program_image_sum() */
    bool     is_static; /* it runs without the libraries of this machine */
};

/* Reads the image of this program. Returns 0, or -errno with WHY. */
int program_image_read(struct program_image *ret, struct text *why);

void program_image_release(struct program_image *image);

/*
 * Writes the word by which the same program is known on another machine: a hash of the image, the processor,
 * the version of k3thread and that of the link. Returns false if SIZE is too small.
 */
bool program_image_word(const struct program_image *image, char *ret, size_t size);

/*
 * Returns true if this program, whose own word is OWN, can be the agent of the one with WORD: it is the same,
 * or the same version for another processor.
 */
bool program_image_suits(const char *own, const char *word);

/* Puts what cksum(1) prints for the image into it. That is a number of its own because not every user needs it. */
void program_image_sum(struct program_image *image);

#endif
