import Compute
import CoreGRPC
import TestSupport

/// Measures texts, and does what the request's metadata asks for: see `Python/compute_server.py`, which obeys the same
/// directives.
final class DirectiveService: Compute_Compute.ServiceProtocol {
  private struct Unexplained: Error {}

  private let cancelled = Locked<[String: Gate]>([:])

  func sayHello(
    request: ServerRequest<Compute_HelloRequest>,
    context: ServerContext
  ) async throws -> ServerResponse<Compute_HelloReply> {
    let directives = request.metadata
    if let delay = directives[stringValues: "x-test-delay-ms"].first.flatMap(Int.init) {
      try await Task.sleep(for: .milliseconds(delay))
    }
    if directives[stringValues: "x-test-raise"].first != nil { throw Unexplained() }
    if let name = directives[stringValues: "x-test-fail"].first { throw failure(name, directives) }
    if let identifier = directives[stringValues: "x-test-hang"].first {
      await waitForCancellation()
      gate(identifier).open()
      throw CancellationError()
    }
    if let identifier = directives[stringValues: "x-test-await-cancelled"].first {
      await gate(identifier).pass()
      return ServerResponse(message: Compute_HelloReply(result: "cancelled"))
    }
    var response = ServerResponse(message: Compute_HelloReply(result: answer(to: request.message, context, directives)))
    for value in directives["x-test-echo"] { response.metadata.add(value, forKey: "x-test-echo") }
    for value in directives["x-test-echo-bin"] { response.trailingMetadata.add(value, forKey: "x-test-echo-bin") }
    return response
  }

  private func answer(to message: Compute_HelloRequest, _ context: ServerContext, _ directives: Metadata) -> String {
    guard directives[stringValues: "x-test-report-deadline"].first != nil else {
      return String(message.helloworld.unicodeScalars.count)
    }
    guard let deadline = context.deadline else { return "none" }
    return String(Int((deadline - .now) / .milliseconds(1)))
  }

  private func failure(_ name: String, _ directives: Metadata) -> RPCError {
    let code = Status.Code.allCases.first { $0.description == name }.flatMap(RPCError.Code.init)
    let size = directives[stringValues: "x-test-message-size"].first.flatMap(Int.init)
    let text = directives[stringValues: "x-test-message"].first ?? size.map { String(repeating: "x", count: $0) }
    let bytes = directives[binaryValues: "x-test-message-bin"].first
    return RPCError(
      code: code ?? .invalidArgument,
      message: text ?? bytes.map { String(decoding: $0, as: UTF8.self) } ?? "",
      metadata: ["x-test-trailing": "t1", "x-test-trailing": "t2", "x-test-trailing-bin": [0x00, 0xFF, 0x01, 0xFE]]
    )
  }

  private func gate(_ identifier: String) -> Gate {
    cancelled.withLock { gates in
      if let gate = gates[identifier] { return gate }
      let gate = Gate()
      gates[identifier] = gate
      return gate
    }
  }
}
