/* The completion scripts, which are the files etc/completion/k3thread.*: see completion_scripts.S. */
#ifndef K3THREAD_CLI_COMMANDS_COMPLETION_SCRIPTS_H
#define K3THREAD_CLI_COMMANDS_COMPLETION_SCRIPTS_H

/* The scripts, as strings. */
extern const char completion_bash[], completion_zsh[], completion_fish[];

#endif
