// What functions need that stand before those of C-core's library, by their names; see Interposition.md.

#ifndef CENGINE_ORIGINAL_H
#define CENGINE_ORIGINAL_H

#include <dlfcn.h>

// Weak, so that a program into which C-core is linked has C-core's function alone.
#define INTERPOSED __attribute__((weak, visibility("default")))

// C-core's own function.
template <class Function>
static Function *original(const char *name) {
  return reinterpret_cast<Function *>(dlsym(RTLD_NEXT, name));
}

#endif
