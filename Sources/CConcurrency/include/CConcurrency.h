// The functions of Swift's concurrency runtime that CoreGRPC needs and that have no Swift interface, as C functions.
// The invariants are in Sources/CoreGRPC/CompletionQueue/EnqueueHook/EnqueueHook.md.

#ifndef CCONCURRENCY_H
#define CCONCURRENCY_H

#include <stdbool.h>

/// A part of a task that is ready to run, and prefers no executor.
typedef struct cconcurrency_job cconcurrency_job;

typedef void (*cconcurrency_taker)(cconcurrency_job *job);

/// Puts this library's function into the runtime's hook for jobs that go to Swift's pool.
///
/// All jobs go where they went before, except those that `cconcurrency_take_jobs` asks for. Call it once in a process.
///
/// - Returns: Whether it did: not if the runtime has no such hook.
bool cconcurrency_install(void);

/// Takes the function out of the hook again, unless another library has put one of its own there since.
void cconcurrency_uninstall(void);

/// Names the function that gets the jobs that the current thread puts into Swift's pool; `NULL` for none.
///
/// - Returns: The one before.
cconcurrency_taker cconcurrency_take_jobs(cconcurrency_taker take);

/// The task that runs on the current thread, to be compared and for nothing else; `NULL` if there is none.
const void *cconcurrency_current_task(void);

#endif
