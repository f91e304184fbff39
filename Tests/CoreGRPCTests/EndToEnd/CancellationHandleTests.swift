import Dispatch
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("A handler's cancellation handle", .timeLimit(.minutes(5)))
struct CancellationHandleTests {
  enum Executor: CaseIterable, Sendable {
    case pollers, concurrentPool
  }

  enum Transport: CaseIterable, Sendable {
    case tcp, inProcess
  }

  /// A server with one method of each kind, all of which run the same handler and answer with what it returns.
  private struct FourKinds: Sendable {
    static let unary = MethodDescriptor(fullyQualifiedService: "test.Kinds", method: "Unary")
    static let clientStreaming = MethodDescriptor(fullyQualifiedService: "test.Kinds", method: "ClientStreaming")
    static let serverStreaming = MethodDescriptor(fullyQualifiedService: "test.Kinds", method: "ServerStreaming")
    static let bidirectional = MethodDescriptor(fullyQualifiedService: "test.Kinds", method: "Bidirectional")
    static let all = [unary, clientStreaming, serverStreaming, bidirectional]
    /// Answered when the others have been.
    static let last = MethodDescriptor(fullyQualifiedService: "test.Kinds", method: "Last")

    private let lastArrived = Gate()
    private let areOthersAnswered = Gate()
    let server: Server
    let port: Int
    let channel: Channel

    init(
      _ executor: Executor = .pollers,
      _ transport: Transport = .tcp,
      handler: @escaping @Sendable (ServerContext) async throws -> [UInt8]
    ) throws {
      var router = RPCRouter()
      router.registerHandler(forMethod: Self.unary) { (_: ServerRequest<[UInt8]>, context) in
        ServerResponse(message: try await handler(context))
      }
      router.registerHandler(forMethod: Self.clientStreaming) { (_: StreamingServerRequest<[UInt8]>, context) in
        ServerResponse(message: try await handler(context))
      }
      router.registerHandler(forMethod: Self.serverStreaming) { (_: ServerRequest<[UInt8]>, context) in
        StreamingServerResponse { writer in
          try await writer.write(try await handler(context))
          return [:]
        }
      }
      router.registerHandler(forMethod: Self.bidirectional) { (_: StreamingServerRequest<[UInt8]>, context) in
        StreamingServerResponse { writer in
          try await writer.write(try await handler(context))
          return [:]
        }
      }
      router.registerHandler(forMethod: Self.last) {
        [lastArrived, areOthersAnswered] (request: ServerRequest<[UInt8]>, _) in
        lastArrived.open()
        await areOthersAnswered.pass()
        return ServerResponse(message: request.message)
      }
      var configuration = Server.Configuration()
      configuration.handlerExecutor = executor == .pollers ? .pollers : .concurrentPool
      server = Server(router: router, configuration: configuration)
      let address = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
      port = Int(try #require(address.port))
      try server.start()
      channel =
        switch transport {
        case .tcp: try Channel(target: address.description)
        case .inProcess: try server.makeInProcessChannel()
        }
    }

    /// Calls a method with one message, and a request that stays open where it can.
    func call(_ method: MethodDescriptor, options: CallOptions = .defaults) async throws -> [UInt8] {
      if method == Self.unary { return try await channel.echo([1], method: method, options: options).message }
      let answered = Gate()
      return try await channel.bidirectionalStreaming(
        request: StreamingClientRequest { writer in
          try await writer.write([1])
          if method == Self.bidirectional { await answered.pass() }
        },
        descriptor: method,
        options: options
      ) { (response: StreamingClientResponse<[UInt8]>) in
        defer { answered.open() }
        return try await response.messages.reduce(into: []) { $0 += $1 }
      }
    }

    /// Calls all methods, and calls `body` when all handlers run.
    ///
    /// One call more keeps the connection open until all answers have come: C-core closes it with its last call, and
    /// what the client writes then, such as the end of a request, can cost it what it has not read.
    ///
    /// - Returns: The answers.
    func callAll(whenArrived arrived: [Gate], _ body: () -> Void) async throws -> [[UInt8]] {
      Task { _ = try? await channel.echo([1], method: Self.last) }
      await lastArrived.pass()
      defer { areOthersAnswered.open() }
      let calls = Self.all.map { method in Task { try await call(method) } }
      for gate in arrived { await gate.pass() }
      body()
      var answers: [[UInt8]] = []
      for call in calls { answers.append(try await call.value) }
      return answers
    }
  }

