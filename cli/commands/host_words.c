#include "cli/commands/host_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t\r\n"

/* Adds the hosts of a line "Host NAME…", without patterns. Changes the line. */
static void add_line(struct text *text, char *line)
{
    char *rest = NULL;
    char *word = strtok_r(line, BLANKS "=", &rest);

    if (word == NULL || strcasecmp(word, "Host") != 0)
        return;
    while ((word = strtok_r(NULL, BLANKS, &rest)) != NULL)
        if (word[0] != '-' && strpbrk(word, "*?!\"#") == NULL)
            text_append(text, word, strlen(word) + 1);
}

void host_words_add(struct text *text)
{
    const char *home = getenv("HOME");
    char       *path = NULL, *line = NULL;
    size_t      size = 0;
    FILE       *file;

    if (home == NULL || asprintf(&path, "%s/.ssh/config", home) < 0)
        return;
    file = fopen(path, "re");
    free(path);
    if (file == NULL)
        return;
    while (getline(&line, &size, file) >= 0)
        add_line(text, line);
    free(line);
    (void) fclose(file);
}
