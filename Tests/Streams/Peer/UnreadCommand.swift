import ArgumentParser
import CommandLineSupport
import CoreGRPC
import Foundation
import StreamSupport
import TestSupport

/// Fills streams that nobody reads, to show how much memory they take: see `scripts/unread-streams`.
struct UnreadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unread",
    abstract: "Opens streams whose messages nobody reads, and keeps them until standard input ends.",
    discussion: "Prints `open` when all have begun."
  )

  enum Unread: String, CaseIterable, ExpressibleByArgument { case responses, requests }

  @Argument(help: "What stays unread: the responses, by this program, or the requests, by the server.")
  var unread: Unread

  @Option(help: "The server's target.")
  var target: String

  @Option(help: ArgumentHelp("How many streams.", valueName: "n"))
  var streams = 200

  @OptionGroup
  var limits: MemoryLimits

  func run() async throws {
    let channel = try Channel(target: target, configuration: limits.channel)
    let calls = Task { [unread, streams] in
      let begun = Counter()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<streams {
          group.addTask {
            // Beyond a quota C-core ends calls.
            try? await Self.call(channel, unread) {
              if begun.add() == streams { try StandardOutput.printLine("open") }
            }
          }
        }
      }
    }
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        while readLine() != nil {}
        continuation.resume()
      }
    }
    calls.cancel()
    await calls.value
  }

  private static func call(
    _ channel: Channel,
    _ unread: Unread,
    onBegin: @escaping @Sendable () throws -> Void
  ) async throws {
    let size = 65_536
    switch unread {
    case .responses:
      try await channel.serverStreaming(
        request: ClientRequest(message: Array("\(Int.max) \(size)".utf8)),
        descriptor: StreamKind.serverStreaming.descriptor,
        serializer: IdentitySerializer(),
        deserializer: IdentityDeserializer()
      ) { (_: StreamingClientResponse<[UInt8]>) in
        try onBegin()
        await waitForCancellation()
      }
    case .requests:
      _ =
        try await channel.clientStreaming(
          // A name that nobody releases.
          request: StreamingClientRequest(metadata: ["x-test-hold": "unread"]) { writer in
            try onBegin()
            while true { try await writer.write(StreamKind.payload(0, size)) }
          },
          descriptor: StreamKind.clientStreaming.descriptor,
          serializer: IdentitySerializer(),
          deserializer: IdentityDeserializer()
        ) as ClientResponse<[UInt8]>
    }
  }
}
