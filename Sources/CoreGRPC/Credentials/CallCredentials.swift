/// The identity of a caller: metadata that each call sends, such as a token that expires.
///
/// ```swift
/// let credentials = CallCredentials { context in
///   ["authorization": "Bearer \(try await tokens.token(for: context.serviceURL))"]
/// }
/// let channel = try Channel(target: "greeter.example:443", credentials: .composite(.tls(), credentials))
/// ```
///
/// A channel's credentials apply to all of its calls, see ``ChannelCredentials/composite(_:_:)``. Those of
/// ``CallOptions/credentials`` apply to one call, in addition to the channel's. The metadata is sent over encrypted
/// connections only, unless the credentials allow plaintext: another call ends with UNAUTHENTICATED.
///
/// Two values are equal if one is a copy of the other.
public struct CallCredentials: Sendable {
  /// One source of metadata.
  final class Part: Sendable {
    enum Source: Sendable {
      case metadata(Metadata)
      case provider(@Sendable (Context) async throws -> Metadata)
      case core(CoreCallCredentials)
    }

    let source: Source
    let allowsPlaintext: Bool

    init(_ source: Source, allowsPlaintext: Bool) {
      self.source = source
      self.allowsPlaintext = allowsPlaintext
    }
  }

  let parts: [Part]

  init(parts: [Part]) { self.parts = parts }

  /// The call that credentials are asked for.
  public struct Context: Sendable {
    /// The method that is called.
    public var descriptor: MethodDescriptor

    /// The service's address with its name, for instance `https://greeter.example/greeter.Greeter`: the audience of a
    /// token that is valid for this service alone.
    ///
    /// C-core leaves out the port 443. Without TLS the scheme is empty, as in `://127.0.0.1:50051/greeter.Greeter`.
    public var serviceURL: String

    /// Creates a context, for tests of credentials.
    ///
    /// - Parameters:
    ///   - descriptor: The method that is called.
    ///   - serviceURL: The service's address with its name.
    public init(descriptor: MethodDescriptor, serviceURL: String) {
      self.descriptor = descriptor
      self.serviceURL = serviceURL
    }
  }

  /// Creates credentials that a function provides for each call.
  ///
  /// C-core asks when the call has a connection, and again for each retry. The call waits meanwhile, and other calls do
  /// not. A function that has its token in memory returns it; one that fetches tokens shares a fetch among the calls
  /// that need it. When the call ends early, by its deadline or cancellation, the function's task is cancelled, and its
  /// result is not used.
  ///
  /// - Parameters:
  ///   - allowsPlaintext: Whether the metadata is also sent over connections without encryption. Defaults to `false`.
  ///   - provider: Returns the metadata to add to the call. It runs in a task of its own, in Swift's pool. An
  ///     ``RPCError`` that it throws becomes the error of the call, as does an ``RPCErrorConvertible``. Any other error
  ///     becomes UNAVAILABLE.
  public init(allowsPlaintext: Bool = false, _ provider: @escaping @Sendable (Context) async throws -> Metadata) {
    self.init(parts: [Part(.provider(provider), allowsPlaintext: allowsPlaintext)])
  }

  /// Metadata that is the same for every call.
  ///
  /// - Parameters:
  ///   - metadata: The metadata.
  ///   - allowsPlaintext: Whether it is also sent over connections without encryption. Defaults to `false`.
  public static func metadata(_ metadata: Metadata, allowsPlaintext: Bool = false) -> Self {
    Self(parts: [Part(.metadata(metadata), allowsPlaintext: allowsPlaintext)])
  }

  /// A token in the entry `authorization`, as in `Bearer abc`.
  ///
  /// - Parameters:
  ///   - token: The token.
  ///   - allowsPlaintext: Whether it is also sent over connections without encryption. Defaults to `false`.
  public static func bearerToken(_ token: String, allowsPlaintext: Bool = false) -> Self {
    .metadata(authorization(token), allowsPlaintext: allowsPlaintext)
  }

  /// A token in the entry `authorization`, which a function provides for each call.
  ///
  /// - Parameters:
  ///   - allowsPlaintext: Whether it is also sent over connections without encryption. Defaults to `false`.
  ///   - provider: Returns the token, see ``init(allowsPlaintext:_:)``.
  public static func bearerToken(
    allowsPlaintext: Bool = false,
    _ provider: @escaping @Sendable (Context) async throws -> String
  ) -> Self {
    Self(allowsPlaintext: allowsPlaintext) { context in authorization(try await provider(context)) }
  }

  /// Several credentials, each of which adds its metadata, in this order; those of C-core, such as Google's, come last.
  ///
  /// They are sent in plaintext only if each of them allows it.
  public static func composite(_ credentials: CallCredentials...) -> Self { .composite(credentials) }

  /// Several credentials, each of which adds its metadata, in this order; those of C-core, such as Google's, come last.
  ///
  /// They are sent in plaintext only if each of them allows it.
  public static func composite(_ credentials: [CallCredentials]) -> Self {
    Self(parts: credentials.flatMap(\.parts))
  }

  private static func authorization(_ token: String) -> Metadata {
    var metadata = Metadata()
    metadata.addString("Bearer \(token)", forKey: "authorization")
    return metadata
  }

  /// Whether the credentials are also sent over connections without encryption.
  var allowsPlaintext: Bool { parts.allSatisfy(\.allowsPlaintext) }
}

extension CallCredentials: Hashable {
  /// Whether the two are copies of the same credentials.
  public static func == (one: CallCredentials, other: CallCredentials) -> Bool {
    one.parts.elementsEqual(other.parts, by: ===)
  }

  /// Hashes the identity of the credentials.
  public func hash(into hasher: inout Hasher) {
    for part in parts { hasher.combine(ObjectIdentifier(part)) }
  }
}

extension CallCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// A text without secrets.
  public var description: String { "call credentials" }

  /// The same as the description.
  public var debugDescription: String { description }

  /// A mirror without children.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension RPCError {
  /// The error of a call whose credentials would be sent in plaintext.
  static var plaintextCredentials: RPCError {
    let message = """
      the call credentials are not sent over a connection without encryption: use TLS, or credentials that allow \
      plaintext
      """
    return RPCError(code: .unauthenticated, message: message).comingOutOfChannel()
  }
}
