/// A service that a ``Server`` can offer.
public protocol RegistrableRPCService: Sendable {
  /// Registers a handler for each of the service's methods.
  func registerMethods(with router: inout RPCRouter)
}
