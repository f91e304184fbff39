package import CoreGRPC
import TestSupport

/// A service with the four kinds of call that does what the request's metadata asks for: see `stream_server.py` in
/// `Tests/InteropTests/Python`, which obeys the same directives.
package final class StreamDirectiveService: RegistrableRPCService {
  private enum Event: Hashable {
    case hanging(String)
    case cancelled(String)
    case released(String)
  }

  /// Creates a service to which nothing has happened yet.
  package init() {}

  private let events = Locked<[Event: Gate]>([:])
  private let counts = Locked<[String: Int]>([:])

  package func registerMethods(with router: inout RPCRouter) {
    router.registerHandler(
      forMethod: StreamKind.unary.descriptor,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer()
    ) { (request: ServerRequest<[UInt8]>, _) in
      let directives = StreamDirectives(request.metadata)
      return ServerResponse(
        message: try await self.answer(to: request.message, directives),
        metadata: directives.initialMetadata,
        trailingMetadata: directives.trailingMetadata
      )
    }
    router.registerHandler(
      forMethod: StreamKind.clientStreaming.descriptor,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer()
    ) { (request: StreamingServerRequest<[UInt8]>, _) in
      let directives = StreamDirectives(request.metadata)
      return ServerResponse(
        message: try await self.sum(of: request.messages, directives),
        metadata: directives.initialMetadata,
        trailingMetadata: directives.trailingMetadata
      )
    }
    router.registerHandler(
      forMethod: StreamKind.serverStreaming.descriptor,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer()
    ) { (request: ServerRequest<[UInt8]>, _) in
      let directives = StreamDirectives(request.metadata)
      return StreamingServerResponse(metadata: directives.initialMetadata) { writer in
        try await self.send(as: request.message, to: writer, directives)
        return directives.trailingMetadata
      }
    }
    router.registerHandler(
      forMethod: StreamKind.bidirectional.descriptor,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer()
    ) { (request: StreamingServerRequest<[UInt8]>, _) in
      let directives = StreamDirectives(request.metadata)
      return StreamingServerResponse(metadata: directives.initialMetadata) { writer in
        try await self.echo(request.messages, to: writer, directives)
        return directives.trailingMetadata
      }
    }
  }

  private func answer(to message: [UInt8], _ directives: StreamDirectives) async throws -> [UInt8] {
    _ = try await step(.max, directives)
    try await hang(directives)
    if let identifier = directives["await-hanging"] {
      await gate(.hanging(identifier)).pass()
      return Array("hanging".utf8)
    }
    if let identifier = directives["await-cancelled"] {
      await gate(.cancelled(identifier)).pass()
      return Array("cancelled".utf8)
    }
    if let identifier = directives["release"] {
      gate(.released(identifier)).open()
      return Array("released".utf8)
    }
    if let identifier = directives["report-count"] {
      return Array(String(counts.withLock { $0[identifier] ?? 0 }).utf8)
    }
    return message
  }

  private func sum(of messages: RPCAsyncSequence<[UInt8]>, _ directives: StreamDirectives) async throws -> [UInt8] {
    await hold(directives)
    var number = 0
    var length = 0
    var isOver = try await step(0, directives)
    var iterator = messages.makeAsyncIterator()
    while !isOver, let message = try await iterator.next() {
      number += 1
      length += message.count
      isOver = try await step(number, directives)
    }
    if !isOver { _ = try await step(.max, directives) }
    if number == 0 { try await hang(directives) }
    return Array("\(number) \(length)".utf8)
  }

  private func send(as request: [UInt8], to writer: RPCWriter<[UInt8]>, _ directives: StreamDirectives) async throws {
    let numbers = String(decoding: request, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
    guard numbers.count == 2 else { throw RPCError(code: .invalidArgument, message: "not COUNT and SIZE") }
    if try await step(0, directives) { return }
    for index in 0..<numbers[0] {
      try await writer.write(StreamKind.payload(index, numbers[1]))
      countSent(directives)
      if try await step(index + 1, directives) { return }
    }
    _ = try await step(.max, directives)
    if numbers[0] == 0 { try await hang(directives) }
  }

  private func echo(
    _ messages: RPCAsyncSequence<[UInt8]>,
    to writer: RPCWriter<[UInt8]>,
    _ directives: StreamDirectives
  ) async throws {
    await hold(directives)
    if try await step(0, directives) { return }
    var number = 0
    for try await message in messages {
      try await writer.write(message)
      countSent(directives)
      number += 1
      if try await step(number, directives) { return }
    }
    _ = try await step(.max, directives)
    if number == 0 { try await hang(directives) }
    for index in 0..<(directives.number("after-close") ?? 0) { try await writer.write(StreamKind.payload(index, 4)) }
  }

  /// Fails or hangs if it is time, and says whether the call ends.
  private func step(_ done: Int, _ directives: StreamDirectives) async throws -> Bool {
    if let failure = directives.failure(after: done) { throw failure }
    if done == 1 { try await hang(directives) }
    return directives.ends(after: done)
  }

  /// Waits for the end of the call, if that is asked for.
  private func hang(_ directives: StreamDirectives) async throws {
    guard let identifier = directives["hang"] else { return }
    gate(.hanging(identifier)).open()
    await waitForCancellation()
    gate(.cancelled(identifier)).open()
    throw CancellationError()
  }

  private func hold(_ directives: StreamDirectives) async {
    if let identifier = directives["hold"] { await gate(.released(identifier)).pass() }
  }

  private func countSent(_ directives: StreamDirectives) {
    if let identifier = directives["count"] { counts.withLock { $0[identifier, default: 0] += 1 } }
  }

  private func gate(_ event: Event) -> Gate {
    events.withLock { events in
      if let gate = events[event] { return gate }
      let gate = Gate()
      events[event] = gate
      return gate
    }
  }
}
