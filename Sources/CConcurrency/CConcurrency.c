#include "CConcurrency.h"

#include <stdatomic.h>
#include <stddef.h>

#define SWIFT_CC __attribute__((swiftcall))

typedef SWIFT_CC void (*swift_enqueue)(cconcurrency_job *job);
typedef SWIFT_CC void (*swift_enqueue_hook)(cconcurrency_job *job, swift_enqueue original);

// From swift/Runtime/Concurrency.h and ConcurrencyHooks.def in the runtime's source; no header of a toolchain has them.
// Weak, so that a program starts with a runtime that has no such hook.
extern swift_enqueue_hook swift_task_enqueueGlobal_hook __attribute__((weak));
extern SWIFT_CC const void *swift_task_getCurrent(void);

// Atomic, as the runtime reads its hook without any order: a thread that sees our hook before the one that we found
// there passes a job to Swift's pool itself, once.
static _Atomic(swift_enqueue_hook) earlier_hook;
static _Thread_local cconcurrency_taker taker;

static SWIFT_CC void hook(cconcurrency_job *job, swift_enqueue original) {
  swift_enqueue_hook earlier = atomic_load_explicit(&earlier_hook, memory_order_relaxed);
  if (taker)
    taker(job);
  else if (earlier)
    earlier(job, original);
  else
    original(job);
}

bool cconcurrency_install(void) {
  if (&swift_task_enqueueGlobal_hook == NULL) return false;
  swift_enqueue_hook found = __atomic_load_n(&swift_task_enqueueGlobal_hook, __ATOMIC_ACQUIRE);
  // Another library may put in its own at the same time.
  do atomic_store_explicit(&earlier_hook, found, memory_order_release);
  while (!__atomic_compare_exchange_n(&swift_task_enqueueGlobal_hook, &found, hook, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
  return true;
}

void cconcurrency_uninstall(void) {
  swift_enqueue_hook ours = hook;
  swift_enqueue_hook earlier = atomic_load_explicit(&earlier_hook, memory_order_relaxed);
  __atomic_compare_exchange_n(&swift_task_enqueueGlobal_hook, &ours, earlier, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

cconcurrency_taker cconcurrency_take_jobs(cconcurrency_taker take) {
  cconcurrency_taker before = taker;
  taker = take;
  return before;
}

const void *cconcurrency_current_task(void) { return swift_task_getCurrent(); }
