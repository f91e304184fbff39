#include "CConcurrency.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define SWIFT_CC __attribute__((swiftcall))

// The generic executor has neither.
typedef struct {
  void *identity;
  uintptr_t implementation;
} swift_executor;

typedef SWIFT_CC void (*swift_enqueue)(cconcurrency_job *job);
typedef SWIFT_CC void (*swift_enqueue_hook)(cconcurrency_job *job, swift_enqueue original);

extern swift_enqueue_hook swift_task_enqueueGlobal_hook;
extern SWIFT_CC const void *swift_task_getCurrent(void);
extern SWIFT_CC void swift_job_run(cconcurrency_job *job, swift_executor executor);

typedef void (*job_taker)(cconcurrency_job *job);

// Atomic, as the runtime reads its hook without any order: a thread that sees our hook before the one that we found there passes
// a job to Swift's pool itself, once.
static _Atomic(job_taker) take_job;
static _Atomic(swift_enqueue_hook) earlier_hook;
static _Thread_local bool takes_jobs;

static SWIFT_CC void hook(cconcurrency_job *job, swift_enqueue original) {
  swift_enqueue_hook earlier = atomic_load_explicit(&earlier_hook, memory_order_relaxed);
  if (takes_jobs)
    atomic_load_explicit(&take_job, memory_order_relaxed)(job);
  else if (earlier)
    earlier(job, original);
  else
    original(job);
}

void cconcurrency_install(void (*take)(cconcurrency_job *job)) {
  atomic_store_explicit(&take_job, take, memory_order_release);
  atomic_store_explicit(&earlier_hook, swift_task_enqueueGlobal_hook, memory_order_release);
  __atomic_store_n(&swift_task_enqueueGlobal_hook, hook, __ATOMIC_RELEASE);
}

void cconcurrency_take_jobs(bool takes) { takes_jobs = takes; }

void cconcurrency_run(cconcurrency_job *job) { swift_job_run(job, (swift_executor){NULL, 0}); }

const void *cconcurrency_current_task(void) { return swift_task_getCurrent(); }
