/// The authorization policy of a server, which it can replace while the server runs.
///
/// ```swift
/// var configuration = Server.Configuration()
/// configuration.authorizationPolicy = try AuthorizationPolicyProvider(file: "/etc/greeter/policy.json")
/// let server = Server(services: services, configuration: configuration)
/// ```
///
/// The server asks it about each call, before any interceptor or handler sees the call, also about calls of methods
/// that it does not have, of health checks and of reflection. A call that is denied ends with PERMISSION_DENIED and
/// C-core's text, "Unauthorized RPC request rejected."; it is a ``RefusedCall`` of the reason
/// ``RefusedCall/Reason/unauthorized``.
///
/// ### Audit loggers
///
/// A policy chooses the decisions that are audited, and the loggers by their names (gRFC A59):
///
/// ```json
/// "audit_logging_options": {
///   "audit_condition": "ON_DENY",
///   "audit_loggers": [{ "name": "security-log" }]
/// }
/// ```
///
/// The program gives the closures of those names, here `["security-log": { event in … }]`. The logger `stdout_logger`
/// is always there: it writes a line of JSON to standard output. A thread of the provider's own calls the loggers, for
/// one event after the other, and no call waits for them: a logger may block. Meanwhile at most 4,096 events wait.
/// Further ones are counted (``AuthorizationAuditEvent/droppedBefore``, and errors in ``CoreGRPCLog``, which come
/// immediately and a few times a minute), and the calls go on. Events of the last moments can be lost when the process
/// ends, unless it waits for ``flushAudit(within:)``.
///
/// Use a provider from any thread, and for any number of servers. <doc:AuthorizingCalls> has an example.
public final class AuthorizationPolicyProvider: Sendable {
  /// A closure that gets the decisions that a policy has audited.
  public typealias AuditLogger = @Sendable (AuthorizationAuditEvent) -> Void

  /// A policy with the loggers that it has chosen.
  private struct Engine: Sendable {
    let policy: AuthorizationPolicy
    let needsPeer: Bool
    let loggers: [AuditLogger]
  }

  private struct State {
    var engine: Engine
    /// The stamp of the file with the policy.
    var stamp: FileContents.Stamp?
    /// The stamp of a file that cannot be used, and the problem, once it is reported.
    var refused: (stamp: FileContents.Stamp?, problem: String?)?
  }

  private let file: String?
  private let auditLoggers: [String: AuditLogger]
  private let state: Locked<State>
  private let audit = AuditQueue()

  /// Creates a provider of a policy that stays.
  ///
  /// - Parameters:
  ///   - policy: The policy.
  ///   - auditLoggers: The loggers that the policy can choose, by their names. Defaults to `stdout_logger` alone.
  /// - Throws: ``RuntimeError/Code/invalidArgument``, if the policy chooses a logger that does not exist, or
  ///   configures one, and does not mark it as optional.
  public init(_ policy: AuthorizationPolicy, auditLoggers: [String: AuditLogger] = [:]) throws(RuntimeError) {
    file = nil
    self.auditLoggers = auditLoggers
    do throws(AuthorizationPolicyProblem) {
      state = Locked(State(engine: try Self.engine(policy, auditLoggers)))
    } catch {
      throw RuntimeError(code: .invalidArgument, message: "authorization policy: \(error.message)")
    }
  }

  /// Creates a provider of the policy in a file, and reads the file again when it has changed.
  ///
  /// The provider looks at the file every second while it exists. A new policy holds for the calls that arrive from
  /// then on; calls in progress continue. If the new file cannot be used, the old policy stays, and ``CoreGRPCLog``
  /// gets an error with the place of the mistake. Replace the file by renaming another one to it: then no half of it is
  /// read.
  ///
  /// - Parameters:
  ///   - path: The file, which has the JSON of ``AuthorizationPolicy``.
  ///   - auditLoggers: The loggers that the policy can choose, by their names. Defaults to `stdout_logger` alone.
  /// - Throws: ``RuntimeError/Code/invalidArgument``, with the file and the place of the mistake, or with the system's
  ///   error.
  public init(file path: String, auditLoggers: [String: AuditLogger] = [:]) throws(RuntimeError) {
    file = path
    self.auditLoggers = auditLoggers
    // Before the file is read: a change meanwhile shows the next time.
    let stamp = FileContents.Stamp(path: path)
    do throws(AuthorizationPolicyProblem) {
      state = Locked(State(engine: try Self.engine(Self.read(path), auditLoggers), stamp: stamp))
    } catch {
      throw RuntimeError(code: .invalidArgument, message: "authorization policy \(path): \(error.message)")
    }
    FileWatch.shared.add(self)
  }

