import CommandLineSupport
import Compute
import CoreGRPC

/// Sends each text once, several at a time, and prints the answers in the order of the texts.
struct EachTextOnce {
  let client: Compute_Compute.Client
  let options: CallOptions
  let concurrency: Int

  /// - Returns: Whether every call succeeded.
  func run(_ texts: TextSource) async throws -> Bool {
    var pending: [Task<Result<String, RPCError>, Never>] = []
    var isComplete = true
    func printFirst() async throws {
      switch await pending.removeFirst().value {
      case .success(let answer):
        try StandardOutput.printLine("received: \(answer)")
      case .failure(let error):
        StandardError.printLine("error: \(error)")
        isComplete = false
      }
    }
    do {
      for try await text in texts {
        if pending.count == concurrency { try await printFirst() }
        pending.append(Task { await ask(text) })
        if concurrency == 1 { try await printFirst() }
      }
    } catch let error as StandardOutput.Failure {
      for call in pending { call.cancel() }
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
