import CoreGRPC
import Testing

/// Streaming calls from each place where a program may make them, with closures that use what the caller has there.
///
/// The compiler is half of these tests: they are to compile as they stand.
@Suite("Call sites of streams", .timeLimit(.minutes(5)))
struct CallSiteTests {
  @Test("A nonisolated function, whose closure changes a local variable and an object that is not Sendable")
  func nonisolated() async throws {
    let test = try StreamServer()
    var count = 0
    let tally = Tally()
    let last = try await test.channel.bidirectionalStreaming(
      request: StreamingClientRequest { writer in
        for note in [[1], [2, 2]] as [[UInt8]] { try await writer.write(note) }
      },
      descriptor: StreamServer.bidirectional,
      serializer: IdentitySerializer(),
      deserializer: IdentityDeserializer()
    ) { response in
      var last: [UInt8] = []
      for try await note in response.messages {
        count += 1
        tally.sum += note.count
        last = note
      }
      return last
    }
    #expect(last == [2, 2])
    #expect(count == 2)
    #expect(tally.sum == 3)
    await test.server.shutdown(gracePeriod: .seconds(10))
  }

  @Test("The main actor, whose closure runs there")
  @MainActor
  func mainActor() async throws {
    let test = try StreamServer()
    var count = 0
    let tally = Tally()
    try await test.channel.serverStreaming(
      request: ClientRequest(message: [1, 2, 3]),
      descriptor: StreamServer.serverStreaming,
      serializer: IdentitySerializer(),
      deserializer: IdentityDeserializer()
    ) { response in
      MainActor.assertIsolated()
      for try await message in response.messages {
        MainActor.assertIsolated()
        count += 1
        tally.sum += Int(message[0])
      }
      _ = try await response.trailingMetadata()
      MainActor.assertIsolated()
    }
    #expect(count == 3)
    #expect(tally.sum == 6)
    await test.server.shutdown(gracePeriod: .seconds(10))
  }

  @Test("An actor's method, whose closure changes the actor's state")
  func actor() async throws {
    let test = try StreamServer()
    let collector = Collector()
    try await collector.collect(from: test.channel)
    #expect(await collector.messages == [[1], [2], [3]])
    await test.server.shutdown(gracePeriod: .seconds(10))
  }

  @Test("`@main static func main()`")
  func main() async throws {
    try await Program.main()
  }

  @Test("A client's interceptor on the way does not change where the closure runs")
  @MainActor
  func interceptor() async throws {
    let test = try StreamServer()
    let channel = try Channel(
      target: test.address.description,
      interceptors: [PassThrough()]
    )
    let tally = Tally()
    try await channel.serverStreaming(
      request: ClientRequest(message: [1, 2, 3]),
      descriptor: StreamServer.serverStreaming,
      serializer: IdentitySerializer(),
      deserializer: IdentityDeserializer()
    ) { response in
      for try await message in response.messages {
        MainActor.assertIsolated()
        tally.sum += Int(message[0])
      }
    }
    #expect(tally.sum == 6)
    await test.server.shutdown(gracePeriod: .seconds(10))
  }
}

private final class Tally {
  var sum = 0
}

private actor Collector {
  var messages: [[UInt8]] = []

  func collect(from channel: Channel) async throws {
    try await channel.serverStreaming(
      request: ClientRequest(message: [1, 2, 3]),
      descriptor: StreamServer.serverStreaming,
      serializer: IdentitySerializer(),
      deserializer: IdentityDeserializer()
    ) { response in
      for try await message in response.messages { messages.append(message) }
    }
  }
}

/// The code of a program with `@main`.
private struct Program {
  static func main() async throws {
    let test = try StreamServer()
    var count = 0
    let notes = try await test.bidirectional { writer in
      try await writer.write(contentsOf: [[1], [2]])
    } onResponse: { response in
      var notes: [[UInt8]] = []
      for try await note in response.messages {
        count += 1
        notes.append(note)
      }
      return notes
    }
    #expect(notes == [[1], [2]])
    #expect(count == 2)
    await test.server.shutdown(gracePeriod: .seconds(10))
  }
}
