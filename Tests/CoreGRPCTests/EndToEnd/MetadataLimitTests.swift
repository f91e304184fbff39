import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Metadata that does not fit", .timeLimit(.minutes(5)))
struct MetadataLimitTests {
  typealias Kind = MetadataServer.Kind

  @Test("Long messages and metadata of handlers harm no other call")
  func handlersHarmNoOtherCall() async throws {
    try await withMetadataServer { test in
      let channel = try test.channel(limitOfCore: 8192)
      let actions = ["message", "error-metadata", "initial", "trailing"]
      let failures = await Self.failuresOfOtherCalls(on: channel, beside: actions)
      #expect(failures.count == 0, "\(failures.prefix(3))")
    }
  }

  @Test("Long metadata of clients harms no other call")
  func clientsHarmNoOtherCall() async throws {
    try await withMetadataServer(configuration: .init(limitOfCore: 8192)) { test in
      let channel = try Channel(target: test.address.description)
      let failures = await Self.failuresOfOtherCalls(on: channel, beside: ["request"])
      #expect(failures.count == 0, "\(failures.prefix(3))")
    }
  }

  @Test("A status message that does not fit is cut, and its code is kept", arguments: Kind.allCases)
  func longMessage(kind: Kind) async throws {
    try await withMetadataServer { test in
      let channel = try test.channel(limitOfCore: 8192)
      let error = await Self.error(of: channel, kind, ["x-do": "message", "x-size": "9000"])
      #expect(error?.code == .notFound)
      let length = error?.message.utf8.count ?? 0
      #expect((7_900...8_000).contains(length), "\(length)")
      #expect(error?.message == String(repeating: "x", count: length))
    }
  }

  @Test("A status message is cut between two characters, by its length on the wire, and beside the trailing metadata")
  func longMessageOfManyBytes() async throws {
    let text = String(repeating: "%\u{1F980}é", count: 2_000)
    let trailing: Metadata = ["x-trailing": .string(String(repeating: "t", count: 5_000))]
    try await withTestServer { request, _ in
      throw RPCError(code: .aborted, message: text, metadata: request.message == [1] ? trailing : [:])
    } body: { test in
      let channel = try Channel(target: test.address.description, configuration: .init(limitOfCore: 8192))
      for (message, range) in [([0], 2_500...2_700), ([1], 900...1_000)] as [([UInt8], ClosedRange<Int>)] {
        let error = await #expect(throws: RPCError.self) { try await channel.echo(message) }
        #expect(error?.code == .aborted)
        #expect(text.hasPrefix(error?.message ?? "?"))
        #expect(range.contains(error?.message.utf8.count ?? 0), "\(error?.message.utf8.count ?? 0)")
        #expect(error?.metadata == (message == [1] ? trailing : [:]))
      }
    }
  }

  @Test("A path that is too long to be repeated in the answer is cut")
  func longPath() async throws {
    try await withTestServer { test in
      let channel = try Channel(target: test.address.description, configuration: .init(limitOfCore: 8192))
      let method = MethodDescriptor(fullyQualifiedService: "test.Test", method: String(repeating: "%", count: 6_000))
      let error = await #expect(throws: RPCError.self) { try await channel.echo(method: method) }
      #expect(error?.code == .unimplemented)
      #expect(error?.message.hasSuffix("%%%") == true)
    }
  }

