/// An interceptor that identifies the callers of a server by their bearer tokens.
///
/// ```swift
/// struct User: Sendable {
///   var name: String
/// }
///
/// enum UserKey: CallContextKey {
///   typealias Value = User
/// }
///
/// let authenticator = BearerTokenAuthenticator(UserKey.self) { token, context in
///   User(name: try await verifier.subject(of: token))
/// }
/// ```
///
/// The interceptors and the handler after it read the value from their context, here as `context[UserKey.self]`. A call
/// without exactly one token in its entry `authorization` ends with UNAUTHENTICATED, before they see it.
///
/// Health checks and reflection come without tokens: apply the interceptor with
/// ``ConditionalInterceptor/Subject/allExcluding(services:methods:)``.
public struct BearerTokenAuthenticator<Key: CallContextKey>: ServerInterceptor {
  private let authenticate: @Sendable (_ token: String, _ context: ServerContext) async throws -> Key.Value

  /// Creates an interceptor.
  ///
  /// - Parameters:
  ///   - key: The key of the value in the call's context.
  ///   - authenticate: Returns the value for a token. An ``RPCError`` or ``RPCErrorConvertible`` that it throws is the
  ///     call's status, for instance PERMISSION_DENIED. Any other error is UNAUTHENTICATED for the client, and its text
  ///     stays on the server.
  public init(
    _ key: Key.Type,
    _ authenticate: @escaping @Sendable (_ token: String, _ context: ServerContext) async throws -> Key.Value
  ) {
    self.authenticate = authenticate
  }

  /// Sets the value for the call's token in the context.
  ///
  /// - Parameters:
  ///   - request: The request.
  ///   - context: The call's context.
  ///   - next: Passes the request on.
  /// - Returns: The response of `next`.
  /// - Throws: ``RPCError`` with the code UNAUTHENTICATED, or what `next` throws.
  public func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    let token = try Self.token(of: request.metadata)
    var context = context
    do {
      context[Key.self] = try await authenticate(token, context)
    } catch let error where error is RPCError || error is any RPCErrorConvertible || error is CancellationError {
      throw error
    } catch {
      throw RPCError(code: .unauthenticated, message: "the token is not accepted", cause: error).hidingCause()
    }
    return try await next(request, context)
  }

  private static func token(of metadata: Metadata) throws(RPCError) -> String {
    var values = metadata[stringValues: "authorization"].makeIterator()
    guard let value = values.next() else { throw RPCError(code: .unauthenticated, message: "the call has no token") }
    guard values.next() == nil else {
      throw RPCError(code: .unauthenticated, message: "the call has several values of authorization")
    }
    // RFC 6750; the scheme's case does not matter (RFC 9110, section 11.1).
    let parts = value.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else {
      throw RPCError(code: .unauthenticated, message: "authorization needs a bearer token")
    }
    let token = parts[1].drop { $0 == " " }
    guard !token.isEmpty, !token.contains(" ") else {
      throw RPCError(code: .unauthenticated, message: "authorization needs a bearer token without spaces")
    }
    return String(token)
  }
}
