#!/usr/bin/env bats
# The place of a supervisor: its directories, socket, lock, bell and journal, and the files of logs.

load ../cli/helpers

@test "the times of a log are found by the place of a byte" { "$PARTS/place/times" places; }
@test "the times of what a log has lost are dropped, and those of what it keeps are found" {
  "$PARTS/place/times" lost
}
@test "the times of a log that became shorter begin anew" { "$PARTS/place/times" shorter; }
@test "times of lost bytes are dropped in whole blocks" { "$PARTS/place/times" blocks; }
@test "a time that could not be written whole is lost, and no other one" { "$PARTS/place/times" whole; }
@test "the times of a log are in a file of its owner alone" { "$PARTS/place/times" own; }
@test "a time is shown in the local zone, with milliseconds" { "$PARTS/place/times" shown; }

@test "the log of a thread is a regular file" { "$PARTS/place/logs" files; }
@test "a reader of a log goes on with the file that has taken its path, and loses no byte" {
  "$PARTS/place/logs" moved
}
@test "a reader of a log takes the last bytes of a file before it goes on with the next one" {
  "$PARTS/place/logs" end
}
@test "a reader of a log closes every file that it has opened" { "$PARTS/place/logs" many; }
@test "a reader begins anew with a log that was emptied, and says that bytes were lost" { "$PARTS/place/logs" emptied; }
@test "where a log has lost its beginning, reading goes on with the first whole line" { "$PARTS/place/logs" holes; }
@test "a hole that the command itself has made is output" { "$PARTS/place/logs" sparse; }
@test "a log that begins anew has the whole of its first line" { "$PARTS/place/logs" anew; }
@test "the beginning of a line is looked for in 64 KiB, and not further" { "$PARTS/place/logs" long; }
@test "the last lines of a log are found from its end" { "$PARTS/place/logs" last-lines; }
@test "a log that comes through a connection is read once, and its gaps are known" { "$PARTS/place/logs" buffer; }
@test "a log that comes through a connection is read like a file" { "$PARTS/place/logs" remote; }
@test "a log that comes through a connection takes little memory" { "$PARTS/place/logs" bounds; }
@test "a log that comes through a connection has the times of its bytes" { "$PARTS/place/logs" buffer-times; }

@test "the marks of runs are found by their places, each once" { "$PARTS/place/place" marks; }
@test "a mark of a run that does not fit into memory is refused" { "$PARTS/place/place" memory; }
@test "the marks of runs are read anew when their file has changed" { "$PARTS/place/place" changed; }
@test "marks of runs that are damaged are left out" { "$PARTS/place/place" damaged; }
@test "the mark of a run that did not begin is taken back" { "$PARTS/place/place" taken-back; }
@test "a large file of marks loses its older half" { "$PARTS/place/place" dropped; }
@test "a mark of a run that cannot be written is an error" { "$PARTS/place/place" unwritten; }
@test "the mark of a run is shown as one line" { "$PARTS/place/place" line; }
@test "the journal is a regular file of its own, and is emptied above 1 MiB" { "$PARTS/place/place" own; }
@test "the journal has dated lines of at most 512 bytes" { "$PARTS/place/place" journal; }
@test "a journal that was removed begins again" { "$PARTS/place/place" removed; }
@test "the reason for a supervisor's end is the last message of its journal" { "$PARTS/place/place" reason; }
@test "the lock of a supervisor at another socket is not waited for" { "$PARTS/place/place" lock; }
@test "the parts of the lock are held apart, and its file names the holders" { "$PARTS/place/place" parts; }
@test "the lock is a regular file that its owner alone can use" { "$PARTS/place/place" owner; }

@test "a label names a place in the user's directory, whose state is in the home" { "$PARTS/place/places" labels; }
@test "each machine that shares a home has a state of its own" { "$PARTS/place/places" machines; }
@test "a socket elsewhere has its lock, its journal and its logs beside it" { "$PARTS/place/places" sockets; }
@test "a path that no socket can have is refused" { "$PARTS/place/places" impossible; }
@test "the directory of the journal and the logs can be set" { "$PARTS/place/places" state; }
@test "the journal beside the socket is found if there is no other" { "$PARTS/place/places" journal; }
@test "the user's own directory is made, and is refused if others could use it" {
  "$PARTS/place/places" own
  "$PARTS/place/places" home
}
@test "the directory of a socket elsewhere is refused if others could replace a file in it" {
  "$PARTS/place/places" foreign
}
@test "a directory that is missing is made again, unless another user could replace it" {
  "$PARTS/place/places" restored
}
@test "the supervisor of one run has directories of its own, which vanish with it" { "$PARTS/place/places" temporary; }

@test "a place that does not fit into memory is refused" { "$PARTS/place/full" memory; }
@test "a place of one run that could not be made leaves no directory" {
  "$PARTS/place/full" temporary
  "$PARTS/place/full" reason
}
@test "a disk is full when this user cannot write to it" { "$PARTS/place/full" disk; }

@test "a supervisor's socket is for its user alone, and a stale one is removed" { "$PARTS/place/bell" socket; }
@test "a bell is heard at its place, also when the files there are gone, and nowhere else" {
  "$PARTS/place/bell" place
  "$PARTS/place/bell" mounts
  "$PARTS/place/bell" user
}
@test "another user cannot answer a bell" { "$PARTS/place/bell" usurper; }

@test "a start that waits for the lock names its holder, and gives up after twenty seconds" {
  "$PARTS/place/lock_wait" holders
  "$PARTS/place/lock_wait" end
  "$PARTS/place/lock_wait" reason
}
@test "a lock that was replaced while it was taken is taken anew" { "$PARTS/place/lock_wait" replaced; }
@test "a start does not wait for a holder of the lock that is stopped" { "$PARTS/place/lock_wait" stopped; }
