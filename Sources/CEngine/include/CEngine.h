// The differences between versions of gRPC's C-core, as C functions with one meaning on all of them.
//
// No other file asks which C-core it is compiled with, except that CGRPC.h includes <grpc/credentials.h> where there is
// one. The Swift type EngineCapabilities tells what the C-core that is loaded can do.

#ifndef CENGINE_H
#define CENGINE_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The severities of C-core's log, and a bound for which there is no event.
enum {
  CENGINE_LOG_DEBUG = 0,
  CENGINE_LOG_INFO = 1,
  CENGINE_LOG_ERROR = 2,
  CENGINE_LOG_NOTHING = 3,
};

/// A function that gets C-core's log. The strings live until it returns, and C-core may hold locks meanwhile.
typedef void (*cengine_log_function)(int severity, const char *file, int line, const char *message);

/// Whether C-core writes its log through abseil, as it does since gRPC 1.65.
bool cengine_log_is_abseils(void);

/// Sends C-core's log to a function, for the life of the process. Must be called once.
///
/// Where the log is abseil's, this initializes it, which a process can do once: a program that shares C-core's abseil
/// leaves `absl::InitializeLog` to this function, or calls it earlier. Events of other code go to standard error, as
/// before.
void cengine_set_log_function(cengine_log_function function);

/// The lowest severity that the environment variable `GRPC_VERBOSITY` lets pass. Must be asked before one is set.
int cengine_log_severity_of_environment(void);

/// Sets the lowest severity of interest. C-core may log lower ones, among them those about faults of connections.
void cengine_set_log_severity(int severity);

/// Sets the severity again. Must be called after the first `grpc_init`, which can set another one.
void cengine_restore_log_severity(void);

/// The file that C-core was loaded from, as the loader names it; NULL if the loader does not know.
const char *cengine_file(void);

struct grpc_call_credentials;
struct grpc_channel_credentials;
struct grpc_tls_certificate_provider;
struct grpc_tls_credentials_options;

/// Makes a provider of certificates that reads files again and again. A path may be NULL.
///
/// Balance it with one `grpc_tls_certificate_provider_release`.
struct grpc_tls_certificate_provider *cengine_certificate_file_watcher(const char *key, const char *certificates,
                                                                       const char *roots, unsigned seconds);

/// Sets the provider of an end's certificates.
void cengine_set_certificate_provider(struct grpc_tls_credentials_options *options,
                                      struct grpc_tls_certificate_provider *provider, bool has_roots,
                                      bool has_identity);

/// Makes Google's default credentials; NULL if there are none.
struct grpc_channel_credentials *cengine_google_default_credentials(void);

struct grpc_server;
struct grpc_server_config_fetcher;

/// Makes a server with a fetcher of its configuration, which it takes over; NULL for none.
///
/// The arguments are a `grpc_channel_args`, a type without a tag, which only gRPC's header can declare.
struct grpc_server *cengine_server_create(const void *arguments, struct grpc_server_config_fetcher *fetcher);

/// A function of C-core's server that its C API lacks.
typedef void (*cengine_send_goaways_function)(struct grpc_server *server);

/// A function of C-core's server that its C API lacks.
typedef bool (*cengine_has_open_connections_function)(struct grpc_server *server);

struct grpc_call;

/// A function of C-core's calls that its C API lacks.
typedef unsigned (*cengine_message_flags_function)(struct grpc_call *call);

/// `grpc_core::Server::SendGoaways`; NULL where C-core is a shared library that does not export it.
cengine_send_goaways_function cengine_send_goaways(void);

/// `grpc_core::Server::HasOpenConnections`; NULL where C-core is a shared library that does not export it.
cengine_has_open_connections_function cengine_has_open_connections(void);

/// `grpc_call_test_only_get_message_flags`; NULL where C-core is a shared library that does not export it.
cengine_message_flags_function cengine_message_flags(void);

/// A function that is called when C-core ends a connection for a header block over the limit; C-core may hold locks
/// meanwhile.
typedef void (*cengine_header_block_function)(void);

/// Has C-core 1.51 end connections whose peers send header blocks without an end: more than a block of this size can
/// have, or in very many pieces. The largest size of all calls holds, in the whole process.
///
/// It has no effect on other versions, which have limits of their own, nor where `Interposition.md` says so.
void cengine_limit_header_blocks(unsigned bytes, cengine_header_block_function function);

/// Has C-core 1.51 tell servers the time that a call has left, in milliseconds, in the whole process. It otherwise
/// rounds up, and repeats the timeout of an earlier call on the connection that is longer by less than 3 %.
///
/// It has no effect on other versions, nor where `Interposition.md` says so.
void cengine_send_exact_timeouts(void);

/// Has C-core 1.51 take a response without `grpc-status` for one with UNKNOWN, in the whole process. It otherwise ends
/// the process if the call could be made again.
///
/// Returns whether that is possible. It has no effect where `Interposition.md` says so.
bool cengine_complete_missing_statuses(void);

/// Has C-core 1.51 take the load-balancing policy `ring_hash_experimental` for one that it does not know, in the whole
/// process. It otherwise ends the process of a client that uses the policy.
///
/// It has no effect where `Interposition.md` says so.
void cengine_hide_ring_hash(void);

/// What a message has as its flags that came with others than C-core knows.
#define CENGINE_UNKNOWN_MESSAGE_FLAGS 0x20000000u

/// Has C-core 1.51 mark messages with unknown flags, which it otherwise takes for empty ones, in the whole process.
///
/// It has no effect on other versions, nor where `Interposition.md` says so.
void cengine_mark_unknown_message_flags(void);

/// Has abseil's mutexes no longer look for lock orders that may deadlock, in the whole process.
///
/// They do that where abseil was built without NDEBUG, as Debian's is.
void cengine_ignore_mutex_deadlocks(void);

#ifdef __cplusplus
}
#endif

#endif
