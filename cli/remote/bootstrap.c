#include "cli/remote/bootstrap.h"

/*
 * The rest of the script, after the line that sets its variables. It is one compound command, so that the shell has
 * read all of it before it runs any of it. In each directory it makes a file of the program's size, and runs a small
 * one, to see whether programs can be stored and run there. A program says by WORD itself that it suits, because a
 * program of the same name may succeed whatever it is asked. If the connection is closed before the agent is up, the
 * shell removes the directory. Where there is timeout(1), the program must come within ten minutes, because nothing
 * else would end a shell whose network is gone.
 */
static const char script_body[] =
    "{ umask 077; d=\n"
    "trap 'rm -rf \"$d\"; exit 1' HUP INT PIPE TERM\n"
    "for p in k3thread \"$own\"; do\n"
    "  if [ \"$(\"$p\" agent --is \"$word\" </dev/null 2>/dev/null)\" = \"$word\" ]; then exec "
    "\"$p\" agent; fi\n"
    "done\n"
    "for p in \"$XDG_RUNTIME_DIR\" \"$TMPDIR\" /dev/shm /tmp \"$HOME/.cache\" \"$HOME\"; do\n"
    "  d=$p/k3thread-run.$unique f=$d/k3thread\n"
    "  case $p in /*) ;; *) continue ;; esac\n"
    "  mkdir \"$d\" 2>/dev/null || { d=; continue; }\n"
    "  head -c \"$size\" /dev/zero >\"$f\" &&\n"
    "  printf '#!/bin/sh\\nexit 7\\n' >\"$f\" && chmod 700 \"$f\" && \"$f\"\n"
    "  [ $? = 7 ] && break\n"
    "  rm -rf \"$d\"; d=\n"
    "done 2>/dev/null\n"
    "if [ -z \"$d\" ] || [ ! -e \"$f\" ]; then\n"
    "  echo; echo \"" BOOTSTRAP_MARK BOOTSTRAP_FAIL
    "no directory there takes a program of $size bytes; make room, or install k3thread there\"; "
    "exit 1\n"
    "fi\n"
    "rm -f \"$f\"\n"
    "echo; echo \"" BOOTSTRAP_MARK BOOTSTRAP_NEED "$(uname -m)\"\n"
    "t=; timeout 1 true 2>/dev/null && t='timeout 600'\n"
    "$t head -c \"$size\" >\"$f\"; chmod 700 \"$f\"\n"
    "why='the program did not arrive whole'\n"
    "set -- $(cksum <\"$f\" 2>/dev/null)\n"
    "case \"$1 $2\" in \"$sum $size\" | \" \")\n"
    "  is=$(\"$f\" agent --is \"$word\" 2>&1 </dev/null)\n"
    "  [ \"$is\" = \"$word\" ] && exec \"$f\" agent --directory \"$d\"\n"
    "  why=\"the program that was sent does not run there: $is\" ;;\n"
    "esac\n"
    "rm -rf \"$d\"\n"
    "echo; echo \"" BOOTSTRAP_MARK BOOTSTRAP_FAIL "$why\"; exit 1; }\n";

void bootstrap_write(struct text *script, const struct program_image *image, const char *word,
                     const char *own_path, const char *unique)
{
    text_add(script, "own=");
    text_add_quoted(script, own_path);
    text_printf(script, " word='%s' unique='%s' size=%zu sum=%lu\n", word, unique, image->size,
                (unsigned long) image->checksum);
    text_add(script, script_body);
}
