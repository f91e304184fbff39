// Imports gRPC's C-core. Beyond the includes there are only inline helpers for what Swift cannot import:
// macros, and members of unions (Swift sees those as computed properties that copy).

#ifndef CGRPC_H
#define CGRPC_H

// First of all: grpc's port_platform.h defines _GNU_SOURCE. Were glibc's feature macros not yet fixed by then, fd_set
// here would differ from fd_set in Swift's Glibc module, and no file could import both.
#include <features.h>

#if !__has_include(<grpc/grpc_security.h>) || !__has_include(<openssl/ssl.h>) || !__has_include(<zlib.h>)
#error "gRPC's C-core is missing: install libgrpc-dev (Debian, Ubuntu), grpc-devel (Fedora) or grpc (Homebrew)"
#else

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
// A part of grpc_security.h in the past.
#if __has_include(<grpc/credentials.h>)
#include <grpc/credentials.h>
#endif
#include <grpc/grpc.h>
#include <grpc/grpc_posix.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <grpc/slice_buffer.h>
#include <grpc/support/alloc.h>
#include <grpc/support/log.h>
#include <grpc/support/string_util.h>
#include <grpc/support/time.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <semaphore.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zlib.h>

// MARK: Constants

// A macro of several macros.
static const uint32_t cgrpc_propagate_defaults = GRPC_PROPAGATE_DEFAULTS;

// The raw values are signed or unsigned, by the version of gRPC.
static inline grpc_status_code cgrpc_status_code(int code) { return (grpc_status_code)code; }

// MARK: Threads

// A variadic function.
static inline void cgrpc_name_this_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

/* The thread's number in /proc, for which older C libraries have no function. */
static inline int cgrpc_thread_id(void) { return (int)syscall(SYS_gettid); }

/* How often the thread has waited for something other than a processor. glibc's name for the 1, RUSAGE_THREAD, needs
   _GNU_SOURCE. */
static inline long cgrpc_thread_wait_count(void) {
  struct rusage usage;
  return getrusage((__rusage_who_t)1, &usage) == 0 ? usage.ru_nvcsw : 0;
}

/* glibc has it since 2.30, and POSIX since 2024; the header shows it to _GNU_SOURCE alone. */
int sem_clockwait(sem_t *restrict semaphore, clockid_t clock, const struct timespec *restrict time);

/* The processors that the process may run on, as bits; the number of bytes that were written, or less than 0. glibc's
   own function needs _GNU_SOURCE. */
static inline long cgrpc_processor_set(void *set, size_t size) { return syscall(SYS_sched_getaffinity, 0, size, set); }

// MARK: Files in memory

// glibc's functions need _GNU_SOURCE.
static inline int cgrpc_make_memory_file(const char *name) {
  return (int)syscall(SYS_memfd_create, name, 1 | 2 /* MFD_CLOEXEC, MFD_ALLOW_SEALING */);
}

// F_ADD_SEALS with F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW and F_SEAL_WRITE.
static inline int cgrpc_seal_memory_file(int file) { return (int)syscall(SYS_fcntl, file, 1033, 1 | 2 | 4 | 8); }

// Closes what `to` refers to, and has it refer to the same file as `from`, atomically. The flags are those of dup3.
// <fcntl.h>, which has them, would make this module the owner of glibc's `stat`.
static inline int cgrpc_move_descriptor(int from, int to, int flags) { return (int)syscall(SYS_dup3, from, to, flags); }

// MARK: OpenSSL

// A macro.
static inline void cgrpc_raise_openssl_error(int library, int reason) { ERR_raise(library, reason); }

// A macro of several casts.
static inline int cgrpc_pack_openssl_error(int library, int reason) { return (int)ERR_PACK(library, 0, reason); }

// MARK: Slices

// The bytes of a small slice lie in it: the pointer is good while the slice lies still.
static inline const uint8_t *cgrpc_slice_bytes(const grpc_slice *slice) { return GRPC_SLICE_START_PTR(*slice); }

static inline size_t cgrpc_slice_length(const grpc_slice *slice) { return GRPC_SLICE_LENGTH(*slice); }

// MARK: Byte buffers

// A byte buffer of our own, of one slice that is to be filled. C-core's function takes a reference of its own to the
// slice, and the one that destroys it prepares for slices of any origin.
static inline grpc_byte_buffer *cgrpc_byte_buffer_create(size_t length) {
  grpc_byte_buffer *buffer = (grpc_byte_buffer *)gpr_malloc(sizeof *buffer);
  buffer->reserved = NULL;
  buffer->type = GRPC_BB_RAW;
  buffer->data.raw.compression = GRPC_COMPRESS_NONE;
  grpc_slice_buffer_init(&buffer->data.raw.slice_buffer);
  grpc_slice_buffer_add(&buffer->data.raw.slice_buffer, grpc_slice_malloc(length));
  return buffer;
}

// The bytes of the first slice, which may lie in the buffer itself.
static inline uint8_t *cgrpc_byte_buffer_mutable_bytes(grpc_byte_buffer *buffer) {
  return GRPC_SLICE_START_PTR(buffer->data.raw.slice_buffer.slices[0]);
}

static inline void cgrpc_byte_buffer_destroy(grpc_byte_buffer *buffer) {
  grpc_slice_buffer_destroy(&buffer->data.raw.slice_buffer);
  gpr_free(buffer);
}

// Puts a slice without bytes in front of the bytes of a message, if those are in one piece; it takes over the slice
// then. Not after them: C-core stops moving slices when it has moved all bytes.
static inline bool cgrpc_byte_buffer_prepend(grpc_byte_buffer *buffer, grpc_slice slice) {
  grpc_slice_buffer *slices = &buffer->data.raw.slice_buffer;
  if (slices->count != 1) return false;
  grpc_slice bytes = grpc_slice_buffer_take_first(slices);
  grpc_slice_buffer_add(slices, slice);
  grpc_slice_buffer_add(slices, bytes);
  return true;
}

