#include "CEngine.h"

#if !__has_include(<absl/synchronization/mutex.h>) || !__has_include(<grpc/grpc.h>)
#error "gRPC's C-core is missing: install libgrpc-dev (Debian, Ubuntu), grpc-devel (Fedora) or grpc (Homebrew)"
#else

#include <absl/synchronization/mutex.h>
#include <dlfcn.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#if __has_include(<grpc/credentials.h>)
#include <grpc/credentials.h>
#endif
#include <grpc/support/log.h>

#include <type_traits>
#include <vector>

// In gRPC 1.65 the functions of C-core's own log do nothing any more. Later versions lack GPR_ASSERT, and then the
// functions. The channel argument is new in 1.65.
#if defined(GPR_ASSERT) && !defined(GRPC_ARG_EXPERIMENTAL_STATS_PLUGINS)
#define LOG_IS_ABSEILS 0
#else
#define LOG_IS_ABSEILS 1
#include <absl/log/globals.h>
#include <absl/log/initialize.h>
#include <absl/log/internal/globals.h>
#include <absl/log/log_entry.h>
#include <absl/log/log_sink.h>
#include <absl/log/log_sink_registry.h>

#include <strings.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#endif

// MARK: Credentials

// Each function has the parameters of one version of C-core or of another. A call of a function that a version lacks is
// left out where the template is not chosen.

template <class Create>
static auto make_watcher(Create *create, const char *key, const char *certificates, const char *roots,
                         unsigned seconds) {
  if constexpr (std::is_invocable_v<Create *, const char *, const char *, const char *, unsigned>) {
    return create(key, certificates, roots, seconds);
  } else {
    // The additional one is a map of SPIFFE bundles.
    return create(key, certificates, roots, nullptr, seconds);
  }
}

extern "C" grpc_tls_certificate_provider *cengine_certificate_file_watcher(const char *key, const char *certificates,
                                                                           const char *roots, unsigned seconds) {
  return make_watcher(grpc_tls_certificate_provider_file_watcher_create, key, certificates, roots, seconds);
}

template <class Options, class Provider>
static auto set_provider(Options *options, Provider *provider, bool has_roots, bool has_identity, int)
    -> decltype(grpc_tls_credentials_options_watch_root_certs(options)) {
  grpc_tls_credentials_options_set_certificate_provider(options, provider);
  if (has_roots) grpc_tls_credentials_options_watch_root_certs(options);
  if (has_identity) grpc_tls_credentials_options_watch_identity_key_cert_pairs(options);
}

template <class Options, class Provider>
static auto set_provider(Options *options, Provider *provider, bool has_roots, bool has_identity, long)
    -> decltype(grpc_tls_credentials_options_set_root_certificate_provider(options, provider)) {
  if (has_roots) grpc_tls_credentials_options_set_root_certificate_provider(options, provider);
  if (has_identity) grpc_tls_credentials_options_set_identity_certificate_provider(options, provider);
}

extern "C" void cengine_set_certificate_provider(grpc_tls_credentials_options *options,
                                                 grpc_tls_certificate_provider *provider, bool has_roots,
                                                 bool has_identity) {
  set_provider(options, provider, has_roots, has_identity, 0);
}

template <class Create>
static auto make_google_default(Create *create) {
  if constexpr (std::is_invocable_v<Create *, grpc_call_credentials *>) {
    return create(nullptr);
  } else {
    // The additional one is for connections through ALTS.
    return create(nullptr, nullptr);
  }
}

extern "C" grpc_channel_credentials *cengine_google_default_credentials(void) {
  return make_google_default(grpc_google_default_credentials_create);
}

// MARK: Servers

#ifdef GRPC_ARG_SERVER_CONFIG_FETCHER

static grpc_server *create_server(const grpc_channel_args *arguments, grpc_server_config_fetcher *fetcher) {
  if (fetcher == nullptr) return grpc_server_create(arguments, nullptr);
  // The name of an argument is not const in C's type, and is not changed.
  grpc_arg last = {};
  last.type = GRPC_ARG_POINTER;
  last.key = const_cast<char *>(GRPC_ARG_SERVER_CONFIG_FETCHER);
  last.value.pointer.p = fetcher;
  last.value.pointer.vtable = grpc_server_config_fetcher_arg_vtable();
  std::vector<grpc_arg> all(arguments->args, arguments->args + arguments->num_args);
  all.push_back(last);
  grpc_channel_args list = {all.size(), all.data()};
  grpc_server *server = grpc_server_create(&list, nullptr);
  // The server has a reference of its own.
  grpc_server_config_fetcher_unref(fetcher);
  return server;
}

#else

static grpc_server *create_server(const grpc_channel_args *arguments, grpc_server_config_fetcher *fetcher) {
  grpc_server *server = grpc_server_create(arguments, nullptr);
  if (fetcher != nullptr) grpc_server_set_config_fetcher(server, fetcher);
  return server;
}

#endif

extern "C" grpc_server *cengine_server_create(const void *arguments, grpc_server_config_fetcher *fetcher) {
  return create_server(static_cast<const grpc_channel_args *>(arguments), fetcher);
}

// MARK: Functions in C++

