package import CoreGRPC
import GRPCTesting

/// Runs the cases of gRPC's interop tests against a server.
///
/// The cases are described in <https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md>.
package struct InteropClient: Sendable {
  /// The longest time for a call, so that a server that does not answer fails a case rather than hangs it.
  static let limit = Duration.seconds(60)

  /// The settings of a soak case.
  package var soak = SoakSettings()

  /// Called with each line that tells of a soak case's progress.
  package var report: @Sendable (String) -> Void = { _ in }

  let makeChannel: @Sendable () throws -> Channel

  /// Creates a client.
  ///
  /// - Parameter makeChannel: Makes a channel to the server: one for each case, and one for each iteration of
  ///   `channel_soak`.
  package init(makeChannel: @escaping @Sendable () throws -> Channel) { self.makeChannel = makeChannel }

  /// The settings of a channel for these cases: responses may be compressed.
  package static var channelConfiguration: Channel.Configuration {
    var configuration = Channel.Configuration()
    configuration.compression.enabledAlgorithms = .all
    return configuration
  }

  /// Runs a case.
  ///
  /// - Throws: ``InteropFailure``, or the `RPCError` of a call that should have succeeded.
  package func run(_ test: InteropTestCase) async throws -> InteropOutcome {
    let channel = try makeChannel()
    let service = Grpc_Testing_TestService.Client(channel: channel)
    switch test {
    case .emptyUnary: try await emptyUnary(service)
    case .cacheableUnary: return try await cacheableUnary(service)
    case .largeUnary: try await largeUnary(service)
    case .clientCompressedUnary: try await clientCompressedUnary(service)
    case .serverCompressedUnary: try await serverCompressedUnary(service)
    case .clientStreaming: try await clientStreaming(service)
    case .clientCompressedStreaming: try await clientCompressedStreaming(service)
    case .serverStreaming: try await serverStreaming(service)
    case .serverCompressedStreaming: try await serverCompressedStreaming(service)
    case .pingPong: try await pingPong(service)
    case .emptyStream: try await emptyStream(service)
    case .customMetadata: try await customMetadata(service)
    case .statusCodeAndMessage: try await statusCodeAndMessage(service)
    case .specialStatusMessage: try await specialStatusMessage(service)
    case .unimplementedMethod: try await unimplementedMethod(service)
    case .unimplementedService: try await unimplementedService(channel)
    case .cancelAfterBegin: try await cancelAfterBegin(service)
    case .cancelAfterFirstResponse: try await cancelAfterFirstResponse(service)
    case .timeoutOnSleepingServer: try await timeoutOnSleepingServer(service)
    case .rpcSoak: try await Soak(settings: soak, report: report).run { service }
    case .channelSoak:
      try await Soak(settings: soak, report: report).run { [makeChannel] in
        Grpc_Testing_TestService.Client(channel: try makeChannel())
      }
    }
    return .passed
  }
}

extension InteropClient {
  /// The options of a call that should end by itself.
  func options(compression: CompressionAlgorithm? = nil) -> CallOptions {
    CallOptions(timeout: Self.limit, compression: compression)
  }

  /// Checks that a call ends with a status that is not OK.
  func check(
    _ subject: String,
    endsWith code: RPCError.Code,
    message: String? = nil,
    _ call: () async throws -> some Sendable
  ) async throws {
    let error: RPCError
    do {
      _ = try await call()
      throw InteropFailure("status of \(subject)", expected: "\(code)", actual: "OK")
    } catch let thrown as RPCError {
      error = thrown
    }
    guard error.code == code else {
      throw InteropFailure("status of \(subject)", expected: "\(code)", actual: "\(error)")
    }
    if let message {
      try InteropSuite.check(
        "status message of \(subject)",
        error.message.debugDescription,
        is: message.debugDescription
      )
    }
  }

  /// Checks that a payload has as many bytes as were asked for, all of them zero.
  func check(_ payload: Grpc_Testing_Payload?, of subject: String, has size: Int) throws(InteropFailure) {
    guard let payload else { throw InteropFailure("payload of \(subject)", expected: "\(size) bytes", actual: "none") }
    try InteropSuite.check("payload type of \(subject)", payload.type, is: .compressable)
    try InteropSuite.check("payload size of \(subject)", payload.body.count, is: size)
    try InteropSuite.check("payload of \(subject) is all zeros", payload.body.allSatisfy { $0 == 0 }, is: true)
  }
}

extension Grpc_Testing_Payload {
  /// A payload of zeros.
  init(zeros count: Int) { self.init(body: [UInt8](repeating: 0, count: count)) }
}

extension Grpc_Testing_SimpleRequest {
  /// The request of the large unary call, which many cases make.
  static var large: Self { Self(responseSize: 314_159, payload: Grpc_Testing_Payload(zeros: 271_828)) }
}
