import CommandLineSupport
import Compute
import CoreGRPC

/// Sends each text once, several at a time, and prints the answers in the order of the texts.
struct EachTextOnce {
  let client: Compute_Compute.Client
  let options: CallOptions
  let concurrency: Int
  let output: ClientOutput

  /// - Returns: Whether every call succeeded.
  func run(_ texts: TextSource) async throws -> Bool {
    var pending: [(text: String, call: Task<Result<String, RPCError>, Never>)] = []
    var isComplete = true
    func printFirst() async throws {
      let (text, call) = pending.removeFirst()
      switch await call.value {
      case .success(let answer):
        try output.printAnswer(answer, to: text)
      case .failure(let error):
        isComplete = false
        try output.printError(error, of: text)
      }
    }
    do {
      for try await text in texts {
        if pending.count == concurrency { try await printFirst() }
        pending.append((text, Task { await ask(text) }))
        if concurrency == 1 { try await printFirst() }
      }
    } catch let error as StandardOutput.Failure {
      for (_, call) in pending { call.cancel() }
      throw error
    } catch {
      while !pending.isEmpty { try await printFirst() }
      throw error
    }
    while !pending.isEmpty { try await printFirst() }
    return isComplete
  }

  private func ask(_ text: String) async -> Result<String, RPCError> {
    do throws(RPCError) {
      return .success(try await client.sayHello(Compute_HelloRequest(helloworld: text), options: options).result)
    } catch {
      return .failure(error)
    }
  }
}
