/* Finds the tables of the code at an address, for an unwinder that expects glibc. */
#ifndef K3THREAD_FIND_OBJECT_H
#define K3THREAD_FIND_OBJECT_H

struct dl_find_object;

/*
 * Stores in *RET the object that has the code at ADDRESS. Returns 0, or -1 if no object has it, or if the object
 * has no tables.
 */
int _dl_find_object(void *address, struct dl_find_object *ret);

#endif