  @Test("A handler's metadata that does not fit ends its call with INTERNAL", arguments: Kind.allCases)
  func longMetadataOfHandler(kind: Kind) async throws {
    try await withMetadataServer { test in
      let channel = try test.channel(limitOfCore: 8192)
      for action in ["initial", "trailing", "error-metadata"] {
        let error = await Self.error(of: channel, kind, ["x-do": .string(action), "x-size": "9000"])
        #expect(error?.code == .internalError, "\(action)")
        let message = error?.message ?? ""
        #expect(message.hasPrefix("the handler's response has too much metadata: 90"), "\(message)")
        #expect(
          message.contains("of which 7952 fit beside gRPC's own headers (maxResponseMetadataBytes)"),
          "\(message)"
        )
        #expect(message.hasSuffix(#"the largest entry is "x-long" with 9038 bytes"#), "\(message)")
        #expect(error?.message.contains("xxx") == false)
        #expect(error?.metadata.isEmpty == true)
      }
    }
  }

  @Test("A client's metadata that does not fit is refused before it is sent", arguments: Kind.allCases)
  func longMetadataOfClient(kind: Kind) async throws {
    try await withMetadataServer { test in
      let channel = try Channel(target: test.address.description)
      await test.server.shutdown()
      // UNAVAILABLE, if it were sent.
      let metadata: Metadata = ["x-short": "s", "x-long-bin": .binary([UInt8](repeating: 1, count: 6_100))]
      let error = await Self.error(of: channel, kind, metadata)
      #expect(error?.code == .resourceExhausted)
      #expect(error?.message.hasPrefix("too much metadata: 8216 bytes, of which 75") == true, "\(error?.message ?? "")")
      #expect(error?.message.hasSuffix(#"the largest entry is "x-long-bin" with 8176 bytes"#) == true)
      #expect(error?.metadata.isEmpty == true)
    }
  }

  @Test("A method's path or an authority that does not fit is refused before it is sent")
  func longPathOfClient() async throws {
    try await withTestServer { test in
      let long = MethodDescriptor(fullyQualifiedService: "test.Test", method: String(repeating: "m", count: 8_000))
      let options = CallOptions(authority: String(repeating: "a", count: 8_000))
      for (method, options) in [(long, .defaults), (TestServer.echo, options)] as [(MethodDescriptor, CallOptions)] {
        let error = await #expect(throws: RPCError.self) {
          try await test.channel.echo(method: method, options: options)
        }
        #expect(error?.code == .resourceExhausted)
        #expect(error?.message.hasPrefix("the method's path, the authority and gRPC's own headers exceed") == true)
      }
    }
  }

  @Test("The largest metadata that is sent is accepted by a peer with the same limit", arguments: Kind.allCases)
  func largest(kind: Kind) async throws {
    var configuration = Server.Configuration(limitOfCore: 8192)
    configuration.compression = Compression(algorithm: .gzip, enabledAlgorithms: .all)
    try await withMetadataServer(configuration: configuration) { test in
      var channelConfiguration = Channel.Configuration(limitOfCore: 8192)
      channelConfiguration.compression = Compression(algorithm: .gzip, enabledAlgorithms: .all)
      channelConfiguration.userAgent = "a-program/1.2.3"
      channelConfiguration.additionalArguments["grpc.secondary_user_agent"] = "another/4.5.6"
      channelConfiguration.authority = String(repeating: "a", count: 100)
      let channel = try Channel(target: test.address.description, configuration: channelConfiguration)
      let options = CallOptions(timeout: .seconds(99_999_999))

      // The largest that passes here: each call that does not is refused before it is sent.
      var (fits, tooMuch) = (7_000, 8_200)
      while tooMuch - fits > 1 {
        let size = (fits + tooMuch) / 2
        let metadata: Metadata = ["x-long": .string(String(repeating: "x", count: size))]
        let error = await Self.error(of: channel, kind, metadata, options: options)
        #expect(
          error == nil || error?.message.hasPrefix("too much metadata") == true,
          "\(size): \(error?.message ?? "")"
        )
        if error == nil { fits = size } else { tooMuch = size }
      }
      // gRPC's own headers have 700 bytes with these settings.
      #expect(fits > 7_300)
      for action in ["initial", "trailing", "error-metadata"] {
        // 7,952 bytes, with "x-short" and its value where it is sent.
        let size = action == "error-metadata" ? 7_913 : 7_874
        let metadata: Metadata = ["x-do": .string(action), "x-size": .string("\(size)")]
        let error = await Self.error(of: channel, kind, metadata, options: options)
        #expect(error?.code == (action == "error-metadata" ? .notFound : nil), "\(action): \(error?.message ?? "")")
        let over: Metadata = ["x-do": .string(action), "x-size": .string("\(size + 2)")]
        let refused = await Self.error(of: channel, kind, over, options: options)
        #expect(refused?.code == .internalError, "\(action)")
      }
    }
  }

  @Test("A request with more metadata than allowed is refused, for its call alone", arguments: Kind.allCases)
  func receivedByServer(kind: Kind) async throws {
    let handled = Counter()
    let (refusals, continuation) = AsyncStream.makeStream(of: RefusedCall.self)
    var serverConfiguration = Server.Configuration()
    serverConfiguration.onRefusedCall = { continuation.yield($0) }
    try await withMetadataServer(
      configuration: serverConfiguration,
      interceptors: [CallCounter(counter: handled)]
    ) { test in
      var configuration = Channel.Configuration()
      configuration.maxRequestMetadataBytes = 200_000
      let channel = try Channel(target: test.address.description, configuration: configuration)
      let error = await Self.error(of: channel, kind, ["x-long": .string(String(repeating: "x", count: 100_000))])
      #expect(error?.code == .resourceExhausted)
      #expect(error?.message.hasPrefix("the received metadata has 100") == true, "\(error?.message ?? "")")
      #expect(error?.message.hasSuffix(" bytes, and 8192 are allowed (maxRequestMetadataBytes)") == true)
      #expect(handled.value == 0)
      var iterator = refusals.makeAsyncIterator()
      let refusal = await iterator.next()
      #expect(refusal?.reason == .metadataTooLarge)
      #expect(refusal?.path == "/test.Metadata/\(kind.rawValue)")
      #expect(refusal?.status.message == error?.message)
      #expect(await Self.error(of: channel, kind, ["x-long": .string(String(repeating: "x", count: 8_000))]) == nil)
      #expect(handled.value == 1)
    }
  }

  @Test("A response with more metadata than allowed ends its call alone", arguments: Kind.allCases)
  func receivedByClient(kind: Kind) async throws {
    var configuration = Server.Configuration()
    configuration.maxResponseMetadataBytes = 200_000
    try await withMetadataServer(configuration: configuration) { test in
      let channel = try Channel(target: test.address.description)
      for action in ["initial", "trailing", "error-metadata"] {
        let error = await Self.error(of: channel, kind, ["x-do": .string(action), "x-size": "100000"])
        #expect(error?.code == .resourceExhausted, "\(action)")
        #expect(error?.message.hasPrefix("the received metadata has 100") == true, "\(error?.message ?? "")")
        #expect(error?.message.hasSuffix("the server's status was NOT_FOUND") == (action == "error-metadata"))
        #expect(error?.metadata.isEmpty == true)
      }
      let error = await Self.error(of: channel, kind, ["x-do": "message", "x-size": "100000"])
      #expect(error?.code == .notFound)
      #expect(error?.message == String(repeating: "x", count: 8_192))
    }
  }

  @Test("Long metadata from peers with higher limits harms no other call, in either direction")
  func peersHarmNoOtherCall() async throws {
    var configuration = Server.Configuration()
    configuration.maxResponseMetadataBytes = 200_000
    try await withMetadataServer(configuration: configuration) { test in
      var channelConfiguration = Channel.Configuration()
      channelConfiguration.maxRequestMetadataBytes = 200_000
      let channel = try Channel(target: test.address.description, configuration: channelConfiguration)
      let actions = ["message", "error-metadata", "initial", "trailing", "request"]
      let failures = await Self.failuresOfOtherCalls(on: channel, beside: actions, size: 50_000)
      #expect(failures.count == 0, "\(failures.prefix(3))")
    }
  }

  @Test("The limit holds for a peer that has not acknowledged it")
  func unacknowledged() async throws {
    try await withTestServer { _, _ in
      throw RPCError(code: .aborted, message: "the handler ran")
    } body: { test in
      // In frames of 16,000 bytes, which C-core counts by themselves.
      let long = (0..<90).map { ("x-long-\($0)", String(repeating: "x", count: 10_000)) }
      var block = HTTP2Frame.request(stream: 1).payload + HTTP2Frame.fields(long)
      var request: [HTTP2Frame] = []
      while !block.isEmpty {
        let kind = request.isEmpty ? HTTP2Frame.Kind.headers : .continuation
        request.append(HTTP2Frame(kind: kind, stream: 1, payload: Array(block.prefix(16_000))))
        block.removeFirst(min(16_000, block.count))
      }
      request[request.count - 1].flags = HTTP2Frame.endsHeaders
      request.append(.data(HTTP2Frame.message([1]), stream: 1, flags: HTTP2Frame.endsStream))
      let frames = await RawClient.frames(
        fromPort: Int(test.address.port ?? 0),
        sending: HTTP2Frame.preface + HTTP2Frame.settings().bytes + request.bytes,
        until: { $0.kind == .headers || $0.kind == .resetStream || $0.kind == .goAway }
      )
      let answer = frames.last
      #expect(answer?.contains("the handler ran") == false)
      if EngineCapabilities.current.enforcesHeaderLimit, answer?.kind == .resetStream { return }
      #expect(answer?.contains("the received metadata has 90") == true, "\(frames.map(\.kind))")
      #expect(answer?.contains("maxRequestMetadataBytes") == true)
    }
  }

  private static func error(
    of channel: Channel,
    _ kind: Kind,
    _ metadata: Metadata,
    options: CallOptions = .defaults
  ) async -> RPCError? {
    await rpcError { try await channel.call(kind, metadata: metadata, options: options) }
  }

  /// Makes 1,000 calls of all kinds beside others with a long text.
  ///
  /// - Returns: The errors of the 1,000 calls.
  private static func failuresOfOtherCalls(
    on channel: Channel,
    beside actions: [String],
    size: Int = 9_000
  ) async -> [String] {
    await withTaskGroup(of: String?.self) { group in
      for number in 0..<1_000 {
        let kind = Kind.allCases[number % 4]
        group.addTask {
          do {
            return try await channel.call(kind).message == [1] ? nil : "another answer"
          } catch {
            return "\(kind): \(error)"
          }
        }
        guard number % 10 == 0 else { continue }
        let action = actions[number / 10 % actions.count]
        let metadata: Metadata =
          action == "request"
          ? ["x-long": .string(String(repeating: "x", count: max(8_100, size - 900)))]
          : ["x-do": .string(action), "x-size": .string("\(size)")]
        group.addTask {
          _ = try? await channel.call(Kind.allCases[number / 40 % 4], metadata: metadata)
          return nil
        }
      }
      return await group.reduce(into: []) { failures, failure in if let failure { failures.append(failure) } }
    }
  }
}

/// Counts the calls that reach a server's handlers.
private struct CallCounter: ServerInterceptor {
  let counter: Counter

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    counter.add()
    return try await next(request, context)
  }
}

extension MetadataServer {
  fileprivate func channel(limitOfCore: Int32) throws -> Channel {
    try Channel(target: address.description, configuration: .init(limitOfCore: limitOfCore))
  }
}

extension Channel.Configuration {
  /// - Parameter limitOfCore: The limit of C-core itself, at which it closes the connection, as other peers have it.
  fileprivate init(limitOfCore: Int32) {
    self.init()
    additionalArguments["grpc.max_metadata_size"] = .integer(limitOfCore)
  }
}

extension Server.Configuration {
  /// - Parameter limitOfCore: The limit of C-core itself, at which it closes the connection, as other peers have it.
  fileprivate init(limitOfCore: Int32) {
    self.init()
    additionalArguments["grpc.max_metadata_size"] = .integer(limitOfCore)
  }
}
