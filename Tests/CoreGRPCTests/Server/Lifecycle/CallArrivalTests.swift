import Dispatch
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Calls that arrive", .timeLimit(.minutes(5)))
struct CallArrivalTests {
  /// Notes what it is told, and holds a call back that it is told to have started.
  private final class HoldingObserver: ServerCallObserver {
    enum Event { case started, ended }

    let started = Gate()
    let proceed = DispatchSemaphore(value: 0)
    let ended = Gate()
    let events = Locked<[Event]>([])
    private let holds: Bool

    init(holds: Bool) { self.holds = holds }

    func observer(forMethod method: MethodDescriptor?) -> any ServerCallObserver { self }

    func callStarted() {
      started.open()
      if holds { proceed.wait() }
      events.withLock { $0.append(.started) }
    }

    func callEnded(_ call: borrowing EndedServerCall) {
      events.withLock { $0.append(.ended) }
      ended.open()
    }
  }

  private struct Observers: ServerCallObserver {
    let held: MethodDescriptor
    let first = HoldingObserver(holds: true)
    let second = HoldingObserver(holds: false)

    func observer(forMethod method: MethodDescriptor?) -> any ServerCallObserver { method == held ? first : second }

    func callStarted() {}

    func callEnded(_ call: borrowing EndedServerCall) {}
  }

  @Test("The end of a connection that is too old ends a call only once the server and its observers know the call")
  func order() async throws {
    let held = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Held")
    let observers = Observers(held: held)
    var router = RPCRouter()
    for method in [held, TestServer.echo] {
      router.registerHandler(forMethod: method) { (request: ServerRequest<[UInt8]>, _) in
        await waitForCancellation()
        return ServerResponse(message: request.message)
      }
    }
    var configuration = Server.Configuration()
    configuration.callObservers = [observers]
    configuration.polling.threads = 2
    configuration.connectionAge = .init(maxAge: .milliseconds(50), maxGraceTime: .milliseconds(1))
    let server = Server(router: router, configuration: configuration)
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    try await withShutdown(of: server) { () async throws in
      let channel = try Channel(target: address.description)
      async let first = rpcError { try await channel.echo(method: held) }
      await observers.first.started.pass()
      async let second = rpcError { try await channel.echo() }
      // Its connection is the same or a later one: a server that kept the first call's end would have ended that
      // before.
      await observers.second.ended.pass()
      #expect(observers.first.events.withLock { $0 }.isEmpty)
      observers.first.proceed.signal()
      await observers.first.ended.pass()
      #expect(observers.first.events.withLock { $0 } == [.started, .ended])
      #expect(await first?.code == .unavailable)
      #expect(await second?.code == .unavailable)
    }
  }
}
