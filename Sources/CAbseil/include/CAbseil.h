// What CoreGRPC asks of abseil, on which C-core is built, as C functions.

#ifndef CABSEIL_H
#define CABSEIL_H

#ifdef __cplusplus
extern "C" {
#endif

/// Has abseil's mutexes no longer look for lock orders that may deadlock, in the whole process.
///
/// They do that where abseil was built without NDEBUG, as Debian's is.
void cabseil_ignore_mutex_deadlocks(void);

#ifdef __cplusplus
}
#endif

#endif
