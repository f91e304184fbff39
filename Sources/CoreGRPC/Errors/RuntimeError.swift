/// An error in setting up a server or a channel.
///
/// An error of a call is an ``RPCError``.
public struct RuntimeError: Error, Sendable {
  /// The kind of the failure.
  public var code: Code

  /// The failure and its reason, with the input that led to it.
  public var message: String

  /// The error that led to this one.
  public var cause: (any Error)?

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - code: The kind of the failure.
  ///   - message: The failure and its reason.
  ///   - cause: The error that led to it.
  public init(code: Code, message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }
}

extension RuntimeError: Hashable {
  /// Whether code and message are equal; the causes are not compared.
  public static func == (one: RuntimeError, other: RuntimeError) -> Bool {
    one.code == other.code && one.message == other.message
  }

  /// Hashes code and message.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(code)
    hasher.combine(message)
  }
}

extension RuntimeError: CustomStringConvertible {
  /// The message, and the cause if there is one.
  public var description: String {
    guard let cause else { return message }
    return "\(message) (\(cause))"
  }
}

extension RuntimeError {
  /// The kind of a failure.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Value: String, Sendable, Hashable {
      case invalidArgument, invalidCredentials, duplicateMethod, noAddress, serverIsAlreadyRunning, serverIsStopped
      case transportError
    }

    private let value: Value

    /// An address, a target or a setting is not valid.
    public static var invalidArgument: Self { Self(value: .invalidArgument) }
    /// A certificate or a key cannot be read, or they do not belong together.
    public static var invalidCredentials: Self { Self(value: .invalidCredentials) }
    /// A method has been registered twice.
    public static var duplicateMethod: Self { Self(value: .duplicateMethod) }
    /// The server listens on no address.
    public static var noAddress: Self { Self(value: .noAddress) }
    /// The server has been started.
    public static var serverIsAlreadyRunning: Self { Self(value: .serverIsAlreadyRunning) }
    /// The server has been shut down, or has not been started yet.
    public static var serverIsStopped: Self { Self(value: .serverIsStopped) }
    /// The address cannot be bound: it is in use, not this machine's, or not permitted.
    public static var transportError: Self { Self(value: .transportError) }

    /// The code's name.
    public var description: String { value.rawValue }
  }
}