// Whether there is a byte buffer where another thread may write one.
static inline bool cgrpc_load_pointer(grpc_byte_buffer **buffer) {
  return __atomic_load_n(buffer, __ATOMIC_ACQUIRE) != NULL;
}

// MARK: Incoming calls

// The fields to which C-core writes a call that came in.
typedef struct {
  grpc_call *call;
  grpc_call_details details;
  gpr_timespec deadline;
  grpc_metadata_array metadata;
  grpc_byte_buffer *message;
} cgrpc_incoming_call;

// MARK: Operations of a batch

static inline void cgrpc_op_send_initial_metadata(grpc_op *op, grpc_metadata *metadata, size_t count, uint32_t flags) {
  memset(op, 0, sizeof *op);
  op->op = GRPC_OP_SEND_INITIAL_METADATA;
  op->flags = flags;
  op->data.send_initial_metadata.metadata = metadata;
  op->data.send_initial_metadata.count = count;
}

// A level of compression for what a server sends on the call; less than 0 for the server's own.
static inline void cgrpc_op_set_compression_level(grpc_op *op, int level) {
  op->data.send_initial_metadata.maybe_compression_level.is_set = level >= 0;
  if (level >= 0) op->data.send_initial_metadata.maybe_compression_level.level = (grpc_compression_level)level;
}

static inline void cgrpc_op_send_message(grpc_op *op, grpc_byte_buffer *message, uint32_t flags) {
  memset(op, 0, sizeof *op);
  op->op = GRPC_OP_SEND_MESSAGE;
  op->flags = flags;
  op->data.send_message.send_message = message;
}

static inline void cgrpc_op_send_close_from_client(grpc_op *op) {
  memset(op, 0, sizeof *op);
  op->op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
}

static inline void cgrpc_op_send_status_from_server(grpc_op *op, grpc_status_code code, grpc_slice *details,
                                                    grpc_metadata *trailing_metadata, size_t count) {
  memset(op, 0, sizeof *op);
  op->op = GRPC_OP_SEND_STATUS_FROM_SERVER;
  op->data.send_status_from_server.status = code;
  op->data.send_status_from_server.status_details = details;
  op->data.send_status_from_server.trailing_metadata = trailing_metadata;
  op->data.send_status_from_server.trailing_metadata_count = count;
}

static inline void cgrpc_op_recv_initial_metadata(grpc_op *op, grpc_metadata_array *metadata) {
  memset(op, 0, sizeof *op);
  op->op = GRPC_OP_RECV_INITIAL_METADATA;
  op->data.recv_initial_metadata.recv_initial_metadata = metadata;
}

static inline void cgrpc_op_recv_message(grpc_op *op, grpc_byte_buffer **message) {
  memset(op, 0, sizeof *op);
  op->op = GRPC_OP_RECV_MESSAGE;
  op->data.recv_message.recv_message = message;
}

static inline void cgrpc_op_recv_status_on_client(grpc_op *op, grpc_metadata_array *trailing_metadata,
                                                  grpc_status_code *code, grpc_slice *details,
                                                  const char **error_string) {
  memset(op, 0, sizeof *op);
  op->op = GRPC_OP_RECV_STATUS_ON_CLIENT;
  op->data.recv_status_on_client.trailing_metadata = trailing_metadata;
  op->data.recv_status_on_client.status = code;
  op->data.recv_status_on_client.status_details = details;
  op->data.recv_status_on_client.error_string = error_string;
}

static inline void cgrpc_op_recv_close_on_server(grpc_op *op, int *cancelled) {
  memset(op, 0, sizeof *op);
  op->op = GRPC_OP_RECV_CLOSE_ON_SERVER;
  op->data.recv_close_on_server.cancelled = cancelled;
}

// MARK: Inflating

// A macro.
static inline int cgrpc_inflate_init(z_stream *stream, int window_bits) { return inflateInit2(stream, window_bits); }

// MARK: Channel arguments

static inline grpc_arg cgrpc_arg_integer(char *key, int value) {
  grpc_arg arg;
  arg.type = GRPC_ARG_INTEGER;
  arg.key = key;
  arg.value.integer = value;
  return arg;
}

static inline grpc_arg cgrpc_arg_string(char *key, char *value) {
  grpc_arg arg;
  arg.type = GRPC_ARG_STRING;
  arg.key = key;
  arg.value.string = value;
  return arg;
}

static inline grpc_arg cgrpc_arg_pointer(char *key, void *value, const grpc_arg_pointer_vtable *vtable) {
  grpc_arg arg;
  arg.type = GRPC_ARG_POINTER;
  arg.key = key;
  arg.value.pointer.p = value;
  arg.value.pointer.vtable = vtable;
  return arg;
}

// MARK: The memory of a call

// The fields that C-core reads while a batch is in flight, and those that it writes before the batch's tag arrives. A
// call has six slots for operations, each busy at most once at a time, so one such struct serves all of a call's
// batches.
typedef struct {
  grpc_metadata_array sent_initial_metadata;
  grpc_metadata_array sent_trailing_metadata;
  grpc_byte_buffer *sent_message;
  bool sent_message_is_core_s;
  grpc_slice sent_status_details;

  grpc_metadata_array received_initial_metadata;
  grpc_metadata_array received_trailing_metadata;
  grpc_byte_buffer *received_message;
  bool received_message_is_mislabelled;
  bool received_message_has_unknown_flags;
  grpc_status_code received_status;
  grpc_slice received_status_details;
  const char *received_error;
  int cancelled;
} cgrpc_call_memory;

#endif

#endif
