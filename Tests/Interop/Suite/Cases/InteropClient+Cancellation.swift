import CoreGRPC
import GRPCTesting

extension InteropClient {
  func cancelAfterBegin(_ service: Grpc_Testing_TestService.Client) async throws {
    let begun = Promise<Void>()
    let call = Task { [options = options()] in
      try await service.streamingInputCall(
        producer: { _ in
          begun.fulfil(())
          await Self.waitForCancellation()
        },
        options: options
      )
    }
    await begun.value()
    call.cancel()
    try await check("the cancelled call", endsWith: .cancelled) { try await call.value }
  }

  func cancelAfterFirstResponse(_ service: Grpc_Testing_TestService.Client) async throws {
    // The error of a call that never gets that far counts, too.
    let answered = Promise<Void>()
    let call = Task { [options = options()] in
      defer { answered.fulfil(()) }
      return try await service.fullDuplexCall(
        producer: { writer in
          try await writer.write(.one(size: 31_415, payload: 27_182))
          await Self.waitForCancellation()
        },
        options: options
      ) { messages in
        for try await message in messages {
          try check(message.payload, of: "the response", has: 31_415)
          answered.fulfil(())
        }
      }
    }
    await answered.value()
    call.cancel()
    try await check("the cancelled call", endsWith: .cancelled) { try await call.value }
  }

  func timeoutOnSleepingServer(_ service: Grpc_Testing_TestService.Client) async throws {
    try await check("the call", endsWith: .deadlineExceeded) {
      try await service.fullDuplexCall(
        producer: { writer in
          try await writer.write(Grpc_Testing_StreamingOutputCallRequest(payload: Grpc_Testing_Payload(zeros: 27_182)))
          await Self.waitForCancellation()
        },
        options: CallOptions(timeout: .milliseconds(1))
      ) { messages in
        for try await _ in messages {}
      }
    }
  }

  /// A producer that returns half-closes its call; one that waits here does not.
  private static func waitForCancellation() async {
    for await _ in AsyncStream<Void>.makeStream().stream {}
  }
}
