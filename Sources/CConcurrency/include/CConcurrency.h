// What CoreGRPC asks of Swift's concurrency runtime, as C functions. The runtime's own declarations are in
// swift/ExecutorImpl.h, which a toolchain brings, and in its source, swift/Runtime/Concurrency.h.

#ifndef CCONCURRENCY_H
#define CCONCURRENCY_H

#include <stdbool.h>

/// A part of a task that is ready to run, and prefers no executor.
typedef struct cconcurrency_job cconcurrency_job;

/// Gives a function the jobs that threads put into Swift's pool while they say so by `cconcurrency_take_jobs`.
///
/// All others go where they went before. Call it once in a process.
void cconcurrency_install(void (*take)(cconcurrency_job *job));

/// Says whether the function gets the jobs that the current thread puts into Swift's pool.
void cconcurrency_take_jobs(bool takes);

/// Runs a job on the current thread as a thread of Swift's pool would.
void cconcurrency_run(cconcurrency_job *job);

/// The task that runs on the current thread, to be compared and for nothing else; `NULL` if there is none.
const void *cconcurrency_current_task(void);

#endif
