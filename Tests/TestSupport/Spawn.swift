import Foundation

/// A program to start as a child process, as a shell would start it: it inherits its standard streams, and neither other
/// files nor what this process does about signals.
struct Spawn {
  private let executable: URL
  private let arguments: [String]
  private let environment: [String]

  /// - Parameter environment: Variables to set beside those of this process.
  init(_ executable: URL, _ arguments: [String], _ environment: [String: String]) {
    self.executable = executable
    self.arguments = arguments
    self.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
  }

  /// Starts the process.
  ///
  /// - Returns: Its number, for which somebody has to wait.
  func start(input: Int32, output: Int32, errors: Int32) throws -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, descriptor) in [input, output, errors].enumerated() {
      posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
    }
    // Sockets of this process would stay open in the child, for instance.
    for case let descriptor? in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").map(Int32.init)
    where descriptor > 2 {
      posix_spawn_file_actions_addclose(&actions, descriptor)
    }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Threads of Swift's pool block signals, and `ChildProcess` ignores this one.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigaddset(&signals, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var arguments = ([executable.path] + arguments).map { strdup($0) } + [nil]
    var environment = environment.map { strdup($0) } + [nil]
    defer { for text in arguments + environment { free(text) } }
    var identifier: Int32 = 0
    let failure = posix_spawn(&identifier, executable.path, &actions, &attributes, &arguments, &environment)
    guard failure == 0 else { throw POSIXError(POSIXErrorCode(rawValue: failure) ?? .EINVAL) }
    return identifier
  }
}
