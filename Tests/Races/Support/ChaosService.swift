package import CoreGRPC
import Glibc

/// Serves the calls of the chaos test: does what their metadata says, and remembers when a handler learned that it was
/// cancelled.
package final class ChaosService: RegistrableRPCService {
  /// Answers with what ``Report/init(_:)`` reads.
  package static let report = MethodDescriptor(fullyQualifiedService: "chaos.Control", method: "Report")
  /// Begins a shutdown.
  package static let stop = MethodDescriptor(fullyQualifiedService: "chaos.Control", method: "Stop")

  /// The observations of the handlers.
  package struct Report: Sendable {
    /// When handlers learned that they were cancelled, in nanoseconds, by the identifiers of their calls.
    package var cancelTimes: [UInt64: UInt64] = [:]
    /// The number of handlers that have begun.
    package var began = 0
    /// The number of handlers that have ended.
    package var ended = 0

    /// Reads what the service has answered.
    package init(_ bytes: [UInt8]) {
      for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
        let numbers = line.split(separator: " ").compactMap { UInt64($0) }
        guard numbers.count == 2 else { continue }
        if numbers[0] == .max { began = Int(numbers[1]) }
        if numbers[0] == .max - 1 { ended = Int(numbers[1]) }
        if numbers[0] < .max - 1 { cancelTimes[numbers[0]] = numbers[1] }
      }
    }

    init() {}

    var bytes: [UInt8] {
      let lines =
        cancelTimes.map { "\($0.key) \($0.value)" } + ["\(UInt64.max) \(began)", "\(UInt64.max - 1) \(ended)"]
      return Array(lines.joined(separator: "\n").utf8)
    }
  }

  private let memory = Locked(Report())
  private let waitsForEnd = Locked<Promise<Void>?>(nil)
  private let onStop: @Sendable () -> Void

  /// - Parameter onStop: Begins the shutdown.
  package init(onStop: @escaping @Sendable () -> Void) { self.onStop = onStop }

  /// - Parameter conduct: What all handlers of the method do; `nil` if each does something else.
  package static func method(_ kind: RacePlan.Kind, _ conduct: ChaosPlan.Conduct?) -> MethodDescriptor {
    MethodDescriptor(fullyQualifiedService: "chaos.\(conduct?.rawValue ?? "all")", method: "\(kind)")
  }

  package func registerMethods(with router: inout RPCRouter) {
    for conduct in ChaosPlan.Conduct.allCases { registerCalls(of: conduct, with: &router) }
    registerCalls(of: nil, with: &router)
    router.registerHandler(
      forMethod: Self.report,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: { [self] (_: ServerRequest<[UInt8]>, _) in ServerResponse(message: memory.withLock { $0.bytes }) }
    )
    router.registerHandler(
      forMethod: Self.stop,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: { [self] (request: ServerRequest<[UInt8]>, _) in
        onStop()
        return ServerResponse(message: request.message)
      }
    )
  }

  private func registerCalls(of conduct: ChaosPlan.Conduct?, with router: inout RPCRouter) {
    let deserializer = IdentityDeserializer()
    let serializer = IdentitySerializer()
    router.registerHandler(
      forMethod: Self.method(.unary, conduct),
      deserializer: deserializer,
      serializer: serializer,
      handler: { [self] (request: ServerRequest<[UInt8]>, _) in
        try await behave(request.metadata)
        return ServerResponse(message: request.message)
      }
    )
    router.registerHandler(
      forMethod: Self.method(.clientStreaming, conduct),
      deserializer: deserializer,
      serializer: serializer,
      handler: { [self] (request: StreamingServerRequest<[UInt8]>, _) in
        let messages = try await request.messages.reduce(into: []) { $0.append($1) }
        try await behave(request.metadata)
        return ServerResponse(message: messages.last ?? [])
      }
    )
    router.registerHandler(
      forMethod: Self.method(.serverStreaming, conduct),
      deserializer: deserializer,
      serializer: serializer,
      handler: { [self] (request: ServerRequest<[UInt8]>, _) in
        StreamingServerResponse { [self] writer in
          try await behave(request.metadata)
          try await writer.write(request.message)
          return [:]
        }
      }
    )
    router.registerHandler(
      forMethod: Self.method(.bidirectional, conduct),
      deserializer: deserializer,
      serializer: serializer,
      handler: { [self] (request: StreamingServerRequest<[UInt8]>, _) in
        StreamingServerResponse { [self] writer in
          try await behave(request.metadata)
          for try await message in request.messages { try await writer.write(message) }
          return [:]
        }
      }
    )
  }

  /// Waits until all handlers have ended that have begun; no more may begin.
  package func waitUntilAllEnded() async {
    let waiter = Promise<Void>()
    let isOver = memory.withLock { memory in
      waitsForEnd.withLock { $0 = waiter }
      return memory.began == memory.ended
    }
    if !isOver { await waiter.value() }
  }

  private func behave(_ metadata: Metadata) async throws {
    memory.withLock { $0.began += 1 }
    defer {
      let waiter = memory.withLock { memory -> Promise<Void>? in
        memory.ended += 1
        return memory.began == memory.ended ? waitsForEnd.withLock { $0 } : nil
      }
      waiter?.fulfil(())
    }
    func number(_ key: String) -> UInt64 { metadata[stringValues: key].first.flatMap { UInt64($0) } ?? 0 }
    let identifier = number("x-identifier")
    let microseconds = UInt32(number("x-milliseconds") * 1000)
    let end = monotonicNanoseconds() + UInt64(microseconds) * 1000
    switch metadata[stringValues: "x-conduct"].first.flatMap(ChaosPlan.Conduct.init) {
    case .returns, nil: break
    case .blocks: usleep(microseconds)
    case .spins: while monotonicNanoseconds() < end {}
    case .yields: while monotonicNanoseconds() < end { await Task.yield() }
    case .cancelsItself: withUnsafeCurrentTask { $0?.cancel() }
    case .waits: try await waitForCancellation(identifier)
    case .blocksOnCancel:
      try await withTaskCancellationHandler {
        try await waitForCancellation(identifier)
      } onCancel: {
        usleep(microseconds)
      }
    }
  }

  /// Waits, and remembers when the task is cancelled: before the handlers around this one are called.
  private func waitForCancellation(_ identifier: UInt64) async throws {
    try await withTaskCancellationHandler {
      try await Task.sleep(for: .seconds(300))
    } onCancel: {
      let now = monotonicNanoseconds()
      memory.withLock { $0.cancelTimes[identifier] = now }
    }
  }
}