// By their names in C++, which determine their parameters; a member function takes its object first, and
// `Server::FromC` casts `grpc_server *` to `Server *` without an offset. Weak, so that a library may lack them. The
// linker finds them, and not dlsym, which knows no names of a C-core inside the program.
extern "C" {
__attribute__((weak)) void send_goaways(grpc_server *) __asm__("_ZN9grpc_core6Server11SendGoawaysEv");
__attribute__((weak)) bool has_open_connections(grpc_server *) __asm__("_ZN9grpc_core6Server18HasOpenConnectionsEv");
__attribute__((weak)) unsigned message_flags(grpc_call *) __asm__(
    "_Z37grpc_call_test_only_get_message_flagsP9grpc_call");
}

extern "C" cengine_send_goaways_function cengine_send_goaways(void) { return send_goaways; }

extern "C" cengine_has_open_connections_function cengine_has_open_connections(void) { return has_open_connections; }

extern "C" cengine_message_flags_function cengine_message_flags(void) { return message_flags; }

// MARK: The process

extern "C" void cengine_ignore_mutex_deadlocks(void) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

extern "C" const char *cengine_file(void) {
  Dl_info info;
  // The text is a constant of the library.
  return dladdr(grpc_version_string(), &info) != 0 ? info.dli_fname : nullptr;
}

extern "C" bool cengine_log_is_abseils(void) { return LOG_IS_ABSEILS; }

#if !LOG_IS_ABSEILS

// MARK: C-core's own log

static cengine_log_function log_function;

extern "C" void cengine_set_log_function(cengine_log_function function) {
  log_function = function;
  gpr_set_log_function([](gpr_log_func_args *arguments) {
    log_function(arguments->severity, arguments->file, arguments->line, arguments->message);
  });
}

// C-core reads the variable only while no severity was set, and does not report the value.
extern "C" int cengine_log_severity_of_environment(void) {
  gpr_log_verbosity_init();
  for (int severity = CENGINE_LOG_DEBUG; severity < CENGINE_LOG_NOTHING; severity++) {
    if (gpr_should_log(static_cast<gpr_log_severity>(severity))) return severity;
  }
  return CENGINE_LOG_NOTHING;
}

extern "C" void cengine_set_log_severity(int) { gpr_set_log_verbosity(GPR_LOG_SEVERITY_DEBUG); }

// C-core keeps a severity that was set.
extern "C" void cengine_restore_log_severity(void) {}

#else

// MARK: abseil's log

namespace {

std::atomic<int> lowest_severity{CENGINE_LOG_ERROR};

class Sink final : public absl::LogSink {
 public:
  Sink(cengine_log_function function, absl::LogSeverityAtLeast stderr_threshold)
      : function(function), stderr_threshold(stderr_threshold) {}

  void Send(const absl::LogEntry &entry) override {
    if (entry.source_filename().find("src/core/") == absl::string_view::npos) return send_to_standard_error(entry);
    function(severity_of(entry), std::string(entry.source_filename()).c_str(), entry.source_line(),
             std::string(entry.text_message()).c_str());
  }

 private:
  // C-core's former details are verbose entries, of the severity of information.
  static int severity_of(const absl::LogEntry &entry) {
    if (entry.log_severity() >= absl::LogSeverity::kError) return CENGINE_LOG_ERROR;
    return entry.verbosity() > 0 ? CENGINE_LOG_DEBUG : CENGINE_LOG_INFO;
  }

  // Other code of the process that logs through the same abseil.
  void send_to_standard_error(const absl::LogEntry &entry) {
    if (entry.log_severity() < stderr_threshold) return;
    absl::string_view text = entry.text_message_with_prefix_and_newline();
    if (write(STDERR_FILENO, text.data(), text.size()) < 0) return;
  }

  cengine_log_function function;
  absl::LogSeverityAtLeast stderr_threshold;
};

}  // namespace

extern "C" void cengine_set_log_function(cengine_log_function function) {
  // Until then all entries go to standard error. The function ends the process when it is called twice.
  if (!absl::log_internal::IsInitialized()) absl::InitializeLog();
  lowest_severity.store(cengine_log_severity_of_environment(), std::memory_order_relaxed);
  absl::AddLogSink(new Sink(function, absl::StderrThreshold()));
  absl::SetStderrThreshold(absl::LogSeverityAtLeast::kInfinity);
}

extern "C" int cengine_log_severity_of_environment(void) {
  const char *text = getenv("GRPC_VERBOSITY");
  if (text == nullptr) return CENGINE_LOG_ERROR;
  if (strcasecmp(text, "DEBUG") == 0) return CENGINE_LOG_DEBUG;
  if (strcasecmp(text, "INFO") == 0) return CENGINE_LOG_INFO;
  if (strcasecmp(text, "NONE") == 0) return CENGINE_LOG_NOTHING;
  return CENGINE_LOG_ERROR;
}

extern "C" void cengine_set_log_severity(int severity) {
  lowest_severity.store(severity, std::memory_order_relaxed);
  cengine_restore_log_severity();
}

// grpc_init sets abseil's level to that of the environment. Entries below the level are not made at all.
extern "C" void cengine_restore_log_severity(void) {
  int severity = lowest_severity.load(std::memory_order_relaxed);
  absl::SetVLogLevel("*src/core/*", severity == CENGINE_LOG_DEBUG ? 2 : -1);
  // C-core tells here of connections that it closes. The pattern that was added last counts.
  absl::SetVLogLevel("*chttp2_transport*", 2);
  if (absl::MinLogLevel() > absl::LogSeverityAtLeast::kInfo) absl::SetMinLogLevel(absl::LogSeverityAtLeast::kInfo);
}

#endif

#endif