  private struct Arrivals: Sendable {
    let gates = Dictionary(uniqueKeysWithValues: FourKinds.all.map { ($0, Gate()) })

    func arrived(_ context: ServerContext) { gates[context.descriptor]?.open() }
  }

  @Test(
    "Endless calls of all kinds end in time when the server shuts down, without being cancelled",
    arguments: Executor.allCases,
    Transport.allCases
  )
  func shutdown(executor: Executor, transport: Transport) async throws {
    let arrivals = Arrivals()
    let kinds = try FourKinds(executor, transport) { context in
      #expect(context.cancellation.reason == nil)
      arrivals.arrived(context)
      try await context.cancellation.cancelled
      #expect(context.cancellation.isCancelled)
      return context.cancellation.reason == .serverShutdown && !Task.isCancelled ? [1] : [0]
    }
    let answers = try await kinds.callAll(whenArrived: Array(arrivals.gates.values)) {
      kinds.server.beginGracefulShutdown()
    }
    #expect(answers == [[1], [1], [1], [1]])
    await kinds.server.waitUntilStopped()
  }

  @Test(
    "The closure is called when the server shuts down, in all kinds of call and in child tasks of streams",
    arguments: Executor.allCases,
    [false, true]
  )
  func closure(executor: Executor, inChildTask: Bool) async throws {
    let arrivals = Arrivals()
    let kinds = try FourKinds(executor) { context in
      @Sendable func wait() async {
        let cancelled = Gate()
        await withRPCCancellationHandler {
          arrivals.arrived(context)
          await cancelled.pass()
        } onCancelRPC: {
          cancelled.open()
        }
      }
      if inChildTask, context.descriptor != FourKinds.unary {
        async let child: Void = wait()
        await child
      } else {
        await wait()
      }
      return [2]
    }
    let answers = try await kinds.callAll(whenArrived: Array(arrivals.gates.values)) {
      kinds.server.beginGracefulShutdown()
    }
    #expect(answers == [[2], [2], [2], [2]])
    await kinds.server.waitUntilStopped()
  }

  @Test("The closure finds the handle that it is given in a child task of a unary call")
  func childTaskOfUnaryCall() async throws {
    let arrived = Gate()
    let kinds = try FourKinds { context in
      async let child: Void = {
        // The task itself does not say which call this is: its parent may serve another one by now.
        await withRPCCancellationHandler {
        } onCancelRPC: {
          Issue.record("a call was found")
        }
        let cancelled = Gate()
        await withRPCCancellationHandler(of: context.cancellation) {
          arrived.open()
          await cancelled.pass()
        } onCancelRPC: {
          cancelled.open()
        }
      }()
      await child
      return [3]
    }
    let call = Task { try await kinds.call(FourKinds.unary) }
    await arrived.pass()
    kinds.server.beginGracefulShutdown()
    #expect(try await call.value == [3])
    await kinds.server.waitUntilStopped()
  }