  /// Waits until the audit loggers have had the events of all decisions up to now.
  ///
  /// Call it when the servers have ended, before the process does. Cancelling the task does not end the wait.
  ///
  /// - Parameter limit: The longest time to wait, for loggers that block. Defaults to 5 seconds.
  public func flushAudit(within limit: Duration = .seconds(5)) async {
    let (end, continuation) = AsyncStream<Never>.makeStream()
    audit.flush { continuation.finish() }
    // A task of its own: at a shutdown the caller's is often cancelled.
    await Task {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { for await _ in end {} }
        group.addTask { try? await Task.sleep(for: limit.bounded) }
        await group.next()
        group.cancelAll()
      }
    }
    .value
  }

  /// The policy for calls that arrive now.
  public var policy: AuthorizationPolicy { state.withLock { $0.engine }.policy }

  private static func read(_ path: String) throws(AuthorizationPolicyProblem) -> AuthorizationPolicy {
    let bytes: [UInt8]
    do throws(CredentialsError) {
      bytes = try FileContents.bytes(path: path)
    } catch {
      throw AuthorizationPolicyProblem(message: error.message)
    }
    // Repaired text would be a policy with other patterns.
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw AuthorizationPolicyProblem(message: "the file is not UTF-8")
    }
    return try AuthorizationPolicyReader.policy(of: text)
  }

  private static func engine(
    _ policy: AuthorizationPolicy,
    _ registered: [String: AuditLogger]
  ) throws(AuthorizationPolicyProblem) -> Engine {
    var loggers: [AuditLogger] = []
    for (index, logger) in policy.auditOptions.loggers.enumerated() {
      let place = "audit_logging_options.audit_loggers[\(index)]"
      let closure = registered[logger.name] ?? (logger.name == StdoutAuditLogger.name ? StdoutAuditLogger.log : nil)
      if let closure, !logger.hasConfig {
        loggers.append(closure)
      } else if !logger.isOptional {
        guard closure == nil else { throw AuthorizationPolicyProblem(at: "\(place).config", "is not empty") }
        throw AuthorizationPolicyProblem(at: "\(place).name", "is that of no audit logger: \(logger.name)")
      }
    }
    return Engine(policy: policy, needsPeer: policy.needsPeer, loggers: loggers)
  }
}

// MARK: Calls

extension AuthorizationPolicyProvider {
  /// Returns the error of a call that the policy denies; `nil` for a call that it allows.
  ///
  /// - Parameter peer: The other end; `nil` if the call is over.
  func denial(
    forPath path: String,
    metadata: Metadata,
    remotePeer: @autoclosure () -> String?,
    peer: @autoclosure () -> AuthorizationPolicy.Peer?
  ) -> RPCError? {
    let engine = state.withLock { $0.engine }
    let policy = engine.policy
    let peer = engine.needsPeer ? peer() : .unauthenticated
    // Without its peer, a call that is over could pass a deny rule.
    let decision =
      peer.map { policy.decision(forPath: path, metadata: metadata, peer: $0) }
      ?? AuthorizationPolicy.Decision(isAllowed: false, matchedRule: nil)
    if !engine.loggers.isEmpty, policy.auditOptions.condition.includes(isAllowed: decision.isAllowed) {
      let event = AuthorizationAuditEvent(
        path: path,
        principal: peer?.principal ?? "",
        remotePeer: remotePeer() ?? "",
        policyName: policy.name,
        decision: decision
      )
      audit.add(event, for: engine.loggers)
    }
    return decision.isAllowed ? nil : Self.denial
  }

  /// The error with C-core's text.
  private static let denial = RPCError(code: .permissionDenied, message: "Unauthorized RPC request rejected.")
}

// MARK: Changes of the file

extension AuthorizationPolicyProvider: FileWatch.Subject {
  /// Reads the file again if it has changed.
  ///
  /// A file that cannot be used is read again until it can. It is reported when it stays so: while it is written that
  /// is not an error.
  func look() {
    guard let file else { return }
    let stamp = FileContents.Stamp(path: file)
    let isNew = state.withLock { state in
      if state.stamp == stamp { state.refused = nil }
      return state.stamp != stamp
    }
    guard isNew else { return }
    do throws(AuthorizationPolicyProblem) {
      let engine = try Self.engine(Self.read(file), auditLoggers)
      let old = state.withLock { state in
        defer { state = State(engine: engine, stamp: stamp) }
        return state.engine
      }
      guard engine.policy != old.policy else { return }
      CoreGRPCLog.reportOfServer(.info, "the authorization policy \(file) has been replaced by \(engine.policy.name)")
    } catch {
      let isReport = state.withLock { state in
        guard let refused = state.refused, refused.stamp == stamp else {
          state.refused = (stamp, nil)
          return false
        }
        state.refused?.problem = error.message
        return refused.problem == nil
      }
      guard isReport else { return }
      let message = "the server continues to use its old authorization policy: \(file): \(error.message)"
      CoreGRPCLog.reportOfServer(.error, message)
    }
  }

  /// The problem of the file that is there now, once it is reported.
  var problem: String? { state.withLock { $0.refused?.problem } }
}
