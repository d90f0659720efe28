/* Lets a process that is connected to a supervisor wait for the end of the supervisor and of its guardian. */
#ifndef K3THREAD_CLI_COMMANDS_SUPERVISOR_END_H
#define K3THREAD_CLI_COMMANDS_SUPERVISOR_END_H

struct place;

/* A supervisor and its guardian, as descriptors of processes; -1: unknown. */
struct supervisor_end {
    int supervisor, guardian;
};

/* Finds both processes of the supervisor at the other end of SOCKET. */
struct supervisor_end supervisor_end_open(int socket);

/* If no process serves PLACE any more, waits until both processes have ended. Closes the descriptors. */
void supervisor_end_await(struct supervisor_end *end, const struct place *place);

#endif