  @Test("A task that serves several calls finds the one at hand")
  func severalCalls() async throws {
    let handles = Locked<[ServerContext.RPCCancellationHandle]>([])
    let called = Counter()
    let kinds = try FourKinds { context in
      handles.withLock { $0.append(context.cancellation) }
      let isCalled = Gate()
      await withRPCCancellationHandler {
        context.cancellation.cancel()
        await isCalled.pass()
      } onCancelRPC: {
        called.add()
        isCalled.open()
      }
      return [4]
    }
    try await withShutdown(of: kinds.server) { () async throws in
      for _ in 0..<20 { #expect(try await kinds.call(FourKinds.unary) == [4]) }
      #expect(called.value == 20)
      #expect(handles.withLock { $0.allSatisfy { $0.reason == .application } })
    }
  }

  @Test("A client that cancels, and a deadline, are told apart", arguments: FourKinds.all, Executor.allCases)
  func reasons(method: MethodDescriptor, executor: Executor) async throws {
    let arrived = Gate()
    let reasons = AsyncStream.makeStream(of: ServerContext.RPCCancellationHandle.Reason?.self)
    let kinds = try FourKinds(executor) { context in
      let hadReason = context.cancellation.reason
      arrived.open()
      await waitForCancellation()
      try? await context.cancellation.cancelled
      #expect(hadReason == nil && Task.isCancelled)
      reasons.continuation.yield(context.cancellation.reason)
      return []
    }
    try await withShutdown(of: kinds.server) {
      var iterator = reasons.stream.makeAsyncIterator()
      let call = Task { try await kinds.call(method) }
      await arrived.pass()
      call.cancel()
      #expect(await iterator.next() == .clientCancelled)
      // A client that does not cancel by itself: the server's clock alone says that it is time.
      await RawClient.call(method, ofPort: kinds.port, timeout: "500m", halfCloses: true)
      #expect(await iterator.next() == .deadlineExceeded)
      await kinds.server.shutdown(gracePeriod: .zero)
    }
  }

  @Test("A handle that is asked for after the call was cancelled says so", arguments: Executor.allCases)
  func askedForLate(executor: Executor) async throws {
    let arrived = Gate()
    let reason = Promise<ServerContext.RPCCancellationHandle.Reason?>()
    let kinds = try FourKinds(executor) { context in
      arrived.open()
      await waitForCancellation()
      reason.fulfil(context.cancellation.reason)
      return []
    }
    try await withShutdown(of: kinds.server) {
      let call = Task { try await kinds.call(FourKinds.serverStreaming) }
      await arrived.pass()
      call.cancel()
      #expect(await reason.value() == .clientCancelled)
      await kinds.server.shutdown(gracePeriod: .zero)
    }
  }

  @Test("Closures that block hold up neither other calls nor the shutdown", arguments: FourKinds.all)
  func blockingClosure(method: MethodDescriptor) async throws {
    let arrived = Gate()
    let unblock = DispatchSemaphore(value: 0)
    let blocks = Gate()
    let kinds = try FourKinds { context in
      if context.descriptor != method { return [5] }
      await withRPCCancellationHandler(of: context.cancellation) {
        arrived.open()
        await blocks.pass()
      } onCancelRPC: {
        blocks.open()
        unblock.wait()
      }
      return [6]
    }
    let call = Task { try await kinds.call(method) }
    await arrived.pass()
    kinds.server.beginGracefulShutdown()
    #expect(try await call.value == [6])
    await kinds.server.waitUntilStopped()
    unblock.signal()
  }

  @Test("A handle of no call is cancelled by its owner alone, for all who wait")
  func standalone() async throws {
    let handle = ServerContext.RPCCancellationHandle()
    #expect(!handle.isCancelled && handle.reason == nil)
    let waiters = (0..<3).map { _ in Task { try await handle.cancelled } }
    let called = Gate()
    await withRPCCancellationHandler(of: handle) {
      handle.cancel()
      handle.cancel()
      await called.pass()
    } onCancelRPC: {
      called.open()
    }
    for waiter in waiters { try await waiter.value }
    #expect(handle.reason == .application)
    let immediate = Counter()
    await withRPCCancellationHandler(of: handle) {
      #expect(immediate.value == 1)
    } onCancelRPC: {
      immediate.add()
    }
  }

  @Test("A wait for the cancellation ends when the task is cancelled, before the wait and in it")
  func waiterIsCancelled() async throws {
    let handle = ServerContext.RPCCancellationHandle()
    let proceed = Gate()
    let before = Task {
      await proceed.pass()
      try await handle.cancelled
    }
    before.cancel()
    proceed.open()
    await #expect(throws: CancellationError.self) { try await before.value }
    let waits = Task { try await handle.cancelled }
    await Task.yield()
    waits.cancel()
    await #expect(throws: CancellationError.self) { try await waits.value }
    #expect(!handle.isCancelled)
  }

  @Test("Closures that were removed are not called, and outside of a handler none is")
  func removed() async throws {
    let handle = ServerContext.RPCCancellationHandle()
    await withRPCCancellationHandler(of: handle) {
    } onCancelRPC: {
      Issue.record("called")
    }
    handle.cancel()
    await withRPCCancellationHandler {
    } onCancelRPC: {
      Issue.record("called")
    }
  }

  @Test("Receiving and sending after the deadline fail with DEADLINE_EXCEEDED, after a cancellation with CANCELLED")
  func errorsOfStreams() async throws {
    let codes = AsyncStream.makeStream(of: [RPCError.Code?].self)
    let arrived = Gate()
    try await withStreamServer { request, _ in
      StreamingServerResponse { writer in
        arrived.open()
        let received = await rpcError { try await request.messages.reduce(0) { sum, _ in sum + 1 } }?.code
        await waitForCancellation()
        codes.continuation.yield([received, await rpcError { try await writer.write([1]) }?.code])
        return [:]
      }
    } body: { test in
      var iterator = codes.stream.makeAsyncIterator()
      let call = Task {
        try await test.bidirectional { _ in
          await waitForCancellation()
        } onResponse: { response in
          for try await _ in response.messages {}
        }
      }
      await arrived.pass()
      call.cancel()
      #expect(await iterator.next() == [.cancelled, .cancelled])
      let port = Int(try #require(test.address.port))
      await RawClient.call(StreamServer.bidirectional, ofPort: port, timeout: "500m", halfCloses: false)
      #expect(await iterator.next() == [.deadlineExceeded, .deadlineExceeded])
      await test.server.shutdown(gracePeriod: .zero)
    }
  }

  @Test("The grace period ends while Swift's pool has no thread free")
  func gracePeriodWithBusyPool() async throws {
    let arrived = Gate()
    let release = DispatchSemaphore(value: 0)
    let test = try TestServer { request, _ in
      arrived.open()
      await waitForCancellation()
      release.signal()
      return ServerResponse(message: request.message)
    }
    let call = Task { await rpcError { try await test.call() } }
    await arrived.pass()
    /// Takes the threads of the pool, one by one, until the handler is cancelled.
    @Sendable func block() {
      release.wait()
      release.signal()
    }
    for _ in 0..<64 { Task { block() } }
    test.server.beginGracefulShutdown(gracePeriod: .milliseconds(50))
    block()
    #expect(await call.value != nil)
    await test.server.waitUntilStopped()
  }

  @Test("A grace period of any length is taken")
  func longestGracePeriod() async throws {
    let test = try TestServer()
    test.server.beginGracefulShutdown(gracePeriod: .seconds(Int64.max))
    await test.server.waitUntilStopped()
  }
}

extension RawClient {
  /// Calls a method with one message, and waits until the server ends the call.
  ///
  /// - Parameters:
  ///   - timeout: The value of `grpc-timeout`.
  ///   - halfCloses: Whether the message is the last one.
  fileprivate static func call(
    _ method: MethodDescriptor,
    ofPort port: Int,
    timeout: String,
    halfCloses: Bool
  ) async {
    let headers = [
      (":method", "POST"), (":scheme", "http"), (":path", method.path), (":authority", "localhost"),
      ("te", "trailers"), ("content-type", "application/grpc"), ("grpc-timeout", timeout),
    ]
    // Literal header fields without indexing (RFC 7541, section 6.2.2), all shorter than 127 bytes.
    var block: [UInt8] = []
    for (key, value) in headers {
      block.append(0)
      for text in [key, value] { block += [UInt8(text.utf8.count)] + Array(text.utf8) }
    }
    let call =
      HTTP2Frame(kind: .headers, flags: 4, stream: 1, payload: block).bytes
      + HTTP2Frame(kind: .data, flags: halfCloses ? 1 : 0, stream: 1, payload: [0, 0, 0, 0, 1, 7]).bytes
    _ = await frames(
      fromPort: port,
      sending: HTTP2Frame.preface + HTTP2Frame(kind: .settings).bytes + call,
      until: { $0.stream == 1 && ($0.kind == .resetStream || $0.flags & 1 == 1) }
    )
  }
}
