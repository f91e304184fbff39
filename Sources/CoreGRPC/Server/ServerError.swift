/// Why a server could not be set up.
public struct ServerError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure it was.
  public var code: Code

  /// What failed and why, naming the input.
  public var message: String

  /// Creates an error.
  public init(code: Code, message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }

  /// The kind of a failure.
  public struct Code: Sendable, Hashable {
    private enum Value: Sendable, Hashable { case invalidAddress, invalidCredentials, cannotListen, wrongState }

    private let value: Value

    /// The text is no address to listen on.
    public static var invalidAddress: Self { Self(value: .invalidAddress) }
    /// A certificate or a key cannot be read, or they do not belong together.
    public static var invalidCredentials: Self { Self(value: .invalidCredentials) }
    /// The address cannot be bound: it is in use, not this machine's, or not permitted.
    public static var cannotListen: Self { Self(value: .cannotListen) }
    /// The server has been started or shut down already.
    public static var wrongState: Self { Self(value: .wrongState) }
  }
}
