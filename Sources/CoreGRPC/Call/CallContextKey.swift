/// The type of a value that a ``ServerContext`` or a ``ClientContext`` carries beside its own properties.
///
/// An interceptor sets the value, and the interceptors and the handler after it read it:
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
/// extension ServerContext {
///   /// The user who makes the call, as the interceptor for authentication has found out.
///   var user: User? {
///     get { self[UserKey.self] }
///     set { self[UserKey.self] = newValue }
///   }
/// }
/// ```
///
/// The interceptor changes its copy of the context and passes that on:
///
/// ```swift
/// var context = context
/// context.user = user
/// return try await next(request, context)
/// ```
///
/// It is the design of `ServiceContextKey` in swift-service-context, whose task-local context needs no change here:
/// interceptors and handlers of a call see it as any task does.
public protocol CallContextKey: Sendable {
  /// The type of the value.
  associatedtype Value: Sendable
}

/// The values that a context carries, by their keys.
struct CallContextValues: Sendable {
  private var values: [ObjectIdentifier: any Sendable] = [:]

  subscript<Key: CallContextKey>(key: Key.Type) -> Key.Value? {
    get { values[ObjectIdentifier(key)] as? Key.Value }
    set { values[ObjectIdentifier(key)] = newValue }
  }
}
