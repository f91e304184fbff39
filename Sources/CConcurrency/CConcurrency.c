#include "CConcurrency.h"

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
extern SWIFT_CC void swift_job_run(cconcurrency_job *job, swift_executor executor);

static void (*take_job)(cconcurrency_job *job);
static swift_enqueue_hook earlier_hook;
static _Thread_local bool takes_jobs;

static SWIFT_CC void hook(cconcurrency_job *job, swift_enqueue original) {
  if (takes_jobs)
    take_job(job);
  else if (earlier_hook)
    earlier_hook(job, original);
  else
    original(job);
}

void cconcurrency_install(void (*take)(cconcurrency_job *job)) {
  take_job = take;
  earlier_hook = swift_task_enqueueGlobal_hook;
  __atomic_store_n(&swift_task_enqueueGlobal_hook, hook, __ATOMIC_RELEASE);
}

void cconcurrency_take_jobs(bool takes) { takes_jobs = takes; }

void cconcurrency_run(cconcurrency_job *job) { swift_job_run(job, (swift_executor){NULL, 0}); }
