// Counts the bytes that a program copies with memcpy and memmove, by the library or program that calls them, and what
// it writes with sendmsg: LD_PRELOAD=copies.so COPIES=FILE PROGRAM. FILE is memory shared with who reads it, while the
// program runs: an array of struct count, of which those that are used come first, and "sendmsg" last.
//
// Copies that the compiler has made of plain instructions are not seen; those are of a few bytes.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OBJECTS = 256, NAME = 112 };

struct count {
  char name[NAME];
  _Atomic uint64_t calls, bytes;
};
struct object {
  uintptr_t start, end;
};

typedef void* copy_function(void*, const void*, size_t);

typedef ssize_t send_function(int, const struct msghdr*, int);

static struct count* counts;
static struct object objects[OBJECTS];
static size_t object_count;
static copy_function* next_memcpy;
static copy_function* next_memmove;
static send_function* next_sendmsg;

// Until the real functions are known. Either direction, a byte at a time, so that no memmove is made of it.
static void* copy_slowly(void* to, const void* from, size_t size) {
  volatile char* target = to;
  const char* source = from;
  if ((uintptr_t)to <= (uintptr_t)from)
    for (size_t i = 0; i < size; i++) target[i] = source[i];
  else
    while (size--) target[size] = source[size];
  return to;
}

static void count_copy(uintptr_t caller, size_t size) {
  if (!counts) return;
  for (size_t i = 0; i < object_count; i++) {
    if (caller < objects[i].start || caller >= objects[i].end) continue;
    atomic_fetch_add_explicit(&counts[i].calls, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&counts[i].bytes, size, memory_order_relaxed);
    return;
  }
}

void* memcpy(void* restrict to, const void* restrict from, size_t size) {
  count_copy((uintptr_t)__builtin_return_address(0), size);
  return (next_memcpy ? next_memcpy : copy_slowly)(to, from, size);
}

void* memmove(void* to, const void* from, size_t size) {
  count_copy((uintptr_t)__builtin_return_address(0), size);
  return (next_memmove ? next_memmove : copy_slowly)(to, from, size);
}

ssize_t sendmsg(int socket, const struct msghdr* message, int flags) {
  ssize_t sent = next_sendmsg(socket, message, flags);
  if (counts && sent >= 0) {
    atomic_fetch_add_explicit(&counts[object_count].calls, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&counts[object_count].bytes, sent, memory_order_relaxed);
  }
  return sent;
}

static int add_object(struct dl_phdr_info* info, size_t size, void* memory) {
  (void)size;
  struct count* names = memory;
  if (object_count == OBJECTS - 1) return 1;
  struct object* object = &objects[object_count];
  object->start = UINTPTR_MAX;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr)* segment = &info->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD) continue;
    uintptr_t start = info->dlpi_addr + segment->p_vaddr;
    if (start < object->start) object->start = start;
    if (start + segment->p_memsz > object->end) object->end = start + segment->p_memsz;
  }
  const char* slash = strrchr(info->dlpi_name, '/');
  const char* name = slash ? slash + 1 : info->dlpi_name;
  strncpy(names[object_count++].name, *name ? name : "program", NAME - 1);
  return 0;
}

__attribute__((constructor)) static void begin(void) {
  next_memcpy = (copy_function*)dlsym(RTLD_NEXT, "memcpy");
  next_memmove = (copy_function*)dlsym(RTLD_NEXT, "memmove");
  next_sendmsg = (send_function*)dlsym(RTLD_NEXT, "sendmsg");
  const char* path = getenv("COPIES");
  if (!path) return;
  int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (file < 0 || ftruncate(file, OBJECTS * sizeof *counts)) return;
  struct count* memory = mmap(NULL, OBJECTS * sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (memory == MAP_FAILED) return;
  dl_iterate_phdr(add_object, memory);
  strcpy(memory[object_count].name, "sendmsg");
  counts = memory;
}
