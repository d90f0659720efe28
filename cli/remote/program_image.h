/*
 * The program as it is sent to another machine: the bytes of its own file up to the end of the last segment that is
 * loaded. The debugger's tables, which come after that, are left out, so a stripped copy of the program has the same
 * image.
 */
#ifndef K3THREAD_CLI_REMOTE_PROGRAM_IMAGE_H
#define K3THREAD_CLI_REMOTE_PROGRAM_IMAGE_H

#include "cli/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One image. */
struct program_image {
    char    *data;
    size_t   size;
    size_t   mapped;    /* the bytes of the file that are in memory */
    uint32_t checksum;  /* the sum of cksum(1); see program_image_sum() */
    bool     is_static; /* it runs without the libraries of this machine */
};

/* Reads the image of this program. Returns 0, or -errno with WHY. */
int program_image_read(struct program_image *ret, struct text *why);

void program_image_release(struct program_image *image);

/*
 * Writes the word by which another machine can tell whether it has the same program: a hash of the image, the
 * processor, the version of k3thread and the version of the link. Returns false if SIZE is too small.
 */
bool program_image_word(const struct program_image *image, char *ret, size_t size);

/*
 * Returns true if a program with the word OWN can be the agent for a program with the word WORD: both are the same
 * program, or the same version for different processors.
 */
bool program_image_suits(const char *own, const char *word);

/* Computes image->checksum, which not every user of an image needs. */
void program_image_sum(struct program_image *image);

#endif
