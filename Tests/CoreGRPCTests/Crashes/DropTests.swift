import CoreGRPC
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("The release of a program's objects", .timeLimit(.minutes(5)))
struct DropTests {
  @Test("Objects that use the library in their deinit go under none of its locks")
  func useLibrary() async {
    // A process of its own: a lock that is taken again on its own thread ends it.
    await #expect(processExitsWith: .success) {
      try await DropTests.dropEverywhere()
      exit(0)
    }
  }

  /// Something that a program's closures hold, and that uses the library when it goes.
  private final class Resource: Sendable {
    private let name: String
    private let onDrop: @Sendable () -> Void

    init(_ name: String, onDrop: @escaping @Sendable () -> Void) {
      self.name = name
      self.onDrop = onDrop
    }

    deinit {
      onDrop()
      dropped.withLock { $0.append(name) }
      allDropped.withLock { if dropped.withLock({ $0.count }) == names.count { $0?.resume() } }
    }
  }

  private static let names = ["cancellation handler", "idle service", "log handler", "service", "unused service"]
  private static let dropped = Mutex<[String]>([])
  private static let allDropped = Mutex<CheckedContinuation<Void, Never>?>(nil)

  /// Has objects of a program, whose `deinit`s use the library, go wherever the library lets them go, and waits until
  /// they have.
  private static func dropEverywhere() async throws {
    let hold = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Hold")
    let echo = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Echo")
    let channels = Mutex<[Channel]>([])
    let servers = Mutex<[Server]>([])
    // All that takes a lock of the library and does not wait.
    @Sendable func useLibrary() {
      CoreGRPCLog.setHandler(minimumLevel: .error) { _ in }
      for server in servers.withLock({ $0 }) {
        server.beginGracefulShutdown()
        _ = try? server.listen(on: ListenAddress("127.0.0.1:0"))
        try? server.start()
      }
      for channel in channels.withLock({ $0 }) { channel.close() }
      let server = Server(router: RPCRouter())
      _ = try? server.listen(on: ListenAddress("127.0.0.1:0"))
      try? server.start()
      server.beginGracefulShutdown()
    }
    func router(_ resource: Resource, _ onHold: @escaping @Sendable (ServerContext) async -> Void) -> RPCRouter {
      var router = RPCRouter()
      router.registerHandler(forMethod: hold) { (request: ServerRequest<[UInt8]>, context) in
        await onHold(context)
        return ServerResponse(message: request.message)
      }
      router.registerHandler(forMethod: echo) { (request: ServerRequest<[UInt8]>, _) in
        withExtendedLifetime(resource) { ServerResponse(message: request.message) }
      }
      return router
    }
    @Sendable func call(_ method: MethodDescriptor, _ channel: Channel) async {
      // Some fail, as the server shuts down.
      _ = try? await channel.unary(request: ClientRequest(message: [1] as [UInt8]), descriptor: method)
    }

    // A log handler that another one replaces.
    do {
      let resource = Resource("log handler", onDrop: useLibrary)
      CoreGRPCLog.setHandler { _ in withExtendedLifetime(resource) {} }
    }
    CoreGRPCLog.setHandler { _ in }

    // A service that was never served.
    do {
      let resource = Resource("unused service", onDrop: useLibrary)
      let server = Server(router: router(resource) { _ in })
      servers.withLock { $0 = [server] }
      server.beginGracefulShutdown()
      await server.waitUntilStopped()
      servers.withLock { $0 = [] }
    }

    // A service whose server stops while it is idle.
    do {
      let resource = Resource("idle service", onDrop: useLibrary)
      let server = Server(router: router(resource) { _ in })
      let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
      try server.start()
      let channel = try Channel(target: address.description)
      for _ in 0..<10 { await call(echo, channel) }
      servers.withLock { $0 = [server] }
      channels.withLock { $0 = [channel] }
      server.beginGracefulShutdown()
      await server.waitUntilStopped()
      servers.withLock { $0 = [] }
    }

    // A service whose calls are in progress when its server is stopped, and what their cancellation handlers hold.
    do {
      let resource = Resource("service", onDrop: useLibrary)
      let held = Mutex<Resource?>(Resource("cancellation handler", onDrop: useLibrary))
      let begun = AsyncStream.makeStream(of: Void.self)
      let server = Server(
        router: router(resource) { context in
          let resource = held.withLock { $0.take() }
          await withRPCCancellationHandler {
            begun.continuation.yield()
            await waitForCancellation()
          } onCancelRPC: {
            withExtendedLifetime(resource) {}
          }
        }
      )
      let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
      try server.start()
      let channel = try Channel(target: address.description)
      servers.withLock { $0 = [server] }
      channels.withLock { $0 = [channel] }
      await withTaskGroup { group in
        for _ in 0..<4 { group.addTask { await call(hold, channel) } }
        for _ in 0..<16 { group.addTask { await call(echo, channel) } }
        for await _ in begun.stream { break }
        server.beginGracefulShutdown(gracePeriod: .zero)
        await group.waitForAll()
      }
      await server.waitUntilStopped()
      servers.withLock { $0 = [] }
      channels.withLock { $0 = [] }
    }
    await withCheckedContinuation { continuation in
      allDropped.withLock { waiter in
        if dropped.withLock({ $0.count }) == names.count { continuation.resume() } else { waiter = continuation }
      }
    }
  }
}
