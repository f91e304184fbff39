package import CoreGRPC
import Dispatch

/// Serves calls that wait until another call releases them.
package struct HoldService: RegistrableRPCService {
  /// Answered when ``release`` is called.
  package static let hold = MethodDescriptor(fullyQualifiedService: "test.Hold", method: "Hold")
  /// The same, but keeps its thread until then.
  package static let block = MethodDescriptor(fullyQualifiedService: "test.Hold", method: "Block")
  /// Releases all calls of ``hold`` and ``block``.
  package static let release = MethodDescriptor(fullyQualifiedService: "test.Hold", method: "Release")

  private let released = Promise<Void>()
  private let unblocked = DispatchSemaphore(value: 0)
  private let onHold: @Sendable () -> Void

  /// Creates the service.
  ///
  /// - Parameter onHold: Called when a call begins to wait.
  package init(onHold: @escaping @Sendable () -> Void) { self.onHold = onHold }

  private func blockThread() {
    unblocked.wait()
    // For the next one.
    unblocked.signal()
  }

  package func registerMethods(with router: inout RPCRouter) {
    router.registerHandler(
      forMethod: Self.hold,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: { (request: ServerRequest<[UInt8]>, _) in
        onHold()
        await released.value()
        return ServerResponse(message: request.message)
      }
    )
    router.registerHandler(
      forMethod: Self.block,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: { (request: ServerRequest<[UInt8]>, _) in
        onHold()
        blockThread()
        return ServerResponse(message: request.message)
      }
    )
    router.registerHandler(
      forMethod: Self.release,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: { (request: ServerRequest<[UInt8]>, _) in
        released.fulfil(())
        unblocked.signal()
        return ServerResponse(message: request.message)
      }
    )
  }
}
